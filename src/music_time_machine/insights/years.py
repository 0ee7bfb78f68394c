"""A year in review: the story of one calendar year, made of the same insights as every other page.

Knows which figures tell a year, what they may be compared with, and who came back in it; hides that
the present year is compared with the same days of the year before.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ..columns import Listens, calendar_day, day_number
from ..columns.arrays import first_values
from ..db import Database
from ..errors import NotFound
from ..models import Account
from ..period import FIRST_DAY, local_day, months_between, next_month
from . import daily, habits, toplists, variety
from .charts import Buckets, Change, ChartData, Heat
from .daily import BusiestDay, Streaks
from .habits import Obsession, Sessions
from .heard import Heard, heard
from .lines import Line, Sums, artist_lines, plays_by, plays_by_track, track_lines
from .tops import Tops, tops
from .variety import Concentration, NewAndKnown

AWAY = timedelta(days=365)
NEVER = -(2**31)
FEWEST_PLAYS_BACK = 10
ONE_DAY = timedelta(days=1)
LATE_DAYS = 6  # an archive that begins in the first week of a year knows that year
TOPS = 10
MS_AN_HOUR, MS_A_DAY = 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True)
class YearLine:
    """One year in the list of years; `months` are its plays by month.

    From the month of the archive's first play, and up to today's.
    """

    year: int
    is_over: bool
    plays: int
    ms: int
    months: tuple[int, ...]
    artist: Line | None


@dataclass(frozen=True, slots=True)
class Years:
    """The years with a play that counts, newest first; `counts` says which plays do."""

    years: tuple[YearLine, ...]
    counts: str


@dataclass(frozen=True, slots=True)
class Month:
    """The month with most plays, of equals the one with most time; `others` have as many plays."""

    first: date
    plays: int
    ms: int
    others: int = 0


@dataclass(frozen=True, slots=True)
class CameBack:
    """An artist heard again after `days` without a play; `line` has the plays of this year."""

    line: Line
    last_before: date
    back: date
    days: int


@dataclass(frozen=True, slots=True)
class Amount:
    """How much it was. `before` are the days it is compared with, None where there are none.

    `first` is the track that the year began with, on `first_day`. One hour in `one_hour_in` of the
    days that the archive knows was spent listening, None where it was not even an hour.
    """

    plays: Change
    ms: Change
    before: tuple[date, date] | None
    month: Month
    plays_by_month: ChartData
    first: Line | None
    first_day: date | None
    one_hour_in: int | None


@dataclass(frozen=True, slots=True)
class Favourites:
    """Who and what it was: which were played most, and how many different `tracks` in all."""

    tracks: int
    tops: Tops
    concentration: Concentration
    obsession: Obsession | None


@dataclass(frozen=True, slots=True)
class Peak:
    """The hour of the day with most plays; of equals the first, and `others` have as many."""

    hour: int
    others: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When it was: on which days, at which hours, and for how long without a break."""

    calendar: Heat
    hours: ChartData
    peak: Peak
    sessions: Sessions
    streaks: Streaks
    busiest: BusiestDay | None


@dataclass(frozen=True, slots=True)
class News:
    """What was new: `artists` and `tracks` never heard before; and who came back."""

    artists: int
    tracks: int
    discoveries: ChartData
    new_and_known: NewAndKnown
    came_back: CameBack | None


@dataclass(frozen=True, slots=True)
class Story:
    """What a year with plays was like, chapter by chapter; `counts` says what all of it counts."""

    amount: Amount
    favourites: Favourites
    rhythm: Rhythm
    news: News
    counts: str


@dataclass(frozen=True, slots=True)
class Year:
    """A calendar year, from `start` to `end`: its last day, or today while it is not over.

    `known` are the years with a play that counts, oldest first; `begins` is the day of the
    first play of any kind. Without a play that counts there is no `story`.
    """

    year: int
    start: date
    end: date
    is_over: bool
    known: tuple[int, ...]
    begins: date | None
    story: Story | None

    @property
    def earlier(self) -> int | None:
        """The nearest year before it that has a story."""
        return max((year for year in self.known if year < self.year), default=None)

    @property
    def later(self) -> int | None:
        """The nearest year after it that has a story."""
        return min((year for year in self.known if year > self.year), default=None)


def years(db: Database, account: Account, now: datetime) -> Years:
    """The years of an account at an aware moment."""
    archive, today = heard(db, account), local_day(now, account.zone)
    known = _known(archive, today)[::-1]
    tops = [_artist(archive.music.within(*_days(year, today))) for year in known]
    named = {line.id: line for line in artist_lines(db, sorted({(top, 0) for top, _ in tops}))}
    return Years(
        years=tuple(
            _line(archive, year, today, replace(named[top], plays=plays) if top in named else None)
            for year, (top, plays) in zip(known, tops, strict=True)
        ),
        counts=f"{archive.counts()}.",
    )


def year_in_review(db: Database, account: Account, year: int, now: datetime) -> Year:
    """One calendar year of an account at an aware moment.

    Raises NotFound for one before the time of which anything can be known, or to come.
    """
    archive, today = heard(db, account), local_day(now, account.zone)
    if not FIRST_DAY.year <= year <= today.year:
        raise NotFound("There is no such year in your archive.")
    start, end = _days(year, today)
    known, is_over = _known(archive, today), year < today.year
    months = replace(Buckets.months(start, end), is_over=is_over)
    return Year(
        year=year,
        start=start,
        end=end,
        is_over=is_over,
        known=known,
        begins=archive.everything.first_day,
        story=_story(db, account, archive, months) if year in known else None,
    )


def _story(db: Database, account: Account, archive: Heard, months: Buckets) -> Story:
    start, end = months.starts[0], months.end
    amount = _amount(db, account, archive, months)
    hours = daily.hours_of_day(archive, start, end)
    return Story(
        amount=amount,
        favourites=_favourites(db, archive, start, end, amount.before),
        rhythm=Rhythm(
            calendar=daily.calendar(archive, start.year, end),
            hours=hours,
            peak=_peak(hours),
            sessions=habits.sessions(archive, start, end),
            streaks=daily.streaks(archive, start, end),
            busiest=daily.busiest_day(archive, start, end),
        ),
        news=_news(db, archive, months),
        counts=f"{archive.counts(start, end)}. From everything you brought here and Spotify's API, "
        f"in {account.zone.key} time.",
    )


def _peak(hours: ChartData) -> Peak:
    plays = [count or 0 for count in hours.values]
    return Peak(plays.index(max(plays)), others=plays.count(max(plays)) - 1)


def _amount(db: Database, account: Account, archive: Heard, months: Buckets) -> Amount:
    start, end = months.starts[0], months.end
    plays, ms = archive.daily.within(start, end).totals()
    before = _before(archive, start, end)
    plays_before, ms_before = archive.daily.within(*before).totals() if before else (None, None)
    snapshots = toplists.snapshot_days(db, account)
    last_snapshot = snapshots[-1] if snapshots else None
    chart, _ = daily.plays_by_bucket(archive, months, last_snapshot)
    tracks = archive.recordings.within(start, end)
    days = (end - _known_from(archive, start)).days + 1
    return Amount(
        plays=Change(plays, plays_before),
        ms=Change(ms, ms_before),
        before=before,
        month=_fullest(_months(archive, start, end)),
        plays_by_month=chart,
        first=_first(db, tracks),
        first_day=calendar_day(int(tracks.day[0])) if len(tracks) else None,
        one_hour_in=round(days * MS_A_DAY / ms) if ms >= MS_AN_HOUR else None,
    )


def _favourites(
    db: Database, archive: Heard, start: date, end: date, before: tuple[date, date] | None
) -> Favourites:
    return Favourites(
        tracks=int(np.count_nonzero(plays_by_track(archive.recordings.within(start, end)))),
        tops=tops(db, archive, start, end, before, "plays", TOPS),
        concentration=variety.concentration(archive, start, end),
        obsession=habits.obsession(db, archive, start, end),
    )


def _news(db: Database, archive: Heard, months: Buckets) -> News:
    start, end = months.starts[0], months.end
    return News(
        artists=_between(archive.music.artist_first_day(), start, end),
        tracks=_between(archive.recordings.first_day, start, end),
        discoveries=variety.discoveries_chart(archive, months),
        new_and_known=variety.new_and_known(archive, start, end, months),
        came_back=_came_back(db, archive.music, start, end),
    )


def _days(year: int, today: date) -> tuple[date, date]:
    """The first and the last day of a year, the last one being today while it is not over."""
    return date(year, 1, 1), min(date(year, 12, 31), max(today, date(year, 1, 1)))


def _before(archive: Heard, start: date, end: date) -> tuple[date, date] | None:
    """The same days of the year before, if the archive knows them from their first week on."""
    begins = archive.everything.first_day
    if start.year == FIRST_DAY.year or begins is None:
        return None
    since = start.replace(year=start.year - 1)
    # The last day of February has no namesake in most years: its day before stands for it.
    last = end if (end.month, end.day) != (2, 29) else end.replace(day=28)
    if begins > since + timedelta(days=LATE_DAYS):
        return None
    return since, last.replace(year=end.year - 1)


def _known_from(archive: Heard, start: date) -> date:
    """The first day from `start` on that is not before the archive's first play."""
    return max(start, archive.everything.first_day or start)


def _months(archive: Heard, start: date, end: date) -> tuple[Month, ...]:
    """What was played in each month that these days touch, oldest first."""
    return tuple(
        Month(month, *archive.daily.within(month, next_month(month) - ONE_DAY).totals())
        for month in months_between(start, end)
    )


def _fullest(months: tuple[Month, ...]) -> Month:
    most = max(months, key=lambda month: (month.plays, month.ms))
    return replace(most, others=sum(month.plays == most.plays for month in months) - 1)


def _known(archive: Heard, today: date) -> tuple[int, ...]:
    """The years with a play that counts, oldest first."""
    if not len(archive.daily.plays):
        return ()
    first = calendar_day(archive.daily.first).year
    return tuple(
        year
        for year in range(first, today.year + 1)
        if archive.daily.within(*_days(year, today)).plays.any()
    )


def _line(archive: Heard, year: int, today: date, artist: Line | None) -> YearLine:
    start, end = _days(year, today)
    plays, ms = archive.daily.within(start, end).totals()
    months = tuple(month.plays for month in _months(archive, _known_from(archive, start), end))
    return YearLine(year, year < today.year, plays, ms, months, artist)


def _artist(music: Listens) -> tuple[int, int]:
    """The id and the plays of the artist most played; of equals more time, then the smaller id.

    Both are 0 where none was.
    """
    plays = _by_artist(music)
    leading = np.flatnonzero(plays == plays.max(initial=1))
    if not len(leading):
        return 0, 0
    if len(leading) > 1:
        ms = Sums.of_tracks(music).by(music.artist, len(music.artist_ids)).ms
        leading = leading[np.lexsort((music.artist_ids[leading], -ms[leading]))]
    return int(music.artist_ids[leading[0]]), int(plays[leading[0]])


def _first(db: Database, tracks: Listens) -> Line | None:
    """The track of the first play."""
    if not len(tracks):
        return None
    number = tracks.track[0]
    plays = int((tracks.track == number).sum())
    return track_lines(db, [(int(tracks.track_ids[number]), plays)])[0]


def _came_back(db: Database, music: Listens, start: date, end: date) -> CameBack | None:
    """The artist with most plays of those that nobody played for a year before their return.

    Of equals the one that was away longer, then the smaller id.
    """
    now, lately = music.within(start, end), music.within(start - AWAY, start - ONE_DAY)
    back = first_values(now.artist[now.track], now.day.astype(np.int64), len(music.artist_ids))
    last = np.full(len(back) + 1, NEVER, np.int64)
    last[lately.artist[lately.track]] = lately.day
    plays = np.where(
        (music.artist_first_day() < day_number(start)) & (back - last[:-1] >= AWAY.days),
        _by_artist(now),
        0,
    )
    most = int(plays.max(initial=0))
    if most < FEWEST_PLAYS_BACK:
        return None
    found = [
        (_last_day(music, number, start), int(music.artist_ids[number]), int(back[number]))
        for number in np.flatnonzero(plays == most).tolist()
    ]
    last_day, artist_id, back_day = min(found, key=lambda one: (one[0] - one[2], one[1]))
    return CameBack(
        line=artist_lines(db, [(artist_id, most)])[0],
        last_before=calendar_day(last_day),
        back=calendar_day(back_day),
        days=back_day - last_day,
    )


def _last_day(music: Listens, artist: int, start: date) -> int:
    """The day of an artist's last play before `start`; there is one."""
    earlier = music.within(date.min, start - ONE_DAY)
    return int(earlier.day[np.flatnonzero((music.artist == artist)[earlier.track])[-1]])


def _by_artist(music: Listens) -> NDArray[np.intp]:
    """The plays of each artist, by the artist's number."""
    return plays_by(music.artist, plays_by_track(music), len(music.artist_ids))


def _between(days: NDArray[np.uint16], start: date, end: date) -> int:
    """How many of the days lie from `start` to `end`."""
    return int(((days >= day_number(start)) & (days <= day_number(end))).sum())
