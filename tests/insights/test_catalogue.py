"""The pages of an artist, an album and a track, against the same plays gone through by hand."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine import insights, preferences
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.errors import NotFound
from music_time_machine.insights import history
from music_time_machine.models import Account
from music_time_machine.plays import Kind, Source
from music_time_machine.preferences import Preferences, Rule
from tests.columns.histories import moments, new_account
from tests.insights.library import (
    NOW,
    Song,
    album_id,
    artist_id,
    hear,
    list_songs,
    told_by,
    track_id,
)

SHELF = [
    Song("Copper Sky"),
    Song("Slow Static"),
    Song("Glass Orchard", album="Small Hours"),
    Song("Paper Lanterns", artist="Nora Veil", album="Small Hours"),
    Song("A B-side", album=None),
    Song("Nobody's", artist=None, album=None),
    Song("Tapes, part 1", artist="Tapes and Tea", album=None, kind=Kind.EPISODE),
]
COPPER, STATIC, ORCHARD, LANTERNS, B_SIDE, NOBODYS, EPISODE = SHELF
MAY = datetime(2026, 5, 3, 20, tzinfo=UTC)

on_this_database = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def month(day: date) -> str:
    return day.strftime("%b %y")


@on_this_database
@given(
    plays=st.lists(
        st.tuples(
            st.sampled_from(SHELF),
            moments(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
            st.sampled_from([0, 29_999, 30_000, 200_000]),
        ),
        min_size=1,
        max_size=30,
        unique_by=lambda play: play[:2],  # rows that are the same are one play
    ),
    least=st.sampled_from([0, 30]),
)
def test_the_figures_are_those_counted_one_by_one(
    db: Database, settings: Settings, plays: list[tuple[Song, datetime, int]], least: int
) -> None:
    account = new_account(db, settings)
    preferences.keep(db, account, Preferences(rule=Rule(least_seconds=least)))
    hear(db, account, [song.play(at, ms) for song, at, ms in plays])
    for song in {song for song, _, _ in plays}:
        own = [(at, ms) for one, at, ms in plays if one == song]
        counted = [(at, ms) for at, ms in own if ms >= least * 1000]
        page = insights.track(db, account, track_id(db, song), NOW)
        days = sorted(at.astimezone(account.zone).date() for at, _ in counted)
        assert (page.history.plays, page.history.ms) == (len(counted), sum(ms for _, ms in counted))
        assert (page.history.first, page.history.last) == (
            (days[0], days[-1]) if days else (None, None)
        )
        by_month = Counter(map(month, days))
        chart = page.history.by_month
        assert [value or 0 for value in chart.values] == [by_month[label] for label in chart.labels]
        assert sum(value or 0 for value in chart.values) == len(counted)
        assert [(one.words, one.plays) for one in page.history.tellers] == [
            ("Spotify export", len(own))
        ]
    for name in {song.artist for song, _, _ in plays if song.artist}:
        counts = Counter(
            song.title for song, _, ms in plays if song.artist == name and ms >= least * 1000
        )
        page_ = insights.artist(db, account, artist_id(db, name), NOW)
        assert page_.history.plays == counts.total()
        assert page_.tracks == len(counts)
        if counts:
            assert {line.title: line.plays for line in page_.top_tracks} == counts
            assert sum(value or 0 for value in page_.discoveries.values) == len(counts)
        most = [line.plays for line in page_.top_tracks]
        assert most == sorted(most, reverse=True)


def test_an_artist_has_albums_and_discoveries(db: Database, alice: Account) -> None:
    days = [(COPPER, 0), (COPPER, 1), (STATIC, 40), (ORCHARD, 41), (B_SIDE, 42)]
    hear(db, alice, [song.play(MAY + timedelta(days=n)) for song, n in days])
    page = insights.artist(db, alice, artist_id(db, "Mirelle"), NOW)
    assert [(line.title, line.plays) for line in page.top_albums] == [
        ("Copper Sky", 3),
        ("Small Hours", 1),
    ]
    assert (page.tracks, page.albums, page.is_spoken) == (4, 2, False)
    found = dict(zip(page.discoveries.labels, page.discoveries.values, strict=True))
    assert (found["May 26"], found["Jun 26"], found["Jul 26"]) == (1, 3, 0)


def test_an_album_is_its_own_tracks_alone(db: Database, alice: Account) -> None:
    hear(db, alice, [song.play(MAY + timedelta(days=n)) for n, song in enumerate(SHELF)])
    hear(db, alice, [STATIC.play(MAY + timedelta(days=60))])
    page = insights.album(db, alice, album_id(db, "Copper Sky"), NOW)
    assert [(line.title, line.plays) for line in page.lines] == [
        ("Slow Static", 2),
        ("Copper Sky", 1),
    ]
    assert (page.name, page.artist, page.history.plays) == ("Copper Sky", "Mirelle", 3)


def test_an_episode_and_its_show_have_pages_too(db: Database, alice: Account) -> None:
    chapter = Song("Chapter 1", artist="The Long Book", album=None, kind=Kind.CHAPTER)
    hear(db, alice, [EPISODE.play(MAY), chapter.play(MAY + timedelta(days=1))])
    page = insights.track(db, alice, track_id(db, EPISODE), NOW)
    assert (page.kind, page.artist, page.album, page.history.plays) == (
        Kind.EPISODE,
        "Tapes and Tea",
        None,
        1,
    )
    assert page.history.counts == "Counts plays of at least 30 seconds; none is left out."
    show = insights.artist(db, alice, artist_id(db, "Tapes and Tea"), NOW)
    assert (show.is_spoken, show.history.plays, show.top_albums) == (True, 1, ())
    assert insights.track(db, alice, track_id(db, chapter), NOW).kind is Kind.CHAPTER


def test_a_play_too_short_to_count_still_has_its_page_and_is_named(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [COPPER.play(MAY, ms=5_000)])
    page = insights.artist(db, alice, artist_id(db, "Mirelle"), NOW)
    assert (page.history.plays, page.history.first) == (0, None)
    assert "1 shorter one" in page.history.counts
    assert [(line.title, line.plays) for line in page.top_tracks] == [("Copper Sky", 0)]
    assert page.history.by_month.is_empty
    assert insights.album(db, alice, album_id(db, "Copper Sky"), NOW).lines[0].plays == 0


def test_a_source_that_told_of_plays_already_known_is_named_beside_them(
    db: Database, alice: Account
) -> None:
    plays = [COPPER.play(MAY + timedelta(days=n)) for n in range(3)]
    hear(db, alice, plays)
    hear(db, alice, [told_by(Source.MALOJA, play) for play in plays[:2]])
    hear(db, alice, [told_by(Source.LISTENBRAINZ, STATIC.play(MAY + timedelta(days=9)))])
    page = insights.artist(db, alice, artist_id(db, "Mirelle"), NOW)
    assert [(one.words, one.plays, one.also) for one in page.history.tellers] == [
        ("Spotify export", 3, 0),
        ("ListenBrainz", 1, 0),
        ("Maloja", 0, 2),
    ]
    assert page.history.plays == 4


def test_every_source_has_its_words() -> None:
    assert set(history.SOURCE_WORDS) == set(Source)


SINGLE = Song("Copper Sky", album="Copper Sky (Single)", id="single")
REMASTER = Song("Copper Sky - Remastered 2011", album="Best of", id="remaster")


def test_the_ids_of_a_recording_are_seen_as_one(db: Database, alice: Account) -> None:
    hear(db, alice, [SINGLE.play(MAY + timedelta(days=n)) for n in range(2)])
    hear(db, alice, [REMASTER.play(MAY + timedelta(days=30 + n)) for n in range(3)])
    page = insights.track(db, alice, track_id(db, SINGLE), NOW)
    assert (page.title, page.history.plays, page.is_one_recording) == ("Copper Sky", 5, True)
    assert [(line.title, line.beside, line.plays) for line in page.editions] == [
        ("Copper Sky - Remastered 2011", "Best of", 3),
        ("Copper Sky", "Copper Sky (Single)", 2),
    ]
    artist = insights.artist(db, alice, artist_id(db, "Mirelle"), NOW)
    assert artist.tracks == 1
    assert [(line.title, line.plays) for line in artist.top_tracks] == [
        ("Copper Sky - Remastered 2011", 5)
    ]
    assert sum(value or 0 for value in artist.discoveries.values) == 1


def test_or_apart_when_that_is_chosen(db: Database, alice: Account) -> None:
    preferences.keep(db, alice, replace(preferences.find(db, alice), is_one_recording=False))
    hear(db, alice, [SINGLE.play(MAY + timedelta(days=n)) for n in range(2)])
    hear(db, alice, [REMASTER.play(MAY + timedelta(days=30 + n)) for n in range(3)])
    page = insights.track(db, alice, track_id(db, SINGLE), NOW)
    assert (page.history.plays, len(page.editions), page.is_one_recording) == (2, 2, False)
    assert insights.artist(db, alice, artist_id(db, "Mirelle"), NOW).tracks == 2


def test_places_in_the_lists_have_holes_where_a_track_is_not_listed(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [SINGLE.play(MAY)])
    other = Song("Slow Static", id="static")
    list_songs(db, alice, date(2026, 10, 1), {"short_term": [other, SINGLE]}, {})
    list_songs(db, alice, date(2026, 10, 2), {"short_term": [other]}, {})
    list_songs(db, alice, date(2026, 10, 4), {"short_term": [SINGLE], "long_term": [SINGLE]}, {})
    page = insights.track(db, alice, track_id(db, SINGLE), NOW)
    short, long = page.ranks
    assert (short.key, short.best, long.key) == ("short_term", 1, "long_term")
    assert short.chart.is_rank
    assert short.chart.labels == ("1 Oct", "2 Oct", "4 Oct")
    assert short.chart.values == (2, None, 1)
    assert short.chart.contexts == ("", "not listed", "")
    assert long.chart.values == (None, None, 1)


def test_the_places_of_years_are_the_best_of_each_month(db: Database, alice: Account) -> None:
    for day, ranked in (
        (date(2026, 6, 1), ["Mirelle"]),
        (date(2026, 8, 1), ["Nora Veil", "Mirelle"]),
        (date(2026, 8, 9), ["Tom Aske", "Nora Veil", "Mirelle"]),
        (date(2026, 8, 20), ["Nora Veil"]),
        (date(2026, 10, 1), ["Nora Veil"]),
    ):
        list_songs(db, alice, day, {}, {"medium_term": ranked})
    (chart,) = insights.artist(db, alice, artist_id(db, "Mirelle"), NOW).ranks
    assert chart.chart.labels == ("Jun 26", "Jul 26", "Aug 26", "Sep 26", "Oct 26")
    assert chart.chart.values == (1, None, 2, None, None)
    assert chart.chart.contexts == (
        "",
        "no snapshot",
        "the best; listed in 2 of 3 snapshots",
        "no snapshot",
        "not listed",
    )


def test_what_only_a_snapshot_names_has_its_pages(db: Database, alice: Account) -> None:
    list_songs(db, alice, date(2026, 10, 1), {"short_term": [SINGLE]}, {})
    assert insights.track(db, alice, track_id(db, SINGLE), NOW).history.plays == 0
    artist = insights.artist(db, alice, artist_id(db, "Mirelle"), NOW)
    assert [line.title for line in artist.top_tracks] == ["Copper Sky"]
    album = insights.album(db, alice, album_id(db, "Copper Sky (Single)"), NOW)
    assert [line.title for line in album.lines] == ["Copper Sky"]
    assert album.ranks[0].best == 1


@pytest.mark.parametrize("ask", [insights.artist, insights.album, insights.track])
def test_what_nobody_knows_is_not_found(db: Database, alice: Account, ask: object) -> None:
    assert callable(ask)
    for number in (0, 1, 2**31 - 1):
        with pytest.raises(NotFound):
            ask(db, alice, number, NOW)


def test_what_only_bob_has_is_not_found_by_alice(
    db: Database, alice: Account, bob: Account
) -> None:
    hear(db, alice, [COPPER.play(MAY)])
    hear(db, bob, [LANTERNS.play(MAY), SINGLE.play(MAY), EPISODE.play(MAY)])
    list_songs(db, bob, date(2026, 10, 1), {"short_term": [REMASTER]}, {"short_term": ["Tom Aske"]})
    for name in ("Nora Veil", "Tapes and Tea", "Tom Aske"):
        with pytest.raises(NotFound):
            insights.artist(db, alice, artist_id(db, name), NOW)
    for name in ("Small Hours", "Copper Sky (Single)", "Best of"):
        with pytest.raises(NotFound):
            insights.album(db, alice, album_id(db, name), NOW)
    for song in (LANTERNS, SINGLE, REMASTER, EPISODE):
        with pytest.raises(NotFound):
            insights.track(db, alice, track_id(db, song), NOW)


def test_nothing_of_bob_is_on_alices_pages(db: Database, alice: Account, bob: Account) -> None:
    hear(db, alice, [SINGLE.play(MAY), told_by(Source.MALOJA, STATIC.play(MAY))])
    list_songs(db, alice, date(2026, 9, 1), {"short_term": [SINGLE]}, {})
    where = track_id(db, SINGLE), artist_id(db, "Mirelle"), album_id(db, "Copper Sky (Single)")

    def pages() -> list[object]:
        asked = zip((insights.track, insights.artist, insights.album), where, strict=True)
        return [ask(db, alice, number, NOW) for ask, number in asked]

    before = pages()
    hear(db, bob, [SINGLE.play(MAY + timedelta(days=1)), REMASTER.play(MAY + timedelta(days=2))])
    hear(db, bob, [told_by(Source.MALOJA, SINGLE.play(MAY + timedelta(days=1)))])
    list_songs(
        db, bob, date(2026, 10, 1), {"short_term": [REMASTER, SINGLE]}, {"short_term": ["Mirelle"]}
    )
    assert pages() == before
