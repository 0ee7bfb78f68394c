"""A badly behaved server and a client that asks it, with a deadline short enough for tests."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from music_time_machine.spotify import Client
from tests.spotify.faulty import Server, listening


class TokenSource:
    """Hands out one token, and another one each time a fresh one is demanded."""

    def __init__(self) -> None:
        self.demands: list[bool] = []

    def __call__(self, force_refresh: bool) -> str:
        self.demands.append(force_refresh)
        return f"token-{sum(self.demands)}"


@pytest.fixture
def tokens() -> TokenSource:
    return TokenSource()


@pytest.fixture
def server() -> Iterator[Server]:
    with listening() as running:
        yield running


@pytest.fixture
def client(server: Server, tokens: TokenSource) -> Iterator[Client]:
    with closing(Client(server.url, tokens)) as asking:
        yield asking


@pytest.fixture
def hasty(server: Server, tokens: TokenSource) -> Iterator[Client]:
    """A client that waits 0.25 s in all and reads at most 1 MB."""
    with closing(Client(server.url, tokens, deadline=0.25, largest_answer=1_000_000)) as asking:
        yield asking
