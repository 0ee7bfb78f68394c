"""Everything the home page shows, in one value.

Figures come from plays where there are any, else from snapshots, and say which.
"""

import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Literal

from sqlalchemy import func, select

from ..columns import calendar_day
from ..db import Database
from ..models import Account, Snapshot, SnapshotArtist
from ..period import local_day, months_before
from . import daily, plays, toplists
from .attention import Attention, attention
from .charts import Buckets, ChartData, highest, with_holes
from .coverage import Coverage, coverage
from .daily import ThisWeek
from .headline import Headline, headline
from .heard import Heard, heard
from .on_day import OtherYear, on_this_day
from .plays import LatestPlay
from .toplists import ConstantArtist, Turnover
from .tops import Tops, tops

UNSETTLED_MONTHS = 6
MOST_MONTHS = 36
LATEST = 6
ON_REPEAT = 6
PLACES = toplists.TURNOVERS
FOUR_WEEKS = timedelta(days=28)

Source = Literal["plays", "snapshots"]


@dataclass(frozen=True, slots=True)
class Growth:
    """The different tracks of an archive: `total` of them, `by_month` at each month's end.

    By `source` these are the music tracks that were heard, since the first play that counts,
    several ids of one recording being one or apart as the person sees them; or those that the
    snapshots list, since the first one. `new` are those that came in each month, None where nothing
    is known. Months are the last 36 at most, oldest first.
    """

    source: Source
    since: date | None
    total: int
    months: Buckets
    by_month: tuple[int, ...]
    new: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Constancy:
    """Who is in most snapshots' four-week lists of artists; so many `others` are in as many.

    `places` are their ranks in the latest of these lists, 24 at most, oldest first; None in a list
    without them.
    """

    artist: ConstantArtist
    others: int
    places: tuple[int | None, ...]

    @property
    def heights(self) -> tuple[int, ...]:
        """The places as heights: the first place highest, a list without them below the last."""
        lowest = max(place or 0 for place in self.places) + 1
        return tuple(lowest - (place or lowest) for place in self.places)


@dataclass(frozen=True, slots=True)
class Home:
    """`tracks`, `new_this_month`, `since`, `growth` and `discoveries` are counted from `source`.

    `plays` are those that count, and `counts` is the sentence that says which. `growth` (tracks at
    each month's end) and `turnovers` (percent of each snapshot) are for sparklines, oldest first.
    `on_repeat` are the last four weeks against the four before, `newest_snapshot` is a local day.
    """

    is_empty: bool
    source: Source
    plays: int
    tracks: int
    new_this_month: int
    since: date | None
    growth: tuple[int, ...]
    turnover: Turnover | None
    turnovers: tuple[int, ...]
    constant: Constancy | None
    discoveries: ChartData
    latest: tuple[LatestPlay, ...]
    headline: Headline | None
    counts: str
    on_this_day: tuple[OtherYear, ...]
    on_repeat: Tops
    week: ThisWeek
    newest_snapshot: date | None
    coverage: Coverage
    attention: tuple[Attention, ...]


def home(db: Database, account: Account, now: datetime) -> Home:
    """The home page of an account at an aware moment."""
    archive = heard(db, account)
    everything = archive.everything
    today = local_day(now, account.zone)
    snapshots = toplists.snapshot_days(db, account)
    growth = (
        _heard(archive, today)
        if len(everything.music) or not snapshots
        else _listed(db, account, snapshots, today)
    )
    turnovers = toplists.turnovers(db, account)
    rests_on = coverage(db, account, now)
    return Home(
        is_empty=not (len(everything.music) or len(everything.spoken) or growth.total),
        source=growth.source,
        plays=archive.daily.totals()[0],
        tracks=growth.total,
        new_this_month=growth.new[-1] or 0,
        since=growth.since,
        growth=growth.by_month,
        turnover=turnovers[-1] if turnovers else None,
        turnovers=tuple(turnover.percent for turnover in turnovers),
        constant=_constancy(db, account),
        discoveries=_discoveries(growth),
        latest=plays.latest(db, account, LATEST),
        headline=headline(db, archive.music, today),
        counts=f"{archive.counts()}.",
        on_this_day=on_this_day(db, archive, today),
        on_repeat=_on_repeat(db, archive, today),
        week=daily.this_week(archive, now.astimezone(account.zone)),
        newest_snapshot=snapshots[-1] if snapshots else None,
        coverage=rests_on,
        attention=attention(db, account, rests_on, now),
    )


def _constancy(db: Database, account: Account) -> Constancy | None:
    artists = toplists.constant_artists(db, account, date.min, date.max, sys.maxsize)
    if not artists:
        return None
    first = artists[0]
    here = (
        SnapshotArtist.account_id == account.id,
        SnapshotArtist.time_range == toplists.CHANGING,
    )
    day = SnapshotArtist.local_date
    # Asked snapshot by snapshot, the latest first: a DISTINCT or a join would read every place.
    best = select(func.min(SnapshotArtist.rank)).where(*here, day == Snapshot.local_date)
    lists = (
        select(Snapshot.local_date)
        .where(Snapshot.account_id == account.id, best.scalar_subquery().is_not(None))
        .order_by(Snapshot.local_date.desc())
        .limit(PLACES)
    )
    with db.read() as session:
        days = session.scalars(lists).all()[::-1]
        statement = select(day, SnapshotArtist.rank).where(
            *here, SnapshotArtist.artist_id == first.artist_id, day >= days[0]
        )
        # Should a list name them twice, the better place is theirs.
        ranks = dict(session.execute(statement.order_by(SnapshotArtist.rank.desc())).all())
    return Constancy(
        artist=first,
        others=sum(artist.count == first.count for artist in artists) - 1,
        places=tuple(ranks.get(day) for day in days),
    )


def _on_repeat(db: Database, archive: Heard, today: date) -> Tops:
    start = today - FOUR_WEEKS + timedelta(days=1)
    before = (start - FOUR_WEEKS, start - timedelta(days=1))
    return tops(db, archive, start, today, before, "plays", ON_REPEAT)


def _heard(archive: Heard, today: date) -> Growth:
    music = archive.recordings
    since = calendar_day(int(music.day[0])) if len(music) else None
    months = _months(since, today)
    return Growth(
        source="plays",
        since=since,
        total=len(music.track_ids),
        months=months,
        by_month=plays.tracks_heard_by(music, months),
        new=plays.discoveries(music, months),
    )


def _listed(db: Database, account: Account, snapshots: tuple[date, ...], today: date) -> Growth:
    months = _months(snapshots[0], today)
    total = toplists.tracks_listed(db, account)
    new = toplists.new_tracks(db, account, months)
    return Growth(
        source="snapshots",
        since=snapshots[0],
        total=total,
        months=months,
        by_month=tuple(accumulate(new, initial=total - sum(new)))[1:],
        new=with_holes(new, toplists.with_snapshots(months, snapshots)),
    )


def _months(since: date | None, today: date) -> Buckets:
    first = max(since or today, months_before(today, MOST_MONTHS - 1))
    return Buckets.months(min(first, today), today)


def _discoveries(growth: Growth) -> ChartData:
    # Where an archive begins everything is new: its first months are no discovery worth a mark.
    settles = months_before(growth.since, -UNSETTLED_MONTHS - 1) if growth.since else date.min
    unsettled = sum(month < settles for month in growth.months.starts)
    settled = (*(None,) * unsettled, *growth.new[unsettled:])
    return ChartData(
        kind="bar",
        labels=growth.months.labels,
        keys=growth.months.keys,
        values=growth.new,
        unit="new tracks",
        series="Discoveries",
        highlights=highest(settled, but=growth.months.now),
        now=growth.months.now,
    )
