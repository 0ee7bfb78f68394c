"""Everything the analytics page shows of one period, in one value.

Three charts from snapshots and one from plays, the period's totals, and for each chart the sentence
that says what counts and where it comes from.
"""

from dataclasses import dataclass
from datetime import date

from ..db import Database
from ..models import Account
from ..period import Period
from . import plays, toplists
from .charts import Buckets, ChartData
from .heard import Heard, heard

CONSTANT_ARTISTS = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """For each chart of `Overview` by the same name: what counts, and from which source."""

    new_tracks: str
    artists: str
    constant_artists: str
    plays: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`period` as asked for, and the local days from `start` to `end` that are shown of it.

    `plays_total` and `hours_total` are of the plays within these days that count, `snapshots_total`
    counts the snapshots. `is_empty` says that there is neither, nor anything spoken.
    """

    period: Period
    start: date
    end: date
    is_empty: bool
    plays_total: int
    hours_total: float
    snapshots_total: int
    new_tracks: ChartData
    artists: ChartData
    constant_artists: ChartData
    plays: ChartData
    counts: Counts


def overview(db: Database, account: Account, period: Period) -> Overview:
    """The analytics of an account in a period."""
    archive = heard(db, account)
    every_day = toplists.snapshot_days(db, account)
    start = _start(period, archive.everything.first_day, every_day)
    days = tuple(day for day in every_day if start <= day <= period.end)
    buckets = Buckets.of(period, start)
    totals = [part.within(start, period.end) for part in archive.in_totals]
    everything = (archive.everything.music, archive.everything.spoken)
    constant = toplists.constant_artists(db, account, start, period.end, CONSTANT_ARTISTS)
    return Overview(
        period=period,
        start=start,
        end=period.end,
        is_empty=not (days or any(len(part.within(start, period.end)) for part in everything)),
        plays_total=sum(len(part) for part in totals),
        hours_total=sum(plays.hours_played(part) for part in totals),
        snapshots_total=len(days),
        new_tracks=toplists.new_tracks_chart(db, account, buckets, days),
        artists=toplists.artists_chart(db, account, buckets, days),
        constant_artists=toplists.constant_artists_chart(constant),
        plays=plays.plays_chart(archive, buckets, every_day[-1] if every_day else None),
        counts=_counts(archive, buckets, account),
    )


def _start(period: Period, first_play: date | None, snapshots: tuple[date, ...]) -> date:
    """Where the period starts, or for all time the first thing in the archive."""
    if period.key != "all":
        return period.start
    first = min((day for day in (first_play, *snapshots[:1]) if day), default=period.end)
    return min(max(first, period.start), period.end)


def _counts(archive: Heard, buckets: Buckets, account: Account) -> Counts:
    unit = buckets.unit
    return Counts(
        new_tracks=f"Counts each track once, in the {unit} of the first snapshot that lists it; "
        "from Spotify's top lists, all three ranges.",
        artists=f"Counts the different artists in each {unit}'s snapshots; "
        "from Spotify's top lists, all three ranges.",
        constant_artists="Counts the snapshots that list the artist; "
        "from Spotify's top lists of the last four weeks.",
        plays=f"{archive.counts(buckets.starts[0], buckets.end)}. "
        f"From everything you brought here and Spotify's API, in {account.zone.key} time.",
    )
