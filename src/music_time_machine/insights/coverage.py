"""What an archive rests on, month by month, and where plays are likely missing.

Every stored play counts here, however short. Knows which of Spotify's exports fills which hole;
hides how a hole that an export has filled since is told from one that is still open.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from ..columns import Listens
from ..db import Database
from ..models import Account, Credential, Gap, Live
from ..moments import from_millis, to_millis
from ..period import local_day, months_between, next_month
from ..plays import Source
from .charts import Buckets
from .heard import heard
from .tallies import Daily
from .toplists import snapshot_days

Rest = Literal["exports", "live", "trackers", "snapshots", "nothing"]
Doubt = Literal["likely", "perhaps"]

EXPORTED, LIVE, TRACKED = range(3)
AT_ONCE = 10_000
A_DAY = timedelta(days=1)
_TOLD_BY = np.full(256, TRACKED, np.uint8)
_TOLD_BY[[Source.EXTENDED_HISTORY, Source.ACCOUNT_DATA]] = EXPORTED
_TOLD_BY[Source.RECENTLY_PLAYED] = LIVE

# Account data tells of the last year, and takes some days to come.
ACCOUNT_DATA_REACHES = timedelta(days=350)
# The list of the last 50 plays bridges a night; a worker that was silent for longer is off.
SILENT_WORKER = timedelta(days=1)


class Why(StrEnum):
    """What makes a hole: the reasons of `live`, and what is read off the months themselves."""

    OVERFLOW = "overflow"
    WORKER_OFF = "worker_off"
    RECONNECT = "reconnect"
    ENDED = "ended"
    SNAPSHOTS_ONLY = "snapshots_only"
    SILENT = "silent"
    LIVE_ONLY = "live_only"


@dataclass(frozen=True, slots=True)
class Month:
    """A local month: its plays by who told of them, its snapshots, and whether some are missing."""

    start: date
    exported: int
    live: int
    tracked: int
    snapshots: int
    doubt: Doubt | None = None

    @property
    def end(self) -> date:
        """Its last day."""
        return next_month(self.start) - A_DAY

    @property
    def plays(self) -> int:
        """All plays of the month."""
        return self.exported + self.live + self.tracked

    @property
    def rests_on(self) -> Rest:
        """What most of it rests on; of equals the richer one."""
        if self.plays == 0:
            return "snapshots" if self.snapshots else "nothing"
        most = max(self.exported, self.live, self.tracked)
        if self.exported == most:
            return "exports"
        return "live" if self.live == most else "trackers"

    @property
    def words(self) -> str:
        """The month in words and numbers: `March 2021: 812 plays from exports, 31 snapshots.`"""
        amounts = (
            (self.exported, "from exports"),
            (self.live, "fetched live"),
            (self.tracked, "from other trackers"),
        )
        parts = [f"{_count(plays, 'play')} {where}" for plays, where in amounts if plays]
        parts += [_count(self.snapshots, "snapshot")] if self.snapshots else []
        said = f"{self.start:%B %Y}: {', '.join(parts) or 'nothing is known'}."
        return said + _DOUBTS[self.doubt]


_DOUBTS: dict[Doubt | None, str] = {
    "likely": " A hole is likely.",
    "perhaps": " Perhaps a hole.",
    None: "",
}


@dataclass(frozen=True, slots=True)
class Hole:
    """Months, from that of `first` to that of `last`, in which plays are missing or told poorly.

    `times` counts the stretches of time that `live` noticed; a hole that grows still does so from
    the day `since` on. `is_recent` says that the last year's account data reaches back to it.
    """

    why: Why
    first: date
    last: date
    is_recent: bool = False
    times: int = 1
    since: date | None = None

    @property
    def doubt(self) -> Doubt | None:
        """How sure it is that plays are missing; None when they are only told poorly."""
        if self.why is Why.LIVE_ONLY:
            return None
        return "perhaps" if self.why is Why.SILENT else "likely"

    @property
    def months(self) -> str:
        """`March 2021`, `March to May 2021` or `November 2020 to January 2021`."""
        first, last = self.first, self.last
        if (first.year, first.month) == (last.year, last.month):
            return f"{first:%B %Y}"
        return f"{first:%B}{'' if first.year == last.year else f' {first.year}'} to {last:%B %Y}"

    @property
    def sentence(self) -> str:
        """What is the matter."""
        if self.since is not None:
            day = f"{self.since.day} {self.since:%B %Y}"
            return {
                Why.RECONNECT: f"The connection to Spotify ended on {day}. Connect again soon: "
                "Spotify lists only the last 50 plays.",
                Why.WORKER_OFF: f"Nothing was fetched since {day}: the worker seems to be off.",
            }.get(self.why, f"Nothing came in since {day}.")
        more = "More" if self.times == 1 else f"On {self.times} occasions more"
        return {
            Why.OVERFLOW: f"{more} was played between two looks than the 50 plays Spotify lists.",
            Why.WORKER_OFF: "The worker was off for longer than Spotify's list reaches back.",
            Why.RECONNECT: "The connection to Spotify had ended.",
            Why.SNAPSHOTS_ONLY: "Only snapshots are known, not the plays.",
            Why.SILENT: "Nothing is known here. Perhaps nothing was played.",
            Why.LIVE_ONLY: "Spotify's API lists no plays under 30 seconds, and no lengths.",
        }.get(self.why, "")

    @property
    def request(self) -> str:
        """What to request from Spotify for which months."""
        export = "account data" if self.is_recent else "extended streaming history"
        does = "completes" if self.doubt is None else "fills"
        given = "If something was, your" if self.doubt == "perhaps" else "Your"
        return f"{given} {export} {does} {self.months}."


@dataclass(frozen=True, slots=True)
class Year:
    """A row of the calendar: twelve months, None where nothing begins yet or no longer."""

    year: int
    months: tuple[Month | None, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """All months from the first thing known to today, oldest first, and the holes, newest first."""

    months: tuple[Month, ...]
    holes: tuple[Hole, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known at all."""
        return not self.months

    @property
    def likely(self) -> int:
        """How many holes are likely."""
        return sum(hole.doubt == "likely" for hole in self.holes)

    @property
    def rests(self) -> tuple[Rest, ...]:
        """What the months rest on, for a legend."""
        found = {month.rests_on for month in self.months}
        return tuple(rest for rest in _RESTS if rest in found)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """The marks that the months carry, for a legend."""
        found = {month.doubt for month in self.months}
        return tuple(doubt for doubt in _MARKS if doubt in found)

    @property
    def years(self) -> tuple[Year, ...]:
        """The same months as rows of twelve."""
        rows = []
        for year, months in groupby(self.months, lambda month: month.start.year):
            known = {month.start.month: month for month in months}
            rows.append(Year(year, tuple(known.get(number) for number in range(1, 13))))
        return tuple(rows)

    def latest(self, count: int) -> "Coverage":
        """The last so many months, and the holes that reach into them."""
        months = self.months[-count:]
        start = months[0].start if months else date.max
        return Coverage(months, tuple(hole for hole in self.holes if hole.last >= start))


_RESTS: tuple[Rest, ...] = ("exports", "live", "trackers", "snapshots", "nothing")
_MARKS: tuple[Doubt, ...] = ("likely", "perhaps")


def coverage(db: Database, account: Account, now: datetime) -> Coverage:
    """What the archive rests on from its first month to that of `now`. Raises as `columns.load`."""
    archive = heard(db, account)
    everything = archive.everything
    snapshots = snapshot_days(db, account)
    today = local_day(now, account.zone)
    known = [day for day in (everything.first_day, *snapshots[:1]) if day is not None]
    if not known:
        return Coverage((), ())
    told = [_Told(part) for part in (everything.music, everything.spoken)]
    months = _months(archive.tallies.sources, snapshots, months_between(min(*known, today), today))
    reach = max(one.exported_until() for one in told)
    noticed = list(_noticed(db, account, told, reach))
    growing = _growing(db, account, months, reach, now)
    holes = [*_merged(noticed), *_read_off(months, [*noticed, *growing]), *growing]
    recent = today - ACCOUNT_DATA_REACHES
    holes = [replace(hole, is_recent=hole.first >= recent) for hole in holes]
    return Coverage(
        tuple(replace(month, doubt=_doubt(month, holes)) for month in months),
        tuple(sorted(holes, key=lambda hole: (hole.last, hole.first), reverse=True)),
    )


class _Told:
    """Plays, and who told of each."""

    def __init__(self, listens: Listens) -> None:
        self._when, self._source = listens.when, listens.source_of

    def is_exported(self, start: datetime, end: datetime) -> bool:
        """Whether an export tells of any play between two moments."""
        seconds = np.array([to_millis(start) // 1000, to_millis(end) // 1000 + 1], np.uint32)
        first, last = np.searchsorted(self._when, seconds).tolist()
        return bool((self._by(first, last) == EXPORTED).any())

    def exported_until(self) -> datetime:
        """The last play that an export tells of; 1970 when there is none."""
        # From the end backwards, some at a time: as a rule it is among the last.
        for end in range(len(self._when), 0, -AT_ONCE):
            start = max(0, end - AT_ONCE)
            found = np.flatnonzero(self._by(start, end) == EXPORTED)
            if len(found):
                return from_millis(int(self._when[start + int(found[-1])]) * 1000)
        return from_millis(0)

    def _by(self, start: int, end: int) -> NDArray[np.uint8]:
        return _TOLD_BY[self._source(slice(start, end))]


def _months(sources: Daily, snapshots: Sequence[date], starts: Sequence[date]) -> tuple[Month, ...]:
    plays, _ = sources.in_buckets(Buckets("month", tuple(starts), next_month(starts[-1]) - A_DAY))
    told = np.zeros((len(starts), TRACKED + 1), np.int64)
    for source in range(plays.shape[1]):
        told[:, _TOLD_BY[source]] += plays[:, source]
    taken = Counter(day.replace(day=1) for day in snapshots)
    return tuple(
        Month(start, exported, live, tracked, taken[start])
        for start, (exported, live, tracked) in zip(starts, told.tolist(), strict=True)
    )


def _noticed(
    db: Database, account: Account, told: Sequence[_Told], reach: datetime
) -> Iterator[Hole]:
    """The holes that following the API has left and no export has filled, oldest first.

    Filled is what an export tells of and reaches beyond.
    """
    statement = (
        select(Gap.started_at, Gap.ended_at, Gap.reason)
        .where(Gap.account_id == account.id)
        .order_by(Gap.started_at)
    )
    with db.read() as session:
        gaps = session.execute(statement).all()
    for gap in gaps:
        is_told = any(one.is_exported(gap.started_at, gap.ended_at) for one in told)
        if not is_told or reach < gap.ended_at:
            first, last = (local_day(at, account.zone) for at in (gap.started_at, gap.ended_at))
            yield Hole(Why(gap.reason), first, last)


def _growing(
    db: Database, account: Account, months: Sequence[Month], reach: datetime, now: datetime
) -> list[Hole]:
    """The hole that is open just now, if nobody fetches and no export came since."""
    statement = (
        select(Credential.needs_reconnect, Live.fetched_at, Live.broken_at)
        .outerjoin(Live, Live.account_id == Credential.account_id)
        .where(Credential.account_id == account.id)
    )
    with db.read() as session:
        state = session.execute(statement).first()
    today = local_day(now, account.zone)
    if state is not None and (state.needs_reconnect or state.fetched_at is not None):
        why = Why.RECONNECT if state.needs_reconnect else Why.WORKER_OFF
        began = (state.broken_at if state.needs_reconnect else None) or state.fetched_at or now
        if why is Why.WORKER_OFF and now - began <= SILENT_WORKER:
            return []
        since = min(local_day(max(began, reach), account.zone), today)
        return [Hole(why, since, today, since=since)]
    # Nobody follows this account: it ends with the last thing that came in.
    known = [month.start for month in months if month.rests_on != "nothing"]
    after = next_month(known[-1]) if known else today
    return [Hole(Why.ENDED, after, today, since=after)] if after < today.replace(day=1) else []


def _merged(noticed: Iterable[Hole]) -> list[Hole]:
    """Holes of one reason in months that follow each other, as one."""
    merged: list[Hole] = []
    for hole in sorted(noticed, key=lambda hole: (hole.why, hole.first)):
        before = merged[-1] if merged else None
        if before and before.why is hole.why and hole.first < _month_after_next(before.last):
            last = max(before.last, hole.last)
            merged[-1] = replace(before, last=last, times=before.times + 1)
        else:
            merged.append(hole)
    return merged


def _month_after_next(day: date) -> date:
    return next_month(next_month(day))


def _read_off(months: Sequence[Month], noticed: Sequence[Hole]) -> Iterator[Hole]:
    """The holes that the months themselves show, but where it is known already why."""
    known = [at for at, month in enumerate(months) if month.rests_on != "nothing"]
    between = months[known[0] : known[-1] + 1] if known else ()
    for why, run in groupby(between, lambda month: _why(month, noticed)):
        starts = [month.start for month in run]
        # A month that has only begun has nothing to be asked for yet.
        if why is not None and starts[0] != months[-1].start:
            yield Hole(why, starts[0], starts[-1])


def _why(month: Month, noticed: Sequence[Hole]) -> Why | None:
    if month.live and not month.exported:
        return Why.LIVE_ONLY
    if month.plays or any(_touches(hole, month) for hole in noticed):
        return None
    return Why.SNAPSHOTS_ONLY if month.snapshots else Why.SILENT


def _doubt(month: Month, holes: Sequence[Hole]) -> Doubt | None:
    found = {hole.doubt for hole in holes if _touches(hole, month)}
    return next((doubt for doubt in _MARKS if doubt in found), None)


def _touches(hole: Hole, month: Month) -> bool:
    return hole.first < next_month(month.start) and hole.last >= month.start


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
