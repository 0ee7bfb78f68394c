"""What snapshots tell of a stretch of time: what was new, who stayed, how much was turned over.

Each question is an SQL statement over Spotify's top lists, which tell ranks, never plays. The
`short_term` list covers about four weeks, so it is the one that says what changed and who stayed;
the longer ones would repeat themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from ..db import Database, month_of
from ..models import Account, Album, Artist, Snapshot, SnapshotArtist, SnapshotTrack, Track
from .charts import Buckets, ChartData, Keys, foremost, highest, with_holes

CHANGING = "short_term"
TURNOVERS = 24
MOST_DRAWN = 92
MOST_YEARS = 30

RELEASE_YEARS_COUNTS = (
    "Each track of these snapshots once, by the year its album came out, where that is known. From "
    "Spotify's top lists, all three ranges."
)


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

    artist_id: int
    name: str
    image_url: str | None
    count: int
    snapshots: int


@dataclass(frozen=True, slots=True)
class ExplicitShare:
    """How many of the `known` different tracks of the lists Spotify marks as explicit.

    `unknown` are those of which it was never told.
    """

    explicit: int
    known: int
    unknown: int
    counts: str

    @property
    def percent(self) -> int | None:
        """The share in whole percent, half rounded up; None of nothing."""
        return (200 * self.explicit + self.known) // (2 * self.known) if self.known else None


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
    latest = _with_tracks(account).order_by(Snapshot.local_date.desc()).limit(TURNOVERS + 1)
    with db.read() as session:
        days = session.scalars(latest).all()
        return turnovers_of(session, account, days[::-1])


def turnovers_of(session: Session, account: Account, days: Sequence[date]) -> tuple[Turnover, ...]:
    """The four-week list of each of these days against that of the day before it in this order."""
    statement = select(SnapshotTrack.local_date, SnapshotTrack.track_id).where(
        SnapshotTrack.account_id == account.id,
        SnapshotTrack.local_date.in_(days),
        SnapshotTrack.time_range == CHANGING,
    )
    lists: dict[date, set[int]] = {day: set() for day in days}
    for day, track_id in session.execute(statement):
        lists[day].add(track_id)
    return tuple(
        Turnover(len(lists[day] - lists[before]), len(lists[day]), day, before)
        for before, day in pairwise(days)
    )


def days_with_tracks(
    session: Session, account: Account, start: date, end: date
) -> tuple[date, ...]:
    """The days from `start` to `end` whose snapshot has a four-week list of tracks, oldest first.

    Ahead of them the latest such day before `start`, which the first of them is held against.
    """
    found = _with_tracks(account)
    before = found.where(Snapshot.local_date < start).order_by(Snapshot.local_date.desc()).limit(1)
    within = found.where(Snapshot.local_date.between(start, end)).order_by(Snapshot.local_date)
    return (*session.scalars(before), *session.scalars(within))


def turnover_chart(db: Database, account: Account, start: date, end: date) -> ChartData:
    """The turnover of the period's snapshots in percent, each against the one before it.

    Where they are more than 92, it is the last one of each month against the last one before.
    """
    with db.read() as session:
        days = days_with_tracks(session, account, start, end)
        is_monthly = len(days) > MOST_DRAWN
        if is_monthly:
            last = {(day.year, day.month, day < start): day for day in days}
            days = tuple(last.values())
        turned = turnovers_of(session, account, days)
    if is_monthly:
        buckets = Buckets.months(turned[0].day, turned[-1].day)
    else:
        buckets = Buckets("day", tuple(turnover.day for turnover in turned), end)
    found = {buckets.key(turnover.day): turnover for turnover in turned}
    ordered = [found.get(buckets.key(at)) for at in buckets.starts]
    return ChartData(
        kind="line",
        labels=buckets.labels,
        keys=buckets.keys,
        values=tuple(turnover.percent if turnover else None for turnover in ordered),
        unit="% new",
        series="Turnover in percent",
        contexts=tuple(_turned(turnover) if turnover else "no snapshot" for turnover in ordered),
    )


def turnover_counts(chart: ChartData) -> str:
    """What a `turnover_chart` counts."""
    is_monthly = chart.keys is not None and chart.keys.name == "month"
    which = "the last snapshot of each month" if is_monthly else "each snapshot"
    before = "the last one of a month before" if is_monthly else "the one before"
    return (
        f"How many percent of the tracks in {which} were not in {before}. From Spotify's top lists "
        "of the last four weeks."
    )


def _with_tracks(account: Account) -> Select[date]:
    """The days whose snapshot has a four-week list of tracks."""
    has_list = exists().where(
        SnapshotTrack.account_id == Snapshot.account_id,
        SnapshotTrack.local_date == Snapshot.local_date,
        SnapshotTrack.time_range == CHANGING,
    )
    return select(Snapshot.local_date).where(Snapshot.account_id == account.id, has_list)


def _turned(turnover: Turnover) -> str:
    before = turnover.day_before
    return f"{turnover.new} of {turnover.size} not there on {before.day} {before:%B %Y}"


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
        Artist.id,
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
        ConstantArtist(row.id, row.name, row.image_url, row.times, row.snapshots)
        for row in best[:count]
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
    day = Snapshot.local_date
    key = day if buckets.unit == "day" else month_of(day)
    # A count for each bucket along the key: grouping all lists at once would sort them first.
    taken = (
        select(key.label("bucket"), func.min(day).label("first"), func.max(day).label("last"))
        .where(Snapshot.account_id == account.id, day.between(buckets.starts[0], buckets.end))
        .group_by("bucket")
        .subquery()
    )
    counted = select(func.count(SnapshotArtist.artist_id.distinct())).where(
        SnapshotArtist.account_id == account.id,
        SnapshotArtist.local_date.between(taken.c.first, taken.c.last),
    )
    statement = select(taken.c.bucket, counted.scalar_subquery())
    with db.read() as session:
        found = {str(bucket): count for bucket, count in session.execute(statement)}
    return _in_buckets(buckets, found)


def release_years(db: Database, account: Account, start: date, end: date) -> ChartData:
    """The different tracks of the period's lists by the year of their release, or the decade.

    Decades where the years would be more than 30. Tracks whose year is not known are left out.
    """
    year = func.substr(Album.release_date, 1, 4)
    statement = (
        select(year, func.count())
        .join_from(Track, Album, Album.id == Track.album_id)
        .where(Track.id.in_(_listed(account, start, end)), Album.release_date.is_not(None))
        .group_by(year)
    )
    with db.read() as session:
        rows = session.execute(statement).all()
    found = {int(text): tracks for text, tracks in rows if text.isdecimal() and int(text) > 0}
    first, last = min(found, default=end.year), max(found, default=end.year)
    step = 1 if last - first < MOST_YEARS else 10
    starts = range(first // step * step, last + 1, step)
    values = [sum(found.get(at + n, 0) for n in range(step)) for at in starts]
    return ChartData(
        kind="bar",
        labels=tuple(f"{at}s" if step > 1 else f"{at}" for at in starts),
        values=tuple(values),
        unit="tracks",
        series="Tracks",
        highlights=highest(values),
        keys=Keys("decade" if step > 1 else "year", tuple(map(str, starts))),
    )


def explicit_share(db: Database, account: Account, start: date, end: date) -> ExplicitShare:
    """Which part of the different tracks of the period's lists is marked as explicit."""
    statement = (
        select(Track.is_explicit, func.count())
        .where(Track.id.in_(_listed(account, start, end)))
        .group_by(Track.is_explicit)
    )
    with db.read() as session:
        found = dict(session.execute(statement).all())
    return ExplicitShare(
        explicit=found.get(True, 0),
        known=found.get(True, 0) + found.get(False, 0),
        unknown=found.get(None, 0),
        counts="Each track of these snapshots once, by what Spotify says of it. From Spotify's top "
        "lists, all three ranges.",
    )


def _listed(account: Account, start: date, end: date) -> Select[int]:
    """In SQL: the ids of the different tracks that the period's snapshots name."""
    return (
        select(SnapshotTrack.track_id)
        .where(SnapshotTrack.account_id == account.id, SnapshotTrack.local_date.between(start, end))
        .distinct()
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
        keys=buckets.keys,
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
        keys=buckets.keys,
        values=values,
        unit="artists",
        series="Artists",
        highlights=highest(values, but=buckets.now),
        now=buckets.now,
    )


def constant_artists_chart(constant: tuple[ConstantArtist, ...]) -> ChartData:
    """The most constant artists as lying bars, the first of them marked."""
    return ChartData(
        kind="barh",
        labels=tuple(artist.name for artist in constant),
        values=tuple(artist.count for artist in constant),
        unit="snapshots",
        series="Snapshots",
        highlights=foremost([artist.count for artist in constant]),
        contexts=tuple(f"in {a.count} of {a.snapshots} snapshots" for a in constant),
    )


def _in_buckets(buckets: Buckets, found: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(found.get(buckets.key(start), 0) for start in buckets.starts)
