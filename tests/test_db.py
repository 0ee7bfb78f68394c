"""The database: safe by its settings, upgraded whole or not at all."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text

from music_time_machine import db as database
from music_time_machine.db import Database
from music_time_machine.models import AccountRow
from music_time_machine.moments import from_millis, to_millis


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    database.upgrade(url)
    opened = Database(url, tmp_path)
    with opened.read() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in (
                "journal_mode", "foreign_keys", "secure_delete", "trusted_schema", "busy_timeout",
            )
        }  # fmt: skip
    opened.close()
    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "busy_timeout": 15_000,
    }
    assert (tmp_path / "a.db").stat().st_mode & 0o777 == 0o600


def test_a_write_begins_as_a_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    database.upgrade(url)
    opened = Database(url, tmp_path)
    with opened.write() as session:
        session.connection()
        other = sqlite3.connect(tmp_path / "a.db", timeout=0)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    opened.close()


def test_writers_that_read_first_all_succeed(db: Database) -> None:
    def write(number: int) -> None:
        for turn in range(10):
            with db.write() as session:
                session.execute(select(AccountRow.id)).all()
                session.add(
                    AccountRow(
                        local_name=f"{number}-{turn}", name="x", session_epoch=0, created_at=NOW
                    )
                )

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        assert len(session.execute(select(AccountRow.id)).all()) == 60


NOW = datetime(2026, 11, 22, 12, 0, 0, 123_000, tzinfo=UTC)


def test_a_moment_comes_back_as_it_went_in(db: Database) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))
    with db.write() as session:
        session.add(AccountRow(local_name="a", name="a", session_epoch=0, created_at=there))
    with db.read() as session:
        found = session.scalars(select(AccountRow.created_at)).one()
    assert found == NOW
    assert found.tzinfo is UTC


@pytest.mark.parametrize("millis", [0, 1, -1, 999, 1_700_000_000_123, 4_102_444_800_000])
def test_millis_round_trip(millis: int) -> None:
    assert to_millis(from_millis(millis)) == millis


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_millis(datetime(2026, 1, 1))  # noqa: DTZ001


def test_an_empty_database_is_told_to_upgrade(database_url: str, tmp_path: Path) -> None:
    opened = Database(database_url, tmp_path)
    assert database.is_empty(opened)
    assert "mtm db upgrade" in str(database.schema_problem(opened))
    database.upgrade(database_url)
    assert database.schema_problem(opened) is None
    opened.close()


def test_a_newer_database_is_refused_with_a_sentence(
    migrated_database_url: str, tmp_path: Path
) -> None:
    opened = Database(migrated_database_url, tmp_path)
    with opened.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer than this program" in str(database.schema_problem(opened))
    opened.close()


def test_two_upgrades_at_once_end_well(database_url: str, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database_url}
    command = [sys.executable, "-m", "music_time_machine", "db", "upgrade"]
    both = [subprocess.Popen(command, env=environment, cwd=tmp_path) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    opened = Database(database_url, tmp_path)
    assert database.schema_problem(opened) is None
    opened.close()


def test_an_upgrade_cut_short_leaves_the_old_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    real = command.upgrade

    def cut(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", cut)
    with pytest.raises(KeyboardInterrupt):
        database.upgrade(url)
    with closing(sqlite3.connect(tmp_path / "a.db")) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == []
