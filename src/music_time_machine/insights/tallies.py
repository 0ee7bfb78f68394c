"""What is counted once of all plays, so that a question about some days costs days, not plays.

Plays and time by day, sessions, and the weeks in which a track was repeated. Pure, over columns;
hides the counting, and that each tally is made when it is first asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..columns import Listens, day_number
from ..plays import Source
from ..preferences import Rule
from ..traits import Device, Trait
from .charts import Buckets
from .counting import MS_A_SECOND, VERDICTS, verdicts

DAY_HOURS = 24
FLAGS = 3
REST_SECONDS = 30 * 60
WEEK_DAYS = 7
FEWEST_REPEATS = 5
# The services that are told of plays stamp their start, as a rule.
STAMPED_AT_END = (Source.EXTENDED_HISTORY, Source.RECENTLY_PLAYED, Source.ACCOUNT_DATA)
# A track and a day in one number: days are 16 bits.
DAY_BITS, DAY_MASK = 16, 2**16 - 1

_Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Daily:
    """Plays and their ms by local day and, across, by a code: the hour, if nothing else is said.

    Row 0 is day number `first`, as `Listens.day` counts them; no day is left out.
    """

    first: int
    plays: _Whole
    ms: _Whole

    def within(self, start: date, end: date) -> "Daily":
        """The days from `start` to `end`, both included, as far as there are any."""
        low, high = self.place(start), self.place(end) + 1
        low, high = (min(max(at, 0), len(self.plays)) for at in (low, high))
        return Daily(self.first + low, self.plays[low:high], self.ms[low:high])

    def each(self, start: date, end: date) -> "Daily":
        """Every day from `start` to `end`, with nothing on those that lie outside."""
        some, count = self.within(start, end), (end - start).days + 1
        before = -some.place(start) if len(some.plays) else 0
        rows = ((before, count - before - len(some.plays)), (0, 0))
        return Daily(day_number(start), np.pad(some.plays, rows), np.pad(some.ms, rows))

    def place(self, day: date) -> int:
        """The row of a day, which may lie outside."""
        return day_number(day) - self.first

    def totals(self) -> tuple[int, int]:
        """All plays and all ms."""
        return int(self.plays.sum()), int(self.ms.sum())

    def in_buckets(self, buckets: Buckets) -> tuple[_Whole, _Whole]:
        """The plays and the ms of each bucket, still by hour or whatever stands across."""
        edges = [*map(self.place, buckets.starts), self.place(buckets.end) + 1]
        rows = np.clip(edges, 0, len(self.plays))
        plays, ms = (
            np.diff(np.pad(np.cumsum(each, axis=0), ((1, 0), (0, 0)))[rows], axis=0)
            for each in (self.plays, self.ms)
        )
        return plays, ms

    @property
    def by_day(self) -> tuple[_Whole, _Whole]:
        """The plays and the ms of each day."""
        return self.plays.sum(axis=1), self.ms.sum(axis=1)

    @property
    def by_code(self) -> tuple[_Whole, _Whole]:
        """The plays and the ms of each hour, or whatever stands across."""
        return self.plays.sum(axis=0), self.ms.sum(axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class SessionRuns:
    """Sessions, oldest first: how many `plays`, and the `ms` of these.

    `day` is the local day of the first play; `start` and `end` are ms since 1970, UTC.
    """

    day: _Whole
    start: _Whole
    end: _Whole
    plays: _Whole
    ms: _Whole


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Seven days in a row with five plays of one track or more, from a play of it on.

    Only the best of each `day` (the first of the seven) and in its order: most `plays`, then most
    `ms`, then the smaller id. `last` is the day of the last of these plays.
    """

    day: _Whole
    last: _Whole
    track_id: _Whole
    plays: _Whole
    ms: _Whole


class Tallies:
    """The tallies of an archive, each one made when it is first asked for and then kept."""

    def __init__(
        self,
        everything: tuple[Listens, Listens],
        in_totals: tuple[Listens, ...],
        recordings: Listens,
        rule: Rule,
    ) -> None:
        self._everything = everything
        self._in_totals = in_totals
        self._recordings = recordings
        self._rule = rule

    @cached_property
    def daily(self) -> Daily:
        """Of the plays in totals, by hour."""
        hours = (np.arange(WEEK_DAYS * DAY_HOURS) % DAY_HOURS).astype(np.uint8)
        return _by_day(((part, hours[part.hour]) for part in self._in_totals), DAY_HOURS)

    @cached_property
    def devices(self) -> Daily:
        """Of the plays in totals, by `Device`; 0 is not told."""
        parts = ((part, part.trait(Trait.DEVICE)) for part in self._in_totals)
        return _by_day(parts, max(Device) + 1)

    @cached_property
    def sources(self) -> Daily:
        """Of all plays, whether they count or not, by `Source`."""
        return _by_day(((part, part.source) for part in self._everything), max(Source) + 1)

    @cached_property
    def skips(self) -> Daily:
        """Of all plays of music, whether they count or not: not told, heard, skipped."""
        music = self._everything[0]
        return _by_day([(music, music.trait(Trait.SKIPPED))], FLAGS)

    @cached_property
    def verdicts(self) -> Daily:
        """Of all plays that could be in totals, by what `counting.verdicts` says of them."""
        parts = self._everything if self._rule.episodes else self._everything[:1]
        return _by_day(((part, verdicts(part, self._rule)) for part in parts), VERDICTS)

    @cached_property
    def sessions(self) -> SessionRuns:
        """The sessions of the plays in totals."""
        return sessions(self._in_totals)

    @cached_property
    def repeats(self) -> Repeats:
        """Of the music by recording."""
        return repeats(self._recordings)


def _by_day(parts: Iterable[tuple[Listens, NDArray[np.integer]]], codes: int) -> Daily:
    found = [(part, code) for part, code in parts if len(part)]
    # Around a change of clocks a day may come back, so neither end of the array has to be the end.
    first = min((int(part.day.min()) for part, _ in found), default=0)
    last = max((int(part.day.max()) for part, _ in found), default=-1)
    size = (last - first + 1) * codes
    plays, ms = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for part, code in found:
        cell = part.day.astype(np.int64)
        cell -= first
        cell *= codes
        cell += code
        plays += np.bincount(cell, minlength=size)
        # Added up as 64-bit floats, which are exact up to 285,000 years.
        ms += np.bincount(cell, weights=part.ms, minlength=size).astype(np.int64)
    return Daily(first, plays.reshape(-1, codes), ms.reshape(-1, codes))


def sessions(parts: tuple[Listens, ...]) -> SessionRuns:
    """The sessions: each goes on until nothing was played for 30 minutes.

    A stamp is the end of a play where Spotify tells of it, else its start.
    """
    when, ms, day, source = _in_order(parts)
    if not len(when):
        return SessionRuns(*(np.empty(0, np.int64) for _ in range(5)))
    stamped_at_end = np.zeros(max(Source) + 1, np.bool_)
    stamped_at_end[list(STAMPED_AT_END)] = True

    def around(plays: NDArray[np.intp]) -> tuple[_Whole, _Whole]:
        """When these plays began and ended, in ms."""
        stamp, length = when[plays].astype(np.int64) * MS_A_SECOND, ms[plays].astype(np.int64)
        at_end = stamped_at_end[source[plays]]
        return np.where(at_end, stamp - length, stamp), np.where(at_end, stamp, stamp + length)

    # Plays only shorten a rest, so few places have to be looked at closely.
    before = np.flatnonzero(when[1:] - when[:-1] >= REST_SECONDS)
    rested = around(before + 1)[0] - around(before)[1] >= REST_SECONDS * MS_A_SECOND
    first = np.concatenate(([0], before[rested] + 1))
    after = np.append(first[1:], len(when))
    return SessionRuns(
        day=day[first].astype(np.int64),
        start=around(first)[0],
        end=around(after - 1)[1],
        plays=after - first,
        ms=np.add.reduceat(ms, first, dtype=np.int64),
    )


def _in_order(
    parts: tuple[Listens, ...],
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint16], NDArray[np.uint32]]:
    """When, how long, on which day and by which source, in order of time."""
    told = [(part.when, part.ms, part.day, part.source) for part in parts if len(part)]
    if len(told) == 1:
        return told[0]
    when, ms, day, source = (
        np.concatenate([Listens.none().when, *(each[at] for each in told)]) for at in range(4)
    )
    order = np.argsort(when, kind="stable")
    return when[order], ms[order], day[order], source[order]


def repeats(listens: Listens) -> Repeats:
    """The best seven days that begin on each day, of those with five plays of a track or more."""
    # The place of a play in the last bits: sorting plain numbers takes a tenth of sorting indexes.
    bits = len(listens).bit_length()
    packed = (listens.track.astype(np.int64) << DAY_BITS | listens.day) << bits
    packed |= np.arange(len(listens))
    packed.sort()
    played = packed >> bits
    ms = np.concatenate(([0], np.cumsum(listens.ms[packed & ((1 << bits) - 1)], dtype=np.int64)))
    fifth = FEWEST_REPEATS - 1
    # No day lies so late that the next track's first day could be less than a week away.
    first = np.flatnonzero(played[fifth:] - played[: max(len(played) - fifth, 0)] < WEEK_DAYS)
    after = np.searchsorted(played, played[first] + WEEK_DAYS)
    found = Repeats(
        day=played[first] & DAY_MASK,
        last=played[after - 1] & DAY_MASK,
        track_id=listens.track_ids[played[first] >> DAY_BITS].astype(np.int64),
        plays=after - first,
        ms=ms[after] - ms[first],
    )
    return _only(found, _best_of_each_day(found))


def _best_of_each_day(found: Repeats) -> NDArray[np.intp]:
    most = np.zeros(DAY_MASK + 1, np.int64)
    np.maximum.at(most, found.day, found.plays)
    good = np.flatnonzero(found.plays == most[found.day])
    order = good[np.lexsort((found.track_id[good], -found.ms[good], found.day[good]))]
    day = found.day[order]
    best: NDArray[np.intp] = order[np.append(True, day[1:] != day[:-1])[: len(order)]]
    return best


def _only(found: Repeats, which: NDArray[np.intp]) -> Repeats:
    return Repeats(
        found.day[which],
        found.last[which],
        found.track_id[which],
        found.plays[which],
        found.ms[which],
    )
