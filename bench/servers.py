"""A server in a process of its own, and a visitor who keeps one connection to it.

Hides ports, starting, stopping, how the product's session cookie is signed, and how much CPU time
the server took.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

from flask import Flask

PATIENCE_SECONDS = 30.0


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
    """One keep-alive connection, opened anew for each row of requests: servers end idle ones."""

    def __init__(self, server: Server, cookie: str = "") -> None:
        self.server = server
        self.headers = {"Cookie": cookie, "Accept": "text/html"}
        self.connection = HTTPConnection("127.0.0.1", server.port, timeout=120)

    def first(self, path: str) -> tuple[float, str]:
        """Seconds and text of a page on a new connection."""
        self.connection.close()
        return self._get(path)

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
        return seconds, page.decode()


def session_cookie(secret_key: str, account_id: int, epoch: int) -> str:
    """The cookie of somebody who has signed in."""
    app = Flask("signer")
    app.secret_key = secret_key
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"mtm={signer.dumps({'account_id': account_id, 'epoch': epoch, '_permanent': True})}"


@contextmanager
def serving(
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
