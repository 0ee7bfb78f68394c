"""What one running emulator holds, and how a request finds it.

Knows the world, the tokens, the world's clock, the faults to come and the calls so far.
Hides where Flask keeps them.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from flask import Flask, current_app

from spotify_emulator.config import EmulatorConfig
from spotify_emulator.faults import Faults
from spotify_emulator.player import Player
from spotify_emulator.tokens import Tokens
from spotify_emulator.world import World

_NAME = "spotify_emulator"


@dataclass(slots=True)
class Calls:
    """How often each method and path was asked for."""

    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[call] += 1

    def counts(self) -> dict[str, int]:
        """All counts so far, by call."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    def clear(self) -> None:
        """Begin again."""
        with self._lock:
            self._counts.clear()


@dataclass(slots=True)
class Emulator:
    """One emulator.

    `set_now` holds the world's clock still, None lets it run. `player` is how recently played and
    the player answer. `consents` tells for (browser,
    client id) which listener agreed to which scopes.
    """

    config: EmulatorConfig
    world: World
    tokens: Tokens
    calls: Calls
    faults: Faults
    set_now: datetime | None = None
    player: Player = field(default_factory=Player)
    consents: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def world_now(self) -> datetime:
        """The moment up to which things have been played."""
        return self.set_now or self.config.world_clock()


def install(app: Flask, emulator: Emulator) -> None:
    """Give an app its emulator."""
    app.extensions[_NAME] = emulator


def of(app: Flask) -> Emulator:
    """An app's emulator."""
    return cast("Emulator", app.extensions[_NAME])


def here() -> Emulator:
    """The emulator that this request is for."""
    return of(current_app)
