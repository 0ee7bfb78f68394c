"""What Spotify tells, as frozen values: tracks, artists, albums, plays, playlists, a profile.

Knows no JSON and no HTTP; the fields carry Spotify's own names. What Spotify may leave out, or took
away in 2026, is None or empty; `id` and `name` are there. `raw` is the object's JSON, unspaced.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, TypeVar, get_args

Row = TypeVar("Row")

TimeRange = Literal["short_term", "medium_term", "long_term"]
TIME_RANGES: tuple[TimeRange, ...] = get_args(TimeRange)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture's address, with its size in pixels where Spotify tells it."""

    url: str
    width: int | None
    height: int | None


def _to_show(images: tuple[Image, ...]) -> str | None:
    """The smallest picture that is sharp on a sleeve of 200 px, else the first, the largest."""
    sharp = [image for image in images if image.width is not None and image.width >= 200]
    shown = min(sharp, key=lambda image: image.width or 0, default=images[0] if images else None)
    return shown.url if shown else None


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist; named inside a track, it has neither images nor genres."""

    id: str
    name: str
    uri: str | None
    url: str | None
    images: tuple[Image, ...]
    genres: tuple[str, ...]
    raw: str = field(repr=False)

    @property
    def image_url(self) -> str | None:
        """The picture to show on a page."""
        return _to_show(self.images)


@dataclass(frozen=True, slots=True)
class Album:
    """An album; `release_date` is `1981`, `1981-12` or `1981-12-15`, as its precision says."""

    id: str
    name: str
    uri: str | None
    url: str | None
    album_type: str | None
    artists: tuple[Artist, ...]
    release_date: str | None
    release_date_precision: str | None
    total_tracks: int | None
    images: tuple[Image, ...]
    raw: str = field(repr=False)

    @property
    def image_url(self) -> str | None:
        """The picture to show on a page."""
        return _to_show(self.images)


@dataclass(frozen=True, slots=True)
class Track:
    """A track; with a market Spotify may answer under another `id` than was asked for."""

    id: str
    name: str
    uri: str | None
    url: str | None
    artists: tuple[Artist, ...]
    album: Album | None
    duration_ms: int | None
    explicit: bool | None
    isrc: str | None
    disc_number: int | None
    track_number: int | None
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose token it is: `account_id` (since May 2026) never changes, playlists name the `id`."""

    account_id: str | None
    id: str
    display_name: str | None
    uri: str | None
    images: tuple[Image, ...]

    @property
    def image_url(self) -> str | None:
        """The picture to show on a page."""
        return _to_show(self.images)


@dataclass(frozen=True, slots=True)
class RankedTracks:
    """A top list: `ranks[n]` is the place of `items[n]`, from 1; rows left out leave a gap."""

    items: tuple[Track, ...]
    ranks: tuple[int, ...]
    skipped: int


@dataclass(frozen=True, slots=True)
class RankedArtists:
    """A top list of artists; see RankedTracks."""

    items: tuple[Artist, ...]
    ranks: tuple[int, ...]
    skipped: int


@dataclass(frozen=True, slots=True)
class Play:
    """A track heard at about `played_at` (aware UTC, milliseconds), from `context_uri`."""

    track: Track
    played_at: datetime
    context_uri: str | None


@dataclass(frozen=True, slots=True)
class RecentlyPlayed:
    """The latest plays, newest first; the cursors (Unix ms) are None when there is no more."""

    items: tuple[Play, ...]
    skipped: int
    after_ms: int | None
    before_ms: int | None


@dataclass(frozen=True, slots=True)
class CurrentlyPlaying:
    """What runs now; `kind` is track, episode, ad or unknown, `track` only for a track."""

    kind: str
    track: Track | None
    is_playing: bool
    progress_ms: int | None
    context_uri: str | None


@dataclass(frozen=True, slots=True)
class FoundTracks:
    """What a search found, best first."""

    items: tuple[Track, ...]
    skipped: int


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist's head; `total` counts its rows, where Spotify tells."""

    id: str
    name: str
    description: str | None
    owner_id: str | None
    owner_name: str | None
    public: bool | None
    collaborative: bool | None
    snapshot_id: str | None
    total: int | None
    uri: str | None
    url: str | None
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class PlaylistItem:
    """One row of a playlist; `position` counts from 0 and knows of the rows left out."""

    position: int
    track: Track
    added_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a long list; `size` counts all its rows, those left out too."""

    rows: tuple[Row, ...]
    size: int
    has_more: bool

    @property
    def skipped(self) -> int:
        """Rows that are no use: null, local files, episodes."""
        return self.size - len(self.rows)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A fresh access token, good for `expires_in` seconds; keep the old refresh token on None."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str | None = field(repr=False)
    scope: str | None
