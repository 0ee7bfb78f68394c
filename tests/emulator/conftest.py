"""An emulator for this folder: its world stands still, and a test may set the tokens' clock."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import requests

from spotify_emulator import EmulatorConfig
from spotify_emulator.testing import Running, running
from spotify_emulator.world import World

WORLD_NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
SEED = 2026


@dataclass(slots=True)
class Clock:
    """A clock that only moves when it is told to."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def _shared() -> Iterator[Running]:
    with running(EmulatorConfig(seed=SEED, world_clock=lambda: WORLD_NOW)) as emulator:
        yield emulator


@pytest.fixture
def url(_shared: Running) -> Iterator[str]:
    """An emulator with nothing broken, no call counted and the world at WORLD_NOW."""
    yield _shared.url
    requests.put(f"{_shared.url}/_emulator/fault", json={}, timeout=10)
    requests.put(f"{_shared.url}/_emulator/clock", json={"now": None}, timeout=10)
    requests.delete(f"{_shared.url}/_emulator/calls", timeout=10)


@pytest.fixture
def start() -> Iterator[Callable[[EmulatorConfig], str]]:
    """Start a further emulator of another configuration; gives its address."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(running(config)).url


@pytest.fixture(scope="session")
def world() -> World:
    """A world of the same seed, made apart from the emulator's own."""
    return World(SEED)
