"""HTTP connections on which one deadline holds for the whole exchange, not anew for each read.

Knows where http.client and urllib3 spend time (name look-up, connecting, TLS, headers, body) and
hides it behind an adapter for `requests`, where `timeout=` then means "all of it together".
"""

import io
import socket
import time
from collections.abc import Mapping
from http.client import HTTPResponse
from queue import Empty, SimpleQueue
from threading import Thread

import urllib3
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family, create_connection

# A socket with a timeout of 0 would not wait at all and report something else than a timeout.
_SHORTEST_WAIT = 0.001


class Deadline:
    """A point on the monotonic clock, some seconds from its making."""

    __slots__ = ("_until",)

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, never 0 or less: a wait that is over lasts a moment and then fails."""
        return max(self._until - time.monotonic(), _SHORTEST_WAIT)

    def has_passed(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self._until


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a deadline, however small the drops in which the bytes come."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: Deadline) -> None:
        self._sock = sock
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if self._deadline.has_passed():
            raise TimeoutError("the deadline has passed")
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """An answer whose status line, headers and body share the time the socket was given."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        deadline = Deadline(sock.gettimeout() or 0.0)
        self.fp = io.BufferedReader(_TimedReader(sock, self.fp.detach(), deadline))


class _TimedHTTP(HTTPConnection):
    """A connection whose `timeout` runs down from the moment it is set."""

    response_class = _TimedResponse
    _deadline: Deadline | None = None

    @property
    def timeout(self) -> float | None:
        return None if self._deadline is None else self._deadline.left()

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self._deadline = Deadline(seconds) if isinstance(seconds, int | float) else None

    def _new_conn(self) -> socket.socket:
        deadline = self._deadline or Deadline(0.0)
        try:
            addresses = _addresses(self._dns_host, self.port, deadline)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "the name look-up took too long") from error
        failure: OSError = OSError("the name has no address")
        for position, address in enumerate(addresses):
            # One dead address must not use up the time of those after it.
            share = deadline.left() / (len(addresses) - position)
            try:
                sock = create_connection(
                    (address, self.port), share, socket_options=self.socket_options
                )
            except OSError as error:
                failure = error
            else:
                sock.settimeout(deadline.left())
                return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, "connecting took too long") from failure
        raise NewConnectionError(self, f"connecting failed: {failure}") from failure


class _TimedHTTPS(_TimedHTTP, HTTPSConnection):
    """The same with TLS, whose handshake runs under the timeout the socket was left with."""


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedHTTP


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


def _addresses(host: str, port: int, deadline: Deadline) -> list[str]:
    """The host's addresses. Asked in a thread, since the system's look-up knows no timeout."""
    found: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)
        except OSError as error:
            found.put(error)
        except UnicodeError as error:
            found.put(socket.gaierror(socket.EAI_NONAME, f"not a host name: {error}"))
        else:
            found.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))

    Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        answer = found.get(timeout=deadline.left())
    except Empty:
        raise TimeoutError("the name look-up took too long") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


class TimedAdapter(HTTPAdapter):
    """For `requests.Session.mount`: `timeout` is a number of seconds for the whole exchange."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: object
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: object) -> object:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        # A SOCKS proxy brings connections of its own, which keep the deadline a read at a time.
        if isinstance(manager, urllib3.ProxyManager) and not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        if not isinstance(timeout, int | float):
            raise TypeError("timeout must be seconds for the whole exchange")
        in_all = urllib3.Timeout(total=timeout)
        # `requests` takes urllib3's own Timeout as documented; only its type stubs do not know.
        return super().send(request, stream, in_all, verify, cert, proxies)  # type: ignore[arg-type]
