"""Invented histories: how tests describe plays, store them, and look at what became of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from sqlalchemy import select

from music_time_machine import accounts
from music_time_machine.columns import Columns, Listens
from music_time_machine.columns.arrays import PLAY_ARRAYS
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.listens import TrackIds, record
from music_time_machine.models import Account, Listen, Track
from music_time_machine.plays import Kind, Play, Source

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Asia/Kathmandu",  # 45 minutes off the hour
    "Australia/Lord_Howe",  # summer time is half an hour
    "Pacific/Chatham",
    "America/St_Johns",  # changed a minute after midnight: a day came back for an hour
    "Asia/Beirut",  # changes at midnight
    "Africa/Casablanca",  # changes four times a year
    "Pacific/Apia",  # left out the 30th of December 2011
    "Antarctica/Casey",  # went back three hours across midnight
    "America/New_York",
    "Pacific/Kiritimati",  # 14 hours east
)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Heard:
    """One play of track number `track`, whose artist, album and kind follow from its number.

    `ms` is None where its source does not tell; `duration` is the track's own length, and so one of
    the track's. Another `edition` is another id of the same recording.
    """

    at: datetime
    track: int = 1
    ms: int | None = 180_000
    edition: int = 0
    skipped: bool | None = None
    private: bool | None = None
    source: Source = Source.EXTENDED_HISTORY
    duration: int | None = None

    @property
    def title(self) -> str:
        return f"Track {self.track}"

    @property
    def kind(self) -> Kind:
        return (Kind.EPISODE, Kind.CHAPTER)[self.track % 2] if self.track % 5 == 4 else Kind.TRACK

    @property
    def artist(self) -> str | None:
        return None if self.track % 6 == 5 else f"Artist {self.track % 3}"

    @property
    def album(self) -> str | None:
        return None if self.track % 4 == 3 else f"Album {self.track % 4} of edition {self.edition}"

    @property
    def spotify_id(self) -> str | None:
        return f"{self.edition:011d}{self.track:011d}" if self.edition else None

    @property
    def counts(self) -> bool:
        """Whether it counts by the rule of whoever has chosen none."""
        return self.ms is None or self.ms >= 30_000

    def play(self) -> Play:
        """The same as a row of an export."""
        return Play(
            source=self.source, played_at=self.at, ms_played=self.ms, kind=self.kind,
            title=self.title, artist=self.artist, album=self.album, spotify_id=self.spotify_id,
            skipped=self.skipped, incognito=self.private, country="DE", duration_ms=self.duration,
        )  # fmt: skip

    def day(self, zone: ZoneInfo) -> date:
        """The local day, the obvious way."""
        return self.at.astimezone(zone).date()


def new_account(db: Database, settings: Settings, zone: str = "Europe/Berlin") -> Account:
    """One more account, in a zone of its own."""
    account = accounts.add_local(db, f"Listener {next(_numbers)}", settings, NOW)
    return replace(account, zone=ZoneInfo(zone))


def keep(db: Database, account: Account, history: Iterable[Heard]) -> None:
    """Store the plays as an import would."""
    with db.write() as session:
        record(session, account, [heard.play() for heard in history], TrackIds(), NOW)


def moments(
    first: datetime = datetime(2000, 1, 1, tzinfo=UTC),
    last: datetime = datetime(2099, 12, 31, tzinfo=UTC),
) -> st.SearchStrategy[datetime]:
    """Moments to the millisecond, often within hours of one another."""
    hours = int((last - first) / timedelta(hours=1))
    return st.builds(
        lambda hour, ms: first + timedelta(hours=hour, milliseconds=ms),
        st.one_of(st.integers(0, hours), st.integers(hours // 2, min(hours, hours // 2 + 50))),
        st.one_of(st.just(0), st.integers(0, 3_599_999)),
    )


def histories(
    first: datetime = datetime(2000, 1, 1, tzinfo=UTC),
    last: datetime = datetime(2099, 12, 31, tzinfo=UTC),
    most: int = 40,
) -> st.SearchStrategy[list[Heard]]:
    """Plays in any order, some more than once."""
    heard = st.builds(
        Heard, moments(first, last), st.integers(1, 12), st.sampled_from([0, 999, 30_000, 240_000])
    )
    return st.lists(heard, max_size=most)


def mixed_histories(
    first: datetime = datetime(2000, 1, 1, tzinfo=UTC),
    last: datetime = datetime(2099, 12, 31, tzinfo=UTC),
    most: int = 40,
) -> st.SearchStrategy[list[Heard]]:
    """Plays of several ids of a recording, skipped and private ones, some with no length told."""
    flags = st.sampled_from([None, False, True])
    told = st.builds(
        Heard,
        moments(first, last),
        st.integers(1, 12),
        st.sampled_from([0, 999, 29_999, 30_000, 100_000, 240_000]),
        edition=st.integers(0, 2),
        skipped=flags,
        private=flags,
        duration=st.sampled_from([None, 45_000, 200_000]),
    )
    untold = st.builds(
        Heard,
        moments(first, last),
        st.integers(1, 12),
        st.none(),
        source=st.just(Source.LASTFM),
        duration=st.sampled_from([None, 20_000]),
    )
    return st.lists(st.one_of(told, told, untold), max_size=most)


def stored_order(db: Database, account: Account) -> list[tuple[datetime, str, int]]:
    """The account's listens as (moment, title, ms), in the order of their key."""
    statement = (
        select(Listen.played_at, Track.title, Listen.ms_played)
        .join(Track, Track.id == Listen.track_id)
        .where(Listen.account_id == account.id)
        .order_by(Listen.played_at, Listen.track_id, Listen.ms_played, Listen.nth, Listen.source)
    )
    with db.read() as session:
        return [(row.played_at, row.title, row.ms_played) for row in session.execute(statement)]


def titles(db: Database, track_ids: Sequence[int]) -> dict[int, str]:
    """What the tracks are called, by id."""
    with db.read() as session:
        rows = session.execute(select(Track.id, Track.title).where(Track.id.in_(track_ids)))
        return {row.id: row.title for row in rows}


def contents(columns: Columns) -> list[list[list[int]]]:
    """Everything the columns hold, to be compared."""
    return [[array.tolist() for array in part.arrays()] for part in (columns.music, columns.spoken)]


def size(listens: Listens) -> int:
    """How many plays, as every array of plays tells it."""
    (plays,) = {len(array) for array in listens.arrays()[: len(PLAY_ARRAYS)]}
    return plays
