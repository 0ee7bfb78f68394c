"""The command `mtm`: the same functions that the pages call, for a terminal or a pipe.

Exits 0 when done, 1 when it failed (one sentence on stderr), 2 when it was called wrongly.
"""

import errno
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from . import accounts, imports
from .config import Settings, load_settings
from .db import Database, is_empty, schema_problem, sqlite_warning
from .db import upgrade as upgrade_schema
from .errors import BadSettings, MusicTimeMachineError
from .formats import NoHistory, check_files
from .models import Account
from .spotify import SpotifyError

COMMANDS = "music_time_machine.commands"
WIDEST = 90  # columns that the help takes, where the terminal has them
STANDARD_OUTPUT = Path("-")
SUFFIXES = frozenset({".zip", ".json", ".jsonl", ".csv", ".db", ".sqlite", ".sqlite3"})
NO_APP = (
    "Nobody can sign in yet: set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET as the README says."
)
LONGEST_REQUEST_LINE = 8_190  # the most that gunicorn allows; beyond it the answer is its own
STOPPED = "This import was stopped. What was read is kept; import the file again for the rest."


def main() -> None:
    """The entry of `mtm`: the third and last place where our errors are caught."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (MusicTimeMachineError, SpotifyError) as error:
        _give_up(str(error))
    except OperationalError as error:
        _give_up(database_sentence(error))
    except SQLAlchemyError as error:
        _give_up(f"The database cannot be used ({_first_line(error)}). Check DATABASE_URL.")
    except OSError as error:
        _give_up(_os_sentence(error))
    except Exception as error:  # the last place: a sentence, not a stack trace
        logging.getLogger("mtm").debug("unforeseen_error", exc_info=error)
        _give_up(f"Something broke on our side: {_first_line(error)}. LOG_LEVEL=DEBUG shows more.")


def database_sentence(error: OperationalError) -> str:
    """What to tell of a database that did not answer: busy, or not to be used at all."""
    if "database is locked" in str(error.orig):
        return "The archive is busy just now; try again in a moment."
    return f"The database cannot be used: {error.orig}. Check DATABASE_URL and DATA_DIR."


def _os_sentence(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk of DATA_DIR is full. Make room and do it again: nothing is doubled."
    return f"{error.strerror or error}: {error.filename or 'the file'}. Check it and try again."


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__


def _give_up(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(1)


class _Commands(click.Group):
    """Our commands, and those that neighbours bring: `demo` and the emulator's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        brought = [entry.name for entry in entry_points(group=COMMANDS)]
        return sorted({*super().list_commands(ctx), *brought})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for entry in entry_points(group=COMMANDS, name=cmd_name):
            found = entry.load()
            assert isinstance(found, click.Command)
            return found
        return None


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
)
def cli() -> None:
    """Music Time Machine: a dated archive of what you listen to on Spotify.

    Example: mtm account add Alice && mtm import my_spotify_data.zip --account Alice
    """


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=5000, show_default=True, help="The port."
)
@click.option(
    "--threads", type=click.IntRange(1), default=8, show_default=True, help="Requests at once."
)
def serve(host: str, port: int, threads: int) -> None:
    """Serve the pages. A worker beside it does the imports and snapshots.

    Example: mtm serve --port 5000
    """
    from .app import create_app

    settings = _settings()
    if not settings.has_spotify_app:
        click.echo(NO_APP, err=True)
    if sys.platform == "win32":
        import waitress

        waitress.serve(create_app(settings), host=host, port=port, threads=threads)
        return
    # A process of its own, so that gunicorn reads no arguments of ours.
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    create_app(settings)  # a start that is not allowed fails here, with its sentence
    _check_free(host, port)
    arguments = ["-m", "gunicorn", "--bind", bind, "--worker-class", "gthread"]
    arguments += ["--workers", "1", "--threads", str(threads), "--no-control-socket"]
    arguments += ["--timeout", "60", "--log-level", settings.log_level.lower()]
    arguments += ["--limit-request-line", str(LONGEST_REQUEST_LINE)]
    if settings.log_level in {"DEBUG", "INFO"}:
        # The path without its query: a callback's address carries a code.
        arguments += [
            "--access-logfile",
            "-",
            "--access-logformat",
            "%(t)s %(m)s %(U)s %(s)s %(L)s",
        ]
    os.execv(sys.executable, [sys.executable, *arguments, "music_time_machine.cli:wsgi()"])  # noqa: S606


def _check_free(host: str, port: int) -> None:
    """Gunicorn would try for a while and then speak of errno."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise MusicTimeMachineError(
                f"{host} port {port} cannot be used: {error.strerror}. Choose another with --port."
            ) from None


def wsgi() -> Callable[..., object]:
    """The WSGI app of this process's settings, for a server that wants one."""
    from .app import create_app

    return create_app(_settings())


@cli.command(name="worker")
@click.option(
    "--lease",
    type=click.FloatRange(0.5),
    default=10.0,
    show_default=True,
    help="Seconds of silence after which another worker's import is taken over.",
)
def worker_command(lease: float) -> None:
    """Do imports and daily snapshots until stopped.

    Example: mtm worker
    """
    from . import worker

    settings = _settings()
    settings.signing_key()
    _database(settings).close()
    worker.run(settings, timedelta(seconds=lease))


@cli.command()
@click.option("--account", "name", help="Only this account; otherwise every connected one.")
def snapshot(name: str | None) -> None:
    """Take today's snapshot, as the button and the timetable do.

    Example: mtm snapshot --account Alice
    """
    from . import snapshots

    settings = _settings()
    db = _database(settings)
    everyone = accounts.everyone(db, settings)
    chosen = (
        [accounts.find_by_name(db, name, settings)]
        if name
        else [
            account for account in everyone if accounts.connection(db, account).state == "connected"
        ]
    )
    if not chosen:
        raise MusicTimeMachineError("No account is connected to Spotify yet. Sign in once first.")
    failed = 0
    for account in chosen:
        try:
            with accounts.spotify_client(db, account, settings, _now) as client:
                taken = snapshots.take(db, account, client, _now())
            click.echo(f"{account.name}: {taken.sentence}")
        except (MusicTimeMachineError, SpotifyError) as error:
            failed += 1
            click.echo(f"{account.name}: {error}", err=True)
    if failed:
        sys.exit(1)


@cli.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--account", "name", required=True, help="Whose archive it goes into.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def import_command(paths: tuple[Path, ...], name: str, dry_run: bool, as_json: bool) -> None:
    """Read exports into an archive: zips as they came, or the files inside them.

    A folder is one import of all its files.

    Example: mtm import my_spotify_data.zip --account Alice
    """
    # Millions of small things are made and none refers to another in a circle: looking for such
    # circles again and again took a tenth of the time. The process is short, and bounded anyway.
    gc.disable()
    signal.signal(signal.SIGTERM, _end)
    settings = _settings(is_brief=True)
    db = _database(settings)
    account = accounts.find_by_name(db, name, settings)
    uploads = [(path, _files(path)) for path in paths]  # a path that is wrong stops all of it
    views: list[imports.ImportView] = []
    refused: list[Path] = []
    problems: list[str] = []
    for path, files in uploads:
        try:
            view = _import(db, account, path, files, settings, is_dry=dry_run, is_quiet=as_json)
        except (MusicTimeMachineError, OSError) as error:
            problem: str | None = _sentence(error, path)
            refused += [path] if isinstance(error, NoHistory) else []
        else:
            views.append(view)
            problem = view.problem
            if not as_json:
                _tell(view, account.zone)
        if problem:
            problems.append(problem)
            click.echo(problem, err=True)
    if as_json:
        ignored = [path.name for path in refused]
        totals = {**_totals(views, ignored, is_dry=dry_run), "problems": problems}
        click.echo(json.dumps(totals))
    if problems:
        sys.exit(1)


def _import(
    db: Database,
    account: Account,
    path: Path,
    files: list[Path],
    settings: Settings,
    *,
    is_dry: bool,
    is_quiet: bool,
) -> imports.ImportView:
    """One import of these files to its end; a dry one is checked, told and forgotten."""
    check_files(files)  # before gigabytes are copied that are no history
    name = f"cli:{os.getpid()}:{os.urandom(4).hex()}"
    size = sum(file.stat().st_size for file in files)
    most = max(settings.max_upload_mb * 1_000_000, size)  # one's own disk, own rule
    with ExitStack() as opened:
        streams = [(file.name, opened.enter_context(file.open("rb"))) for file in files]
        import_id = imports.receive(
            db, account, streams, most, _now(), worker=name, check_first=is_dry
        )
    try:
        view = _proceed(db, account, import_id, name, path.name, is_quiet=is_quiet)
    except BaseException:
        # The files are still the person's own: what is left of our copy helps nobody.
        now = _now()
        imports.fail(db, account, import_id, name, STOPPED, now, keeps_upload=False)
        if is_dry:
            imports.forget(db, account, import_id)
        raise
    if is_dry:
        imports.forget(db, account, import_id)
    return view


def _end(_signal: int, _frame: object) -> None:
    """Asked to stop by the system: as by Ctrl-C, what was begun is put away first."""
    sys.exit(128 + signal.SIGTERM)


def _proceed(
    db: Database, account: Account, import_id: int, worker: str, name: str, *, is_quiet: bool
) -> imports.ImportView:
    """Bring the import to its end, with a bar where somebody is looking."""
    if is_quiet or not sys.stderr.isatty():
        return imports.proceed(db, account, import_id, worker, _now)
    # A tenth of a second, which a script would pay for nothing.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    percent, rows = "{task.percentage:>3.0f} %", "{task.fields[rows]:,} rows"
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn(percent), TextColumn(rows))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=100, rows=0)

        def show(view: imports.ImportView) -> None:
            bar.update(task, completed=view.percent, rows=view.rows)

        view = imports.proceed(db, account, import_id, worker, _now, on_progress=show)
        show(view)
    return view


def _files(path: Path) -> list[Path]:
    """The file named, or every file in a folder named that may hold a history."""
    if path.is_dir():
        inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES)
        found = [each for each in inside if each.is_file() and not each.name.startswith(".")]
        if not found:
            raise MusicTimeMachineError(f"There is no zip, JSON, CSV or SQLite file in {path}.")
        return found
    if not path.is_file():
        raise MusicTimeMachineError(f"There is no file {path}. Check the path and try again.")
    return [path]


def _sentence(error: Exception, path: Path) -> str:
    if isinstance(error, OSError) and error.errno != errno.ENOSPC:
        return f"{error.filename or path} cannot be read: {error.strerror or error}."
    if isinstance(error, OSError):
        return _os_sentence(error)
    return str(error)


def _tell(view: imports.ImportView, zone: ZoneInfo) -> None:
    added, known = _outcome(view)
    click.echo(
        f"{view.file_name}: {view.rows:,} {'row' if view.rows == 1 else 'rows'} in {view.files} "
        f"{'file' if view.files == 1 else 'files'} ({', '.join(view.formats)}); "
        f"{added:,} {'would be ' if view.can_start else ''}added, {known:,} already known."
    )
    for reason, count in view.skipped:
        click.echo(f"  left out: {count:,} {'row' if count == 1 else 'rows'} {reason.sentence}")
    if view.first_played_at and view.last_played_at:
        first, last = view.first_played_at.astimezone(zone), view.last_played_at.astimezone(zone)
        click.echo(f"  from {first:%Y-%m-%d} to {last:%Y-%m-%d}")
    if _snapshots(view):
        click.echo(f"  snapshots {'to add' if view.can_start else 'added'}: {_snapshots(view):,}")
    if view.ignored:
        click.echo(f"  not history, so not read: {', '.join(view.ignored)}")


def _totals(
    views: list[imports.ImportView], refused: list[str], *, is_dry: bool
) -> dict[str, object]:
    """What `--json` prints: rows = added + known + the sum of skipped, always.

    A file that is no history is `ignored`, whether it came by itself or with others.
    """
    outcomes = [_outcome(view) for view in views]
    skipped: dict[str, int] = {}
    for view in views:
        for reason, count in view.skipped:
            skipped[str(reason)] = skipped.get(str(reason), 0) + count
    return {
        "files": sum(view.files for view in views),
        "formats": list(dict.fromkeys(title for view in views for title in view.formats)),
        "rows": sum(view.rows for view in views),
        "added": sum(added for added, _ in outcomes),
        "known": sum(known for _, known in outcomes),
        "skipped": skipped,
        "snapshots": sum(_snapshots(view) for view in views),
        "ignored": [*(name for view in views for name in view.ignored), *refused],
        "imports": [] if is_dry else [view.id for view in views],
    }


def _outcome(view: imports.ImportView) -> tuple[int, int]:
    """Rows added and rows known; of one that was only checked, what they would be."""
    if view.can_start and view.forecast:
        return view.forecast.added, view.forecast.known
    return view.added, view.known


def _snapshots(view: imports.ImportView) -> int:
    return view.forecast.snapshots if view.can_start and view.forecast else view.snapshots_added


@cli.command(name="export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--account", "name", required=True, help="Whose archive it is.")
def export_command(file: Path, name: str) -> None:
    """Write an archive into one JSON file, which an import takes in again.

    It holds every play as each source told it, and the places of the snapshots' lists of tracks.
    A file of that name is replaced; with - the archive goes to standard output.

    Example: mtm export alice.json --account Alice
    """
    settings = _settings(is_brief=True)
    db = _database(settings)
    account = accounts.find_by_name(db, name, settings)
    if file == STANDARD_OUTPUT:
        sys.stdout.buffer.writelines(imports.export(db, account))
        return
    target = file.resolve()  # the file behind a link, not the link
    if target.exists() and not target.is_file():
        raise click.UsageError(f"{file} is no file. Name one to write, or - for standard output.")
    if not target.parent.is_dir():
        raise click.UsageError(f"There is no folder {file.parent}. Make it first.")
    part = target.with_name(f"{target.name}.{os.urandom(4).hex()}.part")
    try:
        # Nobody else's to read: it says when somebody listened to what.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.writelines(imports.export(db, account))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{account.name}'s archive is in {file}.")


@cli.group()
def account() -> None:
    """The accounts of this server.

    Example: mtm account list
    """


@account.command(name="add")
@click.argument("name")
@click.option("--time-zone", help="The person's zone, such as Europe/Berlin.")
@click.option("--spotify-user", help="The Spotify user whose archive it becomes at sign-in.")
def account_add(name: str, time_zone: str | None, spotify_user: str | None) -> None:
    """Make a local account that lives from files alone.

    Example: mtm account add Alice --time-zone Europe/Berlin
    """
    settings = _settings()
    db = _database(settings)
    if time_zone:
        accounts.known_zone(time_zone)  # before anything is made
    made = accounts.add_local(db, name, settings, _now(), spotify_user)
    if time_zone:
        accounts.set_time_zone(db, made, time_zone)
    click.echo(f"{made.name} has an archive now. Fill it with: mtm import FILE --account {name!r}")


@account.command(name="list")
def account_list() -> None:
    """List the accounts of this server.

    Example: mtm account list
    """
    settings = _settings()
    db = _database(settings)
    found = accounts.everyone(db, settings)
    if not found:
        click.echo("No accounts yet. Sign in with Spotify, or: mtm account add NAME")
    for one in found:
        kind = "local" if one.is_local else f"Spotify {one.spotify_account_id}"
        click.echo(f"{one.name}\t{kind}\t{one.zone.key}")


@cli.group(name="db")
def db_group() -> None:
    """The database's schema.

    Example: mtm db upgrade
    """


@db_group.command(name="upgrade")
def db_upgrade() -> None:
    """Bring the tables up to date; a new database gets all of them.

    Example: mtm db upgrade
    """
    settings = _settings()
    upgrade_schema(settings.url)
    click.echo("The database is up to date.")


def _settings(*, is_brief: bool = False) -> Settings:
    """The settings; a brief command keeps no log of its own, which saves a tenth of a second."""
    settings = load_settings()
    level = getattr(logging, settings.log_level)
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    for chatty in ("alembic", "huey", "urllib3", "waitress"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    if not is_brief:
        configure_logging(settings)
    return settings


def configure_logging(settings: Settings) -> None:
    """Logs to stderr, for people or as JSON; never a token, never an address of a person."""
    import structlog

    level = getattr(logging, settings.log_level)
    is_json = settings.log_format == "json"
    last = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _database(settings: Settings) -> Database:
    """The archive's database; on the command line a new one is made on first use."""
    db = Database(settings.url, settings.data_dir)
    if db.is_sqlite and is_empty(db):
        upgrade_schema(settings.url)
    problem = schema_problem(db)
    if problem is not None:
        raise BadSettings(problem)
    warning = sqlite_warning() if db.is_sqlite else None
    if warning is not None:
        logging.getLogger("mtm").debug("old_sqlite: %s", warning)
    return db


def _now() -> datetime:
    return datetime.now(UTC)
