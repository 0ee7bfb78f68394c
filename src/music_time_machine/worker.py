"""The loop that does jobs: imports that wait, latest plays, snapshots, details, sweeping up.

The truth of a job is its row in the database; a task carries nothing. So a killed worker loses
nothing: at the start and each minute whatever has no live worker is taken up again.
"""

import errno
import logging
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from threading import Lock

import structlog
from huey import PostgresHuey, SqliteHuey, crontab
from huey.api import Huey
from huey.serializer import SignedSerializer
from sqlalchemy.exc import OperationalError

from . import accounts, columns, details, imports, live, search, snapshots, spotify
from .config import Settings
from .db import Database
from .errors import MusicTimeMachineError, NotFound, ReconnectNeeded
from .models import Account

QUEUE = "music_time_machine"
QUEUE_SECONDS = 5
NAMES_A_MINUTE = 20_000
UNFORESEEN = (
    "Something broke on our side while reading this file. What was read so far is kept; "
    "try again to get the rest."
)
DISK_FULL = (
    "The server's disk is full. What was read so far is kept; when there is room again, try again."
)
BUSY = "The archive is busy just now. What this job did not do is done at its next turn."
ITS_LOGS = ("huey", "huey.consumer", "huey.consumer.Worker", "huey.consumer.Scheduler")
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

log = structlog.get_logger()


def waker(settings: Settings) -> Callable[[], None]:
    """A function that tells the worker of new work; a lost call only waits for the sweep."""
    queue = _queue(settings)

    def take_up_imports() -> None:
        """Only named here: the worker registers what it does."""

    task = queue.task(name="take_up_imports")(take_up_imports)

    def wake() -> None:
        try:
            task()
        except Exception as error:
            if not _is_busy(error):
                raise
            log.warning("worker_not_woken", why=str(error))
        finally:
            queue.storage.close()  # this thread may not come again

    return wake


def run(settings: Settings, lease: timedelta = imports.LEASE, threads: int = 2) -> None:
    """Do jobs until the process is asked to stop."""
    queue = _queue(settings)
    jobs = Jobs(Database(settings.url, settings.data_dir), settings, lease, _now)
    take_up = queue.task(name="take_up_imports")(patiently(jobs.take_up_imports))
    queue.periodic_task(crontab(), name="sweep")(patiently(jobs.sweep))
    queue.periodic_task(crontab(), name="follow")(patiently(jobs.follow_everyone))
    queue.periodic_task(crontab(minute="*/15"), name="snapshots")(patiently(jobs.snapshot_everyone))
    queue.periodic_task(crontab(), name="details")(patiently(jobs.fill_in_details))
    for name in ITS_LOGS:
        logging.getLogger(name).addFilter(in_one_line)

    def begin() -> None:
        take_up()
        # A killed worker's lease may still run: look again when it has ended.
        take_up.schedule(delay=lease.total_seconds() + 1)

    queue.on_startup()(begin)
    consumer = queue.create_consumer(workers=threads, initial_delay=0.05, max_delay=0.5)
    log.info("worker_started", name=jobs.name)
    consumer.run()


def patiently(job: Callable[[], None]) -> Callable[[], None]:
    """A job that a database which does not answer only puts off, and that says so in one line."""

    @wraps(job)
    def turn() -> None:
        try:
            job()
        except OperationalError as error:
            log.error("database_unavailable", job=job.__name__, error=str(error.orig), told=BUSY)

    return turn


def in_one_line(record: logging.LogRecord) -> bool:
    """Of the queue's own log, what is to be kept: not the stack trace of a busy queue."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None or not _is_busy(error):
        return True
    log.error("queue_unavailable", error=str(error), told=BUSY)
    return False


def _is_busy(error: BaseException) -> bool:
    """Whether it says that a database is locked or away: SQLAlchemy, sqlite3 and psycopg alike."""
    return type(error).__name__ == "OperationalError"


class Jobs:
    """What the worker can do; each job is safe to do twice."""

    def __init__(
        self, db: Database, settings: Settings, lease: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self.db, self.settings, self.lease, self.clock = db, settings, lease, clock
        self.name = f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"
        self.pace = live.Pace(
            every=timedelta(minutes=settings.poll_minutes),
            listening=timedelta(minutes=settings.poll_minutes_listening),
        )
        self._importing = Lock()

    def sweep(self) -> None:
        """Take up what no live worker holds, remove strayed uploads, let search catch up."""
        self.take_up_imports()
        imports.sweep_strays(self.db, self.clock())
        search.catch_up(self.db, NAMES_A_MINUTE)

    def take_up_imports(self) -> None:
        """Bring every import that no live worker holds to its end, oldest first.

        One at a time in a process: memory stays bounded however many files wait. Who finds the lock
        taken may go: its holder looks again after letting go.
        """
        tried: set[tuple[int, int]] = set()
        while waiting := set(imports.unattended(self.db, self.clock(), self.lease)) - tried:
            if not self._importing.acquire(blocking=False):
                return
            try:
                for account_id, import_id in sorted(waiting):
                    self._proceed(account_id, import_id)
            finally:
                self._importing.release()
            tried |= waiting

    def _proceed(self, account_id: int, import_id: int) -> None:
        account = accounts.find(self.db, account_id, self.settings)
        if account is None:
            return
        try:
            view = imports.proceed(self.db, account, import_id, self.name, self.clock, self.lease)
        except (imports.LeaseLost, NotFound) as error:
            log.info("import_left_alone", account=account_id, id=import_id, why=str(error))
        except OperationalError as error:
            # The database is locked or away. When the lease has ended it goes on from its cursor.
            log.warning("import_interrupted", account=account_id, id=import_id, why=str(error.orig))
        except Exception as error:
            log.exception("import_broke", account=account_id, id=import_id)
            is_full = isinstance(error, OSError) and error.errno in FULL
            sentence = DISK_FULL if is_full else UNFORESEEN
            imports.fail(self.db, account, import_id, self.name, sentence, self.clock())
        else:
            log.info("import_ended", account=account_id, id=import_id, state=view.state)
            self._prepare(account)

    def _prepare(self, account: Account) -> None:
        """Build the columns now, so that the first page after an import need not."""
        try:
            columns.load(self.db, account)
        except (columns.ColumnsBusy, OperationalError) as error:
            log.info("columns_wait", account=account.id, why=str(error))

    def follow_everyone(self) -> None:
        """Fetch the latest plays of every account whose turn has come."""
        waiting = live.due(self.db, self.pace, self.clock())
        everyone = {one.id: one for one in accounts.everyone(self.db, self.settings)}
        for account in [everyone[account_id] for account_id in waiting if account_id in everyone]:
            if not self._ask(account, self._follow):
                return

    def _follow(self, account: Account, client: spotify.Client) -> None:
        followed = live.poll(self.db, account, client, self.pace, self.clock())
        if followed is not None:
            told = log.warning if followed.left_out else log.info
            left_out = followed.left_out
            told("plays_followed", account=account.id, added=followed.added, left_out=left_out)

    def snapshot_everyone(self) -> None:
        """Take today's snapshot of every connected account that has none yet."""
        for account in accounts.everyone(self.db, self.settings):
            if accounts.connection(self.db, account).state != "connected":
                continue
            if snapshots.is_taken(self.db, account, self.clock()):
                continue
            if not self._ask(account, self._snapshot):
                return

    def _snapshot(self, account: Account, client: spotify.Client) -> None:
        taken = snapshots.take(self.db, account, client, self.clock())
        log.info("snapshot_taken", account=account.id, tracks=taken.tracks)

    def fill_in_details(self) -> None:
        """Ask Spotify about a few tracks of which too little is known."""
        try:
            filled = details.fill_in(
                self.db, self.settings, self.clock, self.settings.details_a_day
            )
        except (MusicTimeMachineError, OperationalError) as error:
            log.info("details_wait", why=str(error))
        else:
            if filled.asked:
                log.info("details_filled_in", asked=filled.asked, filled=filled.filled)

    def _ask(self, account: Account, job: Callable[[Account, spotify.Client], None]) -> bool:
        """Do a job that asks Spotify; whether the others may go on, whatever became of this one."""
        told = log.bind(account=account.id, job=job.__name__.strip("_"))
        try:
            with accounts.spotify_client(self.db, account, self.settings, self.clock) as client:
                job(account, client)
        except spotify.RateLimited as error:
            # The limit is the app's, not this person's: the pause is kept, and everybody waits.
            told.warning("spotify_limited", seconds=error.retry_after)
            return False
        except ReconnectNeeded:
            told.info("job_skipped", why="reconnect needed")
        except (spotify.SpotifyError, MusicTimeMachineError, OperationalError) as error:
            told.warning("job_failed", kind=type(error).__name__)
        except Exception:
            log.exception("job_broke", account=account.id)
        return True


def _queue(settings: Settings) -> Huey:
    """A file beside the archive on SQLite, tables in it on PostgreSQL; its content is signed."""
    signer = SignedSerializer(secret=settings.signing_key(), salt="music-time-machine jobs")
    if settings.url.startswith("sqlite"):
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SqliteHuey(
            QUEUE,
            filename=str(settings.data_dir / "jobs.db"),
            timeout=QUEUE_SECONDS,
            serializer=signer,
            results=False,
        )
    dsn = settings.url.replace("postgresql+psycopg://", "postgresql://")
    return PostgresHuey(QUEUE, dsn=dsn, serializer=signer, results=False)


def _now() -> datetime:
    return datetime.now(UTC)
