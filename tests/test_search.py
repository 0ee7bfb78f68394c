"""The index of names: found as people type them, on both databases alike, none missed."""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from music_time_machine import search
from music_time_machine.db import Database
from music_time_machine.listens import TrackIds
from music_time_machine.models import Account, Artist, Import, Track
from music_time_machine.plays import Kind, TrackNames
from tests.cast import NOW

ALL = 1_000_000
NAMES = [
    TrackNames(Kind.TRACK, "Jóga", "Björk", "Homogenic"),
    TrackNames(Kind.TRACK, "Hyperballad", "Björk", "Post"),
    TrackNames(Kind.TRACK, "Back in Black", "AC/DC", "Back in Black"),
    TrackNames(Kind.TRACK, "Don't Stop", "Fleetwood Mac", "Rumours"),
    TrackNames(Kind.TRACK, "夜に駆ける", "YOASOBI", "THE BOOK"),
    TrackNames(Kind.TRACK, "Ждать", "Кино"),
    TrackNames(Kind.TRACK, "أنا لحبيبي", "فيروز"),
    TrackNames(Kind.TRACK, "봄날", "방탄소년단"),
    TrackNames(Kind.TRACK, "กลัวว่าฉันจะไม่เสียใจ", "Bodyslam"),
    TrackNames(Kind.TRACK, "Must Be the Moon", "!!!"),
    TrackNames(Kind.TRACK, "÷", "Ed Sheeran"),
    TrackNames(Kind.TRACK, "🔥🔥🔥", "2¢"),
    TrackNames(Kind.TRACK, "Final Song", "MØ"),
    TrackNames(Kind.EPISODE, "The Long Silence", "Tapes and Tea"),
]


@pytest.fixture
def shelf(db: Database) -> Database:
    """An archive with a few names, not indexed yet."""
    add(db, NAMES)
    return db


def add(db: Database, names: Iterable[TrackNames]) -> None:
    with db.write() as session:
        TrackIds().resolve(session, list(names))


def titles(db: Database, query: str) -> set[str]:
    found = search.matches(db, query).track_ids.tolist()
    with db.read() as session:
        return set(session.scalars(select(Track.title).where(Track.id.in_(found))))


def artists(db: Database, query: str) -> set[str]:
    found = search.matches(db, query).artist_ids.tolist()
    with db.read() as session:
        return set(session.scalars(select(Artist.name).where(Artist.id.in_(found))))


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("joga", "Jóga"),
        ("JÓGA", "Jóga"),
        ("Jo\u0301ga", "Jóga"),
        ("ｊｏｇａ", "Jóga"),
        ("bjork hyper", "Hyperballad"),
        ("hyperballad björ", "Hyperballad"),
        ("acdc back", "Back in Black"),
        ("ac/dc", "Back in Black"),
        ("ac dc", "Back in Black"),
        ("black back", "Back in Black"),
        ("dont stop", "Don't Stop"),
        ("don’t stop", "Don't Stop"),
        ("夜", "夜に駆ける"),
        ("る", "夜に駆ける"),
        ("に駆け", "夜に駆ける"),
        ("駆 夜", "夜に駆ける"),
        ("ждат", "Ждать"),
        ("لحبيب", "أنا لحبيبي"),
        ("انا", "أنا لحبيبي"),
        ("봄", "봄날"),
        ("보", "봄날"),
        ("ไม่เสีย", "กลัวว่าฉันจะไม่เสียใจ"),
        ("!!!", "Must Be the Moon"),
        ("÷", "÷"),
        ("🔥", "🔥🔥🔥"),
        ("mo final", "Final Song"),
        ("silence tapes", "The Long Silence"),
    ],
)
def test_a_name_is_found_as_a_person_types_it(shelf: Database, query: str, title: str) -> None:
    assert title in titles(shelf, query)


@pytest.mark.parametrize(
    "query",
    ["bjork black", "oga", "dont sto p", "駆夜", "حبيبي", "AND joga", "NOT joga", "zzz", "jogaa"],
)
def test_what_does_not_have_all_the_words_is_not_found(shelf: Database, query: str) -> None:
    assert titles(shelf, query) == set()


def test_only_the_last_word_may_be_unfinished(shelf: Database) -> None:
    assert titles(shelf, "hyper bjork") == set()
    assert titles(shelf, "bjork hyper") == {"Hyperballad"}


def test_artists_and_albums_are_found_by_their_own_names(shelf: Database) -> None:
    assert artists(shelf, "bjork") == {"Björk"}
    assert artists(shelf, "joga") == set()
    found = search.matches(shelf, "bjork")
    assert (len(found.artist_ids), len(found.album_ids), len(found.track_ids)) == (1, 2, 2)


@pytest.mark.parametrize(
    "query",
    ["", "   ", "\0", "\n\t", "\u200b", "\ud800", "-", "\"'*", "()", "a" * 10_000, "夜" * 10_000,
     "a " * 5_000, "a'b" * 50, "\\", "% _", ":*", "NEAR(", "words:joga", "^joga", "-joga",
     "🔥" * 99, "' OR 1=1 --", "\u0301", "a\0b"],
)  # fmt: skip
def test_no_query_is_an_error(shelf: Database, query: str) -> None:
    found = search.matches(shelf, query)
    assert not found.is_capped
    if not query.strip("\0\n\t \u200b\ud800\u0301"):
        assert len(found.track_ids) == 0


on_this_database = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_accents_capitals_and_wide_letters_make_no_difference() -> None:
    assert {search.fold(name) for name in ("Björk", "BJO\u0308RK", "ｂｊｏｒｋ", "Bjørk")} == {
        "bjork"
    }


@given(name=st.text(max_size=80))
def test_folding_twice_is_folding_once(name: str) -> None:
    assert search.fold(search.fold(name)) == search.fold(name)


@on_this_database
@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_every_name_is_found_by_itself(db: Database, name: str) -> None:
    add(db, [TrackNames(Kind.TRACK, name, None)])
    if search.parse(name):
        assert search.fold(name) in map(search.fold, titles(db, name))


@on_this_database
@given(query=st.text(max_size=60))
def test_any_text_can_be_asked_for(db: Database, query: str) -> None:
    search.matches(db, query)


def test_the_index_catches_up_in_bounded_steps(shelf: Database) -> None:
    with shelf.read() as session:
        things = len(session.scalars(select(Track.id)).all())
        things += len(session.scalars(select(Artist.id)).all()) + 5  # albums
    assert search.catch_up(shelf, 5) == 5
    assert search.catch_up(shelf, ALL) == things - 5
    assert search.catch_up(shelf, ALL) == 0


def test_what_comes_in_later_is_found_too_and_once(shelf: Database) -> None:
    search.catch_up(shelf, ALL)
    add(shelf, [*NAMES, TrackNames(Kind.TRACK, "Jóga (Live)", "Björk")])
    found = search.matches(shelf, "joga")
    assert len(found.track_ids) == len(set(found.track_ids.tolist())) == 2
    assert not found.is_behind


def test_while_an_import_runs_a_search_leaves_the_indexing_to_the_worker(
    shelf: Database, alice: Account
) -> None:
    with shelf.write() as session:
        session.add(
            Import(
                account_id=alice.id, id=1, file_name="a.zip", size_bytes=1, state="running",
                aim="keep", created_at=NOW,
            )
        )  # fmt: skip
    found = search.matches(shelf, "joga")
    assert found.is_behind
    assert len(found.track_ids) == 0
    search.catch_up(shelf, ALL)
    found = search.matches(shelf, "joga")
    assert not found.is_behind
    assert len(found.track_ids) == 1


def test_a_name_that_is_committed_late_is_not_missed(db: Database) -> None:
    """On PostgreSQL ids are taken in one order and committed in another."""
    if db.is_sqlite:
        add(db, [TrackNames(Kind.TRACK, "Slow", None)])
        search.catch_up(db, ALL)
    else:
        with db.write() as slow:
            TrackIds().resolve(slow, [TrackNames(Kind.TRACK, "Slow", None)])
            add(db, [TrackNames(Kind.TRACK, "Quick", None)])
            search.catch_up(db, ALL)
        search.catch_up(db, ALL)
        assert titles(db, "quick") == {"Quick"}
    assert titles(db, "slow") == {"Slow"}
