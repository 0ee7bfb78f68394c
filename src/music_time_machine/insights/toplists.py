"""Questions about snapshots: each is one SQL statement over Spotify's top lists.

Top lists tell ranks, never plays. The `short_term` list covers about four weeks, so it is the one
that says what changed and who stayed; the longer ones would repeat themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy import exists, func, select

from ..db import Database, month_of
from ..models import Account, Artist, Snapshot, SnapshotArtist, SnapshotTrack
from .charts import Buckets, ChartData, highest, with_holes

CHANGING = "short_term"
TURNOVERS = 24


@dataclass(frozen=True, slots=True)
class Turnover:
    """How many tracks of a snapshot's four-week list were not in the one before it."""

    new: int
    size: int
    day: date
    day_before: date

    @property
    def percent(self) -> int:
        """The share of new ones in whole percent, half rounded up."""
        return (200 * self.new + self.size) // (2 * self.size)


@dataclass(frozen=True, slots=True)
class ConstantArtist:
    """An artist in the four-week lists of `count` of `snapshots` snapshots."""

    name: str
    image_url: str | None
    count: int
    snapshots: int


def snapshot_days(db: Database, account: Account) -> tuple[date, ...]:
    """The local days of all snapshots, oldest first."""
    statement = (
        select(Snapshot.local_date)
        .where(Snapshot.account_id == account.id)
        .order_by(Snapshot.local_date)
    )
    with db.read() as session:
        return tuple(session.scalars(statement))


def turnovers(db: Database, account: Account) -> tuple[Turnover, ...]:
    """Each of the latest snapshots with a four-week list against the one before, oldest first."""
    here = (SnapshotTrack.account_id == account.id, SnapshotTrack.time_range == CHANGING)
    days = (
        select(SnapshotTrack.local_date)
        .where(*here)
        .distinct()
        .order_by(SnapshotTrack.local_date.desc())
        .limit(TURNOVERS + 1)
    )
    statement = select(SnapshotTrack.local_date, SnapshotTrack.track_id).where(
        *here, SnapshotTrack.local_date.in_(days)
    )
    lists: dict[date, set[int]] = {}
    with db.read() as session:
        for day, track_id in session.execute(statement):
            lists.setdefault(day, set()).add(track_id)
    ordered = sorted(lists)
    return tuple(
        Turnover(len(lists[day] - lists[before]), len(lists[day]), day, before)
        for before, day in pairwise(ordered)
    )


def constant_artists(
    db: Database, account: Account, start: date, end: date, count: int
) -> tuple[ConstantArtist, ...]:
    """Those in most snapshots' four-week lists; of equals the best ranked, then by name."""
    here = (SnapshotArtist.account_id == account.id, SnapshotArtist.time_range == CHANGING)
    snapshots = (
        select(func.count(Snapshot.local_date))
        .where(Snapshot.account_id == account.id, Snapshot.local_date.between(start, end))
        .where(exists().where(*here, SnapshotArtist.local_date == Snapshot.local_date))
    )
    # Counted before the names are joined to it: three times quicker on years of daily snapshots.
    counted = (
        select(
            SnapshotArtist.artist_id,
            func.count(SnapshotArtist.local_date.distinct()).label("times"),
            func.sum(SnapshotArtist.rank).label("ranks"),
        )
        .where(*here, SnapshotArtist.local_date.between(start, end))
        .group_by(SnapshotArtist.artist_id)
        .subquery()
    )
    statement = select(
        Artist.name,
        Artist.image_url,
        counted.c.times,
        counted.c.ranks,
        snapshots.scalar_subquery().label("snapshots"),
    ).join_from(counted, Artist, Artist.id == counted.c.artist_id)
    with db.read() as session:
        rows = session.execute(statement).all()
    # Sorted here, because two databases sort names in two ways. Of as many times, the average is
    # as the sum.
    best = sorted(rows, key=lambda row: (-row.times, row.ranks, row.name.casefold(), row.name))
    return tuple(
        ConstantArtist(row.name, row.image_url, row.times, row.snapshots) for row in best[:count]
    )


def tracks_listed(db: Database, account: Account) -> int:
    """How many different tracks all snapshots name, in any of their lists."""
    statement = select(func.count(SnapshotTrack.track_id.distinct())).where(
        SnapshotTrack.account_id == account.id
    )
    with db.read() as session:
        return session.execute(statement).scalar_one()


def new_tracks(db: Database, account: Account, buckets: Buckets) -> tuple[int, ...]:
    """Tracks that a snapshot names for the first time ever, by the bucket of that snapshot."""
    first = (
        select(func.min(SnapshotTrack.local_date).label("day"))
        .where(SnapshotTrack.account_id == account.id)
        .group_by(SnapshotTrack.track_id)
        .subquery()
    )
    key = first.c.day if buckets.unit == "day" else month_of(first.c.day)
    statement = (
        select(key.label("bucket"), func.count().label("tracks"))
        .where(first.c.day.between(buckets.starts[0], buckets.end))
        .group_by("bucket")
    )
    with db.read() as session:
        return _in_buckets(
            buckets, {str(row.bucket): row.tracks for row in session.execute(statement)}
        )


def artists(db: Database, account: Account, buckets: Buckets) -> tuple[int, ...]:
    """Different artists in all lists of the snapshots of each bucket."""
    day = SnapshotArtist.local_date
    key = day if buckets.unit == "day" else month_of(day)
    statement = (
        select(
            key.label("bucket"), func.count(SnapshotArtist.artist_id.distinct()).label("artists")
        )
        .where(SnapshotArtist.account_id == account.id, day.between(buckets.starts[0], buckets.end))
        .group_by("bucket")
    )
    with db.read() as session:
        return _in_buckets(
            buckets, {str(row.bucket): row.artists for row in session.execute(statement)}
        )


def with_snapshots(buckets: Buckets, days: tuple[date, ...]) -> tuple[bool, ...]:
    """Which buckets have a snapshot."""
    found = {buckets.key(day) for day in days}
    return tuple(buckets.key(start) in found for start in buckets.starts)


def new_tracks_chart(
    db: Database, account: Account, buckets: Buckets, days: tuple[date, ...]
) -> ChartData:
    """`new_tracks` as a line; a hole where there is no snapshot."""
    return ChartData(
        kind="line",
        labels=buckets.labels,
        values=with_holes(new_tracks(db, account, buckets), with_snapshots(buckets, days)),
        unit="new tracks",
        series="New tracks",
        now=buckets.now,
    )


def artists_chart(
    db: Database, account: Account, buckets: Buckets, days: tuple[date, ...]
) -> ChartData:
    """`artists` as bars; a hole where there is no snapshot."""
    values = with_holes(artists(db, account, buckets), with_snapshots(buckets, days))
    return ChartData(
        kind="bar",
        labels=buckets.labels,
        values=values,
        unit="artists",
        series="Artists",
        highlights=highest(values, but=buckets.now),
        now=buckets.now,
    )


def constant_artists_chart(constant: tuple[ConstantArtist, ...]) -> ChartData:
    """The most constant artists as lying bars, the first one being the one that matters."""
    return ChartData(
        kind="barh",
        labels=tuple(artist.name for artist in constant),
        values=tuple(artist.count for artist in constant),
        unit="snapshots",
        series="Snapshots",
        highlights=(0,) if constant else (),
        contexts=tuple(f"in {a.count} of {a.snapshots} snapshots" for a in constant),
    )


def _in_buckets(buckets: Buckets, found: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(found.get(buckets.key(start), 0) for start in buckets.starts)
