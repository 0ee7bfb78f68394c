"""A web server that behaves as badly as a test asks for, and remembers what it was asked.

Works on plain sockets, so that it can drip, hang, break off and answer with anything at all.
"""

import json
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> object:
        return json.loads(self.body)


# What is done with a connection once a request has been read from it; true keeps it open.
Behaviour = Callable[[socket.socket, Event], bool]


@dataclass
class Server:
    """Answers the n-th request with the n-th behaviour, and goes on with the last one."""

    url: str
    stopped: Event = field(default_factory=Event)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    _behaviours: list[Behaviour] = field(default_factory=list)

    def will(self, *behaviours: Behaviour) -> None:
        self._behaviours = list(behaviours)

    def next_behaviour(self) -> Behaviour:
        return self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]


def says(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """A whole answer of JSON."""
    return sends(
        json.dumps(value).encode(),
        status,
        {"Content-Type": "application/json"} | dict(headers or {}),
    )


def sends(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """A whole answer of any bytes."""
    lines = [f"HTTP/1.1 {status} Said so", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return raw(("\r\n".join(lines) + "\r\n\r\n").encode() + body, stays_open=True)


def raw(answer: bytes, *, stays_open: bool = False) -> Behaviour:
    """These very bytes, and then the end unless told otherwise."""

    def behave(connection: socket.socket, stopped: Event) -> bool:
        connection.sendall(answer)
        return stays_open

    return behave


def drips(head: bytes, drop: bytes) -> Behaviour:
    """`head` at once, then one `drop` after another for ever."""

    def behave(connection: socket.socket, stopped: Event) -> bool:
        connection.sendall(head)
        while not stopped.wait(0.02):
            connection.sendall(drop)
        return False

    return behave


def pours(head: bytes, piece: bytes, times: int) -> Behaviour:
    """`head`, then `piece` so many times as fast as it goes."""

    def behave(connection: socket.socket, stopped: Event) -> bool:
        connection.sendall(head)
        for _ in range(times):
            connection.sendall(piece)
        return False

    return behave


def hangs(head: bytes = b"") -> Behaviour:
    """`head`, and then nothing."""

    def behave(connection: socket.socket, stopped: Event) -> bool:
        connection.sendall(head)
        stopped.wait()
        return False

    return behave


def resets(head: bytes = b"") -> Behaviour:
    """`head`, and then the connection is torn off (RST), not closed."""

    def behave(connection: socket.socket, stopped: Event) -> bool:
        connection.sendall(head)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return behave


@contextmanager
def listening() -> Iterator[Server]:
    """A server on a free port of this machine, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        accepting = Thread(target=_accept, args=(listener, server), daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            server.stopped.set()
            # Closing alone does not wake a thread that waits in accept().
            socket.create_connection(listener.getsockname()).close()
            accepting.join()


def _accept(listener: socket.socket, server: Server) -> None:
    talks: list[tuple[socket.socket, Thread]] = []
    while True:
        connection, _ = listener.accept()
        if server.stopped.is_set():
            connection.close()
            break
        server.connections += 1
        thread = Thread(target=_converse, args=(connection, server), daemon=True)
        thread.start()
        talks.append((connection, thread))
    for connection, thread in talks:
        with suppress(OSError):  # closed by then
            connection.shutdown(socket.SHUT_RDWR)
        thread.join()


def _converse(connection: socket.socket, server: Server) -> None:
    with connection:
        try:
            while (asked := _read_request(connection)) is not None:
                server.asked.append(asked)
                if not server.next_behaviour()(connection, server.stopped):
                    return
        except OSError:
            return  # a client that has had enough breaks off: many of the tests are about that


def _read_request(connection: socket.socket) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    method, target, _ = first.split(" ")
    address = urlsplit(target)
    query = dict(parse_qsl(address.query, keep_blank_values=True))
    return Asked(method, address.path, query, headers, body)
