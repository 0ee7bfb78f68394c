"""Places in Spotify's top lists over time: one chart a list, holes where a thing is not listed.

Ranks, never plays. Few snapshots are drawn one by one, those of years by month with the best place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ..db import Database, month_of
from ..models import Account, Snapshot, SnapshotArtist, SnapshotTrack
from .charts import Buckets, ChartData

DAYS_DRAWN = 92

RANGE_WORDS = {
    "short_term": "Last four weeks",
    "medium_term": "Last six months",
    "long_term": "Last year and more",
}


@dataclass(frozen=True, slots=True)
class RankChart:
    """A list in words, the chart of the places in it, and the best of them."""

    key: str
    title: str
    best: int
    chart: ChartData


def artist_ranks(db: Database, account: Account, artist_id: int) -> tuple[RankChart, ...]:
    """The places of an artist, a chart for each list that ever had them."""
    return _charts(db, account, SnapshotArtist, [artist_id])


def track_ranks(db: Database, account: Account, track_ids: Sequence[int]) -> tuple[RankChart, ...]:
    """The places of a track under any of these ids, or of the best placed of some tracks."""
    return _charts(db, account, SnapshotTrack, track_ids)


def listed_tracks(account: Account) -> Select[int]:
    """In SQL: the ids of all tracks that the account's snapshots name."""
    return _distinct(account, SnapshotTrack.account_id, SnapshotTrack.track_id)


def listed_artists(account: Account) -> Select[int]:
    """In SQL: the ids of all artists that the account's snapshots name."""
    return _distinct(account, SnapshotArtist.account_id, SnapshotArtist.artist_id)


def _distinct(
    account: Account, owner: InstrumentedAttribute[int], thing: InstrumentedAttribute[int]
) -> Select[int]:
    # From one id to the next along the index: years of daily lists name few different things, and
    # both databases would read every place of every list for a DISTINCT.
    smallest = select(func.min(thing)).where(owner == account.id)
    ids = select(smallest.scalar_subquery().label("id")).cte("listed", recursive=True)
    following = smallest.where(thing > ids.c.id).scalar_subquery()
    ids = ids.union_all(select(following).where(ids.c.id.is_not(None)))
    return select(ids.c.id).where(ids.c.id.is_not(None))


@dataclass(frozen=True, slots=True)
class _Place:
    """The best rank of a bucket, and on how many days of it there was one."""

    rank: int
    days: int


def _charts(
    db: Database,
    account: Account,
    table: type[SnapshotTrack] | type[SnapshotArtist],
    ids: Sequence[int],
) -> tuple[RankChart, ...]:
    thing = SnapshotTrack.track_id if table is SnapshotTrack else SnapshotArtist.artist_id
    here = (table.account_id == account.id, thing.in_(ids))
    with db.read() as session:
        if not session.scalar(select(exists().where(*here))):
            return ()
        taken = _taken(session, account)
        key = table.local_date if taken.buckets.unit == "day" else month_of(table.local_date)
        statement = (
            select(
                key.label("bucket"),
                table.time_range,
                func.min(table.rank).label("best"),
                func.count(table.local_date.distinct()).label("days"),
            )
            .where(*here)
            .group_by("bucket", table.time_range)
        )
        places: dict[str, dict[str, _Place]] = {}
        for row in session.execute(statement):
            places.setdefault(row.time_range, {})[str(row.bucket)] = _Place(row.best, row.days)
    return tuple(
        RankChart(
            key=time_range,
            title=title,
            best=min(place.rank for place in places[time_range].values()),
            chart=_chart(taken, places[time_range]),
        )
        for time_range, title in RANGE_WORDS.items()
        if time_range in places
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """How many snapshots there are by the key of their bucket."""

    buckets: Buckets
    counts: Mapping[str, int]


def _taken(session: Session, account: Account) -> _Taken:
    own = Snapshot.account_id == account.id
    first, last = session.execute(
        select(func.min(Snapshot.local_date), func.max(Snapshot.local_date)).where(own)
    ).one()
    if (last - first).days < DAYS_DRAWN:
        days = session.scalars(
            select(Snapshot.local_date).where(own).order_by(Snapshot.local_date)
        ).all()
        buckets = Buckets("day", tuple(days), last)
        return _Taken(buckets, {buckets.key(day): 1 for day in days})
    month = month_of(Snapshot.local_date).label("bucket")
    counted = session.execute(select(month, func.count()).where(own).group_by("bucket"))
    return _Taken(Buckets.months(first, last), dict(counted.all()))


def _chart(taken: _Taken, places: Mapping[str, _Place]) -> ChartData:
    buckets = taken.buckets
    keys = [buckets.key(start) for start in buckets.starts]
    return ChartData(
        kind="line",
        labels=buckets.labels,
        keys=buckets.keys,
        values=tuple(places[key].rank if key in places else None for key in keys),
        unit="place in the list",
        series="Place",
        contexts=tuple(_context(places.get(key), taken.counts.get(key, 0)) for key in keys),
        is_rank=True,
    )


def _context(place: _Place | None, taken: int) -> str:
    if not taken:
        return "no snapshot"
    if place is None:
        return "not listed"
    return "" if taken == 1 else f"the best; listed in {place.days} of {taken} snapshots"
