"""What a chart is made of: `Buckets` of days or months, and `ChartData`, the value a page draws.

Knows how months and days are labelled and which bars matter; nothing of plays or snapshots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..columns import day_number
from ..period import Period, months_between

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_HIGHLIGHTS = 3
BARS_A_HIGHLIGHT = 4


@dataclass(frozen=True, slots=True)
class ChartData:
    """One series. A value of None is a hole: nothing is known there, which is not a zero.

    `highlights` are the indexes of the few values that matter, `now` that of the present;
    `contexts` say more about each value, in its tooltip and table. `is_rank`: values are places in
    a list, so 1 stands at the top.
    """

    kind: Literal["line", "bar", "barh"]
    labels: tuple[str, ...]
    values: tuple[float | int | None, ...]
    unit: str
    series: str
    highlights: tuple[int, ...] = ()
    now: int | None = None
    contexts: tuple[str, ...] | None = None
    is_rank: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(self.values)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Consecutive local days or months, oldest first, the last of which `end` lies in."""

    unit: Literal["day", "month"]
    starts: tuple[date, ...]
    end: date

    @classmethod
    def of(cls, period: Period, start: date) -> "Buckets":
        """The period from `start` on: days when it is counted in days, else months."""
        if period.is_daily:
            days = (period.end - start).days + 1
            return cls("day", tuple(start + timedelta(days=n) for n in range(days)), period.end)
        return cls.months(start, period.end)

    @classmethod
    def months(cls, start: date, end: date) -> "Buckets":
        """The months from the one `start` lies in to the one `end` lies in."""
        return cls("month", months_between(start, end), end)

    @property
    def labels(self) -> tuple[str, ...]:
        """`22 Nov` for a day, `Nov 26` for a month."""
        if self.unit == "day":
            return tuple(f"{day.day} {MONTHS[day.month - 1]}" for day in self.starts)
        return tuple(f"{MONTHS[day.month - 1]} {day.year % 100:02}" for day in self.starts)

    def key(self, day: date) -> str:
        """What SQL calls the bucket of a day: `2026-11-22` or `2026-11`."""
        return day.isoformat()[: 10 if self.unit == "day" else 7]

    @property
    def now(self) -> int:
        """The index of the last bucket, the one that has only begun."""
        return len(self.starts) - 1

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

    Of equals the earlier one counts; `but`, the present, is never one: it has its own colour.
    """
    candidates = [(-value, at) for at, value in enumerate(values) if value and at != but]
    count = min(MOST_HIGHLIGHTS, len(values) // BARS_A_HIGHLIGHT)
    return tuple(sorted(at for _, at in sorted(candidates)[:count]))
