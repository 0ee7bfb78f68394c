"""An import as a document: what its row says, shown as a value, and what its person may ask of it.

Knows the states and the aims. The truth of an import is its row; nobody else writes these columns
but `running`, which does the work.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from ..db import Database, changed
from ..errors import Conflict, NotFound
from ..models import Account, Import, LeftOutEntry, Snapshot
from ..plays import LeftOut
from . import uploads

WAITING, CHECKING, RUNNING = "waiting", "checking", "running"
COMPLETED, FAILED, CANCELLED, UNDONE = "completed", "failed", "cancelled", "undone"
UNDER_WAY = (WAITING, CHECKING, RUNNING)

CHECK, KEEP, CANCEL, UNDO = "check", "keep", "cancel", "undo"
LEASE = timedelta(seconds=10)


class Forecast(msgspec.Struct, frozen=True):
    """What the dry run says would come of the rows that are not left out.

    Made where the import's person waits for it: straight through, nobody would read it.
    """

    added: int
    known: int
    plays: int = 0
    snapshots: int = 0


@dataclass(frozen=True, slots=True)
class LeftOutLine:
    """A row of an import's files that was left out; `row` counts from 1 within its file."""

    file_name: str
    row: int
    reason: LeftOut
    text: str


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import as a page or the terminal shows it; once checked, rows = added + known + left out.

    `percent` is of the whole way that its aim leaves it; `formats` are titles. Of one that waits,
    `asked_at` is since when. Undone, `added` counts what left the archive with it.
    """

    id: int
    file_name: str
    state: str
    aim: str
    problem: str | None
    created_at: datetime
    asked_at: datetime
    checked_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    percent: int
    files: int
    formats: tuple[str, ...]
    rows: int
    added: int
    known: int
    skipped: tuple[tuple[LeftOut, int], ...]
    ignored: tuple[str, ...]
    forecast: Forecast | None
    snapshots_added: int
    first_played_at: datetime | None
    last_played_at: datetime | None
    has_upload: bool

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state not in UNDER_WAY

    @property
    def left_out(self) -> int:
        """How many rows were left out, for all reasons together."""
        return sum(count for _, count in self.skipped)

    @property
    def can_start(self) -> bool:
        """Whether it waits for its person after the check."""
        return self.state == WAITING and self.aim == CHECK and self.checked_at is not None

    @property
    def can_cancel(self) -> bool:
        """Whether it can still be stopped."""
        return not self.is_ended and self.aim in (CHECK, KEEP)

    @property
    def can_undo(self) -> bool:
        """Whether it has ended and may have brought something."""
        return self.state in (COMPLETED, FAILED) and self.started_at is not None and self.rows > 0

    @property
    def can_retry(self) -> bool:
        """Whether it failed and its upload is still here."""
        return self.state == FAILED and self.has_upload


def find(db: Database, account: Account, import_id: int) -> ImportView:
    """One import of this account; NotFound when there is none of that id."""
    with db.read() as session:
        row = session.get(Import, (account.id, import_id))
        if row is None:
            raise NotFound("There is no such import.")
        return view(session, row)


def recent(db: Database, account: Account, limit: int = 50) -> list[ImportView]:
    """The account's imports, newest first."""
    with db.read() as session:
        statement = (
            select(Import)
            .where(Import.account_id == account.id)
            .order_by(Import.id.desc())
            .limit(limit)
        )
        return [view(session, row) for row in session.scalars(statement)]


def left_out(db: Database, account: Account, import_id: int) -> Iterator[LeftOutLine]:
    """The rows that were left out, in the order in which they were read; NotFound like `find`."""
    find(db, account, import_id)
    return _left_out(db, account, import_id)


def _left_out(db: Database, account: Account, import_id: int) -> Iterator[LeftOutLine]:
    with db.read() as session:
        statement = (
            select(LeftOutEntry)
            .where(LeftOutEntry.account_id == account.id, LeftOutEntry.import_id == import_id)
            .order_by(LeftOutEntry.number)
            .execution_options(yield_per=1_000)
        )
        for row in session.scalars(statement):
            yield LeftOutLine(row.file_name, row.row, LeftOut(row.reason), row.text)


def unattended(db: Database, now: datetime, lease: timedelta = LEASE) -> list[tuple[int, int]]:
    """(account id, import id) of all that a worker should take up, oldest first.

    Those that wait or whose worker has gone silent; not those that wait for their person.
    """
    with db.read() as session:
        statement = (
            select(Import.account_id, Import.id)
            .where(Import.state.in_(UNDER_WAY), is_free(now, lease), ~_is_parked())
            .order_by(Import.created_at)
        )
        return [(account_id, import_id) for account_id, import_id in session.execute(statement)]


def start(db: Database, account: Account, import_id: int, now: datetime) -> None:
    """Go on after the check. Raises Conflict when it does not wait for that."""
    _ask(
        db,
        account,
        import_id,
        and_(_is_parked(), Import.aim == CHECK),
        {"aim": KEEP, "heartbeat_at": now},
        "This import does not wait to be started.",
    )


def cancel(db: Database, account: Account, import_id: int, now: datetime) -> None:
    """Stop it and take back what it has added. Raises Conflict when it has ended."""
    with db.write() as session:
        stored_as = session.scalar(select(Import.stored_as).where(is_import(account, import_id)))
        # Nobody is working on it and nothing was added: it can end here and now.
        ended = changed(
            session,
            update(Import)
            .where(
                is_import(account, import_id),
                Import.state == WAITING,
                Import.worker.is_(None),
                Import.cursor == 0,
                Import.aim.in_((CHECK, KEEP)),
            )
            .values(state=CANCELLED, aim=CANCEL, finished_at=now, stored_as=None),
        )
    if ended:
        uploads.remove(db, stored_as)
        return
    _ask(
        db,
        account,
        import_id,
        and_(Import.state.in_(UNDER_WAY), Import.aim.in_((CHECK, KEEP))),
        {"aim": CANCEL},
        "This import has ended, so it cannot be cancelled. You can undo it.",
    )


def undo(db: Database, account: Account, import_id: int, now: datetime) -> None:
    """Take back what it added. Raises Conflict when there is nothing to undo.

    From here on its `added` counts what really leaves the archive, and the rest is `known`.
    """
    # One that broke while it was undone has been counted so far.
    stays = case((Import.aim == UNDO, 0), else_=Import.added)
    _ask(
        db,
        account,
        import_id,
        and_(Import.state.in_((COMPLETED, FAILED)), Import.started_at.is_not(None)),
        {
            "aim": UNDO,
            "state": WAITING,
            "worker": None,
            "heartbeat_at": now,
            "cursor": 0,
            "finished_at": None,
            "added": Import.added - stays,
            "known": Import.known + stays,
        },
        "Only an import that has ended can be undone, and only once.",
    )


def retry(db: Database, account: Account, import_id: int, now: datetime) -> None:
    """Let a failed one go on from where it stood. Raises Conflict when its upload is gone."""
    _ask(
        db,
        account,
        import_id,
        and_(Import.state == FAILED, Import.stored_as.is_not(None)),
        {
            "aim": KEEP,
            "state": WAITING,
            "worker": None,
            "heartbeat_at": now,
            "problem": None,
            "finished_at": None,
        },
        "The uploaded file is gone. Please upload it once more: nothing is doubled.",
    )


def forget(db: Database, account: Account, import_id: int) -> None:
    """Let an import that was only checked leave no trace. Raises Conflict when it has begun."""
    find(db, account, import_id)
    is_idle = or_(_is_parked(), Import.state.in_((FAILED, CANCELLED)))
    mine = and_(is_import(account, import_id), Import.started_at.is_(None), is_idle)
    with db.write() as session:
        row = session.execute(select(Import.stored_as).where(mine).with_for_update()).first()
        if row is None:
            raise Conflict("This import has begun, so it cannot be forgotten. You can undo it.")
        session.execute(
            delete(LeftOutEntry).where(
                LeftOutEntry.account_id == account.id, LeftOutEntry.import_id == import_id
            )
        )
        session.execute(delete(Import).where(is_import(account, import_id)))
    uploads.remove(db, row.stored_as)


def _ask(
    db: Database,
    account: Account,
    import_id: int,
    condition: ColumnElement[bool],
    values: dict[str, object],
    refusal: str,
) -> None:
    with db.write() as session:
        statement = update(Import).where(is_import(account, import_id), condition)
        if changed(session, statement.values(**values)) == 1:
            return
    find(db, account, import_id)
    raise Conflict(refusal)


def is_import(account: Account, import_id: int) -> ColumnElement[bool]:
    """The row of one import."""
    return and_(Import.account_id == account.id, Import.id == import_id)


def is_free(now: datetime, lease: timedelta) -> ColumnElement[bool]:
    """Whether no live worker holds it."""
    return or_(Import.worker.is_(None), Import.heartbeat_at < now - lease)


def _is_parked() -> ColumnElement[bool]:
    return and_(Import.state == WAITING, Import.aim == CHECK, Import.checked_at.is_not(None))


def view(session: Session, row: Import) -> ImportView:
    """The row as a value."""
    skipped = json.loads(row.skipped)
    forecast = msgspec.json.decode(row.forecast, type=Forecast) if row.forecast else None
    snapshots = select(func.count()).where(
        Snapshot.account_id == row.account_id, Snapshot.import_id == row.id
    )
    return ImportView(
        id=row.id,
        file_name=row.file_name,
        state=row.state,
        aim=row.aim,
        problem=row.problem,
        created_at=row.created_at,
        asked_at=row.heartbeat_at or row.created_at,
        checked_at=row.checked_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        percent=_percent(row, forecast),
        files=row.files,
        formats=tuple(json.loads(row.formats)),
        rows=row.rows,
        added=row.added,
        known=row.known,
        skipped=tuple((LeftOut(reason), count) for reason, count in sorted(skipped.items())),
        ignored=tuple(json.loads(row.ignored)),
        forecast=forecast,
        snapshots_added=session.scalar(snapshots) or 0,
        first_played_at=row.first_played_at,
        last_played_at=row.last_played_at,
        has_upload=row.stored_as is not None,
    )


def _percent(row: Import, forecast: Forecast | None) -> int:
    """How far it is: reading is half of the way, storing the other half."""
    if row.state in (COMPLETED, UNDONE) or (row.aim == CHECK and row.checked_at):
        return 100
    if row.aim in (CANCEL, UNDO):
        return 0
    read = min(100 * row.bytes_done // max(row.bytes_total, 1), 100)
    if row.aim == CHECK:
        return read
    plays = forecast.plays if forecast else row.rows
    stored = 100 * row.cursor // max(plays, 1)
    return (read + min(stored, 100)) // 2
