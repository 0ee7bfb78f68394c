"""The invented world behind the emulator: people, music, and who played what when.

Knows how to answer for any listener and any moment: plays, top lists, recently played, an export.
Hides that nothing is stored: all of it is worked out from the seed and the date, and remembered
only to be quick.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from spotify_emulator.world.catalogue import Artist, Catalogue, Track, catalogue_of
from spotify_emulator.world.diary import NO_TRACK, Diary, Play, days_between
from spotify_emulator.world.export import NEWEST, Generation, Request, package
from spotify_emulator.world.life import life_of
from spotify_emulator.world.listeners import LISTENERS, Listener

TimeRange = Literal["short_term", "medium_term", "long_term"]
RANGE_DAYS: dict[TimeRange, int] = {"short_term": 28, "medium_term": 182, "long_term": 365}
TOP_LENGTH = 50
RECENT_LENGTH = 50
HEARD_MS = 30_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Places in the catalogue, best first."""

    tracks: tuple[int, ...]
    artists: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Heard:
    """The plays of one day that count, as three columns, to be kept for thousands of days."""

    ended: "array[int]"
    tracks: "array[int]"
    ms: "array[int]"


class World:
    """All that the emulator can tell about its listeners. Safe to share between threads."""

    def __init__(self, seed: int = 2026) -> None:
        self.seed = seed
        self.catalogue: Catalogue = catalogue_of(seed)
        self._diaries = {
            listener.id: Diary(
                seed, listener, self.catalogue, life_of(seed, listener, self.catalogue)
            )
            for listener in LISTENERS
        }
        self._heard_on = lru_cache(maxsize=8000)(self._count_day)
        self._ranking = lru_cache(maxsize=2000)(self._rank)

    def listeners(self) -> tuple[Listener, ...]:
        """Everybody who has an account here."""
        return LISTENERS

    def listener(self, listener_id: str) -> Listener | None:
        """The listener of that id, if there is one."""
        return next((one for one in LISTENERS if one.id == listener_id), None)

    def plays(self, listener: Listener, start: date, end: date) -> Iterator[Play]:
        """Every play of the listener's own (local) days from start to end, both included."""
        diary = self._diaries[listener.id]
        for day in days_between(max(start, listener.since or end), end):
            yield from diary.day(day)

    def logged(self, listener: Listener, start: datetime, end: datetime) -> Iterator[Play]:
        """Every play that ended at or after start and before end, in the order of its end."""
        start_ms, end_ms = _ms(start), _ms(end)
        for play in self.plays(listener, *_local_days(start, end)):
            if start_ms <= play.ended_ms < end_ms:
                yield play

    def top_tracks(self, listener: Listener, time_range: TimeRange, on: datetime) -> list[Track]:
        """At most 50 tracks, most plays first, of the weeks before the UTC day of `on`.

        A play counts from 30 seconds on and outside private sessions. More time played decides
        between equals, then the id. Like Spotify's, the list is made once a day.
        """
        places = self._ranking(listener.id, time_range, _utc_day(on).toordinal()).tracks
        return [self.catalogue.tracks[place] for place in places]

    def top_artists(self, listener: Listener, time_range: TimeRange, on: datetime) -> list[Artist]:
        """At most 50 artists, by the same rule; a play counts for the track's first artist."""
        places = self._ranking(listener.id, time_range, _utc_day(on).toordinal()).artists
        return [self.catalogue.artists[place] for place in places]

    def recently_played(
        self, listener: Listener, on: datetime, is_listed: Callable[[Play], bool] = lambda _: True
    ) -> list[Play]:
        """The last 50 plays of 30 seconds and more that ended by `on`, newest first, music only.

        Of those only the ones that are listed; others may still come late.
        """
        newest: list[Play] = []
        if listener.since is None:
            return newest
        on_ms, day = _ms(on), _utc_day(on) + timedelta(days=1)
        while len(newest) < RECENT_LENGTH and day >= listener.since:
            plays = self._diaries[listener.id].day(day)
            newest.extend(
                play
                for play in reversed(plays)
                if is_heard(play) and play.ended_ms <= on_ms and is_listed(play)
            )
            day -= timedelta(days=1)
        return newest[:RECENT_LENGTH]

    def playing(self, listener: Listener, on: datetime) -> Play | None:
        """What the listener hears at a moment, if anything."""
        on_ms = _ms(on)
        for play in self.plays(listener, *_local_days(on, on)):
            if play.started_ms <= on_ms < play.started_ms + play.ms_played:
                return play
        return None

    def export(
        self,
        listener: Listener,
        start: datetime,
        end: datetime,
        generation: Generation = NEWEST,
        *,
        has_doubles: bool = False,
    ) -> Iterator[bytes]:
        """The zip that Spotify would send, in pieces: plays that ended from start to before end."""
        request = Request(self.seed, listener, generation, end, has_doubles)
        return package(request, self.catalogue, self.logged(listener, start, end))

    def _rank(self, listener_id: str, time_range: TimeRange, today: int) -> _Ranking:
        end_ms = _ms(datetime.fromordinal(today).replace(tzinfo=UTC))
        start_ms = end_ms - RANGE_DAYS[time_range] * _DAY_MS
        tracks: dict[int, list[int]] = {}
        artists: dict[int, list[int]] = {}
        for day in range(today - RANGE_DAYS[time_range] - 2, today + 1):
            heard = self._heard_on(listener_id, day)
            for ended_ms, track, ms_played in zip(heard.ended, heard.tracks, heard.ms, strict=True):
                if start_ms <= ended_ms < end_ms:
                    artist = self.catalogue.tracks[track].artists[0]
                    _add(tracks, track, ms_played)
                    _add(artists, artist, ms_played)
        track_id = [track.id for track in map(self.catalogue.tracks.__getitem__, tracks)]
        artist_id = [artist.id for artist in map(self.catalogue.artists.__getitem__, artists)]
        return _Ranking(_best(tracks, track_id), _best(artists, artist_id))

    def _count_day(self, listener_id: str, day: int) -> _Heard:
        plays = self._diaries[listener_id].day(date.fromordinal(day))
        heard = [play for play in plays if is_heard(play)]
        return _Heard(
            ended=array("q", [play.ended_ms for play in heard]),
            tracks=array("i", [play.track for play in heard]),
            ms=array("i", [play.ms_played for play in heard]),
        )


def _add(tally: dict[int, list[int]], key: int, ms_played: int) -> None:
    entry = tally.get(key)
    if entry is None:
        tally[key] = [1, ms_played]
    else:
        entry[0] += 1
        entry[1] += ms_played


def _best(tally: dict[int, list[int]], ids: list[str]) -> tuple[int, ...]:
    """The keys of a tally of (plays, ms), the most played first, equals by their id."""
    ranked = sorted(
        zip(tally, ids, strict=True), key=lambda one: (-tally[one[0]][0], -tally[one[0]][1], one[1])
    )
    return tuple(key for key, _ in ranked[:TOP_LENGTH])


def is_heard(play: Play) -> bool:
    """Whether a play counts: a track, for 30 seconds or more, outside a private session."""
    return play.track != NO_TRACK and play.ms_played >= HEARD_MS and not play.is_private


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _local_days(start: datetime, end: datetime) -> tuple[date, date]:
    """Every day, wherever the listener lives, that has a part between two moments."""
    return _utc_day(start) - timedelta(days=2), _utc_day(end) + timedelta(days=1)
