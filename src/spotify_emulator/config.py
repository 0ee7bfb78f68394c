"""The emulator's settings.

Knows which app is registered with it and which of Spotify's manners it has. Hides nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

Shape = Literal["strict", "transition", "legacy"]
LOOPBACK = ("127.0.0.1", "::1")
_PORTLESS = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?=/|$)")


def utc_now() -> datetime:
    """The computer's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class EmulatorConfig:
    """One registered app and the way in which Spotify treats it.

    `shape`: `strict` leaves out what Spotify removed in 2026, `transition` sends both, `legacy`
    only what there was before. `clock` rules the life of codes and tokens, `world_clock` what has
    been played so far; both are asked at each request. A registered loopback address without a
    port is good for any port.
    """

    seed: int = 2026
    client_id: str = "demo-client"
    client_secret: str = "demo-secret"  # noqa: S105
    redirect_uris: tuple[str, ...] = ("http://127.0.0.1/callback",)
    app_name: str = "Music Time Machine"
    shape: Shape = "strict"
    rotates_refresh_tokens: bool = False
    remembers_consent: bool = False
    played_at: Literal["end", "start"] = "end"
    clock: Callable[[], datetime] = utc_now
    world_clock: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        for uri in self.redirect_uris:
            parts = urlsplit(uri)
            is_safe = parts.scheme == "https" or parts.hostname in LOOPBACK
            if not is_safe or parts.fragment:
                raise ValueError(
                    f"{uri} can't be registered: use https, or http with 127.0.0.1 or [::1]."
                )

    def accepts_redirect(self, uri: str) -> bool:
        """Whether a redirect address is registered: to the letter, but for a loopback's port."""
        return any(_matches(registered, uri) for registered in self.redirect_uris)


def _matches(registered: str, asked: str) -> bool:
    if registered == asked:
        return True
    loopback = _PORTLESS.match(registered)
    if loopback is None:
        return False
    host, rest = re.escape(loopback[1]), re.escape(registered[loopback.end() :])
    return re.fullmatch(f"{host}:[0-9]{{1,5}}{rest}", asked) is not None
