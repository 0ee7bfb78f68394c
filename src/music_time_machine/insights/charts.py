"""What a chart is made of: `Buckets` of time, `ChartData` and `Heat`, the values a page draws.

Knows how stretches of time are chosen and labelled, which bars matter, and how two figures compare;
nothing of plays or snapshots.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..columns import day_number
from ..period import Period, months_between

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Unit = Literal["day", "week", "month", "year"]
# The longest stretches that are drawn by the day, the week and the month: 62, 31 and 180 bars.
MOST_DAYS, MOST_WEEK_DAYS, MOST_MONTH_DAYS = 62, 217, 5_480
HEAT_LEVELS = 5
MOST_HIGHLIGHTS = 3
BARS_A_HIGHLIGHT = 4


@dataclass(frozen=True, slots=True)
class Keys:
    """What each value of a chart belongs to, for a machine: `name` says what (`month`, `hour`)."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChartData:
    """One series. A value of None is a hole: nothing is known there, which is not a zero.

    `highlights` are the indexes of the few values that matter, `now` that of the present;
    `contexts` say more about each value, in its tooltip and table. `is_rank`: values are places in
    a list, so 1 stands at the top. `keys` stand for the labels in a file, where these say too
    little; None where the labels are names.
    """

    kind: Literal["line", "bar", "barh", "radar"]
    labels: tuple[str, ...]
    values: tuple[float | int | None, ...]
    unit: str
    series: str
    highlights: tuple[int, ...] = ()
    now: int | None = None
    contexts: tuple[str, ...] | None = None
    is_rank: bool = False
    keys: Keys | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(self.values)

    @property
    def drawn(self) -> "ChartData":
        """The same without the keys, which no drawing needs."""
        return replace(self, keys=None)


@dataclass(frozen=True, slots=True)
class Heat:
    """A table of counts drawn as a heat map: a value for each row and column.

    A value of None is no cell at all: a day that is outside the year. `contexts` say each cell in
    words, the number included. `columns` may be empty texts where a label would be too many.
    `keys` say for a machine which day or hour each cell is, in one word for each of `keyed_by`;
    `is_by_column` when time runs down the columns and not along the rows.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[int | None, ...], ...]
    contexts: tuple[tuple[str, ...], ...]
    unit: str
    series: str
    keyed_by: tuple[str, ...]
    keys: tuple[tuple[tuple[str, ...], ...], ...]
    is_by_column: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(any(row) for row in self.values)

    @property
    def cells(self) -> Iterator[tuple[tuple[str, ...], int, str]]:
        """The key, the value and the words of each cell, in order of time."""
        places = [(row, at) for row in range(len(self.rows)) for at in range(len(self.columns))]
        if self.is_by_column:
            places.sort(key=itemgetter(1))
        for row, at in places:
            value = self.values[row][at]
            if value is not None:
                yield self.keys[row][at], value, self.contexts[row][at]

    @property
    def levels(self) -> tuple[tuple[int | None, ...], ...]:
        """How dark each cell is, from 0 (nothing) to 5; even steps up to the 95th percentile.

        One wild day would leave all others pale if the steps went up to the highest value.
        """
        told = [value for row in self.values for value in row if value]
        top = float(np.percentile(told, 95)) if told else 1.0
        return tuple(
            tuple(
                None if value is None else min(HEAT_LEVELS, -int(-value * HEAT_LEVELS // top))
                for value in row
            )
            for row in self.values
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A figure now and in the stretch of time before; `before` is None where there is none."""

    now: float
    before: float | None

    @property
    def percent(self) -> int | None:
        """By how many whole percent it rose, half rounded away from zero; None from nothing."""
        if not self.before:
            return None
        share = 100 * (self.now - self.before) / self.before
        return int(share + (0.5 if share >= 0 else -0.5))

    @property
    def words(self) -> str:
        """`12 % more than before`, `as before`, `none before`; empty with nothing to compare."""
        if self.before is None:
            return ""
        if self.percent is None:
            return "none before" if self.now else "none before either"
        if self.percent == 0:
            return "as before"
        return f"{abs(self.percent):,} % {'more' if self.percent > 0 else 'less'} than before"


@dataclass(frozen=True, slots=True)
class Buckets:
    """Consecutive stretches of local days, oldest first, the last of which `end` lies in.

    The first one may be the rest of a week, month or year. `is_over`: the last one is not the
    present.
    """

    unit: Unit
    starts: tuple[date, ...]
    end: date
    is_over: bool = False

    @classmethod
    def of(cls, period: Period, start: date) -> "Buckets":
        """The period from `start` on: days when it is counted in days, else months."""
        if period.is_daily:
            days = (period.end - start).days + 1
            starts = tuple(start + timedelta(days=n) for n in range(days))
            return cls("day", starts, period.end, period.is_over)
        months = cls.months(start, period.end).starting(start)
        return replace(months, is_over=period.is_over)

    @classmethod
    def fitting(cls, start: date, end: date, *, is_over: bool = False) -> "Buckets":
        """Days, weeks, months or years, whichever draws these days well: never 400 of them."""
        return replace(cls._fitting(start, end), is_over=is_over)

    @classmethod
    def _fitting(cls, start: date, end: date) -> "Buckets":
        days = (end - start).days + 1
        if days <= MOST_DAYS:
            return cls("day", tuple(start + timedelta(days=n) for n in range(days)), end)
        if days <= MOST_WEEK_DAYS:
            monday = start - timedelta(days=start.weekday())
            weeks = ((end - monday).days // 7) + 1
            starts = tuple(monday + timedelta(weeks=n) for n in range(weeks))
            return cls("week", starts, end).starting(start)
        if days <= MOST_MONTH_DAYS:
            return cls.months(start, end).starting(start)
        years = tuple(date(year, 1, 1) for year in range(start.year, end.year + 1))
        return cls("year", years, end).starting(start)

    @classmethod
    def months(cls, start: date, end: date) -> "Buckets":
        """The months from the one `start` lies in to the one `end` lies in."""
        return cls("month", months_between(start, end), end)

    def starting(self, start: date) -> "Buckets":
        """The same without what the first one holds before `start`: all add up to the period."""
        return replace(self, starts=(max(start, self.starts[0]), *self.starts[1:]))

    @property
    def labels(self) -> tuple[str, ...]:
        """`22 Nov` for a day or a week's Monday, `Nov 26` for a month, `2026` for a year.

        Days and weeks of more than one year say theirs: `22 Nov 26`.
        """
        if self.unit == "year":
            return tuple(f"{day.year}" for day in self.starts)
        if self.unit in ("day", "week"):
            in_years = len({day.year for day in self.starts}) > 1
            return tuple(
                f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year % 100:02}" if in_years else "")
                for day in self.starts
            )
        return tuple(f"{MONTHS[day.month - 1]} {day.year % 100:02}" for day in self.starts)

    @property
    def keys(self) -> Keys:
        """`2026-11-22` for a day or a week's first, `2026-11` for a month, `2026` for a year."""
        length = {"day": 10, "week": 10, "month": 7, "year": 4}[self.unit]
        return Keys(self.unit, tuple(day.isoformat()[:length] for day in self.starts))

    def key(self, day: date) -> str:
        """What SQL calls the bucket of a day, for days and months: `2026-11-22` or `2026-11`."""
        return day.isoformat()[: 10 if self.unit == "day" else 7]

    @property
    def now(self) -> int | None:
        """The index of the last bucket, the one that has only begun; None when all is over."""
        return None if self.is_over else len(self.starts) - 1

    def totals(
        self, days: NDArray[np.uint16], amounts: NDArray[np.uint32] | None = None
    ) -> tuple[int, ...]:
        """How many of the local days, as `Listens` counts them, fall into each bucket.

        With `amounts`, the sum of these instead. Days outside are left out.
        """
        edges = np.array([day_number(day) for day in (*self.starts, self.end + timedelta(days=1))])
        if (days[1:] < days[:-1]).any():
            # Clocks set back across midnight: rare, so sorted only then.
            order = np.argsort(days, kind="stable")
            days, amounts = days[order], None if amounts is None else amounts[order]
        cuts = np.searchsorted(days, edges)
        if amounts is None:
            return tuple(int(count) for count in np.diff(cuts))
        return tuple(
            int(amounts[start:end].sum(dtype=np.int64)) for start, end in pairwise(cuts.tolist())
        )

    def between(self, first: date | None, last: date | None) -> tuple[bool, ...]:
        """Which buckets touch the days from `first` to `last`; none when there are no such days."""
        if first is None or last is None:
            return (False,) * len(self.starts)
        ends = [*self.starts[1:], self.end + timedelta(days=1)]
        return tuple(
            start <= last and first < end for start, end in zip(self.starts, ends, strict=True)
        )


def with_holes(values: Sequence[int], known: Sequence[bool]) -> tuple[int | None, ...]:
    """The values, with None where nothing is known."""
    return tuple(value if is_known else None for value, is_known in zip(values, known, strict=True))


def highest(values: Sequence[float | None], but: int | None = None) -> tuple[int, ...]:
    """The indexes of the highest values, at most three and one in four, in order of place.

    Of equals all or none; `but`, the present, is never one: it has its own colour.
    """
    candidates = [(value, at) for at, value in enumerate(values) if value and at != but]
    count = min(MOST_HIGHLIGHTS, len(values) // BARS_A_HIGHLIGHT)
    ordered = sorted(candidates, reverse=True)
    beyond = ordered[count][0] if len(ordered) > count else 0
    return tuple(sorted(at for value, at in ordered[:count] if value > beyond))


def foremost(values: Sequence[float]) -> tuple[int, ...]:
    """The indexes of those that share the highest value of a list; none where too many do."""
    most = max(values, default=0)
    first = tuple(at for at, value in enumerate(values) if value == most)
    return first if len(first) <= MOST_HIGHLIGHTS else ()
