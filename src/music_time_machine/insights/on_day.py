"""One day of an archive, its week and its month, and the same day in other years.

Knows what is worth saying of so short a stretch: what was new in it, what has been forgotten since.
Hides how little of the archive it looks at: a month at most, and never a sort of all plays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from ..columns import Listens, calendar_day, day_number
from ..db import Database
from ..models import Account, Snapshot
from ..period import local_day, next_month
from .charts import Buckets, ChartData
from .counting import LeftOutPlays, left_out, sentence
from .daily import hours_of_day
from .heard import Heard, heard
from .lines import Line, artist_lines, track_lines

TOP_TRACKS, TOP_ARTISTS, TOP_OF_A_YEAR = 5, 4, 3
MOST_FOUND = MOST_FORGOTTEN = 6
FORGOTTEN_PLAYS = 5
FORGOTTEN_DAYS = 365
QUIET_PLAYS = 3
# Where an archive begins everything is new, which says nothing of the person.
UNSETTLED_DAYS = 182

Unit = Literal["day", "week", "month"]
Place = Literal["empty", "before", "within", "ahead"]
_DAY = timedelta(days=1)
_PARTS_OF_DAY = (
    (6, "at night"),
    (12, "in the morning"),
    (18, "in the afternoon"),
    (24, "in the evening"),
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The local days from `start` to `end`: one, those of a week from Monday on, or of a month.

    `plays` and `ms` are of all that counts, `tracks` and `artists` the most played. So many
    `new_tracks` and `new_artists` were first heard in these days; `met` are the ids of those among
    `tracks`. So many artists (`leaders`) share the most plays, and so many others (`beyond`) have
    as many as the last of `artists`.
    """

    unit: Unit
    start: date
    end: date
    plays: int
    ms: int
    tracks: tuple[Line, ...]
    artists: tuple[Line, ...]
    leaders: int
    beyond: int
    new_tracks: int
    new_artists: int
    met: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """A track with the plays of a month, and the day on which it was first heard, or last."""

    line: Line
    day: date


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Tracks of a month that were not heard once in the year from `since` to `until`.

    `counts` says so; `tracks` are the most played of that month first.
    """

    tracks: tuple[Dated, ...]
    since: date
    until: date
    counts: str


@dataclass(frozen=True, slots=True)
class OtherYear:
    """The same day in another year: its most played tracks, and all its `plays` of music.

    `words` say what is worth remembering, without a full stop.
    """

    year: int
    day: date
    lines: tuple[Line, ...]
    plays: int
    words: str

    @property
    def line(self) -> Line:
        """The most played track of the day."""
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class TimelineMonth:
    """A month of a timeline: its first day on it, how many days of it are there, and the plays."""

    start: date
    days: int
    plays: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every day one can travel to, from the first play to today, and the plays of each month."""

    first: date
    last: date
    months: tuple[TimelineMonth, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What was heard on a day and around it.

    `stretches` are the day, its week and its month. `part_of_day` is when more than half of the
    day's plays were, empty where there is no such time. `found` are tracks first heard in that
    month, which `is_beginning` when it is one of the archive's first. `nearest` are the days with
    plays just before and after one that has none. `counts` is the rule of all of these, with
    what it left out of the month.
    """

    stretches: tuple[Stretch, Stretch, Stretch]
    hours: ChartData
    part_of_day: str
    found: tuple[Dated, ...]
    is_beginning: bool
    forgotten: Forgotten | None
    other_years: tuple[OtherYear, ...]
    nearest: tuple[date, ...]
    counts: str


@dataclass(frozen=True, slots=True)
class OnDay:
    """A day as it lies in the archive, whose oldest and newest plays are of `first` and `last`.

    `around` is None where `place` says that nothing can be known. `snapshot` is the day of the
    nearest one.
    """

    day: date
    today: date
    place: Place
    first: date | None
    last: date | None
    around: Around | None
    snapshot: date | None
    timeline: Timeline | None

    @property
    def earlier(self) -> date | None:
        """The day before, None where the archive begins."""
        return self.day - _DAY if self.around and self.day != self.first else None

    @property
    def later(self) -> date | None:
        """The day after, None today."""
        return self.day + _DAY if self.around and self.day != self.today else None


@dataclass(frozen=True, slots=True)
class InOtherYears:
    """The same day as `day` in all other years that have plays of it, the latest first.

    `nearest` are days with plays around the day a year ago, for when there are none.
    """

    day: date
    years: tuple[OtherYear, ...]
    nearest: tuple[date, ...]
    timeline: Timeline | None
    counts: str

    @property
    def later(self) -> None:
        """The day after: none, it is today."""

    @property
    def earlier(self) -> date | None:
        """The day before, None where the archive begins."""
        begins = self.timeline.first if self.timeline else self.day
        return self.day - _DAY if begins < self.day else None


def on_day(db: Database, account: Account, day: date, now: datetime) -> OnDay:
    """What an account heard around a local day, seen from `now`. Raises as `columns.load`."""
    archive, today = heard(db, account), local_day(now, account.zone)
    first = archive.everything.first_day
    place = _place(day, first, today)
    return OnDay(
        day=day,
        today=today,
        place=place,
        first=first,
        last=archive.everything.last_day,
        around=_around(db, archive, day, today) if place == "within" else None,
        snapshot=_nearest_snapshot(db, account, day),
        timeline=_timeline(archive, today),
    )


def in_other_years(db: Database, account: Account, now: datetime) -> InOtherYears:
    """Today in all other years of an account. Raises as `columns.load`."""
    archive, today = heard(db, account), local_day(now, account.zone)
    years = _same_day(db, archive, today, today, None)
    return InOtherYears(
        day=today,
        years=years,
        nearest=() if years else _nearest(archive, same_day(today, today.year - 1)),
        timeline=_timeline(archive, today),
        counts=_counts_of_music(archive, [one.day for one in years]),
    )


def on_this_day(db: Database, archive: Heard, today: date, count: int = 3) -> tuple[OtherYear, ...]:
    """The same day in the latest `count` other years that have plays of music on it."""
    return _same_day(db, archive, today, today, count)


def same_day(day: date, year: int) -> date:
    """The day of the same name in another year; for a 29 February the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def _place(day: date, first: date | None, today: date) -> Place:
    if first is None:
        return "empty"
    if day > today:
        return "ahead"
    return "before" if day < first else "within"


def _spans(day: date) -> tuple[tuple[Unit, date, date], ...]:
    monday, month = day - timedelta(days=day.weekday()), day.replace(day=1)
    return (
        ("day", day, day),
        ("week", monday, monday + 6 * _DAY),
        ("month", month, next_month(month) - _DAY),
    )


# ---- what a stretch is made of -------------------------------------------------------------------


def _around(db: Database, archive: Heard, day: date, today: date) -> Around:
    on_the_day, week, month = (_stretch(db, archive, *span) for span in _spans(day))
    # One day by the clock is read from morning to night, not around a dial.
    hours = replace(hours_of_day(archive, day, day), kind="bar")
    first = archive.everything.first_day or day
    return Around(
        stretches=(on_the_day, week, month),
        hours=hours,
        part_of_day=_part_of_day(hours.values),
        found=_found(db, archive, month),
        is_beginning=(month.start - first).days < UNSETTLED_DAYS,
        forgotten=_forgotten(db, archive, month, today),
        other_years=_same_day(db, archive, day, today, None),
        nearest=() if on_the_day.plays else _nearest(archive, day),
        counts=_told(archive, f"{archive.counts(month.start, month.end)} in {month.start:%B %Y}"),
    )


class _Ranked(NamedTuple):
    """Numbers of tracks or artists, the most played first, and the plays of each."""

    numbers: NDArray[np.int32]
    plays: NDArray[np.intp]

    def pairs(self, ids: NDArray[np.int32], count: int) -> list[tuple[int, int]]:
        """(id, plays) of the first ones."""
        return list(
            zip(ids[self.numbers[:count]].tolist(), self.plays[:count].tolist(), strict=True)
        )


def _ranked(numbers: NDArray[np.int32], ms: NDArray[np.uint32], ids: NDArray[np.int32]) -> _Ranked:
    """By plays, then by time, then the smaller id; -1 has no name. For some thousand plays."""
    named = numbers >= 0
    found, place, plays = np.unique(numbers[named], return_inverse=True, return_counts=True)
    time = np.bincount(place, weights=ms[named], minlength=len(found))
    order = np.lexsort((ids[found], -time, -plays))
    return _Ranked(found[order], plays[order])


def _tracks(listens: Listens) -> _Ranked:
    return _ranked(listens.track, listens.ms, listens.track_ids)


def _artists(listens: Listens) -> _Ranked:
    return _ranked(listens.artist[listens.track], listens.ms, listens.artist_ids)


def _stretch(db: Database, archive: Heard, unit: Unit, start: date, end: date) -> Stretch:
    plays, ms = archive.daily.within(start, end).totals()
    recordings, music = archive.recordings.within(start, end), archive.music.within(start, end)
    tracks, artists, last = _tracks(recordings), _artists(music), TOP_ARTISTS - 1
    is_new = recordings.first_day[tracks.numbers] >= day_number(start)
    artist_is_new = music.artist_first_day()[artists.numbers] >= day_number(start)
    return Stretch(
        unit=unit,
        start=start,
        end=end,
        plays=plays,
        ms=ms,
        tracks=track_lines(db, tracks.pairs(recordings.track_ids, TOP_TRACKS)),
        artists=artist_lines(db, artists.pairs(music.artist_ids, TOP_ARTISTS)),
        leaders=int((artists.plays == artists.plays[:1]).sum()),
        beyond=int((artists.plays[last + 1 :] == artists.plays[last : last + 1]).sum()),
        new_tracks=int(is_new.sum()),
        new_artists=int(artist_is_new.sum()),
        met=tuple(recordings.track_ids[tracks.numbers[:TOP_TRACKS][is_new[:TOP_TRACKS]]].tolist()),
    )


def _part_of_day(hours: Sequence[float | None]) -> str:
    """When more than half of the plays were; empty where there is no such time, or just one."""
    plays = [count or 0 for count in hours]
    start = 0
    for end, words in _PARTS_OF_DAY:
        if 1 < sum(plays) < 2 * sum(plays[start:end]):
            return words
        start = end
    return ""


def _found(db: Database, archive: Heard, month: Stretch) -> tuple[Dated, ...]:
    """The most played tracks of a month among those that were first heard in it."""
    recordings = archive.recordings.within(month.start, month.end)
    tracks = _tracks(recordings)
    is_new = recordings.first_day[tracks.numbers] >= day_number(month.start)
    found = _Ranked(tracks.numbers[is_new][:MOST_FOUND], tracks.plays[is_new][:MOST_FOUND])
    days = recordings.first_day[found.numbers].tolist()
    return _dated(db, found.pairs(recordings.track_ids, MOST_FOUND), days)


def _forgotten(db: Database, archive: Heard, month: Stretch, today: date) -> Forgotten | None:
    """What was played often in a month and never in the latest year that the archive knows.

    None where that month is less than a year before.
    """
    until = min(archive.everything.last_day or today, today)
    since = until - timedelta(days=FORGOTTEN_DAYS - 1)
    if month.end >= since:
        return None
    recordings = archive.recordings
    tracks = _tracks(recordings.within(month.start, month.end))
    is_recent = np.zeros(len(recordings.track_ids), np.bool_)
    is_recent[recordings.within(since, until).track] = True
    kept = (tracks.plays >= FORGOTTEN_PLAYS) & ~is_recent[tracks.numbers]
    found = _Ranked(tracks.numbers[kept][:MOST_FORGOTTEN], tracks.plays[kept][:MOST_FORGOTTEN])
    days = _last_days(recordings, found.numbers)
    return Forgotten(
        tracks=_dated(db, found.pairs(recordings.track_ids, MOST_FORGOTTEN), days),
        since=since,
        until=until,
        counts=f"Tracks with at least {FORGOTTEN_PLAYS} plays that month and none in the year "
        f"up to {_day_words(until)}.",
    )


def _last_days(listens: Listens, tracks: NDArray[np.int32]) -> list[int]:
    """The day on which each of these tracks was last heard."""
    is_wanted = np.zeros(len(listens.track_ids), np.bool_)
    is_wanted[tracks] = True
    plays = np.flatnonzero(is_wanted[listens.track])
    last = np.zeros(len(listens.track_ids), np.uint16)
    np.maximum.at(last, listens.track[plays], listens.day[plays])
    days: list[int] = last[tracks].tolist()
    return days


def _dated(
    db: Database, pairs: Sequence[tuple[int, int]], days: Sequence[int]
) -> tuple[Dated, ...]:
    by_id = {track_id: calendar_day(day) for (track_id, _), day in zip(pairs, days, strict=True)}
    return tuple(Dated(line, by_id[line.id]) for line in track_lines(db, pairs))


# ---- the same day in other years -----------------------------------------------------------------


class _Candidate(NamedTuple):
    day: date
    listens: Listens
    tracks: _Ranked


def _same_day(
    db: Database, archive: Heard, day: date, today: date, count: int | None
) -> tuple[OtherYear, ...]:
    found = list(islice(_candidates(archive.recordings, day, today), count))
    ids = archive.recordings.track_ids
    pairs = [one.tracks.pairs(ids, TOP_OF_A_YEAR) for one in found]
    lines = {
        (line.id, line.plays): line for line in track_lines(db, [*{p for ps in pairs for p in ps}])
    }
    artist_first_day = archive.music.artist_first_day()
    return tuple(
        OtherYear(
            year=one.day.year,
            day=one.day,
            lines=(shown := tuple(lines[pair] for pair in pairs_)),
            plays=len(one.listens),
            words=_words(archive.recordings, one, shown[0], artist_first_day),
        )
        for one, pairs_ in zip(found, pairs, strict=True)
    )


def _candidates(recordings: Listens, day: date, today: date) -> Iterator[_Candidate]:
    """The day in each other year that has plays of it, the latest first."""
    if not len(recordings):
        return
    first = calendar_day(int(recordings.day.min())).year
    for year in range(today.year, first - 1, -1):
        that = same_day(day, year)
        if year != day.year and that <= today:
            listens = recordings.within(that, that)
            if len(listens):
                yield _Candidate(that, listens, _tracks(listens))


def _words(
    recordings: Listens, one: _Candidate, line: Line, artist_first_day: NDArray[np.uint16]
) -> str:
    """What is worth remembering of a day; the first of these that holds."""
    plays, number = len(one.listens), int(one.tracks.numbers[0])
    discovery = _discovery(recordings, one, line, artist_first_day)
    if discovery:
        return f"{_plural(line.plays, 'play')}{discovery}"
    of_the_month = _of_the_month(recordings, one.day)
    if line.plays > 1 and number in of_the_month:
        which = "your" if len(of_the_month) == 1 else "one of your"
        return f"{line.plays:,} plays that day, and {which} most played of that {one.day:%B}"
    if plays <= QUIET_PLAYS:
        return f"a quiet {one.day:%A}: {_plural(plays, 'play')}{_hours_words(one.listens)}"
    if line.plays == 1:
        return f"one of {plays:,} plays, none of them twice"
    return f"{line.plays:,} of the day's {plays:,} plays"


def _discovery(
    recordings: Listens, one: _Candidate, line: Line, artist_first_day: NDArray[np.uint16]
) -> str:
    """What of the day's track was new; empty when nothing was, or when everything was."""
    day, first = day_number(one.day), int(recordings.first_day[0])
    if first == day:
        return " on the day your archive begins"
    if day < first + UNSETTLED_DAYS:
        return ""
    number = one.tracks.numbers[0]
    artist = recordings.artist[number]
    if line.beside and artist >= 0:
        met = int(artist_first_day[artist])
        if met == day:
            return f", the day you first heard {line.beside}"
        if day - one.day.weekday() <= met < day:
            return f", the week you first heard {line.beside}"
    return ", the day you first heard it" if recordings.first_day[number] == day else ""


def _of_the_month(recordings: Listens, day: date) -> list[int]:
    """The numbers of the tracks that share the most plays of the month of a day."""
    start = day.replace(day=1)
    month = _tracks(recordings.within(start, next_month(start) - _DAY))
    most: list[int] = month.numbers[month.plays == month.plays[0]].tolist()
    return most


def _hours_words(listens: Listens) -> str:
    hours = listens.hour % 24
    together = "all " if len(listens) > 1 else ""
    if hours.max() < 9:
        return f", {together}before nine"
    return f", {together}after nine in the evening" if hours.min() >= 21 else ""


# ---- where else to go ----------------------------------------------------------------------------


def _nearest(archive: Heard, day: date) -> tuple[date, ...]:
    """The days with plays just before and just after a day."""
    days = np.flatnonzero(archive.daily.by_day[0]) + archive.daily.first
    at = int(np.searchsorted(days, day_number(day)))
    return tuple(calendar_day(int(one)) for one in days[max(at - 1, 0) : at + 1])


def _timeline(archive: Heard, today: date) -> Timeline | None:
    first = archive.everything.first_day
    if first is None or first > today:
        return None
    buckets = Buckets.months(first, today)
    plays = archive.daily.in_buckets(buckets)[0].sum(axis=1).tolist()
    starts = (first, *buckets.starts[1:])
    ends = (*buckets.starts[1:], today + _DAY)
    return Timeline(
        first,
        today,
        tuple(
            TimelineMonth(start, (end - start).days, count)
            for start, end, count in zip(starts, ends, plays, strict=True)
        ),
    )


def _nearest_snapshot(db: Database, account: Account, day: date) -> date | None:
    """The day of the nearest snapshot, of two as near the earlier one."""
    taken = Snapshot.local_date
    here = Snapshot.account_id == account.id
    statement = select(
        select(func.max(taken)).where(here, taken <= day).scalar_subquery(),
        select(func.min(taken)).where(here, taken >= day).scalar_subquery(),
    )
    with db.read() as session:
        found = [one for one in session.execute(statement).one() if one is not None]
    return min(found, key=lambda one: abs(one - day), default=None)


def _counts_of_music(archive: Heard, days: Sequence[date]) -> str:
    rule = replace(archive.chosen.rule, episodes=False)
    music = archive.everything.music
    found = (left_out(music.within(day, day), rule) for day in days)
    return _told(archive, sentence(rule, sum(found, LeftOutPlays())))


def _told(archive: Heard, counts: str) -> str:
    return (
        f"{counts}. From everything you brought here and Spotify's API, "
        f"in {archive.everything.zone.key} time."
    )


def _plural(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _day_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
