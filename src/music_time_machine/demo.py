"""`mtm demo`: the emulator, the pages and the worker, with an invented listener's years in it.

The one module that knows both packages; it meets the emulator over HTTP like everybody. It seeds
the archive by the real roads: signs in through the consent page, takes monthly snapshots with the
emulator's clock set back, and uploads an export. Ctrl-C ends all it started.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin

import click
import requests
from filelock import FileLock, Timeout

from . import accounts, imports, snapshots
from .config import Settings, load_settings
from .db import Database, upgrade
from .errors import MusicTimeMachineError
from .models import Account
from .period import months_before

YEARS = 3
START_SECONDS = 40
CLIENT_ID, CLIENT_SECRET = "music-time-machine-demo", "demo-secret"
HOST = "127.0.0.1"
PORT = click.IntRange(1, 65_535)

# Everything here is on this machine: a proxy of the environment would only be in the way.
_loopback = requests.Session()
_loopback.trust_env = False


@click.command()
@click.option("--port", type=PORT, default=5000, show_default=True, help="The pages' port.")
@click.option(
    "--emulator-port", type=PORT, default=5001, show_default=True, help="The emulator's port."
)
def command(port: int, emulator_port: int) -> None:
    """Try everything with an invented listener and no Spotify account.

    Example: mtm demo --port 5100
    """
    if port == emulator_port:
        raise click.UsageError("The pages and the emulator need a port each.")
    # SIGINT too: a shell that starts us in the background has it ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _stop)
    demo = Demo(load_settings().data_dir.absolute() / "demo", port, emulator_port)
    try:
        with demo.running():
            click.echo(f"Music Time Machine is ready: {demo.url}   (Ctrl-C ends it)")
            demo.wait()
    except KeyboardInterrupt:
        click.echo("The demo has ended.")


@dataclass(slots=True)
class Demo:
    """Where the demo keeps its data and answers, and the processes it has started, by name."""

    folder: Path
    port: int
    emulator_port: int
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The one address a person needs."""
        return f"http://{HOST}:{self.port}"

    @property
    def emulator_url(self) -> str:
        """Where our own Spotify answers."""
        return f"http://{HOST}:{self.emulator_port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything started, and the archive filled; all of it ends with the block."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone_in(self.folder):
            for port in (self.port, self.emulator_port):
                _check_free(port)
            try:
                self._start_emulator()
                environment = self._environment()
                settings = _settings_of(environment)
                upgrade(settings.url)
                serve = ("serve", "--port", str(self.port))
                self._start("pages", "music_time_machine", environment, *serve)
                self._wait_for(f"{self.url}/healthz", "pages")
                self._seed(settings)
                self._start("worker", "music_time_machine", environment, "worker")
                yield
            finally:
                self._end()

    def wait(self) -> None:
        """Until one of the processes ends, which is a failure that names it, or Ctrl-C."""
        while True:
            for name, process in self.parts.items():
                if process.poll() is not None:
                    raise MusicTimeMachineError(
                        f"The demo's {name} {_how_it_ended(process.returncode)}, so all of it has "
                        "ended. Start it again: nothing is lost."
                    )
            time.sleep(0.5)

    def _start_emulator(self) -> None:
        app = ("--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
        here = ("--port", str(self.emulator_port), "--redirect-uri", f"{self.url}/callback")
        self._start("emulator", "spotify_emulator", os.environ, *here, *app)
        self._wait_for(f"{self.emulator_url}/_emulator/listeners", "emulator")

    def _start(
        self, name: str, module: str, environment: Mapping[str, str], *arguments: str
    ) -> None:
        # A session of its own: Ctrl-C reaches only us, and we end the children in order.
        self.parts[name] = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _wait_for(self, url: str, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.parts[name].poll() is None:
            try:
                if _loopback.get(url, timeout=2).ok:
                    return
            except requests.RequestException:
                pass  # not there yet
            time.sleep(0.1)
        raise MusicTimeMachineError(f"The demo could not start its {name}. Start it again.")

    def _end(self) -> None:
        for process in reversed(self.parts.values()):
            if process.poll() is None:
                process.terminate()
        for process in self.parts.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()

    def _environment(self) -> dict[str, str]:
        listeners = _loopback.get(f"{self.emulator_url}/_emulator/listeners", timeout=30).json()
        return {
            **os.environ,
            "SECRET_KEY": _secret_key(self.folder / "secret_key"),
            "SPOTIFY_CLIENT_ID": CLIENT_ID,
            "SPOTIFY_CLIENT_SECRET": CLIENT_SECRET,
            "SPOTIFY_REDIRECT_URI": f"{self.url}/callback",
            "SPOTIFY_ACCOUNTS_URL": self.emulator_url,
            "SPOTIFY_API_URL": f"{self.emulator_url}/v1",
            "DATABASE_URL": f"sqlite:///{self.folder / 'music_time_machine.db'}",
            "DATA_DIR": str(self.folder),
            "DEMO_LISTENERS": json.dumps(listeners),
            "LOG_LEVEL": "ERROR",
        }

    def _seed(self, settings: Settings) -> None:
        """Three years of the first listener; done once, and again from the start if cut short."""
        listener = settings.demo_listeners[0]
        name = self._sign_in(listener.id)
        done = self.folder / "seeded"
        if done.exists():
            return
        click.echo(f"Filling the archive with {YEARS} years of {name}'s listening, once ...")
        db = Database(settings.url, settings.data_dir)
        account = accounts.find_by_name(db, name, settings)
        self._take_snapshots(db, account, settings)
        self._import_export(db, account, listener.id)
        db.close()
        done.touch()

    def _sign_in(self, listener: str) -> str:
        """Through the consent page, as a person does; the listener's name."""
        browser = requests.Session()
        browser.trust_env = False
        consent = browser.get(f"{self.url}/login", params={"listener": listener}, timeout=30)
        form = _Form(consent.text)
        answer = browser.post(
            urljoin(consent.url, form.action),
            data={**form.fields, "listener": listener},
            timeout=60,
        )
        if not answer.ok or not answer.url.startswith(self.url):
            raise MusicTimeMachineError("The demo could not sign in at its emulator.")
        known = _loopback.get(f"{self.emulator_url}/_emulator/listeners", timeout=30).json()
        return next(str(one["name"]) for one in known if one["id"] == listener)

    def _take_snapshots(self, db: Database, account: Account, settings: Settings) -> None:
        today = _now().date()
        with accounts.spotify_client(db, account, settings, _now) as client:
            for back in range(YEARS * 12, 0, -1):
                then = _noon(min(months_before(today, back) + timedelta(days=21), today))
                self._set_clock(then)
                snapshots.take(db, account, client, then)
            self._set_clock(None)
            snapshots.take(db, account, client, _now())

    def _import_export(self, db: Database, account: Account, listener: str) -> None:
        since = _now().date() - timedelta(days=365 * YEARS)
        export = _loopback.get(
            f"{self.emulator_url}/account/privacy/{listener}/my_spotify_data.zip",
            params={"from": since.isoformat()},
            timeout=120,
        )
        most = max(len(export.content), 1)
        files = [("my_spotify_data.zip", BytesIO(export.content))]
        import_id = imports.receive(db, account, files, most, _now(), worker="demo")
        view = imports.proceed(db, account, import_id, "demo", _now)
        if view.problem:
            raise MusicTimeMachineError(f"The demo could not fill its archive: {view.problem}")

    def _set_clock(self, moment: datetime | None) -> None:
        body = {"now": None if moment is None else moment.isoformat()}
        _loopback.put(
            f"{self.emulator_url}/_emulator/clock", json=body, timeout=30
        ).raise_for_status()


class _Form(HTMLParser):
    """The first form of a page: where it goes, and its hidden fields and first button."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._inside = self._has_button = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what a browser would send when the first button is pressed."""
        values: Mapping[str, str | None] = dict(attrs)
        name, value = values.get("name"), values.get("value") or ""
        if tag == "form":
            self._inside, self.action = not self.fields, values.get("action") or ""
        elif self._inside and tag == "input" and values.get("type") == "hidden" and name:
            self.fields[name] = value
        elif self._inside and tag == "button" and name and not self._has_button:
            self.fields[name], self._has_button = value, True


def _settings_of(environment: Mapping[str, str]) -> Settings:
    os.environ.update(environment)
    return load_settings()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two demos in one folder would take each other's listener for their own."""
    lock = FileLock(folder / "running.lock")
    try:
        lock.acquire(timeout=0)  # the system's own lock: it ends with the process, however it ends
    except Timeout:
        raise MusicTimeMachineError(
            f"A demo is running in {folder} already. End it first, or give this one another "
            "DATA_DIR."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _how_it_ended(code: int) -> str:
    """The end of a process that should not have ended, as a predicate."""
    if code < 0:
        return f"was ended by signal {-code} ({signal.strsignal(-code)})"
    return f"ended by itself with code {code}"


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise MusicTimeMachineError(
                f"Port {port} is taken. Choose others with --port and --emulator-port."
            ) from None


def _secret_key(path: Path) -> str:
    """The demo's own key, made once: a later start must be able to read its sealed tokens."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)
