"""The cast: Alice (ours), Bob (also on this server), nobody (signed out); their stage too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from music_time_machine import accounts
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.models import Account

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "a-key-for-tests-that-is-long-enough-to-be-taken"


@pytest.fixture
def settings(migrated_database_url: str, tmp_path: Path) -> Settings:
    """The settings of a server with a database of its own and no Spotify."""
    return Settings(
        _env_file=None,
        secret_key=SecretStr(SECRET),
        database_url=migrated_database_url,
        data_dir=tmp_path / "data",
        max_upload_mb=50,
    )


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    """The archive's database, empty."""
    database = Database(settings.url, settings.data_dir)
    yield database
    database.close()


@pytest.fixture
def alice(db: Database, settings: Settings) -> Account:
    """Ours, local."""
    return accounts.add_local(db, "Alice", settings, NOW)


@pytest.fixture
def bob(db: Database, settings: Settings) -> Account:
    """Also on this server."""
    return accounts.add_local(db, "Bob", settings, NOW)
