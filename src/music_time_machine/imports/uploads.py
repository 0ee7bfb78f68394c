"""The uploaded files: kept in a folder of their own until their import has ended.

Hides where they lie and under which names. What belongs to no import is swept away.
"""

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from ..db import Database
from ..errors import UploadTooLarge
from ..formats import Upload, open_upload
from ..models import Account, AccountRow, Import
from ..plays import clean_text

CHUNK_BYTES = 1 << 20
STRAY_AFTER = timedelta(hours=1)
KEPT_FOR_RETRY = timedelta(days=1)
NAMES, STAGE = "names.json", "stage"


def receive(
    db: Database,
    account: Account,
    files: Sequence[tuple[str, IO[bytes]]],
    max_bytes: int,
    now: datetime,
    *,
    worker: str | None = None,
    check_first: bool = False,
) -> int:
    """Keep uploaded files and give the id of their import; what is of no use is refused at once.

    Raises BadUpload or UploadTooLarge, and then nothing is stored. With `worker` the import is
    already leased to that worker; with `check_first` it stops after the check and waits.
    """
    names = [clean_text(Path(name).name) or "upload" for name, _ in files]
    folder = _folder(db) / f"{account.id}-{uuid4().hex}"
    folder.mkdir(mode=0o700)
    try:
        size = _save(files, names, folder, max_bytes)
        with open_upload(folder, names[0]) as upload:
            values = _first_values(upload, names, size, now)
        values |= {
            "stored_as": folder.name,
            "aim": "check" if check_first else "keep",
            "worker": worker,
            "heartbeat_at": now if worker else None,
        }
        return _add(db, account, values)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def opened(db: Database, stored_as: str | None, name: str) -> Upload:
    """The upload again. Raises FileNotFoundError when it is gone, BadUpload when it is damaged."""
    if stored_as is None:
        raise FileNotFoundError(name)
    return open_upload(_folder(db) / stored_as, name)


def stage_folder(db: Database, stored_as: str) -> Path:
    """Where the upload is brought into order."""
    return _folder(db) / stored_as / STAGE


def remove(db: Database, stored_as: str | None) -> None:
    """Remove an upload, if it is still there."""
    if stored_as:
        _remove(_folder(db) / stored_as)


def sweep_strays(db: Database, now: datetime) -> int:
    """Remove uploads that no import will come back to; how many that were.

    The upload of a failed import is kept for a day, so that it can be tried again.
    """
    with db.write() as session:
        session.execute(
            update(Import)
            .where(Import.state == "failed", Import.finished_at < now - KEPT_FOR_RETRY)
            .values(stored_as=None)
        )
        wanted = set(session.scalars(select(Import.stored_as)))
    oldest = (now - STRAY_AFTER).timestamp()
    removed = 0
    for path in _folder(db).iterdir():
        with suppress(FileNotFoundError):  # another worker swept it at the same moment
            if path.name not in wanted and path.stat().st_mtime < oldest:
                _remove(path)
                removed += 1
    return removed


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _folder(db: Database) -> Path:
    folder = db.data_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _save(
    files: Sequence[tuple[str, IO[bytes]]], names: Sequence[str], folder: Path, max_bytes: int
) -> int:
    size = 0
    for number, (_, stream) in enumerate(files):
        descriptor = os.open(folder / str(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            while chunk := stream.read(CHUNK_BYTES):
                size += len(chunk)
                if size > max_bytes:
                    raise _too_large(names, max_bytes)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    (folder / NAMES).write_text(json.dumps(names), encoding="utf-8")
    return size


def _too_large(names: Sequence[str], max_bytes: int) -> UploadTooLarge:
    is_one = len(names) == 1
    what = f'"{names[0]}" is' if is_one else "These files together are"
    way = "Unpack it and send the files inside" if is_one else "Send them in smaller portions"
    return UploadTooLarge(
        f"{what} larger than {max_bytes // 1_000_000} MB, the most this server takes at once. "
        f"{way}, or ask your host for a higher MAX_UPLOAD_MB."
    )


def _first_values(
    upload: Upload, names: Sequence[str], size: int, now: datetime
) -> dict[str, object]:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return {
        "file_name": names[0] + more,
        "size_bytes": size,
        "state": "waiting",
        "problem": " ".join(upload.refused) or None,
        "created_at": now,
        "cursor": 0,
        "files": len(upload.files),
        "bytes_total": upload.size,
        "bytes_done": 0,
        "rows": 0,
        "added": 0,
        "known": 0,
        "skipped": "{}",
        "ignored": json.dumps(list(upload.ignored)[:100], ensure_ascii=False),
        "formats": json.dumps(list(upload.formats)),
        "known_days": "[]",
    }


def _add(db: Database, account: Account, values: dict[str, object]) -> int:
    with db.write() as session:
        import_id = _next_id(session, account)
        session.execute(insert(Import).values(account_id=account.id, id=import_id, **values))
    return import_id


def _next_id(session: Session, account: Account) -> int:
    # The account's row is the lock under which its imports are numbered.
    session.execute(select(AccountRow.id).where(AccountRow.id == account.id).with_for_update())
    statement = select(func.max(Import.id)).where(Import.account_id == account.id)
    return (session.scalar(statement) or 0) + 1
