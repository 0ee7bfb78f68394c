"""The product's server and the bare one, each in a process of its own, and who visits them.

Hides ports, starting, stopping, how the product's session cookie is signed, and how much CPU time
the server took.
"""

import gzip
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

from cases import HERE, SECRET_KEY, Archive
from flask import Flask

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.05
PREPARING = "data-preparing"


@dataclass(slots=True)
class Views:
    """So many views of one page: the seconds of each, and the server's CPU seconds for all."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @property
    def cpu_each(self) -> float:
        """CPU seconds a view."""
        return self.cpu_seconds / len(self.seconds)


@dataclass(frozen=True, slots=True)
class Server:
    """One that listens on loopback; `pid` is its first process, which may have children."""

    pid: int
    port: int
    log: IO[bytes]

    def last_words(self) -> str:
        """The end of what it logged."""
        self.log.seek(0)
        return self.log.read()[-3_000:].decode(errors="replace")

    def cpu_seconds(self) -> float:
        """What it and its children took since they started; 0 where the system does not tell."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        if not children.exists():
            return 0.0
        ticks = 0
        for pid in (self.pid, *children.read_text().split()):
            # After the name, which may hold anything: the 12th and 13th are user and system time.
            told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(told[11]) + int(told[12])
        return ticks / os.sysconf("SC_CLK_TCK")


class Visitor:
    """One keep-alive connection, opened anew for each row of requests: servers end idle ones.

    Keeps the cookie that it is given, as browsers do: the product renews it once a day.
    """

    def __init__(self, server: Server, accept: str = "text/html") -> None:
        self.server = server
        self.headers = {
            "Cookie": f"mtm={session_cookie()}",
            "Accept": accept,
            "Accept-Encoding": "gzip",
        }
        self.connection = HTTPConnection("127.0.0.1", server.port, timeout=120)

    def first(self, path: str) -> tuple[float, str]:
        """Seconds and text of a page on a new connection."""
        self.connection.close()
        return self._get(path)

    def whole(self, path: str) -> tuple[float, float]:
        """Seconds until a page shows itself, and until all of its figures are there."""
        started = time.perf_counter()
        shown, page = self.first(path)
        while PREPARING in page:
            time.sleep(PAUSE_SECONDS)
            _, page = self.first(path)
        return shown, time.perf_counter() - started

    def many(self, path: str, count: int, views: Views) -> None:
        """Add so many views; one before them, that opens the connection, does not count."""
        self.first(path)
        before = self.server.cpu_seconds()
        views.seconds += [self._get(path)[0] for _ in range(count)]
        views.cpu_seconds += self.server.cpu_seconds() - before

    def _get(self, path: str) -> tuple[float, str]:
        """Until all of the page is here; anything but 200 is the end."""
        started = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        page = response.read()
        seconds = time.perf_counter() - started
        if response.status != 200:
            sys.exit(f"{path} answered {response.status}.\n{self.server.last_words()}")
        if cookie := response.headers["Set-Cookie"]:
            self.headers["Cookie"] = cookie.partition(";")[0]
        if response.headers["Content-Encoding"] == "gzip":
            page = gzip.decompress(page)
        return seconds, page.decode()


def session_cookie() -> str:
    """What the cookie `mtm` holds when the archive's one account is signed in."""
    app = Flask("signer")
    app.secret_key = SECRET_KEY
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    session = {"account_id": 1, "epoch": 0, "_permanent": True, "csrf_token": "0" * 40}
    cookie: str = signer.dumps(session)
    return cookie


def product(archive: Archive, *, keeps_pages: bool) -> AbstractContextManager[Server]:
    """`mtm serve` as people start it; unless it keeps pages, each view is computed anew."""
    port = free_port()
    command = [sys.executable, "-m", "music_time_machine", "serve", "--port", str(port)]
    settings = {} if keeps_pages else {"PAGES_KEPT": "0"}
    return _started(command, port, archive.folder, {**archive.environment, **settings})


def bare(archive: Archive) -> AbstractContextManager[Server]:
    """The bare page over the same database, served as `mtm serve` serves."""
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1"]
    options += ["--threads", "8", "--no-control-socket", "--timeout", "60"]
    options += ["--log-level", "warning"]
    command = [sys.executable, "-m", "gunicorn", *options, "bare:app"]
    environment = {**archive.environment, "BARE_DATABASE": str(archive.database)}
    return _started(command, port, HERE, environment)


@contextmanager
def _started(
    command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[Server]:
    """The server that the command starts, from when it listens until it has ended."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        server = Server(process.pid, port, log)
        try:
            _wait(process, server)
            yield server
        finally:
            process.terminate()
            process.wait()


def _wait(process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"A server does not listen.\n{server.last_words()}")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
