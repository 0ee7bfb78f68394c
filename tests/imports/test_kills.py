"""`kill -9` at any moment of an import: after a restart the archive is exactly the file's."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import func, select

from music_time_machine import imports
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.models import Account, Listen
from tests.cast import SECRET
from tests.formats.samples import extended_row, extended_zip

PLAYS = 100_000
A_FILE = 16_500
KILLS = 20
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def export() -> bytes:
    """A hundred thousand plays in seven files, as Spotify cuts them."""
    first = datetime(2016, 1, 1, tzinfo=UTC)
    rows = [
        extended_row(
            f"{first + timedelta(minutes=41 * n):%Y-%m-%dT%H:%M:%SZ}",
            ms_played=n % 300_000,
            track=f"Track {n % 7919}",
            uri=f"spotify:track:{n % 7919:022d}",
        )
        for n in range(PLAYS)
    ]
    return extended_zip(
        {
            f"Streaming_History_Audio_{start // A_FILE}.json": rows[start : start + A_FILE]
            for start in range(0, PLAYS, A_FILE)
        }
    )


@contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """`mtm worker` in a process of its own, which takes silence of a second for death."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.url,
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.signing_key(),
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "music_time_machine", "worker", "--lease", "1"]
    with subprocess.Popen(command, env=environment, cwd=settings.data_dir) as process:
        try:
            yield process
        finally:
            process.kill()


def follow(db: Database, account: Account, until_rows: int) -> imports.ImportView:
    """Watch the import until it has read so many rows, or ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        view = imports.find(db, account, 1)
        if view.is_ended or view.rows >= until_rows:
            return view
        assert time.monotonic() < deadline, view
        time.sleep(0.005)


def kill_at(
    db: Database, settings: Settings, account: Account, moment: random.Random
) -> imports.ImportView:
    """Start a worker, kill it somewhere between two commits, and see where that left the import."""
    with worker(settings) as process:
        follow(db, account, until_rows=moment.choice([0, 1, *range(0, PLAYS, 10_000)]))
        time.sleep(moment.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
    return imports.find(db, account, 1)


def assert_is_the_files(db: Database, account: Account, view: imports.ImportView) -> None:
    assert (view.state, view.problem) == ("completed", None)
    assert (view.rows, view.added, view.known, view.left_out) == (PLAYS, PLAYS, 0, 0)
    with db.read() as session:
        count, total = session.execute(
            select(func.count(), func.sum(Listen.ms_played)).where(Listen.account_id == account.id)
        ).one()
    assert (count, total) == (PLAYS, sum(n % 300_000 for n in range(PLAYS)))


def cast(settings: Settings) -> tuple[Database, Account]:
    from music_time_machine import accounts

    db = Database(settings.url, settings.data_dir)
    return db, accounts.add_local(db, "Alice", settings, datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_import_ends_exact(
    seed: int, export: bytes, tmp_path: Path, migrated_sqlite: Path
) -> None:
    (tmp_path / "archive.db").write_bytes(migrated_sqlite.read_bytes())
    _kill_once(f"sqlite:///{tmp_path / 'archive.db'}", tmp_path, export, seed)


@pytest.mark.parametrize("seed", range(100, 104))
def test_a_killed_import_ends_exact_on_postgresql_too(
    seed: int, export: bytes, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue("migrated_postgres")
    with request.getfixturevalue("postgres").database(template) as url:
        _kill_once(url, tmp_path, export, seed)


def _kill_once(url: str, folder: Path, export: bytes, seed: int) -> None:
    settings = Settings(
        _env_file=None, secret_key=SECRET, database_url=url, data_dir=folder / "data"
    )
    db, account = cast(settings)
    imports.receive(db, account, "export.zip", BytesIO(export), len(export), datetime.now(UTC))
    left = kill_at(db, settings, account, random.Random(seed))
    assert left.rows == left.added, "what is counted is what is stored"
    with worker(settings):
        view = follow(db, account, until_rows=PLAYS + 1)
    assert_is_the_files(db, account, view)
    imports.sweep_strays(db, datetime.now(UTC) + timedelta(hours=2))
    assert not list((settings.data_dir / "uploads").iterdir())
    db.close()
