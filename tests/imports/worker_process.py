"""A worker in a process of its own, made to be killed: it starts within milliseconds.

It does what `mtm worker` does with imports, once. Batches are small, so that there are many commits
between which it may die; a silent worker counts as dead at once, because there is only one.
"""

import multiprocessing
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from pydantic import SecretStr

from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.imports import running, staging
from music_time_machine.worker import Jobs
from tests.cast import SECRET

BATCH = 400

_NEST = multiprocessing.get_context("forkserver")
_NEST.set_forkserver_preload([__name__])


def hatch(url: str, data_dir: Path) -> BaseProcess:
    """A new worker, already at work on every import that waits."""
    process = _NEST.Process(target=_work, args=(url, data_dir))
    process.start()
    return process


def _work(url: str, data_dir: Path) -> None:
    staging.Stage.batches.__defaults__ = (BATCH,)
    running.TAKEN_BACK_AT_ONCE = BATCH
    settings = Settings(
        _env_file=None, secret_key=SecretStr(SECRET), database_url=url, data_dir=data_dir
    )
    db = Database(url, data_dir)
    Jobs(db, settings, timedelta(0), lambda: datetime.now(UTC)).take_up_imports()
    db.close()
