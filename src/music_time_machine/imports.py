"""The life of one uploaded file: waiting, checking, running, then completed or failed.

An import goes on from its cursor wherever it was killed: the cursor is committed with each batch,
and `listens.record` adds nothing twice. Hides the upload's folder, the lease and the counting. It
never asks Spotify anything.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from .db import Database, UtcMillis, changed
from .errors import BadUpload, MusicTimeMachineError, NotFound, UploadTooLarge
from .formats import HistoryFile, Upload, open_upload
from .listens import TrackIds, record
from .models import Account, AccountRow, Import
from .plays import LeftOut, Play, clean_text

BATCH_ROWS = 10_000
CHUNK_BYTES = 1 << 20
LEASE = timedelta(seconds=10)
BYTES_A_ROW = 750  # of Spotify's pretty-printed rows; only the progress bar believes it
STRAY_AFTER = timedelta(hours=1)
GONE = "The uploaded file is gone. Please upload it once more: nothing is doubled."

WAITING, CHECKING, RUNNING = "waiting", "checking", "running"
COMPLETED, FAILED = "completed", "failed"
UNDER_WAY = (WAITING, CHECKING, RUNNING)

Clock = Callable[[], datetime]


class LeaseLost(MusicTimeMachineError):
    """Another worker has taken this import over; this one stops without a trace."""

    status = 409


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import as a page or the terminal shows it. `percent` is of the bytes unpacked."""

    id: int
    file_name: str
    state: str
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    percent: int
    files: int
    rows: int
    added: int
    known: int
    skipped: tuple[tuple[LeftOut, int], ...]
    ignored: tuple[str, ...]
    first_played_at: datetime | None
    last_played_at: datetime | None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in UNDER_WAY

    @property
    def left_out(self) -> int:
        """How many rows were left out, for all reasons together."""
        return sum(count for _, count in self.skipped)


def receive(
    db: Database,
    account: Account,
    name: str,
    stream: IO[bytes],
    max_bytes: int,
    now: datetime,
    worker: str | None = None,
) -> int:
    """Keep an uploaded file and give the id of its import; a file of no use is refused at once.

    Raises BadUpload or UploadTooLarge, and then nothing is stored. With `worker` the import is
    already leased to that worker.
    """
    shown = clean_text(Path(name).name) or "upload"
    path = _uploads(db) / f"{account.id}-{uuid4().hex}.upload"
    try:
        size = _save(stream, path, max_bytes, shown)
        with open_upload(path, shown) as upload:
            values = _first_values(upload, shown, path.name, size, worker, now)
        return _add(db, account, values)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def proceed(
    db: Database,
    account: Account,
    import_id: int,
    worker: str,
    clock: Clock,
    lease: timedelta = LEASE,
    on_progress: Callable[[ImportView], None] | None = None,
) -> ImportView:
    """Bring an import to its end from wherever it stands, and return how it ended.

    A file that turns out damaged ends the import as failed, with its sentence; what could be read
    of it and of the others stays and is counted. Raises LeaseLost when another worker holds it.
    """
    _claim(db, account, import_id, worker, clock(), lease)
    run = _Run(db, account, import_id, worker, clock, on_progress)
    try:
        path = _uploads(db) / run.stored_as
        with open_upload(path, run.file_name) as upload:
            run.every_file(upload)
    except BadUpload as error:
        run.problems.append(str(error))
    except FileNotFoundError:
        run.problems.append(GONE)
    run.end(FAILED if run.problems else COMPLETED, " ".join(run.problems) or None)
    return find(db, account, import_id)


def fail(
    db: Database, account: Account, import_id: int, worker: str, sentence: str, now: datetime
) -> None:
    """End an import that its worker cannot finish; its rows so far stay and are counted.

    The upload goes first, because a full disk may be the reason. Another worker's is left alone.
    """
    mine = and_(_is(account, import_id), Import.worker == worker, Import.state.in_(UNDER_WAY))
    with db.read() as session:
        stored_as = session.scalar(select(Import.stored_as).where(mine))
    _remove(db, stored_as)
    ended = {"state": FAILED, "problem": sentence, "finished_at": now}
    with db.write() as session:
        session.execute(update(Import).where(mine).values(stored_as=None, worker=None, **ended))


def find(db: Database, account: Account, import_id: int) -> ImportView:
    """One import of this account; NotFound when there is none of that id."""
    with db.read() as session:
        row = session.get(Import, (account.id, import_id))
    if row is None:
        raise NotFound("There is no such import.")
    return _view(row)


def recent(db: Database, account: Account, limit: int = 50) -> list[ImportView]:
    """The account's imports, newest first."""
    with db.read() as session:
        statement = (
            select(Import)
            .where(Import.account_id == account.id)
            .order_by(Import.id.desc())
            .limit(limit)
        )
        return [_view(row) for row in session.scalars(statement)]


def unattended(db: Database, now: datetime, lease: timedelta = LEASE) -> list[tuple[int, int]]:
    """(account id, import id) of all that wait or whose worker has gone silent, oldest first."""
    with db.read() as session:
        statement = (
            select(Import.account_id, Import.id)
            .where(Import.state.in_(UNDER_WAY), _is_free(now, lease))
            .order_by(Import.created_at)
        )
        return [(account_id, import_id) for account_id, import_id in session.execute(statement)]


def sweep_strays(db: Database, now: datetime) -> int:
    """Remove uploads that belong to no import under way; how many that were."""
    with db.read() as session:
        statement = select(Import.stored_as).where(Import.state.in_(UNDER_WAY))
        wanted = set(session.scalars(statement))
    oldest = (now - STRAY_AFTER).timestamp()
    removed = 0
    for path in _uploads(db).iterdir():
        with suppress(FileNotFoundError):  # another worker swept it at the same moment
            if path.name not in wanted and path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
    return removed


@dataclass(slots=True)
class _Tally:
    """What one batch adds to the counts."""

    plays: list[Play] = field(default_factory=list)
    skipped: Counter[LeftOut] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        return len(self.plays) + self.skipped.total()


class _Run:
    """One worker's way through one import, from the committed cursor on."""

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
        self.ids = TrackIds()
        with db.read() as session:
            row = session.execute(select(Import).where(_is(account, import_id))).scalar_one()
        self.file_name = row.file_name
        self.stored_as = row.stored_as or ""
        self.cursor = (row.file_index, row.row_index)
        self.problems = [row.problem] if row.problem else []

    def every_file(self, upload: Upload) -> None:
        """Read all files from the cursor on, batch by batch; a damaged one stops only itself."""
        done = sum(file.size for file in upload.files[: self.cursor[0]])
        for file in upload.files[self.cursor[0] :]:
            row_index = self.cursor[1] if file.index == self.cursor[0] else 0
            try:
                for batch in _batches(upload, file, row_index):
                    row_index += batch.rows
                    part = min(file.size, row_index * BYTES_A_ROW)
                    self._commit(batch, file.index, row_index, done + part)
            except BadUpload as error:
                self.problems.append(str(error))
            done += file.size
            self._commit(_Tally(), file.index + 1, 0, done)

    def end(self, state: str, problem: str | None) -> None:
        """The last word on the import; its upload goes."""
        with self.db.write() as session:
            self._write(
                session,
                {
                    "state": state,
                    "problem": problem,
                    "finished_at": self.clock(),
                    "stored_as": None,
                    "worker": None,
                },
            )
        _remove(self.db, self.stored_as)

    def _commit(self, batch: _Tally, file_index: int, row_index: int, bytes_done: int) -> None:
        now = self.clock()
        with self.db.write() as session:
            row = session.execute(
                select(Import).where(_is(self.account, self.import_id)).with_for_update()
            ).scalar_one()
            if row.worker != self.worker:
                raise LeaseLost("Another worker has taken this import over.")
            recorded = record(
                session, self.account, batch.plays, self.ids, now, import_id=self.import_id
            )
            row.state, row.heartbeat_at = RUNNING, now
            row.file_index, row.row_index, row.bytes_done = file_index, row_index, bytes_done
            row.problem = " ".join(self.problems) or None
            row.rows += batch.rows
            row.added += recorded.added
            row.known += recorded.known
            row.skipped = _add_skipped(row.skipped, batch.skipped)
            times = [play.played_at for play in batch.plays]
            if times:
                row.first_played_at = min([*times, row.first_played_at or times[0]])
                row.last_played_at = max([*times, row.last_played_at or times[0]])
        if self.on_progress is not None:
            self.on_progress(_view(row))

    def _write(self, session: Session, values: dict[str, object]) -> None:
        mine = and_(_is(self.account, self.import_id), Import.worker == self.worker)
        if changed(session, update(Import).where(mine).values(**values)) != 1:
            raise LeaseLost("Another worker has taken this import over.")


def _batches(upload: Upload, file: HistoryFile, start: int) -> Iterator[_Tally]:
    """The rows from `start` on in batches; damage is raised when all before it has been given."""
    rows = islice(upload.rows(file), start, None)
    damage: BadUpload | None = None
    while damage is None:
        batch = _Tally()
        try:
            for row in islice(rows, BATCH_ROWS):
                if isinstance(row, Play):
                    batch.plays.append(row)
                else:
                    batch.skipped[row] += 1
        except BadUpload as error:
            damage = error
        if batch.rows:
            yield batch
        elif damage is None:
            return
    raise damage


def _claim(
    db: Database, account: Account, import_id: int, worker: str, now: datetime, lease: timedelta
) -> None:
    with db.write() as session:
        free = or_(Import.worker == worker, _is_free(now, lease))
        claimed = changed(
            session,
            update(Import)
            .where(_is(account, import_id), Import.state.in_(UNDER_WAY), free)
            .values(
                worker=worker,
                heartbeat_at=now,
                state=CHECKING,
                started_at=func.coalesce(Import.started_at, literal(now, UtcMillis())),
            ),
        )
    if claimed != 1:
        raise LeaseLost("Another worker is on this import, or it has ended.")


def _first_values(
    upload: Upload, shown: str, stored_as: str, size: int, worker: str | None, now: datetime
) -> dict[str, object]:
    return {
        "file_name": shown,
        "stored_as": stored_as,
        "size_bytes": size,
        "state": WAITING,
        "created_at": now,
        "worker": worker,
        "heartbeat_at": now if worker else None,
        "file_index": 0,
        "row_index": 0,
        "files": len(upload.files),
        "bytes_total": upload.size,
        "bytes_done": 0,
        "rows": 0,
        "added": 0,
        "known": 0,
        "skipped": "{}",
        "ignored": json.dumps(list(upload.ignored)[:100], ensure_ascii=False),
    }


def _add(db: Database, account: Account, values: dict[str, object]) -> int:
    with db.write() as session:
        # The account's row is the lock under which its imports are numbered.
        session.execute(select(AccountRow.id).where(AccountRow.id == account.id).with_for_update())
        statement = select(func.max(Import.id)).where(Import.account_id == account.id)
        import_id = (session.scalar(statement) or 0) + 1
        session.execute(insert(Import).values(account_id=account.id, id=import_id, **values))
    return import_id


def _save(stream: IO[bytes], path: Path, max_bytes: int, shown: str) -> int:
    size = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise UploadTooLarge(
                    f"{shown} is larger than {max_bytes // 1_000_000} MB, the most this server "
                    "takes. Upload the files inside it one by one."
                )
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size


def _uploads(db: Database) -> Path:
    folder = db.data_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _remove(db: Database, stored_as: str | None) -> None:
    if stored_as:
        (_uploads(db) / stored_as).unlink(missing_ok=True)


def _is(account: Account, import_id: int) -> ColumnElement[bool]:
    return and_(Import.account_id == account.id, Import.id == import_id)


def _is_free(now: datetime, lease: timedelta) -> ColumnElement[bool]:
    return or_(Import.worker.is_(None), Import.heartbeat_at < now - lease)


def _add_skipped(stored: str, more: Counter[LeftOut]) -> str:
    counts: Counter[str] = Counter(json.loads(stored))
    counts.update({str(reason): count for reason, count in more.items()})
    return json.dumps(counts, sort_keys=True)


def _view(row: Import) -> ImportView:
    skipped = json.loads(row.skipped)
    percent = 100 if row.state == COMPLETED else 100 * row.bytes_done // max(row.bytes_total, 1)
    return ImportView(
        id=row.id,
        file_name=row.file_name,
        state=row.state,
        problem=row.problem,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        percent=min(percent, 100),
        files=row.files,
        rows=row.rows,
        added=row.added,
        known=row.known,
        skipped=tuple((LeftOut(reason), count) for reason, count in sorted(skipped.items())),
        ignored=tuple(json.loads(row.ignored)),
        first_played_at=row.first_played_at,
        last_played_at=row.last_played_at,
    )
