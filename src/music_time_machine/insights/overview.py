"""Everything the analytics page shows of one period, in one value.

What rests on plays and what rests on snapshots stand apart; each part says in a sentence what it
counts, from which source and in which zone. Every period is held against the one before it.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from ..db import Database
from ..models import Account
from ..period import CUSTOM, Period
from . import daily, habits, shifts, spoken, toplists, variety
from .charts import Buckets, Change, ChartData, Heat
from .counting import MS_AN_HOUR
from .daily import BusiestDay, Streaks
from .habits import NOT_TOLD, Obsession, Sessions, Skipping
from .heard import Heard, heard
from .shifts import TasteShift
from .spoken import Spoken
from .toplists import ConstantArtist, ExplicitShare
from .tops import By, Tops, played, tops
from .variety import Concentration, NewAndKnown

CONSTANT_ARTISTS = 10
LISTS = "From Spotify's top lists"
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a period and of the one before; `hours` of listening, `days` with any."""

    plays: Change
    hours: Change
    tracks: Change
    artists: Change
    days: Change


@dataclass(frozen=True, slots=True)
class FromPlays:
    """What the plays of a period tell. `years` are those that have a calendar, newest first."""

    plays: ChartData
    hours: ChartData
    tops: Tops
    discoveries: ChartData
    discoveries_counts: str
    new_and_known: NewAndKnown
    concentration: Concentration
    diversity: ChartData
    diversity_counts: str
    hours_of_day: ChartData
    weekdays: ChartData
    week: Heat
    calendar: Heat
    years: tuple[int, ...]
    streaks: Streaks
    busiest_day: BusiestDay | None
    sessions: Sessions
    obsession: Obsession | None
    skipping: Skipping
    devices: ChartData
    devices_counts: str
    origins: ChartData
    origins_counts: str
    spoken: Spoken


@dataclass(frozen=True, slots=True)
class FromSnapshots:
    """What the snapshots of a period tell: ranks, never plays."""

    new_tracks: ChartData
    new_tracks_counts: str
    artists: ChartData
    artists_counts: str
    constant: tuple[ConstantArtist, ...]
    constant_artists: ChartData
    constant_artists_counts: str
    turnover: ChartData
    turnover_counts: str
    taste_shift: TasteShift
    release_years: ChartData
    release_years_counts: str
    explicit: ExplicitShare
    explicit_tracks: ChartData


@dataclass(frozen=True, slots=True)
class Overview:
    """`period` as asked for, and the local days from `start` to `end` that are shown of it.

    `before` are the days that it is held against: None for all time, and where the archive, which
    begins on `begins`, does not know them whole. `counts` says which plays
    count; `unit` is what the bars of plays are: day, week, month or year.
    """

    period: Period
    start: date
    end: date
    before: Days | None
    begins: date | None
    unit: str
    is_empty: bool
    snapshots: int
    totals: Totals
    counts: str
    heard: FromPlays
    listed: FromSnapshots


def overview(db: Database, account: Account, period: Period, by: By = "plays") -> Overview:
    """The analytics of an account in a period; top lists by plays or by time."""
    archive = heard(db, account)
    every_day = toplists.snapshot_days(db, account)
    start = _start(period, archive.everything.first_day, every_day)
    days = tuple(day for day in every_day if start <= day <= period.end)
    everything = (archive.everything.music, archive.everything.spoken)
    begins = archive.everything.first_day
    before = period.before if begins and period.before and begins <= period.before[0] else None
    last_snapshot = every_day[-1] if every_day else None
    shown = (start, period.end)
    buckets = Buckets.fitting(*shown, is_over=period.is_over)
    listed = _from_snapshots(db, account, shown, Buckets.of(period, start), days)
    return Overview(
        period=period,
        start=start,
        end=period.end,
        before=before,
        begins=begins,
        unit=buckets.unit,
        is_empty=listed.artists.is_empty
        and listed.new_tracks.is_empty
        and not any(len(part.within(*shown)) for part in everything),
        snapshots=len(days),
        totals=_totals(archive, start, period.end, before),
        counts=f"{archive.counts(start, period.end)}. From everything you brought here and "
        f"Spotify's API, in {account.zone.key} time.",
        heard=_from_plays(db, archive, shown, before, buckets, by, last_snapshot),
        listed=listed,
    )


def _start(period: Period, first_play: date | None, snapshots: tuple[date, ...]) -> date:
    """Where the period starts; all time and dates of long ago with the archive's first thing."""
    first = min((day for day in (first_play, *snapshots[:1]) if day), default=period.end)
    if period.key not in ("all", CUSTOM) or (period.key == CUSTOM and first > period.end):
        return period.start
    return min(max(first, period.start), period.end)


def _totals(archive: Heard, start: date, end: date, before: Days | None) -> Totals:
    now = _figures(archive, start, end)
    earlier = _figures(archive, *before) if before else (None,) * len(now)
    return Totals(*map(Change, now, earlier))


def _figures(archive: Heard, start: date, end: date) -> tuple[float, ...]:
    """Plays, hours, different tracks, different artists, and days with any play."""
    within = archive.daily.within(start, end)
    plays, ms = within.totals()
    music, recordings = archive.music, archive.recordings
    ids = played(archive, start, end)
    is_joined = recordings is not music
    tracks = ids.by(music.recording, len(recordings.track_ids)) if is_joined else ids
    artists = ids.by(music.artist, len(music.artist_ids))
    return (
        plays,
        ms / MS_AN_HOUR,
        int(np.count_nonzero(tracks.plays)),
        int(np.count_nonzero(artists.plays)),
        int(np.count_nonzero(within.by_day[0])),
    )


def _from_plays(
    db: Database,
    archive: Heard,
    days: Days,
    before: Days | None,
    buckets: Buckets,
    by: By,
    last_snapshot: date | None,
) -> FromPlays:
    start, end = days
    plays, hours = daily.plays_by_bucket(archive, buckets, last_snapshot)
    years = _years(archive, start, end)
    return FromPlays(
        plays=plays,
        hours=hours,
        tops=tops(db, archive, start, end, before, by),
        discoveries=variety.discoveries_chart(archive, buckets, last_snapshot),
        discoveries_counts=variety.discoveries_counts(archive, buckets),
        new_and_known=variety.new_and_known(archive, start, end, buckets),
        concentration=variety.concentration(archive, start, end),
        diversity=variety.diversity(archive, buckets),
        diversity_counts=variety.diversity_counts(archive),
        hours_of_day=daily.hours_of_day(archive, start, end),
        weekdays=daily.weekdays(archive, start, end),
        week=daily.week_heat(archive, start, end),
        calendar=daily.calendar(archive, years[0] if years else end.year, end),
        years=years,
        streaks=daily.streaks(archive, start, end),
        busiest_day=daily.busiest_day(archive, start, end),
        sessions=habits.sessions(archive, start, end),
        obsession=habits.obsession(db, archive, start, end),
        skipping=habits.skipping(archive, start, end, buckets),
        devices=habits.devices(archive, start, end),
        devices_counts=habits.DEVICES,
        origins=habits.origins(archive, start, end),
        origins_counts=habits.ORIGINS,
        spoken=spoken.spoken(db, archive, start, end, before),
    )


def _years(archive: Heard, start: date, end: date) -> tuple[int, ...]:
    """The years of these days within which something was played, newest first."""
    first, last = archive.everything.first_day, archive.everything.last_day
    if first is None or last is None:
        return ()
    return tuple(range(min(end, last).year, max(start, first).year - 1, -1))


def _from_snapshots(
    db: Database, account: Account, period: Days, buckets: Buckets, days: tuple[date, ...]
) -> FromSnapshots:
    constant = toplists.constant_artists(db, account, *period, CONSTANT_ARTISTS)
    turnover = toplists.turnover_chart(db, account, *period)
    explicit = toplists.explicit_share(db, account, *period)
    unit = buckets.unit
    return FromSnapshots(
        new_tracks=toplists.new_tracks_chart(db, account, buckets, days),
        new_tracks_counts=f"Each track once, by the {unit} of the first snapshot that lists it. "
        f"{LISTS}, all three ranges.",
        artists=toplists.artists_chart(db, account, buckets, days),
        artists_counts=f"The different artists in each {unit}'s snapshots. {LISTS}, all three "
        "ranges.",
        constant=constant,
        constant_artists=toplists.constant_artists_chart(constant),
        constant_artists_counts="In how many snapshots each is listed; of equals the one with the "
        f"better places comes first. {LISTS} of the last four weeks.",
        turnover=turnover,
        turnover_counts=toplists.turnover_counts(turnover),
        taste_shift=shifts.taste_shift(db, account, *period),
        release_years=toplists.release_years(db, account, *period),
        release_years_counts=toplists.RELEASE_YEARS_COUNTS,
        explicit=explicit,
        explicit_tracks=_explicit_chart(explicit),
    )


def _explicit_chart(share: ExplicitShare) -> ChartData:
    """The tracks that are explicit, those that are not, and those of which nobody says."""
    told = (
        ("Explicit", share.explicit),
        ("Not explicit", share.known - share.explicit),
        (NOT_TOLD, share.unknown),
    )
    bars = [(words, tracks) for words, tracks in told if tracks]
    return ChartData(
        kind="barh",
        labels=tuple(words for words, _ in bars),
        values=tuple(tracks for _, tracks in bars),
        unit="tracks",
        series="Tracks",
        highlights=(0,) if share.explicit else (),
    )
