"""Archives for the proofs of imports: filled through the real doors, compared by what they hold.

Hides ids: two archives are equal when the same was told of the same tracks, whoever came first.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import aliased

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.imports import running, staging
from music_time_machine.listens import TrackIds, record
from music_time_machine.models import (
    Account,
    AccountRow,
    Base,
    Echo,
    KnownPlays,
    Listen,
    Snapshot,
    SnapshotTrack,
    Track,
)
from music_time_machine.moments import to_millis
from music_time_machine.plays import Play
from tests.formats.samples import Json, extended_row, extended_zip

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIRST = datetime(2019, 1, 1, tzinfo=UTC)
MOST_BYTES = 50_000_000

File = tuple[str, bytes]
"""A file as it is sent: its name and what is in it."""


class Told(NamedTuple):
    """One record; `stamp` in ms since 1970, `track` is its key in the catalogue."""

    stamp: int
    track: str
    ms: int
    nth: int
    source: int
    traits: int


@dataclass(frozen=True, slots=True)
class Content:
    """All that an archive holds, but for who brought it.

    `echoes` name the listen that they tell of (its traits are no part of a listen's name);
    `places` are (day, list, rank, track) of its snapshots.
    """

    listens: frozenset[Told]
    echoes: frozenset[tuple[Told, tuple[int, str, int, int, int]]]
    places: frozenset[tuple[date, str, int, str]]
    days: frozenset[date]

    @property
    def told(self) -> frozenset[Told]:
        """Every record, whichever stands for its play."""
        return self.listens | {echo for echo, _ in self.echoes}


NOTHING = Content(frozenset(), frozenset(), frozenset(), frozenset())


def content(db: Database, account: Account) -> Content:
    """What the archive of this account holds now."""
    with db.read() as session:
        listens = session.execute(
            select(
                Listen.played_at, Track.key, Listen.ms_played, Listen.nth, Listen.source,
                Listen.traits,
            )
            .join(Track, Track.id == Listen.track_id)
            .where(Listen.account_id == account.id)
        )  # fmt: skip
        listened = aliased(Track)
        echoes = session.execute(
            select(
                Echo.played_at, Track.key, Echo.ms_played, Echo.nth, Echo.source, Echo.traits,
                Echo.of_played_at, listened.key, Echo.of_ms_played, Echo.of_nth, Echo.of_source,
            )
            .join(Track, Track.id == Echo.track_id)
            .join(listened, listened.id == Echo.of_track_id)
            .where(Echo.account_id == account.id)
        )  # fmt: skip
        places = session.execute(
            select(
                SnapshotTrack.local_date, SnapshotTrack.time_range, SnapshotTrack.rank, Track.key
            )
            .join(Track, Track.id == SnapshotTrack.track_id)
            .where(SnapshotTrack.account_id == account.id)
        )
        days = session.scalars(select(Snapshot.local_date).where(Snapshot.account_id == account.id))
        return Content(
            frozenset(Told(to_millis(row[0]), *row[1:6]) for row in listens),
            frozenset(
                (Told(to_millis(row[0]), *row[1:6]), (to_millis(row[6]), *row[7:]))
                for row in echoes
            ),
            frozenset((row[0], row[1], row[2], row[3]) for row in places),
            frozenset(days),
        )


def brought_by(db: Database, account: Account) -> Counter[int | None]:
    """How many records each import brought; None is the API."""
    with db.read() as session:
        return Counter(
            import_id
            for table in (Listen, Echo)
            for import_id in session.scalars(
                select(table.import_id).where(table.account_id == account.id)
            )
        )


def emptied(db: Database) -> Account:
    """Everything is forgotten; a new account in the empty archive."""
    with db.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        row = AccountRow(local_name="Alice", name="Alice", created_at=NOW)
        session.add(row)
        session.flush()
        number = row.id
    return Account(number, "Alice", ZoneInfo("UTC"), None, 0)


def receive(db: Database, account: Account, *files: File | bytes, check_first: bool = False) -> int:
    """Send files as one upload; the id of its import."""
    named = [file if isinstance(file, tuple) else ("export.zip", file) for file in files]
    streams = [(name, BytesIO(sent)) for name, sent in named]
    return imports.receive(db, account, streams, MOST_BYTES, NOW, check_first=check_first)


def proceed(
    db: Database, account: Account, import_id: int, worker: str = "w1"
) -> imports.ImportView:
    """Let a worker bring an import as far as it goes."""
    return imports.proceed(db, account, import_id, worker, lambda: NOW)


def bring(db: Database, account: Account, *files: File | bytes) -> imports.ImportView:
    """Send files as one upload and import it."""
    return proceed(db, account, receive(db, account, *files))


def undo(db: Database, account: Account, import_id: int) -> imports.ImportView:
    """Undo an import, to its end."""
    imports.undo(db, account, import_id, NOW)
    return proceed(db, account, import_id)


def tell(db: Database, account: Account, plays: Sequence[Play]) -> None:
    """What the API lists, as a fetch stores it."""
    with db.write() as session:
        record(session, account, plays, TrackIds(), NOW)


def adds_up(view: imports.ImportView) -> bool:
    """Whether every row of an import is accounted for."""
    return view.rows == view.added + view.known + view.left_out


def leftovers(db: Database, account: Account, import_id: int) -> int:
    """What is still noted of an import that has been taken back, and should not be."""
    with db.read() as session:
        claims = session.scalars(
            select(KnownPlays.part).where(
                KnownPlays.account_id == account.id, KnownPlays.import_id == import_id
            )
        ).all()
    return len(claims) + brought_by(db, account)[import_id]


def uploads(db: Database) -> list[str]:
    """What lies in the folder of uploads."""
    folder = db.data_dir / "uploads"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def rows(count: int, start: int = 0, minutes: int = 4) -> list[Json]:
    """`count` plays of 40 tracks, so many minutes apart."""
    return [
        extended_row(
            f"{FIRST + timedelta(minutes=minutes * n):%Y-%m-%dT%H:%M:%SZ}",
            ms_played=100_000 + n,
            track=f"Track {n % 40}",
            uri=f"spotify:track:{n % 40:022d}",
        )
        for n in range(start, start + count)
    ]


def export(*files: Iterable[object], others: Mapping[str, bytes] | None = None) -> bytes:
    """A zip of Spotify's with these files of rows."""
    named = {f"Streaming_History_Audio_{n}.json": some for n, some in enumerate(files)}
    return extended_zip(named, others=others)


def in_small_batches(monkeypatch: pytest.MonkeyPatch, size: int = 50) -> None:
    """Let a batch be so small that a history of some hundred plays has many."""
    monkeypatch.setattr(staging.Stage.batches, "__defaults__", (size,))
    monkeypatch.setattr(running, "TAKEN_BACK_AT_ONCE", size)
