"""Renewing an access token at Spotify's accounts service.

Knows the form, its Basic credentials, and that `invalid_grant` alone means that a person has to
consent again; every other failure leaves the tokens worth keeping. Never repeated by itself.
"""

from base64 import b64encode
from urllib.parse import urlencode

from . import reading
from .deadline import Deadline
from .errors import (
    BadClient,
    NeedsReconnect,
    SpotifyError,
    error_from,
    spoken,
)
from .transport import Answer, Request, Transport
from .values import Tokens


def refresh_tokens(
    accounts_url: str,
    client_id: str,
    client_secret: str,
    refresh_token: str,
    *,
    deadline: float = 10.0,
) -> Tokens:
    """A fresh access token, within `deadline` seconds; NeedsReconnect when consent has ended."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    request = Request(
        "POST",
        "/api/token",
        body=urlencode(form).encode(),
        content_type="application/x-www-form-urlencoded",
    )
    credentials = b64encode(f"{client_id}:{client_secret}".encode()).decode()
    transport = Transport(accounts_url)
    try:
        answer = transport.exchange(request, f"Basic {credentials}", Deadline(deadline))
    finally:
        transport.close()
    if not answer.is_good:
        raise _refusal(answer, hidden=(refresh_token, client_secret, credentials))
    return reading.read(answer.body, reading.tokens)


def _refusal(answer: Answer, hidden: tuple[str, ...]) -> SpotifyError:
    body = answer.body
    for secret in filter(None, hidden):
        body = body.replace(secret.encode(), b"[secret]")
    message, reason = spoken(body)
    if answer.status in {400, 401} and reason == "invalid_client":
        return BadClient(status=answer.status, detail=message or reason)
    if answer.status == 400 and reason == "invalid_grant":
        return NeedsReconnect(status=answer.status, detail=message or reason)
    return error_from(answer.status, answer.headers, body)
