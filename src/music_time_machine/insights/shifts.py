"""One snapshot against another: who rose, fell, came and left, and how far the ranges overlap.

Knows which snapshot a list is held against; ranks of Spotify's top lists, never plays.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, groupby

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ..db import Database
from ..errors import NotFound
from ..models import Account, SnapshotArtist, SnapshotTrack
from .charts import ChartData
from .lines import artist_lines, track_lines
from .ranks import RANGE_WORDS
from .toplists import (
    Turnover,
    days_with_tracks,
    snapshot_days,
    turnover_chart,
    turnover_counts,
    turnovers_of,
)

MOST_BY_YEAR = 48
IN_WORDS = {
    "short_term": "the last four weeks",
    "medium_term": "the last six months",
    "long_term": "the last year and more",
}
# As a chart's labels have room for.
SHORT_WORDS = {"short_term": "4 weeks", "medium_term": "6 months", "long_term": "the year"}
SETTLED, MOVING = 60, 30

_Table = type[SnapshotTrack] | type[SnapshotArtist]
_Ranks = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A track or an artist at `rank` of a list and at `rank_before` of the one it is held against.

    None is a list that does not name it. `beside` is a track's artist; `cover` is the text that
    its drawn cover is made from.
    """

    id: int
    title: str
    beside: str | None
    image_url: str | None
    cover: str
    rank: int | None
    rank_before: int | None

    @property
    def climb(self) -> int:
        """By how many places it rose; below zero it fell, and 0 where one list lacks it."""
        if self.rank is None or self.rank_before is None:
            return 0
        return self.rank_before - self.rank


@dataclass(frozen=True, slots=True)
class TopList:
    """The places of one list in order; `before` is the day of the list it is held against."""

    places: tuple[Place, ...]
    before: date | None

    @property
    def new(self) -> int:
        """How many the list of before did not name."""
        return sum(place.rank_before is None for place in self.places) if self.before else 0

    def movement(self, place: Place) -> str:
        """`new`, `up 4`, `down 2`, `same`, or nothing where there is nothing to compare with."""
        if self.before is None:
            return ""
        if place.rank_before is None:
            return "new"
        if place.climb == 0:
            return "same"
        return f"up {place.climb}" if place.climb > 0 else f"down {-place.climb}"


@dataclass(frozen=True, slots=True)
class Kept:
    """One snapshot of a shelf: how many different tracks and artists its lists name."""

    day: date
    tracks: int
    artists: int
    turnover: Turnover | None


@dataclass(frozen=True, slots=True)
class ShelfPart:
    """The snapshots of a year, or of a month, newest first; `start` is its first day."""

    start: date
    snapshots: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The snapshots of an archive, newest first: all by year, or when many one `year` by month.

    `total` counts all of them, since `first`; `years` are those that have one, newest first.
    `turnover` is that of the snapshots shown, and `turnover_counts` says what it counts.
    """

    total: int
    first: date | None
    newest: date | None
    years: tuple[int, ...]
    year: int | None
    parts: tuple[ShelfPart, ...]
    turnover: ChartData
    turnover_counts: str


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """One snapshot as one of its ranges shows it; `earlier` and `later` are its neighbours."""

    day: date
    time_range: str
    earlier: date | None
    later: date | None
    newest: date
    tracks: TopList
    artists: TopList


@dataclass(frozen=True, slots=True)
class Moves:
    """How a list changed. `stayed` keep their place; the most moved come first.

    `has_both`: only where both snapshots have the list is anything a newcomer or gone.
    """

    risers: tuple[Place, ...]
    fallers: tuple[Place, ...]
    newcomers: tuple[Place, ...]
    departures: tuple[Place, ...]
    stayed: int
    has_both: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two snapshots, `one` the earlier of them, by the lists of one range."""

    one: date
    other: date
    time_range: str
    tracks: Moves
    artists: Moves


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many of the `size` things of `one` range's list are on `other`'s, a longer one, too."""

    one: str
    other: str
    shared: int
    size: int

    @property
    def percent(self) -> int:
        """The share of them in whole percent, half rounded up."""
        return (200 * self.shared + self.size) // (2 * self.size)


@dataclass(frozen=True, slots=True)
class TasteShift:
    """The tracks of the three ranges in the snapshot of `day`, each pair of lists held together.

    Empty where the period has no snapshot, or the snapshot fewer than two lists.
    """

    day: date | None
    overlaps: tuple[Overlap, ...]
    chart: ChartData
    sentence: str
    counts: str


def shelf(db: Database, account: Account, year: int | None = None) -> Shelf:
    """The snapshots of an archive; of many those of a year, the newest one where it has none."""
    days = snapshot_days(db, account)
    years = tuple(sorted({day.year for day in days}, reverse=True))
    chosen = None
    if len(days) > MOST_BY_YEAR:
        chosen = year if year in years else years[0]
    shown = [day for day in days if chosen in (None, day.year)]
    kept = _kept(db, account, shown) if shown else []
    start, end = (shown[0], shown[-1]) if shown else (date.min, date.max)
    turnover = turnover_chart(db, account, start, end)
    return Shelf(
        total=len(days),
        first=days[0] if days else None,
        newest=days[-1] if days else None,
        years=years,
        year=chosen,
        parts=tuple(
            ShelfPart(first, tuple(part))
            for first, part in groupby(reversed(kept), lambda each: _start(each.day, chosen))
        ),
        turnover=turnover,
        turnover_counts=turnover_counts(turnover),
    )


def snapshot(db: Database, account: Account, day: date, time_range: str) -> SnapshotPage:
    """The snapshot of a day, each list against the latest one before it. Raises NotFound."""
    days = snapshot_days(db, account)
    if day not in days:
        raise NotFound("There is no snapshot of that day in your archive.")
    at = days.index(day)
    return SnapshotPage(
        day=day,
        time_range=time_range,
        earlier=days[at - 1] if at else None,
        later=days[at + 1] if day < days[-1] else None,
        newest=days[-1],
        tracks=_top_list(db, account, SnapshotTrack, day, time_range),
        artists=_top_list(db, account, SnapshotArtist, day, time_range),
    )


def compare(db: Database, account: Account, one: date, other: date, time_range: str) -> Comparison:
    """What moved between the snapshots of two days, from the earlier one to the later one.

    A day without a snapshot counts as one with empty lists.
    """
    one, other = sorted((one, other))
    tracks, artists = (
        _moves(db, account, table, (one, other), time_range)
        for table in (SnapshotTrack, SnapshotArtist)
    )
    return Comparison(one, other, time_range, tracks, artists)


def taste_shift(db: Database, account: Account, start: date, end: date) -> TasteShift:
    """How much of the recent lists is in the longer ones, in the period's newest snapshot."""
    newest = select(func.max(SnapshotTrack.local_date)).where(
        SnapshotTrack.account_id == account.id, SnapshotTrack.local_date.between(start, end)
    )
    lists: dict[str, set[int]] = {}
    with db.read() as session:
        day = session.scalar(newest)
        statement = select(SnapshotTrack.time_range, SnapshotTrack.track_id).where(
            SnapshotTrack.account_id == account.id, SnapshotTrack.local_date == day
        )
        for time_range, track_id in session.execute(statement):
            lists.setdefault(time_range, set()).add(track_id)
    overlaps = tuple(
        Overlap(one, other, len(lists[one] & lists[other]), len(lists[one]))
        for one, other in combinations(RANGE_WORDS, 2)
        if one in lists and other in lists
    )
    return TasteShift(
        day=day,
        overlaps=overlaps,
        chart=_overlap_chart(overlaps),
        sentence=_mood(overlaps),
        counts=_overlap_counts(day),
    )


def _start(day: date, year: int | None) -> date:
    """The first day of the day's month where one year is shown, else of its year."""
    return date(day.year, day.month if year else 1, 1)


def _kept(db: Database, account: Account, days: Sequence[date]) -> list[Kept]:
    """What the snapshots of these consecutive days hold, oldest first."""
    sizes: list[dict[date, int]] = []
    with db.read() as session:
        for table in (SnapshotTrack, SnapshotArtist):
            day = table.local_date
            statement = (
                select(day, func.count(_thing(table).distinct()))
                .where(table.account_id == account.id, day.between(days[0], days[-1]))
                .group_by(day)
            )
            sizes.append(dict(session.execute(statement).all()))
        turned = turnovers_of(
            session, account, days_with_tracks(session, account, days[0], days[-1])
        )
    turnovers = {turnover.day: turnover for turnover in turned}
    tracks, artists = sizes
    return [Kept(day, tracks.get(day, 0), artists.get(day, 0), turnovers.get(day)) for day in days]


def _top_list(db: Database, account: Account, table: _Table, day: date, time_range: str) -> TopList:
    latest = select(func.max(table.local_date)).where(
        table.account_id == account.id, table.local_date < day, table.time_range == time_range
    )
    with db.read() as session:
        before = session.scalar(latest)
        now = _ranks(session, account, table, day, time_range)
        then = _ranks(session, account, table, before, time_range) if before else {}
    return TopList(_places(db, table, now.keys(), now, then), before)


def _moves(
    db: Database, account: Account, table: _Table, days: tuple[date, date], time_range: str
) -> Moves:
    with db.read() as session:
        then, now = (_ranks(session, account, table, day, time_range) for day in days)
    has_both = bool(then and now)
    places = _places(db, table, now.keys() | then.keys(), now, then) if has_both else ()
    by_climb = sorted(places, key=lambda place: -abs(place.climb))
    return Moves(
        risers=tuple(place for place in by_climb if place.climb > 0),
        fallers=tuple(place for place in by_climb if place.climb < 0),
        newcomers=tuple(place for place in places if place.rank_before is None),
        departures=tuple(place for place in places if place.rank is None),
        stayed=sum(place.rank == place.rank_before for place in places),
        has_both=has_both,
    )


def _ranks(session: Session, account: Account, table: _Table, day: date, time_range: str) -> _Ranks:
    # Not grouped: SQLite would walk the index of things for that, through all the years.
    statement = (
        select(_thing(table), table.rank)
        .where(
            table.account_id == account.id,
            table.local_date == day,
            table.time_range == time_range,
        )
        .order_by(table.rank.desc())
    )
    return dict(session.execute(statement).all())


def _places(
    db: Database, table: _Table, ids: Collection[int], now: _Ranks, then: _Ranks
) -> tuple[Place, ...]:
    """These things with their names, by rank, and after them by the rank of before."""
    ranks = {**then, **now}
    ranked = sorted(ids, key=lambda each: (each not in now, ranks[each], each))
    find = track_lines if table is SnapshotTrack else artist_lines
    return tuple(
        Place(
            id=line.id,
            title=line.title,
            beside=line.beside,
            image_url=line.image_url,
            cover=line.cover,
            rank=now.get(line.id),
            rank_before=then.get(line.id),
        )
        for line in find(db, [(thing_id, 0) for thing_id in ranked])
    )


def _thing(table: _Table) -> InstrumentedAttribute[int]:
    return SnapshotTrack.track_id if table is SnapshotTrack else SnapshotArtist.artist_id


def _overlap_chart(overlaps: tuple[Overlap, ...]) -> ChartData:
    return ChartData(
        kind="barh",
        labels=tuple(
            f"{SHORT_WORDS[overlap.one]} in {SHORT_WORDS[overlap.other]}" for overlap in overlaps
        ),
        values=tuple(overlap.percent for overlap in overlaps),
        unit="%",
        series="Shared in percent",
        contexts=tuple(f"{overlap.shared} of {overlap.size} tracks" for overlap in overlaps),
    )


def _mood(overlaps: tuple[Overlap, ...]) -> str:
    """What the widest of the overlaps says, in words; nothing of nothing."""
    if not overlaps:
        return ""
    widest = max(overlaps, key=lambda each: list(RANGE_WORDS).index(each.other))
    if widest.percent >= SETTLED:
        mood = "You stay with what you love"
    else:
        mood = "Old and new side by side" if widest.percent >= MOVING else "You are somewhere new"
    return (
        f"{mood}: of your {widest.size} favourites of {IN_WORDS[widest.one]}, "
        f"{widest.shared} are among those of {IN_WORDS[widest.other]}."
    )


def _overlap_counts(day: date | None) -> str:
    of = f"the snapshot of {day.day} {day:%B %Y}" if day else "the newest snapshot"
    return f"The bars: how many percent of the first list are on the second one too; from {of}."
