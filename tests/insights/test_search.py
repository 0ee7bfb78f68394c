"""What a search finds: only this person's, grouped, the most played first."""

from datetime import UTC, date, datetime, timedelta

import pytest

from music_time_machine import insights, preferences
from music_time_machine.db import Database
from music_time_machine.insights import SearchResult
from music_time_machine.models import Account
from music_time_machine.plays import Kind
from music_time_machine.preferences import Preferences
from tests.insights.library import Song, artist_id, hear, list_songs

MAY = datetime(2026, 5, 3, 20, tzinfo=UTC)
SKY = Song("Copper Sky", album="Copper Sky")
GLASS = Song("Copper Glass", artist="Nora Veil", album="Small Hours")
BAND = Song("Anything", artist="Copper Band", album=None)
EPISODE = Song("Copper, a history", artist="Metals", album=None, kind=Kind.EPISODE)
SINGLE = Song("Copper Sky", album="Copper Sky (Single)", id="single")
REMASTER = Song("Copper Sky - Remastered 2011", album="Best of", id="remaster")


def play(db: Database, account: Account, **times: int) -> None:
    named = {"sky": SKY, "glass": GLASS, "band": BAND, "episode": EPISODE}
    for song, count in times.items():
        hear(db, account, [named[song].play(MAY + timedelta(hours=n)) for n in range(count)])


def found(result: SearchResult) -> dict[str, list[tuple[str, int]]]:
    return {
        group.kind: [(line.title, line.plays) for line in group.lines] for group in result.groups
    }


def test_results_are_grouped_and_the_most_played_come_first(db: Database, alice: Account) -> None:
    play(db, alice, sky=1, glass=3, band=2, episode=1)
    assert found(insights.search(db, alice, "copper", 10)) == {
        "artists": [("Copper Band", 2)],
        "albums": [("Copper Sky", 1)],
        "tracks": [("Copper Glass", 3), ("Anything", 2), ("Copper Sky", 1)],
        "episodes": [("Copper, a history", 1)],
    }
    assert found(insights.search(db, alice, "metals", 10)) == {
        "shows": [("Metals", 1)],
        "episodes": [("Copper, a history", 1)],
    }


def test_of_many_the_first_are_shown_and_all_are_counted(db: Database, alice: Account) -> None:
    play(db, alice, sky=1, glass=3, band=2)
    result = insights.search(db, alice, "copper", 1)
    tracks = next(group for group in result.groups if group.kind == "tracks")
    assert (tracks.total, [line.title for line in tracks.lines]) == (3, ["Copper Glass"])
    assert result.total == 5


def test_plays_are_those_that_count_and_the_others_are_found_all_the_same(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [SKY.play(MAY), SKY.play(MAY + timedelta(1), ms=1_000)])
    hear(db, alice, [GLASS.play(MAY + timedelta(2), ms=1_000)])
    assert found(insights.search(db, alice, "copper", 10))["tracks"] == [
        ("Copper Sky", 1),
        ("Copper Glass", 0),
    ]


@pytest.mark.parametrize(
    ("is_one", "tracks"),
    [
        (True, [("Copper Sky - Remastered 2011", 5)]),
        (False, [("Copper Sky - Remastered 2011", 3), ("Copper Sky", 2)]),
    ],
)
def test_a_recording_is_found_once_or_under_each_id_as_chosen(
    db: Database, alice: Account, is_one: bool, tracks: list[tuple[str, int]]
) -> None:
    preferences.keep(db, alice, Preferences(is_one_recording=is_one))
    hear(db, alice, [SINGLE.play(MAY + timedelta(days=n)) for n in range(2)])
    hear(db, alice, [REMASTER.play(MAY + timedelta(days=30 + n)) for n in range(3)])
    assert found(insights.search(db, alice, "copper", 10))["tracks"] == tracks
    only = insights.search(db, alice, "remastered", 10)
    assert found(only)["tracks"] == [tracks[0]]


def test_what_only_a_snapshot_names_is_found(db: Database, alice: Account) -> None:
    play(db, alice, glass=1)
    list_songs(
        db, alice, date(2026, 10, 1), {"short_term": [SINGLE]}, {"short_term": ["Copper Kings"]}
    )
    assert found(insights.search(db, alice, "copper", 10)) == {
        "artists": [("Copper Kings", 0)],
        "albums": [("Copper Sky (Single)", 0)],
        "tracks": [("Copper Glass", 1), ("Copper Sky", 0)],
    }
    assert found(insights.search(db, alice, "mirelle", 10))["artists"] == [("Mirelle", 0)]


def test_nothing_of_bob_is_ever_found(db: Database, alice: Account, bob: Account) -> None:
    play(db, bob, sky=1, glass=1, band=1, episode=1)
    list_songs(
        db, bob, date(2026, 10, 1), {"short_term": [SINGLE]}, {"short_term": ["Copper Kings"]}
    )
    for query in ("copper", "mirelle", "metals", "kings", "small hours", "c"):
        assert insights.search(db, alice, query, 10).groups == ()
    play(db, alice, glass=1)
    assert found(insights.search(db, alice, "copper", 10)) == {"tracks": [("Copper Glass", 1)]}
    assert found(insights.search(db, bob, "copper kings", 10)) == {"artists": [("Copper Kings", 0)]}
    assert artist_id(db, "Copper Kings")


def test_a_query_of_nothing_is_told_from_one_that_finds_nothing(
    db: Database, alice: Account
) -> None:
    play(db, alice, sky=1)
    assert not insights.search(db, alice, " \0\t", 10).is_askable
    nothing = insights.search(db, alice, "?!", 10)
    assert (nothing.is_askable, nothing.groups, nothing.total) == (True, (), 0)
    assert len(insights.search(db, alice, "x" * 10_000, 10).query) == 200
    assert insights.search(db, alice, "a\0b", 10).query == "ab"
