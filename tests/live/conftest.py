"""A house that listens: the archive, our own Spotify, and a clock for both that tests move."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import requests
from pydantic import SecretStr
from sqlalchemy import select

from music_time_machine import accounts, live
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.models import Account, Echo, Gap, Listen, Live, Track
from music_time_machine.moments import to_millis
from music_time_machine.spotify import Client, Profile, Tokens
from music_time_machine.worker import Jobs
from spotify_emulator.testing import Running
from spotify_emulator.world import is_heard
from tests.emulator.visitor import CLIENT, sign_in
from tests.stage import ALICE, Clock

EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
PACE = live.Pace(every=timedelta(minutes=20), listening=timedelta(minutes=5))

Played = tuple[int, str]
"""When it ended (ms since 1970), and Spotify's id of the track."""


@dataclass(frozen=True, slots=True)
class House:
    """One server, its Spotify, and the hour that both believe it is."""

    settings: Settings
    db: Database
    spotify: Running
    clock: Clock

    def move_to(self, moment: datetime) -> None:
        self.clock.now = moment
        self.spotify.emulator.set_now = moment

    def pass_by(self, **much: float) -> None:
        self.move_to(self.clock.now + timedelta(**much))

    def control(self, name: str, body: object) -> None:
        method = "POST" if name == "revoke" else "PUT"
        url = f"{self.spotify.url}/_emulator/{name}"
        requests.request(method, url, json=body, timeout=10).raise_for_status()

    def calls(self) -> dict[str, int]:
        """How often each endpoint was asked since the last look."""
        url = f"{self.spotify.url}/_emulator/calls"
        counts: dict[str, int] = requests.get(url, timeout=10).json()
        requests.delete(url, timeout=10)
        return counts

    def connect(self, listener: str = ALICE, zone: str = "Europe/Berlin") -> Account:
        tokens = sign_in(self.spotify.url, listener)
        profile = tokens.get("/me").json()
        account = accounts.sign_in(
            self.db,
            Profile(profile["account_id"], profile["id"], listener, None, ()),
            Tokens(tokens.access, 3600, tokens.refresh, None),
            self.settings,
            self.clock(),
        )
        accounts.set_time_zone(self.db, account, zone)
        found = accounts.find(self.db, account.id, self.settings)
        assert found is not None
        return found

    def jobs(self) -> Jobs:
        """A worker of its own."""
        return Jobs(self.db, self.settings, timedelta(seconds=10), self.clock)

    def client(self, account: Account) -> Client:
        return accounts.spotify_client(self.db, account, self.settings, self.clock)

    def follow(self, account: Account) -> live.Followed:
        with self.client(account) as client:
            return live.follow(self.db, account, client, self.clock())

    def poll(self, account: Account) -> live.Followed | None:
        with self.client(account) as client:
            return live.poll(self.db, account, client, PACE, self.clock())

    def heard(self, start: datetime, end: datetime, listener: str = ALICE) -> list[Played]:
        """What the listener truly heard in that time, as far as Spotify lists it."""
        world = self.spotify.emulator.world
        person = world.listener(listener)
        assert person is not None
        return [
            (play.ended_ms, world.catalogue.tracks[play.track].id)
            for play in world.logged(person, start, end)
            if is_heard(play)
        ]

    def stored(self, account: Account) -> list[Played]:
        """What the archive holds of it, in order of time."""
        with self.db.read() as session:
            rows = session.execute(
                select(Listen.played_at, Track.spotify_id)
                .join(Track, Track.id == Listen.track_id)
                .where(Listen.account_id == account.id)
                .order_by(Listen.played_at)
            )
            return [(to_millis(at), str(spotify_id)) for at, spotify_id in rows]

    def echoes(self, account: Account) -> int:
        with self.db.read() as session:
            return len(session.scalars(select(Echo).where(Echo.account_id == account.id)).all())

    def gaps(self, account: Account) -> list[Gap]:
        with self.db.read() as session:
            return list(session.scalars(select(Gap).where(Gap.account_id == account.id)))

    def row(self, account: Account) -> Live:
        with self.db.read() as session:
            found = session.get(Live, account.id)
        assert found is not None
        return found


@pytest.fixture
def house(settings: Settings, db: Database, spotify: Running) -> Iterator[House]:
    """It is an evening in November, and nobody is connected yet."""
    own = settings.model_copy(
        update={
            "spotify_client_id": CLIENT[0],
            "spotify_client_secret": SecretStr(CLIENT[1]),
            "spotify_accounts_url": spotify.url,
            "spotify_api_url": f"{spotify.url}/v1",
        }
    )
    house = House(own, db, spotify, Clock())
    house.move_to(EVENING)
    yield house
    house.control("player", {})
    house.move_to(EVENING)


@pytest.fixture
def maren(house: House) -> Account:
    """Listens to some forty tracks a day."""
    return house.connect()
