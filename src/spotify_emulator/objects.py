"""The Web API's objects, in the shape of 2026 and in the older ones.

Knows every field of a user, artist, album, track, play and page, and which of them Spotify took
away in February 2026. Hides how they are made from the world.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from spotify_emulator.config import EmulatorConfig
from spotify_emulator.player import Player
from spotify_emulator.world.catalogue import Album, Artist, Catalogue, Track
from spotify_emulator.world.chance import account_id, spotify_id, user_id
from spotify_emulator.world.diary import Episode, Play
from spotify_emulator.world.listeners import Listener

_OPEN = "https://open.spotify.com"
_IMAGE_SIZES = (640, 300, 64)
_MARKETS = ("BR", "DE", "JP", "NL", "US")


class ExternalUrls(msgspec.Struct, frozen=True):
    """Where a person would look at it."""

    spotify: str


class Image(msgspec.Struct, frozen=True):
    """A picture in one size."""

    url: str
    height: int | None
    width: int | None


class Followers(msgspec.Struct, frozen=True):
    """Removed in 2026."""

    href: str | None
    total: int


class ExplicitContent(msgspec.Struct, frozen=True):
    """Removed in 2026."""

    filter_enabled: bool
    filter_locked: bool


class UserObject(msgspec.Struct, frozen=True):
    """GET /me."""

    display_name: str | None
    external_urls: ExternalUrls
    href: str
    id: str
    images: tuple[Image, ...]
    type: str
    uri: str
    account_id: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    explicit_content: ExplicitContent | UnsetType = UNSET
    followers: Followers | UnsetType = UNSET
    product: str | UnsetType = UNSET


class SimpleArtistObject(msgspec.Struct, frozen=True):
    """An artist inside another object."""

    external_urls: ExternalUrls
    href: str
    id: str
    name: str
    type: str
    uri: str


class ArtistObject(msgspec.Struct, frozen=True):
    """An artist. `genres` is going away: some have an empty list, some don't have it at all."""

    external_urls: ExternalUrls
    href: str
    id: str
    images: tuple[Image, ...]
    name: str
    type: str
    uri: str
    genres: tuple[str, ...] | UnsetType = UNSET
    followers: Followers | UnsetType = UNSET
    popularity: int | UnsetType = UNSET


class AlbumObject(msgspec.Struct, frozen=True):
    """An album inside a track."""

    album_type: str
    artists: tuple[SimpleArtistObject, ...]
    external_urls: ExternalUrls
    href: str
    id: str
    images: tuple[Image, ...]
    name: str
    release_date: str
    release_date_precision: str
    total_tracks: int
    type: str
    uri: str
    available_markets: tuple[str, ...] | UnsetType = UNSET


class ExternalIds(msgspec.Struct, frozen=True):
    """The recording's code in the world outside; gone in February 2026 and back in March."""

    isrc: str


class TrackObject(msgspec.Struct, frozen=True):
    """A track."""

    album: AlbumObject
    artists: tuple[SimpleArtistObject, ...]
    disc_number: int
    duration_ms: int
    explicit: bool
    external_ids: ExternalIds
    external_urls: ExternalUrls
    href: str
    id: str
    is_local: bool
    name: str
    preview_url: str | None
    track_number: int
    type: str
    uri: str
    is_playable: bool | UnsetType = UNSET
    available_markets: tuple[str, ...] | UnsetType = UNSET
    popularity: int | UnsetType = UNSET


class EpisodeObject(msgspec.Struct, frozen=True):
    """An episode, as far as a player shows it."""

    description: str
    duration_ms: int
    explicit: bool
    external_urls: ExternalUrls
    href: str
    id: str
    images: tuple[Image, ...]
    is_externally_hosted: bool
    is_playable: bool
    name: str
    type: str
    uri: str


class ContextObject(msgspec.Struct, frozen=True):
    """What a play was part of."""

    type: str
    href: str
    external_urls: ExternalUrls
    uri: str


class PlayHistoryObject(msgspec.Struct, frozen=True):
    """One row of recently played."""

    track: TrackObject
    played_at: str
    context: ContextObject | None


class CurrentlyPlayingObject(msgspec.Struct, frozen=True):
    """What plays at this moment."""

    timestamp: int
    context: ContextObject | None
    progress_ms: int | None
    item: TrackObject | EpisodeObject | None
    currently_playing_type: str
    is_playing: bool
    actions: dict[str, dict[str, bool]]


class TrackPage(msgspec.Struct, frozen=True):
    """Tracks, counted from the front."""

    href: str
    items: tuple[TrackObject, ...]
    limit: int
    next: str | None
    offset: int
    previous: str | None
    total: int


class ArtistPage(msgspec.Struct, frozen=True):
    """Artists, counted from the front."""

    href: str
    items: tuple[ArtistObject, ...]
    limit: int
    next: str | None
    offset: int
    previous: str | None
    total: int


class Cursors(msgspec.Struct, frozen=True):
    """Where to go on, in Unix milliseconds."""

    after: str
    before: str


class HistoryPage(msgspec.Struct, frozen=True):
    """Recently played, newest first."""

    href: str
    items: tuple[PlayHistoryObject, ...]
    limit: int
    next: str | None
    cursors: Cursors | None


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the objects of one answer. `host` is the emulator's own address, without a slash."""

    config: EmulatorConfig
    catalogue: Catalogue
    host: str
    player: Player

    @property
    def has_old_fields(self) -> bool:
        """Whether fields that were removed in 2026 are sent."""
        return self.config.shape != "strict"

    def user(self, listener: Listener, scopes: tuple[str, ...]) -> UserObject:
        """The profile of the listener who is signed in."""
        seed, old = self.config.seed, self.has_old_fields
        name = user_id(seed, "user", listener.id)
        is_private = old and "user-read-private" in scopes
        return UserObject(
            display_name=listener.name,
            external_urls=ExternalUrls(f"{_OPEN}/user/{name}"),
            href=f"{self.host}/v1/users/{name}",
            id=name,
            images=self._images(f"u{listener.id}", (300, 64)) if listener.has_picture else (),
            type="user",
            uri=f"spotify:user:{name}",
            account_id=UNSET
            if self.config.shape == "legacy"
            else account_id(seed, "account", listener.id),
            country=listener.country if is_private else UNSET,
            email=f"{listener.id}@example.org" if old and "user-read-email" in scopes else UNSET,
            explicit_content=ExplicitContent(False, False) if is_private else UNSET,
            followers=Followers(None, len(listener.name)) if old else UNSET,
            product="premium" if is_private else UNSET,
        )

    def artist(self, artist: Artist) -> ArtistObject:
        """A whole artist."""
        old = self.has_old_fields
        genres: tuple[str, ...] | UnsetType = artist.genres if old else ()
        return ArtistObject(
            external_urls=ExternalUrls(f"{_OPEN}/artist/{artist.id}"),
            href=f"{self.host}/v1/artists/{artist.id}",
            id=artist.id,
            images=self._images(f"a{artist.id}", _IMAGE_SIZES) if artist.has_image else (),
            name=artist.name,
            type="artist",
            uri=f"spotify:artist:{artist.id}",
            genres=genres if old or artist.no % 2 else UNSET,
            followers=Followers(None, 100 + artist.no * 37) if old else UNSET,
            popularity=20 + artist.no % 60 if old else UNSET,
        )

    def track(self, track: Track, market: str | None = None) -> TrackObject:
        """A whole track with its album."""
        old = self.has_old_fields
        return TrackObject(
            album=self._album(self.catalogue.albums[track.album]),
            artists=self._artists(track.artists),
            disc_number=track.disc,
            duration_ms=track.duration_ms,
            explicit=track.explicit,
            external_ids=ExternalIds(track.isrc),
            external_urls=ExternalUrls(f"{_OPEN}/track/{track.id}"),
            href=f"{self.host}/v1/tracks/{track.id}",
            id=track.id,
            is_local=False,
            name=track.name,
            preview_url=None,
            track_number=track.position,
            type="track",
            uri=f"spotify:track:{track.id}",
            is_playable=True if market else UNSET,
            available_markets=_MARKETS if old else UNSET,
            popularity=int(90 * track.renown) if old else UNSET,
        )

    def play(self, play: Play, listener: Listener) -> PlayHistoryObject:
        """A row of recently played."""
        return PlayHistoryObject(
            track=self.track(self.catalogue.tracks[play.track]),
            played_at=iso_ms(self.played_ms(play)),
            context=self.context(play, listener),
        )

    def played_ms(self, play: Play) -> int:
        """The moment by which recently played knows a play, in Unix milliseconds."""
        is_end = self.player.stamps_end(play.ended_ms, self.config.played_at)
        return play.ended_ms if is_end else play.started_ms

    def episode(self, episode: Episode) -> EpisodeObject:
        """An episode in the player."""
        return EpisodeObject(
            description=f"An episode of {episode.show}.",
            duration_ms=episode.duration_ms,
            explicit=False,
            external_urls=ExternalUrls(f"{_OPEN}/episode/{episode.id}"),
            href=f"{self.host}/v1/episodes/{episode.id}",
            id=episode.id,
            images=(),
            is_externally_hosted=False,
            is_playable=True,
            name=episode.name,
            type="episode",
            uri=f"spotify:episode:{episode.id}",
        )

    def context(self, play: Play, listener: Listener) -> ContextObject | None:
        """The album, artist, playlist or collection that a play came from."""
        if not play.context:
            return None
        track = self.catalogue.tracks[play.track]
        if play.context == "collection":
            name = user_id(self.config.seed, "user", listener.id)
            uri = f"spotify:user:{name}:collection"
            return ContextObject(
                "collection",
                f"{self.host}/v1/me/tracks",
                ExternalUrls(f"{_OPEN}/collection/tracks"),
                uri,
            )
        key = {
            "album": self.catalogue.albums[track.album].id,
            "artist": self.catalogue.artists[track.artists[0]].id,
            "playlist": spotify_id(self.config.seed, listener.id, play.device),
        }[play.context]
        return ContextObject(
            play.context,
            f"{self.host}/v1/{play.context}s/{key}",
            ExternalUrls(f"{_OPEN}/{play.context}/{key}"),
            f"spotify:{play.context}:{key}",
        )

    def _album(self, album: Album) -> AlbumObject:
        return AlbumObject(
            album_type=album.kind,
            artists=self._artists((album.artist,)),
            external_urls=ExternalUrls(f"{_OPEN}/album/{album.id}"),
            href=f"{self.host}/v1/albums/{album.id}",
            id=album.id,
            images=self._images(f"b{album.id}", _IMAGE_SIZES) if album.has_image else (),
            name=album.name,
            release_date=album.release_date,
            release_date_precision=album.precision,
            total_tracks=len(album.tracks),
            type="album",
            uri=f"spotify:album:{album.id}",
            available_markets=_MARKETS if self.has_old_fields else UNSET,
        )

    def _artists(self, numbers: tuple[int, ...]) -> tuple[SimpleArtistObject, ...]:
        return tuple(self._simple_artist(self.catalogue.artists[number]) for number in numbers)

    def _simple_artist(self, artist: Artist) -> SimpleArtistObject:
        return SimpleArtistObject(
            external_urls=ExternalUrls(f"{_OPEN}/artist/{artist.id}"),
            href=f"{self.host}/v1/artists/{artist.id}",
            id=artist.id,
            name=artist.name,
            type="artist",
            uri=f"spotify:artist:{artist.id}",
        )

    def _images(self, name: str, sizes: tuple[int, ...]) -> tuple[Image, ...]:
        return tuple(Image(f"{self.host}/image/{name}-{size}", size, size) for size in sizes)


def iso_ms(ms: int) -> str:
    """Unix milliseconds as Spotify writes a moment: `2026-06-15T16:54:52.922Z`."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
