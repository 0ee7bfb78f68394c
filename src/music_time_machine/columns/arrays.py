"""The arrays themselves: `Columns` of an account, and `Listens`, a run of plays within them.

Knows what each array means and how a run is cut to local days. All arrays are read-only; about 15
bytes a play, and some more for each different track.
"""

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY_SECONDS = 86_400
LAST_SECOND = 2**32 - 1
LAST_DAY = 2**16 - 1

Indexes = slice | NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Listens:
    """Plays in order of time. The first five arrays run over plays, the others over tracks.

    Tracks are numbered in the order in which they were first heard, artists likewise; a run cut out
    with `within` keeps the numbers, so that runs can be compared.
    """

    when: NDArray[np.uint32]
    """Seconds since 1970, UTC, as the source stamped the play."""
    track: NDArray[np.int32]
    """Index into `track_ids`."""
    ms: NDArray[np.uint32]
    """Milliseconds played."""
    day: NDArray[np.uint16]
    """The local calendar day, in days since 1970. Mind the unsigned type when subtracting."""
    hour: NDArray[np.uint8]
    """The local hour of the week: 0 is Monday from midnight to one o'clock, 167 the last."""

    track_ids: NDArray[np.int32]
    first_day: NDArray[np.uint16]
    """The local day on which the track was first heard, ever."""
    artist: NDArray[np.int32]
    """Index into `artist_ids`, -1 where a track names no artist."""
    artist_ids: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.when)

    @classmethod
    def none(cls) -> "Listens":
        """No plays at all."""
        return cls(
            when=np.empty(0, np.uint32),
            track=np.empty(0, np.int32),
            ms=np.empty(0, np.uint32),
            day=np.empty(0, np.uint16),
            hour=np.empty(0, np.uint8),
            track_ids=np.empty(0, np.int32),
            first_day=np.empty(0, np.uint16),
            artist=np.empty(0, np.int32),
            artist_ids=np.empty(0, np.int32),
        )

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """All nine, in the order in which they are declared."""
        return (
            self.when,
            self.track,
            self.ms,
            self.day,
            self.hour,
            self.track_ids,
            self.first_day,
            self.artist,
            self.artist_ids,
        )

    def within(self, start: date, end: date) -> "Listens":
        """The plays of the local days from `start` to `end`, both included."""
        low, high = day_number(start), day_number(end)
        # No zone is further than a day from UTC, so two binary searches come close to the days.
        first = np.searchsorted(self.when, _second(low - 1))
        last = np.searchsorted(self.when, _second(high + 2))
        day = self.day[first:last]
        inside = (day >= min(max(low, 0), LAST_DAY)) & (day <= min(max(high, 0), LAST_DAY))
        if not inside.any():
            return self._cut(slice(0, 0))
        begin, end_ = int(np.argmax(inside)), len(day) - int(np.argmax(inside[::-1]))
        if inside[begin:end_].all():
            return self._cut(slice(int(first) + begin, int(first) + end_))
        # Clocks set back across midnight: the day before is lived on for an hour.
        return self._cut(np.flatnonzero(inside) + first)

    def before(self, second: int) -> "Listens":
        """The plays stamped before `second`, and the tracks that had been heard by then."""
        plays = int(np.searchsorted(self.when, np.uint32(second)))
        tracks = int(np.max(self.track[:plays])) + 1 if plays else 0
        artists = int(np.max(self.artist[:tracks])) + 1 if tracks else 0
        return replace(
            self._cut(slice(0, plays)),
            track_ids=self.track_ids[:tracks],
            first_day=self.first_day[:tracks],
            artist=self.artist[:tracks],
            artist_ids=self.artist_ids[:artists],
        )

    def artist_first_day(self) -> NDArray[np.uint16]:
        """The local day on which each artist was first heard, ever."""
        return first_values(self.artist, self.first_day, len(self.artist_ids))

    def _cut(self, plays: Indexes) -> "Listens":
        return replace(
            self,
            when=self.when[plays],
            track=self.track[plays],
            ms=self.ms[plays],
            day=self.day[plays],
            hour=self.hour[plays],
        )


@dataclass(frozen=True, slots=True, eq=False)
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


def first_values(
    index: NDArray[np.int32], values: NDArray[np.uint16], size: int
) -> NDArray[np.uint16]:
    """For each number below `size` the value beside its first place in `index`; -1 is no number."""
    first = np.zeros(size + 1, np.uint16)
    # Assigned backwards, the first place comes last and stays; -1 lands in the spare place.
    first[index[::-1]] = values[::-1]
    return first[:size]


def _second(day: int) -> np.uint32:
    return np.uint32(min(max(day * DAY_SECONDS, 0), LAST_SECOND))
