"""One request out, one bounded answer in: no redirect followed, no cookie kept, nothing repeated.

Knows `requests` and turns its many exceptions into ours; hides deadline, size limit and pool.
What an answer means is not known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
import urllib3
from requests import PreparedRequest, Response

from .deadline import Deadline, TimedAdapter
from .errors import (
    BadRequest,
    Nonsense,
    SpotifyError,
    TooLarge,
    Unavailable,
)

LARGEST_ANSWER = 10 * 1024 * 1024
_LARGEST_REFUSAL = _CHUNK = 64 * 1024
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "music-time-machine",
}

_TOO_SLOW = "Spotify took too long to answer; please try again in a few minutes."
_NO_NAME = "Spotify's address could not be found; please check the internet connection."
_NO_CONNECTION = "Spotify cannot be reached; please check the internet connection and try again."
_NO_TLS = (
    "No secure connection to Spotify could be made; please check this computer's clock and"
    " certificates."
)
_BROKEN_OFF = "The connection to Spotify broke off; please try again in a few minutes."
_BAD_ADDRESS = "The address set for Spotify is not a web address; its keeper should correct it."


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; `path` starts with a slash and is already quoted."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read to its end; `headers` do not care for case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether the status is one with which Spotify says yes."""
        return 200 <= self.status < 300


class Transport:
    """One pool of connections to one address."""

    def __init__(self, url: str, *, largest_answer: int = LARGEST_ANSWER) -> None:
        self._url = url.rstrip("/")
        self._largest_answer = largest_answer
        self._session = requests.Session()
        # The environment's proxy is for the world outside; this machine is never behind it.
        self._session.trust_env = not _is_loopback(url)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, TimedAdapter(max_retries=0))

    def exchange(self, request: Request, authorization: str, deadline: Deadline) -> Answer:
        """Sends once and reads the answer, good or bad; raises when there is none to read."""
        if deadline.has_passed():
            raise _not_sent(Unavailable(_TOO_SLOW))
        try:
            with self._session.request(
                request.method,
                self._url + request.path,
                params=request.query,
                data=request.body or None,
                headers=_headers_for(request),
                auth=_Authorization(authorization),
                timeout=deadline.left(),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._read(response)
                return Answer(response.status_code, response.headers, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _translated(error) from error

    def _read(self, response: Response) -> bytes:
        chunks = response.iter_content(_CHUNK)
        if response.status_code >= 400:
            return next(chunks, b"")[:_LARGEST_REFUSAL]
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > self._largest_answer:
                raise TooLarge(status=response.status_code)
        return bytes(body)

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()


class _Authorization:
    """Sets the header itself, so that no .netrc of the machine's keeper can replace it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def _headers_for(request: Request) -> dict[str, str]:
    return _HEADERS | ({"Content-Type": request.content_type} if request.body else {})


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _translated(error: Exception) -> SpotifyError:
    """Our error for one of `requests` or urllib3; its text names addresses, never a header."""
    detail = type(error).__name__
    cause = _cause_of(error)
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return Nonsense(detail=detail)
    if isinstance(error, requests.exceptions.SSLError):
        return Unavailable(_NO_TLS, detail=detail)
    if isinstance(error, ValueError):  # InvalidURL, MissingSchema and their like
        return _not_sent(BadRequest(_BAD_ADDRESS, detail=detail))
    sentence, was_sent = _BROKEN_OFF, True
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        sentence, was_sent = _NO_NAME, False
    elif isinstance(cause, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ProxyError):
        sentence, was_sent = _NO_CONNECTION, False
    elif isinstance(cause, urllib3.exceptions.TimeoutError | TimeoutError):
        sentence, was_sent = _TOO_SLOW, not isinstance(error, requests.ConnectTimeout)
    failure = Unavailable(sentence, detail=detail)
    return failure if was_sent else _not_sent(failure)


def _cause_of(error: Exception) -> object:
    """What urllib3 said: `requests` carries it as the first argument, at times once more inside."""
    inner: object = error.args[0] if error.args else None
    if isinstance(inner, urllib3.exceptions.MaxRetryError):
        return inner.reason
    if isinstance(inner, urllib3.exceptions.ProtocolError) and len(inner.args) > 1:
        return inner.args[1]
    return inner


def _not_sent(error: SpotifyError) -> SpotifyError:
    error.was_sent = False
    return error
