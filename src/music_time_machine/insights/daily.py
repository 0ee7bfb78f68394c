"""Questions about days and hours: how much on each, which days, how many of them in a row.

All are asked of `Heard.daily`, plays and time in totals by local day and hour, and so cost the days
of a period and not its plays. An hour that comes twice when clocks are set back is one hour.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ..columns import calendar_day
from .charts import MONTHS, Buckets, ChartData, Heat, Keys, highest, with_holes
from .counting import MS_AN_HOUR, length_words
from .heard import Heard
from .plays import bars
from .tallies import DAY_HOURS, WEEK_DAYS, Daily

__all__ = [
    "BusiestDay", "Daily", "Streaks", "ThisWeek", "busiest_day", "calendar", "hours_of_day",
    "plays_by_bucket", "streaks", "this_week", "week_heat", "weekdays",
]  # fmt: skip

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_WEEKDAYS = tuple(name[:3] for name in WEEKDAYS)
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
HOURS = tuple(f"{hour}:00" for hour in range(DAY_HOURS))
HOUR_KEYS = tuple(f"{hour:02}:00" for hour in range(DAY_HOURS))
HOURS_A_LABEL = 3
USUAL_WEEKS = 12
# Day 0, the first of 1970, was a Thursday.
FIRST_WEEKDAY = 3

_Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Streaks:
    """`longest` days in a row with a play, from `longest_start` to `longest_end`; None with no day.

    `current` is the streak that the period's last day, or the day before, ends: so many days, those
    before the period included.
    """

    longest: int
    longest_start: date | None
    longest_end: date | None
    current: int
    others: int = 0
    """How many later ones are as long."""
    counts: str = "Days in a row with a play that counts."


@dataclass(frozen=True, slots=True)
class BusiestDay:
    """The day with most plays, of equals the one with most time, then the earlier one.

    `others` is how many have as many plays.
    """

    day: date
    plays: int
    ms: int
    others: int = 0


@dataclass(frozen=True, slots=True)
class ThisWeek:
    """Plays and ms from this Monday to now, and the usual ones: the median of the same hours.

    `weeks` is of how many weeks, 12 at most: only those the archive covers. `sentence` says how the
    week compares, `counts` what is compared.
    """

    plays: int
    ms: int
    usual_plays: int
    usual_ms: int
    weeks: int
    sentence: str
    counts: str


def plays_by_bucket(
    archive: Heard, buckets: Buckets, snapshot_day: date | None
) -> tuple[ChartData, ChartData]:
    """Plays and hours a bucket; a hole outside what the archive covers.

    It covers the days from the first play to the last one, or to `snapshot_day`, the last snapshot:
    a snapshot brings the latest plays, so that a stretch without any is a true zero.
    """
    everything = archive.everything
    last = max((day for day in (everything.last_day, snapshot_day) if day), default=None)
    covered = buckets.between(everything.first_day, last)
    plays, ms = (each.sum(axis=1).tolist() for each in archive.daily.in_buckets(buckets))
    chart = bars(buckets, with_holes(plays, covered), ms)
    hours = tuple(
        round(length / MS_AN_HOUR, 2) if is_known else None
        for length, is_known in zip(ms, covered, strict=True)
    )
    return chart, ChartData(
        kind="bar",
        labels=buckets.labels,
        values=hours,
        unit="hours",
        series="Hours",
        highlights=highest(hours, but=buckets.now),
        now=buckets.now,
        contexts=tuple(_plays(count) if count else "" for count in plays),
        keys=buckets.keys,
    )


def hours_of_day(archive: Heard, start: date, end: date) -> ChartData:
    """The plays of each hour of the day."""
    plays, ms = archive.daily.within(start, end).by_code
    return ChartData(
        kind="radar",
        labels=HOURS,
        values=tuple(plays.tolist()),
        unit="plays",
        series="Plays",
        highlights=highest(plays.tolist()),
        contexts=_lengths(ms),
        keys=Keys("hour", HOUR_KEYS),
    )


def weekdays(archive: Heard, start: date, end: date) -> ChartData:
    """The plays of each day of the week."""
    plays, ms = (_by_weekday(amounts).sum(axis=1) for amounts in _hourly(archive, start, end))
    return ChartData(
        kind="bar",
        labels=SHORT_WEEKDAYS,
        values=tuple(plays.tolist()),
        unit="plays",
        series="Plays",
        highlights=highest(plays.tolist()),
        contexts=_lengths(ms),
        keys=Keys("weekday", SHORT_WEEKDAYS),
    )


def week_heat(archive: Heard, start: date, end: date) -> Heat:
    """The plays of each hour of the week."""
    plays, ms = (_by_weekday(amounts) for amounts in _hourly(archive, start, end))
    return Heat(
        rows=SHORT_WEEKDAYS,
        columns=tuple("" if at % HOURS_A_LABEL else hour for at, hour in enumerate(HOURS)),
        values=tuple(map(tuple, plays.tolist())),
        contexts=tuple(
            tuple(
                f"{name} {hour} to {HOURS[(at + 1) % DAY_HOURS]}: {_amount(count, length)}"
                for at, (hour, count, length) in enumerate(zip(HOURS, *row, strict=True))
            )
            for name, *row in zip(WEEKDAYS, plays.tolist(), ms.tolist(), strict=True)
        ),
        unit="plays",
        series="Plays",
        keyed_by=("weekday", "hour"),
        keys=tuple(tuple((day, hour) for hour in HOUR_KEYS) for day in SHORT_WEEKDAYS),
    )


def calendar(archive: Heard, year: int, today: date) -> Heat:
    """The plays of each day of a year up to today: weekdays down, weeks across.

    Before the first play of the archive nothing is known, which its cells say in words.
    """
    new_year, last = date(year, 1, 1), date(year, 12, 31)
    days = archive.daily.each(new_year, last)
    known = archive.everything.first_day or date.max
    outside: tuple[int | None, str, tuple[str, ...]] = (None, "", ())
    cells = [outside] * new_year.weekday()
    for at, (plays, ms) in enumerate(zip(*map(np.ndarray.tolist, days.by_day), strict=True)):
        day = new_year + timedelta(days=at)
        words = _of_day(day, plays, ms, day >= known)
        cells.append((plays, words, (day.isoformat(),)) if day <= today else outside)
    cells += [outside] * (-len(cells) % WEEK_DAYS)
    rows = [cells[weekday::WEEK_DAYS] for weekday in range(WEEK_DAYS)]
    return Heat(
        rows=SHORT_WEEKDAYS,
        columns=_months_above(new_year, len(rows[0]), today),
        values=tuple(tuple(value for value, _, _ in row) for row in rows),
        contexts=tuple(tuple(words for _, words, _ in row) for row in rows),
        unit="plays",
        series="Plays",
        keyed_by=("date",),
        keys=tuple(tuple(key for _, _, key in row) for row in rows),
        is_by_column=True,
    )


def streaks(archive: Heard, start: date, end: date) -> Streaks:
    """The longest streak within these days, of equals the first, and the one that is going on."""
    daily = archive.daily.within(start, end)
    plays = daily.by_day[0]
    # A streak begins where a day with plays follows one without, and ends the other way round.
    edges = np.diff(np.concatenate(([False], plays > 0, [False])).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    current = _streak_up_to(archive.daily, end)
    if not len(starts):
        return Streaks(0, None, None, current)
    lengths = ends - starts
    best = int(np.argmax(lengths))
    first, after = int(starts[best]), int(ends[best])
    return Streaks(
        longest=after - first,
        longest_start=calendar_day(daily.first + first),
        longest_end=calendar_day(daily.first + after - 1),
        current=current,
        others=int(np.count_nonzero(lengths == lengths[best])) - 1,
    )


def busiest_day(archive: Heard, start: date, end: date) -> BusiestDay | None:
    """The day with most plays; None where nothing was played."""
    daily = archive.daily.within(start, end)
    plays, ms = daily.by_day
    if not plays.any():
        return None
    most = np.flatnonzero(plays == plays.max())
    best = int(most[np.argmax(ms[most])])
    day = calendar_day(daily.first + best)
    return BusiestDay(day, int(plays[best]), int(ms[best]), others=len(most) - 1)


def this_week(archive: Heard, now: datetime) -> ThisWeek:
    """Monday to `now`, in the person's zone, against the same hours of the twelve weeks before."""
    today = now.date()
    so_far = today.weekday() * DAY_HOURS + now.hour + 1
    monday = today - timedelta(days=today.weekday())
    weeks = [timedelta(weeks=n) for n in range(USUAL_WEEKS, -1, -1)]
    days = archive.daily.each(monday - weeks[0], monday + timedelta(days=WEEK_DAYS - 1))
    plays, ms = (
        each.reshape(-1, WEEK_DAYS * DAY_HOURS)[:, :so_far].sum(axis=1)
        for each in (days.plays, days.ms)
    )
    first, last = archive.everything.first_day, archive.everything.last_day
    known = [
        at
        for at, week in enumerate(weeks[:-1])
        if first and last and first <= monday - week and today - week <= last
    ]
    usual_plays, usual_ms = (
        int(np.median(each[known]) + 0.5) if known else 0 for each in (plays, ms)
    )
    return ThisWeek(
        plays=int(plays[-1]),
        ms=int(ms[-1]),
        usual_plays=usual_plays,
        usual_ms=usual_ms,
        weeks=len(known),
        sentence=_week_in_words(int(plays[-1]), usual_plays if known else None),
        counts=_usual_in_words(len(known), today),
    )


def _hourly(archive: Heard, start: date, end: date) -> tuple[_Whole, _Whole]:
    """Plays and ms by day and hour, from a Monday to a Sunday around these days."""
    daily = archive.daily.within(start, end)
    before = (daily.first + FIRST_WEEKDAY) % WEEK_DAYS
    after = -(before + len(daily.plays)) % WEEK_DAYS
    rows = ((before, after), (0, 0))
    return np.pad(daily.plays, rows), np.pad(daily.ms, rows)


def _by_weekday(amounts: _Whole) -> _Whole:
    """Weekday by hour, of whole weeks of days by hour."""
    summed: _Whole = amounts.reshape(-1, WEEK_DAYS, DAY_HOURS).sum(axis=0)
    return summed


def _months_above(new_year: date, weeks: int, today: date) -> tuple[str, ...]:
    """The name of each month that has begun at the column of the week in which it did."""
    above = [""] * weeks
    for month, name in enumerate(MONTHS, start=1):
        first = new_year.replace(month=month)
        if first <= today:
            above[(new_year.weekday() + (first - new_year).days) // WEEK_DAYS] = name
    return tuple(above)


def _streak_up_to(daily: Daily, end: date) -> int:
    """How many days in a row have plays, up to this one or, if it has none, to the day before."""
    plays = daily.by_day[0]
    for last in (daily.place(end), daily.place(end) - 1):
        if 0 <= last < len(plays) and plays[last]:
            silent = np.flatnonzero(plays[:last] == 0)
            return last - (int(silent[-1]) if len(silent) else -1)
    return 0


def _of_day(day: date, plays: int, ms: int, is_known: bool) -> str:
    words = _amount(plays, ms) if is_known else "nothing known"
    return f"{day.day} {MONTH_NAMES[day.month - 1]}: {words}"


def _amount(plays: int, ms: int) -> str:
    return f"{_plays(plays)}, {length_words(ms)}" if plays else "no plays"


def _plays(count: int) -> str:
    return f"{count:,} {'play' if count == 1 else 'plays'}"


def _lengths(ms: _Whole) -> tuple[str, ...]:
    return tuple(length_words(length) if length else "" for length in ms.tolist())


def _week_in_words(plays: int, usual: int | None) -> str:
    so_far = f"{_plays(plays)} this week so far" if plays else "Nothing played this week so far"
    return f"{so_far}, usually {usual:,}." if usual is not None else f"{so_far}."


def _usual_in_words(weeks: int, today: date) -> str:
    hours = f"Monday to this hour of {WEEKDAYS[today.weekday()]}"
    if today.weekday() == 0:
        hours = "Monday to this hour"
    if not weeks:
        return f"{hours}; no whole week before is known yet."
    before = "the week" if weeks == 1 else f"the {weeks} weeks"
    return f"{hours}, against the median of the same hours in {before} before."
