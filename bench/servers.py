"""A server in a process of its own, and a visitor who keeps one connection to it.

Hides ports, starting, stopping, and how the product's session cookie is signed.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from flask import Flask

PATIENCE_SECONDS = 30.0


class Visitor:
    """One keep-alive connection, opened anew for each row of requests: servers end idle ones."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.headers = {"Cookie": cookie, "Accept": "text/html"}
        self.connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def first(self, path: str) -> tuple[float, str]:
        """Seconds and text of a page on a new connection."""
        self.connection.close()
        return self._get(path)

    def many(self, path: str, count: int) -> list[float]:
        """The seconds of so many views; one before them, that opens the connection, is not told."""
        self.first(path)
        return [self._get(path)[0] for _ in range(count)]

    def _get(self, path: str) -> tuple[float, str]:
        """Until all of the page is here; anything but 200 is the end."""
        started = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        page = response.read()
        seconds = time.perf_counter() - started
        if response.status != 200:
            sys.exit(f"{path} answered {response.status}: {page[:300]!r}")
        return seconds, page.decode()


def session_cookie(secret_key: str, account_id: int, epoch: int) -> str:
    """The cookie of somebody who has signed in."""
    app = Flask("signer")
    app.secret_key = secret_key
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    signed = signer.dumps({"account_id": account_id, "epoch": epoch, "_permanent": True})
    return f"mtm={signed}"


@contextmanager
def serving(
    command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """The command's server, from when it listens until it has ended."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port, command)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, command: Sequence[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"{' '.join(command)} does not listen. Try it by hand to see what it says.")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
