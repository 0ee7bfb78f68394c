"""A worker on a disk that is full: no file may grow beyond so many bytes, as its limit says.

Run by `test_full_disk` in a process of its own, because a limit is never lifted again.
"""

import resource
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.worker import Jobs
from tests.cast import SECRET


def main(url: str, data_dir: str, most_bytes: str) -> None:
    """Take up every import that waits, with no file of more than `most_bytes`."""
    # Without this the process is ended instead of being told.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), int(most_bytes)))
    settings = Settings(
        _env_file=None,
        secret_key=SecretStr(SECRET),
        database_url=url,
        data_dir=Path(data_dir),
        log_level="ERROR",
    )
    db = Database(url, Path(data_dir))
    Jobs(db, settings, timedelta(0), lambda: datetime.now(UTC)).take_up_imports()
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
