"""The emulator's server.

Knows how to run a WSGI application on 127.0.0.1 and how to end at once. Hides waitress and its
loop: its own `run` can't be ended from another thread.
"""

import socket
import threading
from typing import Protocol

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

HOST = "127.0.0.1"
_THREADS = 16


def _bound(port: int) -> socket.socket:
    """A socket at the port, or none left open where the port is taken."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


class _Dispatcher(Protocol):
    def shutdown(self, *, timeout: float) -> bool: ...


class _Waitress(Protocol):
    effective_port: str
    task_dispatcher: _Dispatcher

    def pull_trigger(self) -> None: ...


class Server:
    """A server that listens from the moment it is made. Port 0 takes any free one."""

    def __init__(self, app: Flask, port: int) -> None:
        self._sockets: dict[int, object] = {}
        self._ending = threading.Event()
        self._waitress: _Waitress = create_server(
            app,
            map=self._sockets,
            sockets=[_bound(port)],
            threads=_THREADS,
            ident="spotify-emulator",
            asyncore_use_poll=True,
        )
        self.port = int(self._waitress.effective_port)

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def run(self) -> None:
        """Answer until somebody calls `end`."""
        try:
            while not self._ending.is_set():
                wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)
        finally:
            self._waitress.task_dispatcher.shutdown(timeout=1)
            wasyncore.close_all(self._sockets)

    def end(self) -> None:
        """Stop answering. May be called from any thread and from a signal."""
        self._ending.set()
        self._waitress.pull_trigger()
