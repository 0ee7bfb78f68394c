"""Codes, access tokens and refresh tokens.

Knows what a token stands for, how long it lives and whether it was taken back. Hides how it is
written: a token carries its own meaning under a signature, so that it outlives a restart.
"""

import hashlib
import hmac
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=1)
# Six months from consent, however often it is used.
REFRESH_LIFE = timedelta(days=182)

Kind = Literal["access", "refresh"]
_PREFIX: dict[Kind, str] = {"access": "BQ", "refresh": "AQ"}
_SIGNATURE = 24


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """What a listener allowed an app, and when (Unix seconds)."""

    listener: str
    client_id: str
    scopes: tuple[str, ...]
    consented_at: int
    is_public: bool


class Token(msgspec.Struct, frozen=True, array_like=True):
    """One token: its kind, its running number, when it was made, and the grant behind it."""

    kind: Kind
    serial: int
    made_at: int
    grant: Grant


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code's meaning. `challenge` is there when the app uses PKCE."""

    grant: Grant
    redirect_uri: str
    challenge: str | None
    made_at: datetime

    def is_expired(self, now: datetime) -> bool:
        """Codes live for ten minutes."""
        return now - self.made_at > CODE_LIFE


class Tokens:
    """All codes and tokens of one emulator. Safe to share between threads."""

    def __init__(self, secret: str, first_serial: int) -> None:
        self._key = hashlib.sha256(f"tokens:{secret}".encode()).digest()
        self._lock = threading.Lock()
        self._serial = first_serial
        self._codes: dict[str, Code] = {}
        self._dead: set[int] = set()
        self._dead_until: dict[tuple[str, Kind], int] = {}

    def new_code(self, code: Code) -> str:
        """A code that can be redeemed once."""
        text = "AQ" + secrets.token_urlsafe(120)
        with self._lock:
            self._codes[text] = code
        return text

    def redeem(self, text: str) -> Code | None:
        """What a code stands for; from now on it stands for nothing."""
        with self._lock:
            return self._codes.pop(text, None)

    def new_token(self, kind: Kind, grant: Grant, now: datetime) -> str:
        """A fresh token."""
        with self._lock:
            self._serial += 1
            serial = self._serial
        body = msgspec.json.encode(Token(kind, serial, int(now.timestamp()), grant))
        return _PREFIX[kind] + urlsafe_b64encode(self._sign(body) + body).decode().rstrip("=")

    def read(self, kind: Kind, text: str) -> Token | None:
        """What a token says, if it is ours, of this kind and not taken back. It may be too old."""
        token = self._open(text.removeprefix(_PREFIX[kind]))
        if token is None or token.kind != kind or not text.startswith(_PREFIX[kind]):
            return None
        with self._lock:
            dead_until = self._dead_until.get((token.grant.listener, kind), -1)
            is_dead = token.serial in self._dead or token.serial <= dead_until
        return None if is_dead else token

    def is_ours(self, kind: Kind, text: str) -> bool:
        """Whether we ever gave this token out, taken back or not."""
        token = self._open(text.removeprefix(_PREFIX[kind]))
        return token is not None and token.kind == kind

    def retire(self, token: Token) -> bool:
        """Take one token back; of many who try at once, one is told that it was the one."""
        with self._lock:
            is_first = token.serial not in self._dead
            self._dead.add(token.serial)
            return is_first

    def revoke(self, listener: str, *kinds: Kind) -> None:
        """Take back every token of these kinds that a listener's apps hold so far."""
        with self._lock:
            for kind in kinds:
                self._dead_until[listener, kind] = self._serial

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_SIGNATURE]

    def _open(self, text: str) -> Token | None:
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (NotBase64, ValueError):
            return None
        signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(body)):
            return None
        return msgspec.json.decode(body, type=Token)


def is_alive(token: Token, now: datetime) -> bool:
    """Whether a token is young enough: an access token for an hour, a refresh token six months."""
    if token.kind == "access":
        return now.timestamp() < token.made_at + ACCESS_LIFE.total_seconds()
    return now.timestamp() < token.grant.consented_at + REFRESH_LIFE.total_seconds()


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a PKCE verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
