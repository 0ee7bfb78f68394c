"""The invented music itself: artists, their albums and tracks.

Knows how a scene's table becomes some four hundred discographies with identifiers, dates, lengths
and recording codes, all from the seed. Hides the dice; what stands here never changes with time,
a record that is not out yet simply carries a later date.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from spotify_emulator.world.chance import spotify_id, stream, weighted_order
from spotify_emulator.world.scenes import SCENES, Scene
from spotify_emulator.world.tongues import TONGUES

AlbumType = Literal["album", "single"]
Precision = Literal["year", "month", "day"]
LAST_YEAR = 2035
_DISC_LENGTH = 14


class Track(msgspec.Struct, frozen=True, gc=False):
    """One track of one album. `no`, `album` and `artists` are places in the catalogue's lists."""

    no: int
    id: str
    name: str
    album: int
    artists: tuple[int, ...]
    duration_ms: int
    explicit: bool
    isrc: str
    disc: int
    position: int
    released: int
    renown: float


@dataclass(frozen=True, slots=True)
class Album:
    """One release. `released` is a day's ordinal; `release_date` is how Spotify writes it."""

    no: int
    id: str
    name: str
    kind: AlbumType
    artist: int
    release_date: str
    precision: Precision
    released: int
    tracks: tuple[int, ...]
    has_image: bool


@dataclass(frozen=True, slots=True)
class Artist:
    """One artist and everything they ever put out or will."""

    no: int
    id: str
    name: str
    scene: str
    genres: tuple[str, ...]
    albums: tuple[int, ...]
    tracks: tuple[int, ...]
    first_released: int
    has_image: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All there is to hear, in lists that the numbers in the records point into."""

    artists: tuple[Artist, ...]
    albums: tuple[Album, ...]
    tracks: tuple[Track, ...]
    track_by_id: dict[str, int]
    artist_by_id: dict[str, int]
    album_by_id: dict[str, int]

    def of_scene(self, slug: str) -> list[Artist]:
        """The artists of one scene, in catalogue order."""
        return [artist for artist in self.artists if artist.scene == slug]


@lru_cache(maxsize=4)
def catalogue_of(seed: int) -> Catalogue:
    """The catalogue that belongs to a seed; the same object each time it is asked for."""
    press = _Press(seed)
    for scene in SCENES:
        names = _artist_names(seed, scene)
        guests = range(len(press.artists), len(press.artists) + len(names))
        for name in names:
            press.add_artist(scene, name, guests)
    return Catalogue(
        artists=tuple(press.artists),
        albums=tuple(press.albums),
        tracks=tuple(press.tracks),
        track_by_id={track.id: track.no for track in press.tracks},
        artist_by_id={artist.id: artist.no for artist in press.artists},
        album_by_id={album.id: album.no for album in press.albums},
    )


def _artist_names(seed: int, scene: Scene) -> list[str]:
    rng = stream(seed, "names", scene.slug)
    order = weighted_order(rng, [1.0] * len(scene.lasts))
    lasts = [scene.lasts[place] for place in order]
    people = [scene.joined.join(pair) for pair in zip(scene.firsts, lasts, strict=True)]
    return [*scene.bands, *people]


class _Press:
    """Presses records one artist at a time and keeps the running numbers."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.artists: list[Artist] = []
        self.albums: list[Album] = []
        self.tracks: list[Track] = []

    def add_artist(self, scene: Scene, name: str, guests: range) -> None:
        rng = stream(self.seed, "artist", scene.slug, name)
        number = len(self.artists)
        first_album, first_track = len(self.albums), len(self.tracks)
        studio = _Studio(scene, rng, _Titles(scene, rng), number, guests)
        for year in _release_years(scene, rng):
            self._add_year(studio, year)
        albums = range(first_album, len(self.albums))
        self.artists.append(
            Artist(
                no=number,
                id=spotify_id(self.seed, "artist", scene.slug, name),
                name=name,
                scene=scene.slug,
                genres=scene.genres,
                albums=tuple(albums),
                tracks=tuple(range(first_track, len(self.tracks))),
                first_released=min(self.albums[album].released for album in albums),
                has_image=rng.random() < 0.75,
            )
        )

    def _add_year(self, studio: "_Studio", year: int) -> None:
        """An album or a short record, and now and then a single some weeks ahead of it."""
        rng = studio.rng
        day = _release_day(rng, year)
        is_short = rng.random() < 0.22
        low, high = studio.scene.tracks
        count = 4 if is_short else low + int(rng.random() * (high - low + 1))
        songs = [studio.record(day.year) for _ in range(count)]
        if not is_short and rng.random() < 0.45:
            lead = songs[min(count - 1, int(rng.random() * 4))]
            self._add_album(studio, "single", lead.name, day - timedelta(weeks=7), [lead])
        kind: AlbumType = "single" if is_short else "album"
        self._add_album(studio, kind, studio.titles.new(), day, songs)

    def _add_album(
        self, studio: "_Studio", kind: AlbumType, name: str, day: date, songs: "list[_Song]"
    ) -> None:
        rng, artist = studio.rng, studio.artist
        number, first = len(self.albums), len(self.tracks)
        precision = _precision(rng, day)
        key = (self.seed, "album", artist, number)
        for place, song in enumerate(songs):
            track_id = spotify_id(*key, place)
            self.tracks.append(
                _pressed(song, first + place, track_id, number, place, day.toordinal())
            )
        self.albums.append(
            Album(
                no=number,
                id=spotify_id(*key),
                name=name,
                kind=kind,
                artist=artist,
                release_date=day.isoformat()[: {"year": 4, "month": 7, "day": 10}[precision]],
                precision=precision,
                released=day.toordinal(),
                tracks=tuple(range(first, first + len(songs))),
                has_image=rng.random() < 0.92,
            )
        )


@dataclass(frozen=True, slots=True)
class _Song:
    """A recording; a single and the album it comes from hold the same one."""

    name: str
    artists: tuple[int, ...]
    duration_ms: int
    explicit: bool
    isrc: str
    renown: float


def _pressed(song: _Song, no: int, track_id: str, album: int, place: int, released: int) -> Track:
    """A song as a track; a long album goes on a second disc."""
    disc, position = divmod(place, _DISC_LENGTH)
    return Track(
        no=no,
        id=track_id,
        name=song.name,
        album=album,
        artists=song.artists,
        duration_ms=song.duration_ms,
        explicit=song.explicit,
        isrc=song.isrc,
        disc=disc + 1,
        position=position + 1,
        released=released,
        renown=song.renown,
    )


class _Titles:
    """Titles for one artist, none of them twice."""

    def __init__(self, scene: Scene, rng: random.Random) -> None:
        self._tongue = TONGUES[scene.tongue]
        self._rng = rng
        self._used: set[str] = set()

    def new(self) -> str:
        for _ in range(12):
            title = self._tongue.title(self._rng)
            if title not in self._used:
                break
        else:
            title = f"{title} {len(self._used)}"
        self._used.add(title)
        return title


def _release_years(scene: Scene, rng: random.Random) -> list[int]:
    """The years in which an artist puts something out; some stop, some never do."""
    span = 2026 - scene.oldest
    year = scene.oldest + int(span * (1 - rng.random() ** 2.2))
    last = LAST_YEAR if rng.random() < 0.72 else year + 3 + int(rng.random() * 14)
    years: list[int] = []
    while year <= min(last, LAST_YEAR) or not years:
        years.append(year)
        year += 1 + int(rng.random() * 3.4)
    return years[-9:]


def _release_day(rng: random.Random, year: int) -> date:
    day = date(year, 1, 10) + timedelta(days=int(rng.random() * 330))
    # Records have come out on Fridays all over the world since the summer of 2015.
    return day + timedelta(days=(4 - day.weekday()) % 7) if year > 2015 else day


def _precision(rng: random.Random, day: date) -> Precision:
    luck = rng.random()
    if day.year < 1990 and luck < 0.6:
        return "year"
    if day.year < 2005 and luck < 0.08:
        return "month"
    return "day"


@dataclass(frozen=True, slots=True)
class _Studio:
    """Where one artist of one scene records songs."""

    scene: Scene
    rng: random.Random
    titles: _Titles
    artist: int
    guests: range

    def record(self, year: int) -> _Song:
        rng, scene = self.rng, self.scene
        name = _version(rng, self.titles.new(), year)
        minutes = scene.minutes * (0.62 + 0.38 * (rng.random() + rng.random()))
        if rng.random() < 0.04:
            minutes = 0.6 + rng.random() * 0.6
        code = f"{int(rng.random() * 900_000) + 100_000}"
        return _Song(
            name=name,
            artists=self._performers(),
            duration_ms=int(minutes * 60_000) + int(rng.random() * 1000),
            explicit=rng.random() < scene.explicit,
            isrc=f"{scene.country}X{code[0]}Z{year % 100:02d}{code[1:]}",
            renown=1.0 / (1 + int(rng.random() * 14)),
        )

    def _performers(self) -> tuple[int, ...]:
        if self.rng.random() < 0.05:
            guest = self.guests[int(self.rng.random() * len(self.guests))]
            if guest != self.artist:
                return self.artist, guest
        return (self.artist,)


def _version(rng: random.Random, name: str, year: int) -> str:
    luck = rng.random()
    if luck < 0.03:
        return f"{name} - {('Live', 'Demo', 'Acoustic', 'Alternate Take')[int(rng.random() * 4)]}"
    if luck < 0.05 and year < 2000:
        return f"{name} - {2009 + int(rng.random() * 12)} Remaster"
    return name
