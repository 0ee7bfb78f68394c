"""Which build of an account's columns is valid, and who makes it.

`archives.version` decides: a file carries the version it was made from in its name. Made by one
process at a time, from one state of the database; opened ones are kept for the next asker.
"""

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import msgspec
import structlog
from filelock import FileLock, Timeout
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import Database
from ..errors import MusicTimeMachineError
from ..models import Account, Archive
from . import files
from .arrays import Columns
from .reading import bring_up_to_date

PATIENCE_SECONDS = 30
LOCK = "lock"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class ColumnsBusy(MusicTimeMachineError):
    """Another process has been preparing this account's history for too long."""

    status = 503

    def __init__(self) -> None:
        super().__init__("Your history is just being prepared. Try again in a minute.")


class _State(NamedTuple):
    version: int
    rewritten: int


# Builds that are under way in this process, for whoever would rather not wait.
_builders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="columns")
_making: WeakValueDictionary[Path, Future[Columns]] = WeakValueDictionary()
_making_lock = Lock()


def load(db: Database, account: Account) -> Columns:
    """The account's listens as the database has them now, mapped from the build on disk.

    When there is none for this version, one is made first (about two seconds for a million plays)
    or extended. What is known of tracks (artist, album, recording, length) is read anew for each
    build: whoever changes it raises the version of the archives that it changes.

    Raises ColumnsBusy when another process prepares them and does not end.
    """
    with db.read() as session:
        state = _state(session, account)
    if state is None:
        return Columns.empty(account.zone)
    folder = _folder(db, account)
    return _open(db, account, state.version) or _make(db, account, folder)


def is_ready(db: Database, account: Account, patience: float) -> bool:
    """Whether `load` would answer at once, or does within so many seconds.

    If not, the build has been begun in the background: ask again. One that fails counts as ready,
    so that `load` says why.
    """
    with db.read() as session:
        state = _state(session, account)
    if state is None:
        return True
    folder = _folder(db, account)
    if _open(db, account, state.version) is not None:
        return True
    with _making_lock:
        making = _making.get(folder)
        if making is None or making.done():
            making = _making[folder] = _builders.submit(_make, db, account, folder)
    wait([making], timeout=patience)
    return making.done()


def _folder(db: Database, account: Account) -> Path:
    return db.data_dir / "columns" / str(account.id)


def _state(session: Session, account: Account) -> _State | None:
    row = session.execute(
        select(Archive.version, Archive.rewritten).where(Archive.account_id == account.id)
    ).first()
    return None if row is None else _State(row.version, row.rewritten)


def _make(db: Database, account: Account, folder: Path) -> Columns:
    lock = FileLock(folder / LOCK, timeout=PATIENCE_SECONDS)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire()
    except Timeout:
        raise ColumnsBusy from None
    except OSError as error:
        # A disk that is full or read-only must not keep anyone from reading.
        log.warning("columns_not_kept", account=account.id, problem=str(error))
        with db.read() as session:
            return bring_up_to_date(session, account, Columns.empty(account.zone))
    try:
        return _make_locked(db, account, folder)
    finally:
        lock.release()


def _make_locked(db: Database, account: Account, folder: Path) -> Columns:
    # Version and listens are read in one transaction: a build must never be newer than its name.
    with db.read() as session:
        state = _state(session, account)
        if state is None:
            return Columns.empty(account.zone)
        found = _open(db, account, state.version)
        if found is not None:
            return found
        columns = bring_up_to_date(session, account, _earlier(folder, account, state))
    path = _path(folder, state.version)
    try:
        files.write(path, state.version, columns)
    except OSError as error:
        log.warning("columns_not_kept", account=account.id, problem=str(error))
        return columns
    _remove_others(folder, path)
    return _open(db, account, state.version) or columns


def _earlier(folder: Path, account: Account, state: _State) -> Columns:
    """The newest build that only needs newer plays added; an empty one when there is none."""
    versions = [int(path.stem) for path in folder.glob("*.columns") if path.stem.isdecimal()]
    fitting = [version for version in versions if state.rewritten <= version < state.version]
    for version in sorted(fitting, reverse=True):
        build = _read(_path(folder, version), account)
        if build is not None and build.version == version:
            return build.columns
    return Columns.empty(account.zone)


def _remove_others(folder: Path, current: Path) -> None:
    for path in folder.iterdir():
        if path not in (current, folder / LOCK):
            # Windows keeps what another process has mapped; the next build tries again.
            with suppress(PermissionError):
                path.unlink(missing_ok=True)


def _path(folder: Path, version: int) -> Path:
    return folder / f"{version}.columns"


class _Opened(msgspec.Struct, frozen=True):
    """A build that is mapped, and the file as it was then."""

    version: int
    file: tuple[int, int, int]
    columns: Columns

    def is_still(self, version: int, file: tuple[int, int, int], zone: ZoneInfo) -> bool:
        """Whether it is what the caller would find on the disk."""
        return (self.version, self.file) == (version, file) and self.columns.zone.key == zone.key


_opened: OrderedDict[Path, _Opened] = OrderedDict()
_opened_lock = Lock()


def _open(db: Database, account: Account, version: int) -> Columns | None:
    """The build of this version, checked once and then kept mapped; None when there is none."""
    folder = _folder(db, account)
    path = _path(folder, version)
    try:
        stat = path.stat()
    except OSError:
        return None  # whatever is wrong, `_make` meets it again and says so
    file = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
    with _opened_lock:
        known = _opened.get(folder)
        if known is not None and known.is_still(version, file, account.zone):
            _opened.move_to_end(folder)
            return known.columns
    build = _read(path, account)
    if build is None or build.version != version:
        return None
    with _opened_lock:
        _opened[folder] = _Opened(version, file, build.columns)
        _opened.move_to_end(folder)
        while len(_opened) > db.archives_open:
            _opened.popitem(last=False)
    return build.columns


def _read(path: Path, account: Account) -> files.Build | None:
    try:
        return files.read(path, account.zone)
    except FileNotFoundError:
        return None
    except (files.Unusable, OSError) as problem:
        log.info("columns_unusable", account=account.id, file=path.name, problem=str(problem))
        return None
