"""The arrays themselves: `Columns` of an account, and `Listens`, a run of plays within them.

Knows what each array means, how a run is cut to local days, and how several ids become one
recording. All arrays are read-only; 20 bytes a play, and 26 for each different track.
"""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..traits import Trait, values

EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY_SECONDS = 86_400
LAST_SECOND = 2**32 - 1
LAST_DAY = 2**16 - 1

TRAITS_SHIFT = int(Trait.ASSUMED)
"""What is left of the stored traits in an array: all above the country, which no figure uses."""
SOURCE_SHIFT = 28
"""The bit of such a number above which the source stands."""

PLAY_ARRAYS = ("when", "track", "ms", "day", "hour", "traits")
TRACK_ARRAYS = ("track_ids", "first_day", "artist", "album", "recording", "duration_ms")

Indexes = slice | NDArray[np.intp] | NDArray[np.int32]
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Listens:
    """Plays in order of time. `PLAY_ARRAYS` run over plays, `TRACK_ARRAYS` over tracks.

    Tracks are numbered in the order in which they were first heard; artists, albums and recordings
    likewise. A run cut out with `within` keeps the numbers, so that runs can be compared.
    """

    when: NDArray[np.uint32]
    """Seconds since 1970, UTC, as the source stamped the play."""
    track: NDArray[np.int32]
    """Index into `track_ids`."""
    ms: NDArray[np.uint32]
    """Milliseconds played; where no source tells, the track's length, 0 where that is unknown."""
    day: NDArray[np.uint16]
    """The local calendar day, in days since 1970. Mind the unsigned type when subtracting."""
    hour: NDArray[np.uint8]
    """The local hour of the week: 0 is Monday from midnight to one o'clock, 167 the last."""
    traits: NDArray[np.uint32]
    """How it was played, and who tells of it; read it with `trait` and `source`."""

    track_ids: NDArray[np.int32]
    first_day: NDArray[np.uint16]
    """The local day on which the track was first heard, ever."""
    artist: NDArray[np.int32]
    """Index into `artist_ids`, -1 where a track names no artist."""
    album: NDArray[np.int32]
    """Index into `album_ids`, -1 where a track names no album."""
    recording: NDArray[np.int32]
    """A number from 0 on, equal for all tracks that are one recording."""
    duration_ms: NDArray[np.uint32]
    """The track's own length, 0 where it is unknown."""
    artist_ids: NDArray[np.int32]
    album_ids: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.when)

    @classmethod
    def none(cls) -> "Listens":
        """No plays at all."""
        return cls(*(np.empty(0, dtype) for dtype in DTYPES))

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """All of them, in the order in which they are declared."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def trait(self, trait: Trait) -> NDArray[np.int64]:
        """One trait of each play: its code, 0 where it was not told. Not the country."""
        return values(self.traits.astype(np.int64) << TRAITS_SHIFT, trait)

    @property
    def source(self) -> NDArray[np.uint32]:
        """The `plays.Source` that tells of each play, the richest where several do."""
        return self.source_of(slice(None))

    def source_of(self, plays: slice) -> NDArray[np.uint32]:
        """The same of some plays in a row."""
        return (self.traits[plays] >> SOURCE_SHIFT).astype(np.uint32)

    def within(self, start: date, end: date) -> "Listens":
        """The plays of the local days from `start` to `end`, both included."""
        low, high = (min(max(day_number(day), 0), LAST_DAY) for day in (start, end))
        # No zone is further than a day from UTC, so binary searches come close to both ends.
        seconds = np.array([_second(day) for day in (low - 1, low + 1, high, high + 2)])
        first, sure, unsure, last = np.searchsorted(self.when, seconds).tolist()
        if sure < unsure:
            head, tail = self.day[first:sure] >= low, self.day[unsure:last] <= high
            begin, end_ = sure - int(head.sum()), unsure + int(tail.sum())
            if head[begin - first :].all() and tail[: end_ - unsure].all():
                return self._cut(slice(begin, end_))
        day = self.day[first:last]
        inside = (day >= low) & (day <= high)
        if not inside.any():
            return self._cut(slice(0, 0))
        begin, end_ = int(np.argmax(inside)), len(day) - int(np.argmax(inside[::-1]))
        if inside[begin:end_].all():
            return self._cut(slice(first + begin, first + end_))
        # Clocks set back across midnight: the day before is lived on for an hour.
        return self._cut(np.flatnonzero(inside) + first)

    def before(self, second: int) -> "Listens":
        """The plays stamped before `second`, and the tracks that had been heard by then."""
        plays = int(np.searchsorted(self.when, np.uint32(second)))
        tracks = _count(self.track[:plays])
        return replace(
            self._cut(slice(0, plays), slice(0, tracks)),
            artist_ids=self.artist_ids[: _count(self.artist[:tracks])],
            album_ids=self.album_ids[: _count(self.album[:tracks])],
        )

    def only(self, which: NDArray[np.bool_]) -> "Listens":
        """Some of the plays, as if there were no others: what is first heard is so among these."""
        plays = np.flatnonzero(which)
        track, firsts = renumbered(self.track[plays], len(self.track_ids))
        tracks = self.track[plays[firsts]]
        artist, artists = renumbered(self.artist[tracks], len(self.artist_ids))
        album, albums = renumbered(self.album[tracks], len(self.album_ids))
        return replace(
            self._cut(plays, tracks),
            track=track,
            first_day=self.day[plays[firsts]],
            artist=artist,
            album=album,
            recording=renumbered(self.recording[tracks], _count(self.recording))[0],
            artist_ids=self.artist_ids[self.artist[tracks[artists]]],
            album_ids=self.album_ids[self.album[tracks[albums]]],
        )

    def as_recordings(self) -> "Listens":
        """The same plays, with one track for all ids of one recording.

        It has the id that was played most, of equals the smallest, and that one's artist, album and
        length. Ask it of a whole archive and cut then; figures of artists and albums want neither.
        """
        size = _count(self.recording)
        if size == len(self.track_ids):
            return self
        plays = np.bincount(self.track, minlength=len(self.track_ids))
        best_first = np.lexsort((self.track_ids, -plays))
        best = first_values(self.recording[best_first], best_first, size)
        return replace(
            self._cut(slice(None), best),
            track=self.recording[self.track],
            first_day=first_values(self.recording, self.first_day, size),
            recording=np.arange(size, dtype=np.int32),
        )

    def artist_first_day(self) -> NDArray[np.uint16]:
        """The local day on which each artist was first heard, ever."""
        return first_values(self.artist, self.first_day, len(self.artist_ids))

    def _cut(self, plays: Indexes, tracks: Indexes | None = None) -> "Listens":
        arrays = {name: getattr(self, name)[plays] for name in PLAY_ARRAYS}
        if tracks is not None:
            arrays |= {name: getattr(self, name)[tracks] for name in TRACK_ARRAYS}
        return replace(self, **arrays)


DTYPES: tuple[DTypeLike, ...] = (
    *(np.uint32, np.int32, np.uint32, np.uint16, np.uint8, np.uint32),
    *(np.int32, np.uint16, np.int32, np.int32, np.int32, np.uint32),
    *(np.int32, np.int32),
)
"""The type of each array of `Listens`, in the order in which they are declared."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Columns:
    """An account's listens: `music`, and apart from it what was `spoken` (episodes, chapters)."""

    zone: ZoneInfo
    music: Listens
    spoken: Listens

    @classmethod
    def empty(cls, zone: ZoneInfo) -> "Columns":
        """The columns of an account that has no listens."""
        return cls(zone, Listens.none(), Listens.none())

    @property
    def first_day(self) -> date | None:
        """The local day of the oldest play of any kind."""
        days = [int(part.day[0]) for part in (self.music, self.spoken) if len(part)]
        return calendar_day(min(days)) if days else None

    @property
    def last_day(self) -> date | None:
        """The local day of the newest play of any kind."""
        days = [int(part.day[-1]) for part in (self.music, self.spoken) if len(part)]
        return calendar_day(max(days)) if days else None


def day_number(day: date) -> int:
    """A calendar day as `Listens.day` counts it: days since 1970."""
    return day.toordinal() - EPOCH_DAY


def calendar_day(number: int) -> date:
    """The calendar day of a number of days since 1970."""
    return date.fromordinal(number + EPOCH_DAY)


def first_values(index: NDArray[np.int32], values: NDArray[_Number], size: int) -> NDArray[_Number]:
    """For each number below `size` the value beside its first place in `index`; -1 is no number."""
    first = np.zeros(size + 1, values.dtype)
    # Assigned backwards, the first place comes last and stays; -1 lands in the spare place.
    first[index[::-1]] = values[::-1]
    return first[:size]


def renumbered(index: NDArray[np.int32], size: int) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """The index with its numbers below `size` given anew as they come, and each one's first place.

    -1 stays. Counted rather than sorted: a tenth of what `np.unique` takes.
    """
    place = first_values(index, np.arange(1, len(index) + 1, dtype=np.int32), size)
    is_first = np.zeros(len(index) + 1, np.bool_)
    is_first[place] = True
    firsts = np.flatnonzero(is_first[1:])
    number = np.full(size + 1, -1, np.int32)
    number[index[firsts]] = np.arange(len(firsts), dtype=np.int32)
    return number[index], firsts


def _count(numbers: NDArray[np.int32]) -> int:
    """How many different numbers there are, given that they count up from 0."""
    return int(numbers.max(initial=-1)) + 1


def _second(day: int) -> np.uint32:
    return np.uint32(min(max(day * DAY_SECONDS, 0), LAST_SECOND))
