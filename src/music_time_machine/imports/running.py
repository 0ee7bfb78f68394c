"""Doing an import: read and check it, store it batch by batch, or take it back.

Each batch's transaction checks the lease, stores, and moves the cursor: killed anywhere, it goes on
from there, and nothing is doubled. What its person asks meanwhile is seen between two batches.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, islice

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from .. import rankings
from ..db import Database, changed, insert_new, table_of
from ..db import look_up as look_up_rows
from ..errors import BadUpload, MusicTimeMachineError
from ..formats.flat import tells_isrc, unpacked
from ..listens import Batch, TrackIds, forecast, keep_tracks, known_ids, record_batch, take_back
from ..listens.catalogue import recordings_of, slices
from ..listens.evidence import LookUp, Told, Tracks, catalogue_of
from ..models import Account, Archive, Echo, Import, KnownPlays, LeftOutEntry, Listen, Track
from ..moments import from_millis, to_millis
from ..plays import LeftOutRow, Placing, TrackNames, key_number
from ..recognition import WIDEST_MS
from . import uploads
from .documents import (
    CANCEL,
    CANCELLED,
    CHECK,
    CHECKING,
    COMPLETED,
    FAILED,
    KEEP,
    LEASE,
    RUNNING,
    UNDER_WAY,
    UNDO,
    UNDONE,
    WAITING,
    Forecast,
    ImportView,
    find,
    is_free,
    is_import,
)
from .staging import TRACKS_AT_ONCE, Rows, Stage, build
from .stakes import claims, heirs_of_days, plays_told_alone

TAKEN_BACK_AT_ONCE = 5_000
MOST_LEFT_OUT_KEPT = 100_000
HEARTBEAT = timedelta(seconds=1)
AHEAD = timedelta(days=1)  # a play later than that after its upload was not heard: clocks are wrong
GONE = "The uploaded file is gone. Please upload it once more: nothing is doubled."

Clock = Callable[[], datetime]


class LeaseLost(MusicTimeMachineError):
    """Another worker has taken this import over; this one stops without a trace."""

    status = 409


class _Stopped(Exception):
    """The import's person has asked for it to be cancelled."""


def proceed(
    db: Database,
    account: Account,
    import_id: int,
    worker: str,
    clock: Clock,
    lease: timedelta = LEASE,
    on_progress: Callable[[ImportView], None] | None = None,
) -> ImportView:
    """Bring an import from wherever it stands to its end, or to where its person must decide.

    A file that turns out damaged ends the import as failed, with its sentence; what could be read
    of it and of the others stays and is counted. Raises LeaseLost when another worker holds it.
    """
    _claim(db, account, import_id, worker, clock(), lease)
    run = _Run(db, account, import_id, worker, clock, on_progress)
    if run.aim in (CANCEL, UNDO):
        run.take_back()
        return find(db, account, import_id)
    try:
        stage = run.staged()
        if run.aim == CHECK:
            run.park()
        else:
            run.store(stage)
            run.end(FAILED if run.problems else COMPLETED)
    except _Stopped:
        run.take_back()
    except BadUpload as error:
        run.problems.append(str(error))
        run.end(FAILED)
    except FileNotFoundError:
        run.problems.append(GONE)
        run.end(FAILED)
    return find(db, account, import_id)


def fail(
    db: Database,
    account: Account,
    import_id: int,
    worker: str,
    sentence: str,
    now: datetime,
    *,
    keeps_upload: bool = True,
) -> None:
    """End an import that its worker cannot finish; its rows so far stay and are counted.

    The upload is kept for a day, so that it can be tried again. Another worker's is left alone.
    """
    mine = and_(is_import(account, import_id), Import.worker == worker, Import.state.in_(UNDER_WAY))
    ended = {"state": FAILED, "problem": sentence, "finished_at": now, "worker": None}
    with db.write() as session:
        stored_as = session.scalar(select(Import.stored_as).where(mine))
        goes = {} if keeps_upload else {"stored_as": None}
        session.execute(update(Import).where(mine).values(**ended, **goes))
    if not keeps_upload:
        uploads.remove(db, stored_as)


class _Run:
    """One worker's way through one import."""

    def __init__(
        self,
        db: Database,
        account: Account,
        import_id: int,
        worker: str,
        clock: Clock,
        on_progress: Callable[[ImportView], None] | None,
    ) -> None:
        self.db, self.account, self.import_id = db, account, import_id
        self.worker, self.clock, self.on_progress = worker, clock, on_progress
        with db.read() as session:
            row = session.execute(select(Import).where(is_import(account, import_id))).scalar_one()
        self.file_name, self.stored_as, self.aim = row.file_name, row.stored_as, row.aim
        self.cursor, self.is_checked = row.cursor, row.checked_at is not None
        self.problems = [row.problem] if row.problem else []
        self.last = row.last_played_at
        self.latest = to_millis(row.created_at + AHEAD)
        self.beaten_at = clock()
        self.ids: list[int] = []

    # Reading and checking

    def staged(self) -> Stage:
        """The upload in order, read now unless it was before; and its dry run."""
        if self.stored_as is None:
            raise FileNotFoundError(self.file_name)
        folder = uploads.stage_folder(self.db, self.stored_as)
        if self.is_checked and folder.exists():
            return Stage(folder)
        left_out = _LeftOut(self)
        with uploads.opened(self.db, self.stored_as, self.file_name) as upload:
            file = self._file if self.aim == KEEP else None
            stage = build(upload, folder, self.latest, left_out.take, self._beat, file)
        left_out.flush()
        if not self.is_checked:
            self.problems += stage.summary.problems
            foretold = self._foretold(stage) if self.aim == CHECK else None
            self._keep_check(stage, foretold)
        return stage

    def _foretold(self, stage: Stage) -> Forecast:
        """What storing it would come to; nothing is written but the heartbeat."""
        summary = stage.summary
        tracks = _Tracks(self.db, self.account, stage)
        is_single = _is_single(self._sources() | summary.sources)
        added = 0
        for rows in stage.batches(0):
            around = None if is_single else tracks.batch(stage.around(rows, WIDEST_MS))
            with self.db.read() as session:
                look_up = tracks.look_up(session)
                added += forecast(session, self.account, tracks.batch(rows), look_up, around)
            self._beat(None)
        days = {placing.local_date for placing in stage.placings()}
        with self.db.read() as session:
            new = days - rankings.days_kept(session, self.account, days)
        placings = sum(placing.local_date in new for placing in stage.placings())
        rows_told = summary.plays + summary.repeated + summary.placings
        return Forecast(
            added=added + placings,
            known=rows_told - added - placings,
            plays=summary.plays,
            snapshots=len(new),
        )

    def _keep_check(self, stage: Stage, foretold: Forecast | None) -> None:
        summary = stage.summary
        skipped = {str(reason): count for reason, count in summary.skipped.items()}
        first, last = (
            from_millis(stamp) if summary.plays else None for stamp in (summary.first, summary.last)
        )
        self.last = last
        self._write(
            {
                "checked_at": self.clock(),
                "rows": summary.rows,
                "known": summary.repeated,
                "skipped": json.dumps(skipped, sort_keys=True),
                "forecast": foretold and msgspec.json.encode(foretold).decode(),
                "first_played_at": first,
                "last_played_at": last,
                "problem": self._problem(),
                "bytes_done": Import.bytes_total,
            }
        )
        self.is_checked = True

    def park(self) -> None:
        """Wait for the import's person."""
        self._write({"state": WAITING, "worker": None, "known": 0})

    # Storing

    def store(self, stage: Stage) -> None:
        """Store the plays from the cursor on, then the snapshots."""
        now = self.clock()
        started = func.coalesce(Import.started_at, to_millis(now))
        known = {} if self.cursor else {"added": 0, "known": stage.summary.repeated}
        self._write({"state": RUNNING, "started_at": started, **known})
        ids = self._track_ids(stage)
        for rows in stage.batches(self.cursor):
            self._store(rows, ids)
        if self.cursor <= stage.summary.plays:
            self._store_placings(stage)

    def _track_ids(self, stage: Stage) -> NDArray[np.int64]:
        """Our id of each of the stage's tracks; those that are new are added."""
        for some in slices(islice(stage.tracks(), len(self.ids), None), TRACKS_AT_ONCE):
            self._file(some)
        for late in slices(stage.told_late(), TRACKS_AT_ONCE):
            with self.db.write() as session:
                self._hold(session)
                TrackIds().resolve(session, [names for _, names in late])
        return np.array(self.ids, np.int64)

    def _file(self, tracks: list[TrackNames]) -> None:
        """Find the ids of the stage's next tracks."""
        with self.db.write() as session:
            self._hold(session)
            self.ids += TrackIds().resolve(session, tracks)
        self._beat(None)

    def _store(self, rows: Rows, ids: NDArray[np.int64]) -> None:
        batch = Batch(rows.stamp, ids[rows.track], rows.ms, rows.nth, rows.source, rows.traits)
        cursor = rows.start + len(rows)
        with self.db.write() as session:
            self._hold(session)
            now = self.clock()
            recorded = record_batch(session, self.account, batch, now, self.import_id)
            if recorded.claims:
                names = ("account_id", "import_id", "part", "rows")
                part = (self.account.id, self.import_id, rows.start, recorded.claims)
                insert_new(session, table_of(KnownPlays), names, [part])
            session.execute(
                update(Import)
                .where(is_import(self.account, self.import_id))
                .values(
                    cursor=cursor,
                    added=Import.added + recorded.added,
                    known=Import.known + recorded.known,
                    heartbeat_at=now,
                )
            )
        self.cursor = cursor
        self._tell()

    def _store_placings(self, stage: Stage) -> None:
        """The snapshots, a day at a time; a day that has its snapshot already keeps it."""
        by_day = sorted(stage.placings(), key=lambda placing: placing.local_date)
        known_days: list[date] = []
        added = known = 0
        with self.db.write() as session:
            self._hold(session)
            for day, placings in groupby(by_day, key=lambda placing: placing.local_date):
                some = list(placings)
                if self._keep_day(session, day, some):
                    added += len(some)
                else:
                    known += len(some)
                    known_days.append(day)
            summary = stage.summary
            counts: dict[str, object]
            if _is_single(self._sources(session)):
                counts = {"added": Import.added + added, "known": Import.known + known}
            else:
                # A batch that came later may have given a play another record: counted anew.
                added += plays_told_alone(session, self.account, self.import_id)
                counts = {
                    "added": added,
                    "known": summary.rows - sum(summary.skipped.values()) - added,
                }
            session.execute(
                update(Import)
                .where(is_import(self.account, self.import_id))
                .values(
                    cursor=summary.plays + 1,
                    **counts,
                    known_days=json.dumps([day.isoformat() for day in known_days]),
                )
            )

    def _sources(self, session: Session | None = None) -> int:
        """A bit for each source that the archive has."""
        if session is None:
            with self.db.read() as reading:
                return self._sources(reading)
        statement = select(Archive.sources).where(Archive.account_id == self.account.id)
        return session.scalar(statement) or 0

    def _keep_day(self, session: Session, day: date, placings: list[Placing]) -> bool:
        ids = keep_tracks(session, [placing.track for placing in placings])
        tracks: dict[str, list[tuple[int, int]]] = {}
        for placing in placings:
            place = (placing.rank, ids[placing.track.spotify_id])
            tracks.setdefault(placing.time_range, []).append(place)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=self.account.zone)
        return rankings.keep(session, self.account, day, noon, tracks, {}, self.import_id)

    # Taking back

    def take_back(self) -> None:
        """Remove what it added, a stretch of time at a time; then it is cancelled or undone."""
        aim = CANCEL if self.aim in (CHECK, KEEP) else self.aim
        if self.aim != aim:
            self._write({"aim": aim, "cursor": 0}, holding_aim=False)
            self.aim, self.cursor = aim, 0
        self._write({"state": RUNNING}, holding_aim=False)
        start = max(self.cursor, 0)
        end = None if self.last is None else to_millis(self.last)
        while end is not None and start <= end:
            start = self._take_back(start, end)
        with self.db.write() as session:
            self._hold(session, holding_aim=False)
            places = self._take_back_days(session)
            if counts := self._left(places):
                mine = is_import(self.account, self.import_id)
                session.execute(update(Import).where(mine).values(**counts))
            claimed = (
                KnownPlays.account_id == self.account.id,
                KnownPlays.import_id == self.import_id,
            )
            session.execute(delete(KnownPlays).where(*claimed))
        self.end(CANCELLED if aim == CANCEL else UNDONE)

    def _take_back(self, start: int, end: int) -> int:
        """One stretch, from ms `start` on; where the next one starts."""
        with self.db.write() as session:
            self._hold(session, holding_aim=False)
            until = min(self._stretch_end(session, start), end)
            stretch = (from_millis(start), from_millis(until))
            others = claims(session, self.account, self.import_id)
            gone = take_back(session, self.account, self.import_id, stretch, others, self.clock())
            session.execute(
                update(Import)
                .where(is_import(self.account, self.import_id))
                .values(cursor=until + 1, heartbeat_at=self.clock(), **self._left(gone))
            )
        self._tell()
        return until + 1

    def _left(self, gone: int) -> dict[str, object]:
        """An undone import counts as added what really left with it, as `documents.undo` began."""
        if self.aim != UNDO:
            return {}
        return {"added": Import.added + gone, "known": Import.known - gone}

    def _stretch_end(self, session: Session, start: int) -> int:
        """The stamp of the record some thousands after `start`, or the end of time."""
        ends = []
        for table in (Listen, Echo):
            statement = (
                select(table.played_at)
                .where(table.account_id == self.account.id, table.played_at >= from_millis(start))
                .order_by(table.played_at)
                .offset(TAKEN_BACK_AT_ONCE)
                .limit(1)
            )
            found = session.scalar(statement)
            ends += [] if found is None else [to_millis(found)]
        return min(ends, default=2**62)

    def _take_back_days(self, session: Session) -> int:
        """Remove the snapshots that nobody else brought; how many places are gone with them."""
        days = set(rankings.brought_by(session, self.account, self.import_id))
        heirs = heirs_of_days(session, self.account, self.import_id, days)
        for day, heir in heirs.items():
            rankings.hand_over(session, self.account, [day], heir)
        places = rankings.places_of(session, self.account, days - heirs.keys())
        rankings.take_back(session, self.account, days - heirs.keys())
        return places

    # The row

    def end(self, state: str) -> None:
        """The last word on the import; its upload goes."""
        self._write(
            {
                "state": state,
                "problem": self._problem(),
                "finished_at": self.clock(),
                "stored_as": None,
                "worker": None,
            },
            holding_aim=False,
        )
        uploads.remove(self.db, self.stored_as)

    def _problem(self) -> str | None:
        return " ".join(dict.fromkeys(self.problems)) or None

    def _hold(self, session: Session, *, holding_aim: bool = True) -> None:
        """Lock the row; LeaseLost when another worker has it, _Stopped when it shall stop."""
        statement = (
            select(Import.worker, Import.aim)
            .where(is_import(self.account, self.import_id))
            .with_for_update()
        )
        worker, aim = session.execute(statement).one()
        if worker != self.worker:
            raise LeaseLost("Another worker has taken this import over.")
        if holding_aim and aim == CANCEL:
            raise _Stopped

    def _write(self, values: dict[str, object], *, holding_aim: bool = True) -> None:
        with self.db.write() as session:
            self._hold(session, holding_aim=holding_aim)
            now = self.clock()
            session.execute(
                update(Import)
                .where(is_import(self.account, self.import_id))
                .values(heartbeat_at=now, **values)
            )
        self.beaten_at = now

    def _beat(self, bytes_done: int | None) -> None:
        """A sign of life while reading, not more than one a second."""
        if self.clock() - self.beaten_at >= HEARTBEAT:
            self._write({} if bytes_done is None else {"bytes_done": bytes_done})
            self._tell()

    def _tell(self) -> None:
        if self.on_progress is not None:
            self.on_progress(find(self.db, self.account, self.import_id))


class _LeftOut:
    """The rows left out on their way into the document, some thousands at a time."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._rows: list[tuple[object, ...]] = []
        self._count = 0
        with run.db.write() as session:  # of a check that was killed midway
            session.execute(
                delete(LeftOutEntry).where(
                    LeftOutEntry.account_id == run.account.id,
                    LeftOutEntry.import_id == run.import_id,
                )
            )

    def take(self, file_name: str, rows: Sequence[tuple[int, LeftOutRow]]) -> None:
        """Keep these rows; beyond a hundred thousand they are only counted."""
        for number, row in rows[: max(0, MOST_LEFT_OUT_KEPT - self._count)]:
            self._count += 1
            where = (self._run.account.id, self._run.import_id, self._count)
            self._rows.append((*where, file_name, number, str(row.reason), row.text))
        if len(self._rows) >= TRACKS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Store what is waiting."""
        names = ("account_id", "import_id", "number", "file_name", "row", "reason", "text")
        if self._rows:
            with self._run.db.write() as session:
                insert_new(session, table_of(LeftOutEntry), names, self._rows)
        self._rows = []


class _Tracks:
    """A stage's tracks for a dry run: our ids where the catalogue has them, else negative ones."""

    def __init__(self, db: Database, account: Account, stage: Stage) -> None:
        self._told = list(stage.packed_tracks())
        self._ids = -1 - np.arange(len(self._told))
        with db.read() as session:
            is_empty = session.get(Archive, account.id) is None
        # Where nothing is, nothing can be known.
        for some in slices([] if is_empty else enumerate(self._told), TRACKS_AT_ONCE):
            numbers = {unpacked(told).key: number for number, told in some}
            with db.read() as session:
                for key, track_id in known_ids(session, numbers).items():
                    self._ids[numbers[key]] = track_id
        with db.read() as session:
            self._joined = self._to_be_joined(session, stage)

    def _to_be_joined(self, session: Session, stage: Stage) -> dict[int, int]:
        """The recordings that ISRCs of this upload make part of another, each with that one."""
        told = {n: unpacked(line) for n, line in enumerate(self._told) if tells_isrc(line)}
        told |= dict(stage.told_late())
        recordings = recordings_of(session, {names.key: names for names in told.values()})
        known = {int(self._ids[n]) for n in told if self._ids[n] > 0}
        kept = {
            track_id: (isrc, recording)
            for track_id, isrc, recording in look_up_rows(
                session, table_of(Track), ("id", "isrc", "recording"), "id", known
            )
        }
        groups: dict[str, set[int]] = {}
        for n, names in told.items():
            isrc, recording = kept.get(int(self._ids[n]), (None, recordings[names.key]))
            groups.setdefault(isrc or names.isrc or "", set()).add(recording)
        for isrc, recording in look_up_rows(
            session, table_of(Track), ("isrc", "recording"), "isrc", groups
        ):
            groups[isrc].add(recording)
        joined: dict[int, int] = {}
        for group in groups.values():
            ends = {_end_of(joined, recording) for recording in group}
            joined |= dict.fromkeys(ends - {min(ends)}, min(ends))
        return joined

    def batch(self, rows: Rows) -> Batch:
        """The rows with track ids."""
        track = self._ids[rows.track]
        return Batch(rows.stamp, track, rows.ms, rows.nth, rows.source, rows.traits)

    def look_up(self, session: Session) -> LookUp:
        """Looks known tracks up in the catalogue; the others by what they are called."""
        in_catalogue = catalogue_of(session)

        def look_up(track_ids: Iterable[int]) -> Tracks:
            wanted = set(track_ids)
            tracks = dict(in_catalogue(track_id for track_id in wanted if track_id > 0))
            told = {n: unpacked(self._told[-1 - n]) for n in wanted if n < 0}
            recordings = recordings_of(session, {names.key: names for names in told.values()})
            for number, names in told.items():
                has_id, key = names.spotify_id is not None, names.key
                tracks[number] = Told(recordings[key], has_id, key_number(key))
            if not self._joined:
                return tracks
            return {
                number: told._replace(recording=_end_of(self._joined, told.recording))
                for number, told in tracks.items()
            }

        return look_up


def _end_of(joined: Mapping[int, int], recording: int) -> int:
    """The recording that this one is part of at last."""
    while recording in joined:
        recording = joined[recording]
    return recording


def _is_single(sources: int) -> bool:
    """Whether there is one source at most."""
    return sources & (sources - 1) == 0


def _claim(
    db: Database, account: Account, import_id: int, worker: str, now: datetime, lease: timedelta
) -> None:
    with db.write() as session:
        free = or_(Import.worker == worker, is_free(now, lease))
        claimed = changed(
            session,
            update(Import)
            .where(is_import(account, import_id), Import.state.in_(UNDER_WAY), free)
            .values(worker=worker, heartbeat_at=now, state=CHECKING),
        )
    if claimed != 1:
        raise LeaseLost("Another worker is on this import, or it has ended.")
