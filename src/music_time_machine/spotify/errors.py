"""What can go wrong at Spotify: one class a cause, each with a sentence fit to show.

Knows how Spotify words its refusals (JSON, OAuth's form, plain text) and hides it: a caller looks
at the class, `permanent`, `retry_after`, and for a write at `may_have_happened`. Holds no token.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

ForbiddenCause = Literal["scope", "not_registered", "premium", "removed_or_foreign"]

# Longer pauses than this were never seen (a day is), and a caller must be able to add it to a date.
LONGEST_PAUSE = 7 * 24 * 3600.0
_LONGEST_DETAIL = 200


class SpotifyError(Exception):
    """Spotify could not do what it was asked for; `str(error)` is the sentence to show.

    `permanent`: asking again changes nothing, a person has to. `retry_after`: seconds Spotify asks
    to wait, None when it does not say. `status`: the HTTP status, None when no answer came.
    `detail`: Spotify's own words, for a log. `may_have_happened`: a write could have been done.
    """

    permanent = False
    sentence = "Spotify could not do this; please try again later."

    def __init__(
        self,
        sentence: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(sentence or self.sentence)
        self.status = status
        self.retry_after = retry_after
        self.detail = detail
        self.was_sent = True
        self.may_have_happened = False


class Unauthorized(SpotifyError):
    """The access token is refused, and a fresh one was too."""

    permanent = True
    sentence = "Spotify no longer accepts this sign-in; please connect again."


class NeedsReconnect(SpotifyError):
    """The refresh token is revoked or older than six months: only a new consent helps."""

    permanent = True
    sentence = "Your connection to Spotify has ended; please connect again."


class BadClient(SpotifyError):
    """The accounts service does not know the app's client id or secret."""

    permanent = True
    sentence = "Spotify does not know this app; its keeper should check the client id and secret."


class Forbidden(SpotifyError):
    """Refused although the token is good; `cause` says why."""

    permanent = True
    sentence = (
        "Spotify refused this: it no longer offers it to this app, or it belongs to somebody else;"
        " please choose something else."
    )

    def __init__(
        self,
        sentence: str = "",
        *,
        cause: ForbiddenCause = "removed_or_foreign",
        status: int | None = 403,
        detail: str = "",
    ) -> None:
        super().__init__(sentence or _FORBIDDEN[cause], status=status, detail=detail)
        self.cause = cause


_FORBIDDEN: dict[ForbiddenCause, str] = {
    "scope": "A permission is missing; please connect again and agree to all that is asked.",
    "not_registered": (
        "This Spotify account is not on the app's list of users; its keeper can add it in the"
        " dashboard at developer.spotify.com."
    ),
    "premium": (
        "Spotify has paused this app because its keeper's Premium has lapsed; it works again a few"
        " hours after Premium is renewed."
    ),
    "removed_or_foreign": Forbidden.sentence,
}


class NotFound(SpotifyError):
    """There is no such thing at Spotify, or not any more."""

    permanent = True
    sentence = "Spotify cannot find this; please check whether it still exists there."


class BadRequest(SpotifyError):
    """Spotify, or this client before it, did not accept the request as it is."""

    permanent = True
    sentence = "Spotify did not accept this request; please check what was entered."


class TooLarge(SpotifyError):
    """More bytes than Spotify takes (then `permanent`), or than we read of its answer."""

    sentence = "Spotify's answer was far too large, so it was not read; please try again later."

    def __init__(
        self,
        sentence: str = "",
        *,
        permanent: bool = False,
        status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(sentence, status=status, detail=detail)
        self.permanent = permanent


class RateLimited(SpotifyError):
    """Too many calls; `quota` tells the app's share of the day from a short burst."""

    def __init__(
        self,
        sentence: str = "",
        *,
        quota: bool = False,
        retry_after: float | None = None,
        status: int | None = 429,
        detail: str = "",
    ) -> None:
        super().__init__(
            sentence or _pause_sentence(retry_after, quota=quota),
            status=status,
            retry_after=retry_after,
            detail=detail,
        )
        self.quota = quota


class Unavailable(SpotifyError):
    """No good answer: Spotify has trouble (5xx), the network has, or the deadline passed."""

    sentence = "Spotify has trouble right now; please try again in a few minutes."


class Nonsense(SpotifyError):
    """An answer that cannot be read, or is not of the shape Spotify writes."""

    sentence = "Spotify answered with something we cannot read; please try again later."


def error_from(status: int, headers: Mapping[str, str], body: bytes) -> SpotifyError:
    """The error that an answer stands for; `headers` must not care for case."""
    message, reason = spoken(body)
    detail = " ".join(part for part in (message, reason) if part)
    if status == 429:
        return RateLimited(
            quota="QUOTA_EXCEEDED" in detail.upper(),
            retry_after=seconds_to_wait(headers),
            detail=detail,
        )
    if status == 403:
        return Forbidden(cause=_forbidden_cause(detail), detail=detail)
    if status == 413:
        sentence = "This is too large for Spotify; please choose something smaller."
        return TooLarge(sentence, permanent=True, status=status, detail=detail)
    return _class_of(status)(status=status, retry_after=seconds_to_wait(headers), detail=detail)


def _class_of(status: int) -> type[SpotifyError]:
    if status == 401:
        return Unauthorized
    if status in {404, 410}:
        return NotFound
    if status >= 500 or status == 408:
        return Unavailable
    if 400 <= status < 500:
        return BadRequest
    return Nonsense


def spoken(body: bytes) -> tuple[str, str]:
    """Spotify's message and reason in an error body: JSON, OAuth's two fields, or plain text."""
    try:
        answer: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body[: 4 * _LONGEST_DETAIL].decode("utf-8", "replace").strip()
        return ("", "") if text.startswith("<") else (_one_line(text), "")
    if not isinstance(answer, dict):
        return _one_line(answer), ""
    error: object = answer.get("error")
    if isinstance(error, dict):
        return _one_line(error.get("message")), _one_line(error.get("reason"))
    return _one_line(answer.get("error_description")), _one_line(error)


def _one_line(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in value[:_LONGEST_DETAIL]).strip()


def _forbidden_cause(detail: str) -> ForbiddenCause:
    said = detail.lower()
    if "scope" in said:
        return "scope"
    if "premium" in said:
        return "premium"
    if "registered" in said:
        return "not_registered"
    return "removed_or_foreign"


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds; a date counts from the answer's own Date. None when not usable."""
    said = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", said):
        return min(float(said), LONGEST_PAUSE)
    until, answered = _http_date(said), _http_date(headers.get("Date", ""))
    if until is None or answered is None:
        return None
    return min(max((until - answered).total_seconds(), 0.0), LONGEST_PAUSE)


def _http_date(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def _pause_sentence(retry_after: float | None, *, quota: bool) -> str:
    when = "in a few minutes" if retry_after is None else f"in {_roughly(retry_after)}"
    if quota:
        when = "tomorrow" if retry_after is None else when
        return f"This app has used up its share of Spotify for now; please try again {when}."
    return f"Spotify is busy and asks us to wait; please try again {when}."


def _roughly(seconds: float) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds > 1.5 * size:
            return f"about {round(seconds / size)} {unit}s"
    return "a minute"
