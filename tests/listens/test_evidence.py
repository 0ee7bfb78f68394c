"""What a person can rely on when several sources tell of one play: it is kept once, all is
remembered, and whatever is taken back leaves no trace.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Barrier, Thread

import numpy as np
import pytest
from sqlalchemy import func, select

from music_time_machine.db import Database
from music_time_machine.listens import (
    Batch,
    Recorded,
    TrackIds,
    forecast,
    keep_tracks,
    record,
    record_batch,
    take_back,
    take_in_joins,
)
from music_time_machine.listens.evidence import catalogue_of
from music_time_machine.models import Account, Archive, Echo, Listen, Track
from music_time_machine.moments import to_millis
from music_time_machine.plays import ArtistDetails, Kind, Play, Source, TrackDetails
from tests.cast import NOW
from tests.imports.archives import NOTHING, Content, brought_by, content, emptied
from tests.imports.rendering import life
from tests.recognition.truth import View

EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
TRACK, OTHER = "0123456789ABCDEFGHIJkl", "0123456789ABCDEFGHIJkm"


def heard(
    at: datetime = EVENING,
    source: Source = Source.EXTENDED_HISTORY,
    ms: int | None = 180_000,
    track: str | None = TRACK,
    title: str = "Copper Sky",
    isrc: str | None = None,
) -> Play:
    is_told = source in (Source.EXTENDED_HISTORY, Source.ACCOUNT_DATA)
    return Play(
        source, at, ms if is_told else None, Kind.TRACK, title, "The Almanacs", spotify_id=track,
        isrc=isrc, duration_ms=None if is_told else ms,
    )  # fmt: skip


EXPORTED = heard()
LISTED = heard(EVENING - timedelta(minutes=3), Source.RECENTLY_PLAYED)
SCROBBLED = heard(EVENING - timedelta(minutes=3), Source.LASTFM, track=None)


def keep(
    db: Database, account: Account, plays: Sequence[Play], import_id: int | None = None
) -> Recorded:
    with db.write() as session:
        return record(session, account, plays, TrackIds(), NOW, import_id)


def remove(
    db: Database,
    account: Account,
    import_id: int,
    stretch: tuple[datetime, datetime] = ALWAYS,
    claims: dict[int, bytes] | None = None,
) -> int:
    with db.write() as session:
        return take_back(session, account, import_id, stretch, claims or {}, NOW)


def version(db: Database, account: Account) -> tuple[int, int, int]:
    with db.read() as session:
        archive = session.get(Archive, account.id)
        assert archive is not None
        return archive.version, archive.rewritten, archive.sources


def sources(archive: Content) -> tuple[list[int], list[int]]:
    """(of the listens, of the echoes)."""
    return (
        sorted(one.source for one in archive.listens),
        sorted(echo.source for echo, _ in archive.echoes),
    )


@pytest.mark.parametrize(
    "order",
    [(EXPORTED, LISTED, SCROBBLED), (SCROBBLED, LISTED, EXPORTED), (LISTED, EXPORTED, SCROBBLED)],
)
def test_the_richest_source_tells_the_play_and_the_others_are_remembered(
    db: Database, alice: Account, order: tuple[Play, ...]
) -> None:
    counted = [keep(db, alice, [play], import_id) for import_id, play in enumerate(order, 1)]
    assert counted[0] == Recorded(added=1, known=0)
    assert [(one.added, one.known) for one in counted[1:]] == [(0, 1), (0, 1)]
    archive = content(db, alice)
    assert sources(archive) == ([Source.EXTENDED_HISTORY], [2, 5])
    (listen,) = archive.listens
    assert {of for _, of in archive.echoes} == {listen[:5]}
    assert brought_by(db, alice) == {1: 1, 2: 1, 3: 1}


def test_an_echo_changes_no_figure_and_a_listen_that_makes_way_does(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [EXPORTED])
    keep(db, alice, [heard(EVENING + timedelta(hours=5), Source.LASTFM, track=None)])
    before = version(db, alice)
    keep(db, alice, [SCROBBLED])
    assert version(db, alice) == before
    keep(db, alice, [heard(EVENING + timedelta(hours=5, minutes=3))])
    after, rewritten, _ = version(db, alice)
    assert after == rewritten > before[0]


def test_an_archive_knows_every_source_that_ever_told(db: Database, alice: Account) -> None:
    keep(db, alice, [EXPORTED])
    keep(db, alice, [SCROBBLED])
    assert version(db, alice)[2] == 1 << Source.EXTENDED_HISTORY | 1 << Source.LASTFM


def test_what_the_api_lists_word_for_word_is_the_apis_from_then_on(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [LISTED], import_id=1)
    keep(db, alice, [LISTED])
    assert brought_by(db, alice) == {None: 1}
    assert remove(db, alice, 1) == 0
    assert len(content(db, alice).listens) == 1


def test_a_claim_names_what_another_import_had_brought(db: Database, alice: Account) -> None:
    keep(db, alice, [EXPORTED, SCROBBLED], import_id=1)
    claims = keep(db, alice, [EXPORTED, SCROBBLED], import_id=2).claims
    assert keep(db, alice, [EXPORTED], import_id=1).claims == b""
    before = content(db, alice)
    assert remove(db, alice, 1, claims={2: claims}) == 0
    assert content(db, alice) == before
    assert brought_by(db, alice) == {2: 2}


def test_the_oldest_claim_inherits(db: Database, alice: Account) -> None:
    keep(db, alice, [EXPORTED], import_id=1)
    claims = {n: keep(db, alice, [EXPORTED], import_id=n).claims for n in (2, 3)}
    remove(db, alice, 1, claims=claims)
    assert brought_by(db, alice) == {2: 1}
    remove(db, alice, 2, claims={3: claims[3]})
    assert brought_by(db, alice) == {3: 1}


def test_taking_back_counts_the_plays_that_go_and_does_it_once(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [EXPORTED, heard(EVENING + timedelta(hours=2))], import_id=1)
    keep(db, alice, [SCROBBLED], import_id=2)
    assert remove(db, alice, 1) == 1
    assert sources(content(db, alice)) == ([Source.LASTFM], [])
    assert remove(db, alice, 1) == 0
    assert remove(db, alice, 2) == 1
    assert content(db, alice) == NOTHING


def test_a_stretch_is_taken_back_with_both_its_ends(db: Database, alice: Account) -> None:
    moments = [EVENING + timedelta(hours=n) for n in range(5)]
    keep(db, alice, [heard(at) for at in moments], import_id=1)
    assert remove(db, alice, 1, (moments[1], moments[3])) == 3
    left = sorted(one.stamp for one in content(db, alice).listens)
    assert left == [to_millis(moments[0]), to_millis(moments[4])]


@pytest.mark.parametrize("seed", range(6))
def test_any_batches_in_any_order_are_one_archive_and_any_can_be_taken_back(
    db: Database, seed: int
) -> None:
    random = Random(seed)
    true = life([seed, seed + 4_000], [View.RECENT])
    plays = true.listed + [
        heard(play.played_at, Source.LASTFM, play.duration_ms, None, play.title)
        for play in true.listed[::3]
    ]
    account = emptied(db)
    keep(db, account, plays, import_id=1)
    whole = content(db, account)
    account = emptied(db)
    batches = [random.sample(plays, random.randint(1, len(plays))) for _ in range(4)] + [plays]
    random.shuffle(batches)
    counted = [keep(db, account, batch, number) for number, batch in enumerate(batches, 1)]
    assert content(db, account) == whole
    for one, batch in zip(counted, batches, strict=True):
        assert one.added + one.known == len(batch)
    claims = {number: one.claims for number, one in enumerate(counted, 1)}
    for number in random.sample(sorted(claims), len(claims)):
        del claims[number]
        remove(db, account, number, claims=claims)
        kept = [batches[other - 1] for other in claims]
        told = {_named(play) for batch in kept for play in batch}
        assert len(content(db, account).told) == len(told)
    assert content(db, account) == NOTHING


def _named(play: Play) -> tuple[object, ...]:
    return (play.source, play.played_at, play.names.key, play.duration_ms)


def batch_of(*columns: Sequence[int]) -> Batch:
    return Batch(*(np.array(column, np.int64) for column in columns))


@pytest.fixture
def track(db: Database) -> int:
    """Our id of a track that nobody has heard."""
    details = TrackDetails(TRACK, "Copper Sky", ArtistDetails(None, "The Almanacs"), None, 1_000)
    with db.write() as session:
        return keep_tracks(session, [details])[TRACK]


def test_a_track_looped_offline_is_as_many_plays_as_its_rows(
    db: Database, alice: Account, track: int
) -> None:
    stamp = to_millis(EVENING)
    loop = batch_of([stamp] * 3, [track] * 3, [1_000] * 3, [0, 1, 2], [1] * 3, [2 << 15] * 3)
    with db.write() as session:
        assert record_batch(session, alice, loop, NOW, 1) == Recorded(3, 0)
    with db.write() as session:
        again = record_batch(session, alice, loop, NOW, 2)
    assert (again.added, again.known) == (0, 3)
    assert sorted(one.nth for one in content(db, alice).listens) == [0, 1, 2]


def test_two_tellings_of_one_play_are_one_listen_and_the_one_that_says_more_stands(
    db: Database, alice: Account, track: int
) -> None:
    stamp = to_millis(EVENING)
    both = batch_of([stamp] * 2, [track] * 2, [1_000] * 2, [0, 0], [1, 1], [0, 5])
    with db.write() as session:
        counted = record_batch(session, alice, both, NOW, 1)
    assert (counted.added, counted.known) == (1, 1)
    archive = content(db, alice)
    assert [one.traits for one in archive.listens] == [5]
    assert [echo.traits for echo, _ in archive.echoes] == [0]


@pytest.mark.parametrize("before", [[], [EXPORTED], [LISTED, SCROBBLED]])
def test_a_forecast_is_what_recording_then_adds_and_writes_nothing(
    db: Database, alice: Account, track: int, before: list[Play]
) -> None:
    keep(db, alice, before)
    stamps = [to_millis(EVENING) + 60_000 * n for n in (0, 0, 9)]
    coming = batch_of(stamps, [track] * 3, [180_000, 180_000, 1_000], [0, 0, 0], [1] * 3, [0, 5, 0])
    there = content(db, alice)
    with db.read() as session:
        foretold = forecast(session, alice, coming, catalogue_of(session))
    assert content(db, alice) == there
    with db.write() as session:
        assert record_batch(session, alice, coming, NOW, 1).added == foretold


def test_plays_of_tracks_that_turn_out_to_be_one_recording_are_counted_once(
    db: Database, alice: Account, bob: Account
) -> None:
    for account in (alice, bob):
        keep(db, account, [EXPORTED])
        keep(db, account, [heard(LISTED.played_at, Source.RECENTLY_PLAYED, track=OTHER, title="X")])
        assert len(content(db, account).listens) == 2
    with db.write() as session:
        for track, title in ((TRACK, "Copper Sky"), (OTHER, "X")):
            details = TrackDetails(
                track,
                title,
                ArtistDetails(None, "The Almanacs"),
                None,
                180_000,
                isrc="DEXX12400001",
            )
            keep_tracks(session, [details])
    with db.write() as session:
        take_in_joins(session, alice, NOW)
    assert sources(content(db, alice)) == ([1], [2])
    assert version(db, alice)[0] == version(db, alice)[1]
    keep(db, bob, [heard(EVENING + timedelta(days=50))])
    assert len(content(db, bob).listens) == 2, "the one of both, and the new one"


def test_two_writers_of_one_archive_lose_nothing(db: Database, alice: Account) -> None:
    exported = [heard(EVENING + timedelta(minutes=3 * n)) for n in range(120)]
    listed = [
        heard(play.played_at - timedelta(minutes=3), Source.RECENTLY_PLAYED) for play in exported
    ]
    start = Barrier(2)

    def write(plays: Sequence[Play]) -> None:
        start.wait()
        for place in range(0, len(plays), 10):
            keep(db, alice, plays[place : place + 10])

    threads = [Thread(target=write, args=(plays,)) for plays in (exported, listed)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    archive = content(db, alice)
    assert sources(archive) == ([1] * 120, [2] * 120)


def test_one_persons_echoes_are_not_anothers(db: Database, alice: Account, bob: Account) -> None:
    keep(db, alice, [EXPORTED])
    keep(db, bob, [SCROBBLED])
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Echo)) == 0
        assert session.scalar(select(func.count()).select_from(Listen)) == 2
        assert session.scalar(select(func.count()).select_from(Track)) == 2
