"""Faults on demand: the ways in which a service in the network can fail.

Knows which requests are to fail and how. Hides the waiting and the breaking off.
"""

import threading
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Literal

import msgspec
from flask import Response

Kind = Literal["answer", "hang", "drip", "half", "huge"]
_HANG_SECONDS = 600.0
_PIECE = b" " * 65_536


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to fail.

    `path` is a pattern with `*`; the first `skip` matching requests pass, the next `times` fail
    (all of them when it is null). `kind` answer: `status`, `headers` and `body` instead of the
    true answer, after `delay` seconds; with `after` the work is done first and only the answer is
    lost; status 0 keeps the true answer, so that it is merely late. hang: no answer at all.
    drip: one byte a second. half: the connection ends in the middle. huge: `megabytes` of blanks.
    """

    path: str
    method: str = "*"
    kind: Kind = "answer"
    times: int | None = 1
    skip: int = 0
    status: int = 500
    headers: dict[str, str] = {}
    body: str = ""
    delay: float = 0.0
    after: bool = False
    megabytes: int = 64


class _Armed:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.to_skip = fault.skip
        self.left = fault.times

    def strikes(self, method: str, path: str) -> bool:
        if self.left == 0 or not fnmatchcase(path, self.fault.path):
            return False
        if not fnmatchcase(method, self.fault.method.upper()):
            return False
        if self.to_skip:
            self.to_skip -= 1
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The faults that wait for their request. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._released = threading.Event()

    def arm(self, faults: list[Fault]) -> None:
        """Replace all faults by these; whoever hangs in an old one is let go."""
        with self._lock:
            self._released.set()
            self._released = threading.Event()
            self._armed = [_Armed(fault) for fault in faults]

    def next_for(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, if any; the first armed one that matches."""
        with self._lock:
            for armed in self._armed:
                if armed.strikes(method, path):
                    return armed.fault
        return None

    def answer(self, fault: Fault) -> Response | None:
        """The false answer, or None if the true one is only late."""
        released = self._released
        if fault.kind == "hang":
            released.wait(_HANG_SECONDS)
            return Response(status=503)
        if fault.delay:
            released.wait(fault.delay)
        if fault.kind == "answer" and not fault.status:
            return None
        response = Response(fault.body, status=fault.status, content_type="application/json")
        if fault.kind == "drip":
            response = _streamed(_drops(released, fault.body or "{}" * 300))
        elif fault.kind == "half":
            response = _streamed(iter([b'{"items":[']), length=4096)
        elif fault.kind == "huge":
            response = _streamed(_PIECE for _ in range(fault.megabytes * 16))
        for name, value in fault.headers.items():
            response.headers[name] = value
        return response


def _streamed(pieces: Iterator[bytes], length: int | None = None) -> Response:
    response = Response(pieces, status=200, content_type="application/json")
    if length is not None:
        response.content_length = length
    return response


def _drops(released: threading.Event, text: str) -> Iterator[bytes]:
    for byte in text.encode():
        yield bytes([byte])
        if released.wait(1.0):
            return
