"""Snapshots' lists: one a day and account, whoever comes first; and whose they are."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from music_time_machine import rankings
from music_time_machine.db import Database
from music_time_machine.listens import keep_artists, keep_tracks
from music_time_machine.models import Account, Snapshot, SnapshotArtist, SnapshotTrack
from music_time_machine.plays import ArtistDetails, TrackDetails
from tests.cast import NOW

DAY = date(2026, 11, 20)
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def tracks(db: Database) -> list[int]:
    """Our ids of three tracks."""
    details = [
        TrackDetails(f"{n:022d}", f"Track {n}", ArtistDetails(None, "The Almanacs"), None, 1_000)
        for n in range(3)
    ]
    with db.write() as session:
        ids = keep_tracks(session, details)
        return [ids[each.spotify_id] for each in details]


@pytest.fixture
def artist(db: Database) -> int:
    """Our id of an artist."""
    with db.write() as session:
        return next(iter(keep_artists(session, [ArtistDetails(None, "The Almanacs")]).values()))


def keep(
    db: Database,
    account: Account,
    day: date,
    tracks: list[int],
    artist: int | None = None,
    import_id: int | None = None,
) -> bool:
    places = {"short_term": list(enumerate(tracks, start=1)), "long_term": [(1, tracks[-1])]}
    artists = {} if artist is None else {"short_term": [(1, artist)]}
    with db.write() as session:
        return rankings.keep(session, account, day, NOW, places, artists, import_id)


def places(db: Database, account: Account) -> set[tuple[date, str, int, int]]:
    with db.read() as session:
        rows = session.execute(
            select(
                SnapshotTrack.local_date, SnapshotTrack.time_range, SnapshotTrack.rank,
                SnapshotTrack.track_id,
            ).where(SnapshotTrack.account_id == account.id)
        )  # fmt: skip
        return {(row[0], row[1], row[2], row[3]) for row in rows}


def owners(db: Database, account: Account) -> dict[date, int | None]:
    with db.read() as session:
        rows = session.execute(
            select(Snapshot.local_date, Snapshot.import_id).where(Snapshot.account_id == account.id)
        )
        return {row[0]: row[1] for row in rows}


def test_a_days_lists_are_kept_in_their_order(
    db: Database, alice: Account, tracks: list[int], artist: int
) -> None:
    assert keep(db, alice, DAY, tracks, artist)
    first, second, third = tracks
    assert places(db, alice) == {
        (DAY, "short_term", 1, first),
        (DAY, "short_term", 2, second),
        (DAY, "short_term", 3, third),
        (DAY, "long_term", 1, third),
    }
    with db.read() as session:
        assert session.execute(select(SnapshotArtist.rank, SnapshotArtist.artist_id)).all() == [
            (1, artist)
        ]


def test_a_day_keeps_its_first_snapshot_whoever_comes_second(
    db: Database, alice: Account, tracks: list[int]
) -> None:
    keep(db, alice, DAY, tracks)
    before = places(db, alice)
    assert not keep(db, alice, DAY, tracks[::-1], import_id=4)
    assert places(db, alice) == before
    assert owners(db, alice) == {DAY: None}


def test_which_days_have_theirs(db: Database, alice: Account, tracks: list[int]) -> None:
    keep(db, alice, DAY, tracks)
    with db.read() as session:
        assert rankings.days_kept(session, alice, [DAY, NEXT]) == {DAY}
        assert rankings.days_kept(session, alice, []) == set()


def test_an_import_knows_the_days_that_it_brought(
    db: Database, alice: Account, bob: Account, tracks: list[int]
) -> None:
    keep(db, alice, DAY, tracks, import_id=1)
    keep(db, alice, NEXT, tracks, import_id=2)
    keep(db, bob, NEXT, tracks, import_id=1)
    with db.read() as session:
        assert rankings.brought_by(session, alice, 1) == [DAY]
        assert rankings.brought_by(session, alice, 3) == []


def test_a_day_can_be_handed_over_to_another_import(
    db: Database, alice: Account, bob: Account, tracks: list[int]
) -> None:
    for account in (alice, bob):
        keep(db, account, DAY, tracks, import_id=1)
        keep(db, account, NEXT, tracks, import_id=1)
    with db.write() as session:
        rankings.hand_over(session, alice, [DAY], 2)
    assert owners(db, alice) == {DAY: 2, NEXT: 1}
    assert owners(db, bob) == {DAY: 1, NEXT: 1}


def test_a_day_can_be_taken_back_whole_and_kept_anew(
    db: Database, alice: Account, bob: Account, tracks: list[int], artist: int
) -> None:
    for account in (alice, bob):
        keep(db, account, DAY, tracks, artist, import_id=1)
    keep(db, alice, NEXT, tracks)
    with db.write() as session:
        rankings.take_back(session, alice, [DAY])
    assert owners(db, alice) == {NEXT: None}
    assert {day for day, *_ in places(db, alice)} == {NEXT}
    assert {day for day, *_ in places(db, bob)} == {DAY}
    with db.read() as session:
        statement = select(func.count()).where(SnapshotArtist.account_id == alice.id)
        assert session.scalar(statement) == 0
    assert keep(db, alice, DAY, tracks[:1])
    assert (DAY, "short_term", 1, tracks[0]) in places(db, alice)
