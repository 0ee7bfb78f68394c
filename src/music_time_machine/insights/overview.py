"""Everything the analytics page shows of one period, in one value.

Three charts from snapshots and one from plays, the period's totals, and for each chart the sentence
that says what counts and where it comes from.
"""

from dataclasses import dataclass
from datetime import date

from .. import columns
from ..db import Database
from ..models import Account
from ..period import Period
from . import plays, toplists
from .charts import Buckets, ChartData

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

    `plays_total` and `hours_total` are of music plays within these days, `snapshots_total` counts
    the snapshots. `is_empty` says that there is neither, nor anything spoken.
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
    heard = columns.load(db, account)
    every_day = toplists.snapshot_days(db, account)
    start = _start(period, heard.first_day, every_day)
    days = tuple(day for day in every_day if start <= day <= period.end)
    buckets = Buckets.of(period, start)
    music = heard.music.within(start, period.end)
    spoken = heard.spoken.within(start, period.end)
    constant = toplists.constant_artists(db, account, start, period.end, CONSTANT_ARTISTS)
    return Overview(
        period=period,
        start=start,
        end=period.end,
        is_empty=not (len(music) or len(spoken) or days),
        plays_total=len(music),
        hours_total=plays.hours_played(music),
        snapshots_total=len(days),
        new_tracks=toplists.new_tracks_chart(db, account, buckets, days),
        artists=toplists.artists_chart(db, account, buckets, days),
        constant_artists=toplists.constant_artists_chart(constant),
        plays=plays.plays_chart(heard, buckets, every_day[-1] if every_day else None),
        counts=_counts(buckets, account),
    )


def _start(period: Period, first_play: date | None, snapshots: tuple[date, ...]) -> date:
    """Where the period starts, or for all time the first thing in the archive."""
    if period.key != "all":
        return period.start
    first = min((day for day in (first_play, *snapshots[:1]) if day), default=period.end)
    return min(max(first, period.start), period.end)


def _counts(buckets: Buckets, account: Account) -> Counts:
    unit = buckets.unit
    return Counts(
        new_tracks=f"Counts each track once, in the {unit} of the first snapshot that lists it; "
        "from Spotify's top lists, all three ranges.",
        artists=f"Counts the different artists in each {unit}'s snapshots; "
        "from Spotify's top lists, all three ranges.",
        constant_artists="Counts the snapshots that list the artist; "
        "from Spotify's top lists of the last four weeks.",
        plays="Counts every music play, however short; "
        f"from your export and Spotify's API, in {account.zone.key} time.",
    )
