"""Loads one page from a process of its own: kept connections, each asking again once answered.

The order comes as one JSON object on standard input (see `Order`); prints one JSON object (see
`Told`). Knows as little HTTP as can be, so that the server is what is measured.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

PIECE = 1 << 18
WARM_SHARE = 0.2
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Order:
    """Which page, from whom, over how many connections, for how many seconds.

    With `keeps_page` each connection asks as a browser does that has the page it was answered with.
    """

    port: int
    path: str
    headers: Mapping[str, str]
    connections: int
    seconds: float
    keeps_page: bool

    def request(self, tag: str = "") -> bytes:
        """What is sent, by one who has the page of this tag."""
        lines = [f"GET {self.path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"If-None-Match: {tag}"] if tag else []
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(slots=True)
class Told:
    """The seconds of each counted answer, how long these took together, how often which status
    came; how many were asked for with those that warmed up, and the server's CPU seconds for all.
    """

    seconds: float = 0.0
    answers: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.answers) / self.seconds


class Connection:
    """One kept connection, and the answer that is coming in on it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.request = order.request()
        self.socket = socket.create_connection(("127.0.0.1", order.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked = 0.0
        self.head = b""
        self.status = 0
        self.left = 0

    def ask(self) -> None:
        """Ask for the page."""
        self.head, self.status = b"", 0
        self.asked = time.perf_counter()
        self.socket.sendall(self.request)

    def answered(self) -> bool:
        """Take in what has come; whether that was the last of it."""
        piece = self.socket.recv(PIECE)
        if not piece:
            sys.exit("The server ended a connection.")
        if self.status:
            self.left -= len(piece)
            return self.left == 0
        self.head += piece
        head, blank, body = self.head.partition(b"\r\n\r\n")
        if not blank:
            return False
        self.status = int(head[9:12])
        self.left = 0 if self.status == NOT_MODIFIED else int(_header(head, b"content-length"))
        self.left -= len(body)
        if self.order.keeps_page and self.status != NOT_MODIFIED:
            self.request = self.order.request(_header(head, b"etag").decode())
        return self.left == 0


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(name + b":"):
            return line[len(name) + 1 :].strip()
    sys.exit(f"An answer has no {name.decode()}.")


def load(order: Order) -> Told:
    """Ask all the time; the first fifth warms up and is not counted."""
    told, statuses = Told(), Counter[str]()
    with selectors.DefaultSelector() as waiting:
        for _ in range(order.connections):
            connection = Connection(order)
            waiting.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask()
        counted_from = time.perf_counter() + order.seconds * WARM_SHARE
        end = counted_from + order.seconds
        while (now := time.perf_counter()) < end:
            for key, _ in waiting.select(end - now):
                if not key.data.answered():
                    continue
                told.asked += 1
                if key.data.asked >= counted_from:
                    told.answers.append(time.perf_counter() - key.data.asked)
                    statuses[str(key.data.status)] += 1
                key.data.ask()
        told.seconds = time.perf_counter() - counted_from
    told.statuses = dict(statuses)
    return told


def main() -> None:
    told = load(Order(**json.load(sys.stdin)))
    print(json.dumps(asdict(told)))


if __name__ == "__main__":
    main()
