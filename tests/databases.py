"""Databases for tests: every test that asks for one runs on SQLite and on PostgreSQL.

Hides where they come from and who cleans up; a test sees a URL of a database of its own.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgres import Server

HAS_POSTGRES = sys.platform != "win32" or "MTM_TEST_POSTGRES" in os.environ
DATABASES = ["sqlite", "postgresql"] if HAS_POSTGRES else ["sqlite"]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> "Server":
    """The run's PostgreSQL server, shared by all its processes."""
    # Here, so that tests without a database start at once, and start on Windows.
    from tests.postgres import find_or_start

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return find_or_start(shared)


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`."""
    return str(request.param)


@pytest.fixture
def database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """The URL of an empty database."""
    if database_kind == "sqlite":
        yield _sqlite_url(tmp_path / "archive.db")
        return
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def migrated_database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """The URL of a database that has our tables and no row; a copy, so it costs milliseconds."""
    if database_kind == "sqlite":
        copy = tmp_path / "archive.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), copy)
        yield _sqlite_url(copy)
        return
    template = request.getfixturevalue("migrated_postgres")
    with request.getfixturevalue("postgres").database(template) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables and no row, at rest, to be copied."""
    from music_time_machine import db

    path = tmp_path_factory.mktemp("migrated") / "archive.db"
    db.upgrade(_sqlite_url(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: "Server") -> Iterator[str]:
    """The name of a PostgreSQL database with our tables and no row, to be used as a template."""
    from music_time_machine import db

    with postgres.database() as url:
        db.upgrade(url)
        yield url.split("?")[0].rpartition("/")[2]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so when a database was not covered."""
    if not HAS_POSTGRES:
        terminalreporter.write_line(
            "PostgreSQL was not covered: none comes with the test tools on Windows. "
            "Set MTM_TEST_POSTGRES to the URL of a server of your own to cover it."
        )


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"
