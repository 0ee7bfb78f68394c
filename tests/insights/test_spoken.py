"""Episodes apart from the music: how much, of which shows, and that no other figure holds them."""

from datetime import UTC, date, datetime, timedelta

from music_time_machine import insights, preferences
from music_time_machine.db import Database
from music_time_machine.insights.spoken import spoken
from music_time_machine.models import Account
from music_time_machine.period import Period
from music_time_machine.plays import Kind
from tests.insights.library import NOW, Song, hear

HOUR = 3_600_000
EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
NIGHT_FREIGHT = Song("Pilot", "Night Freight", None, "e1", Kind.EPISODE)
SECOND = Song("Second", "Night Freight", None, "e2", Kind.EPISODE)
CHAPTER = Song("Chapter One", "A Long Book", None, "c1", Kind.CHAPTER)
DAYS = (date(2026, 11, 16), date(2026, 11, 22))
BEFORE = (date(2026, 11, 9), date(2026, 11, 15))


def test_episodes_and_chapters_are_counted_by_show(db: Database, alice: Account) -> None:
    hear(
        db,
        alice,
        [
            NIGHT_FREIGHT.play(EVENING, HOUR),
            SECOND.play(EVENING + timedelta(hours=1), HOUR // 2),
            CHAPTER.play(EVENING + timedelta(hours=2), HOUR),
            NIGHT_FREIGHT.play(EVENING - timedelta(days=7), HOUR),
            Song("Copper Sky", id="1").play(EVENING),
        ],
    )
    found = spoken(db, insights.heard(db, alice), *DAYS, BEFORE)
    assert (found.plays.now, found.plays.before) == (3, 1)
    assert (found.hours.now, found.hours.before) == (2.5, 1)
    assert [(show.title, show.plays) for show in found.shows] == [
        ("Night Freight", 2),
        ("A Long Book", 1),
    ]


def test_without_any_there_is_nothing_to_compare(db: Database, alice: Account) -> None:
    found = spoken(db, insights.heard(db, alice), *DAYS, None)
    assert (found.plays.now, found.plays.before, found.shows) == (0, None, ())


def test_they_are_in_no_other_figure_until_their_person_says_so(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [NIGHT_FREIGHT.play(EVENING, HOUR), Song("Copper Sky", id="1").play(EVENING)])
    period = Period.parse("7d", NOW, alice.zone)
    apart = insights.overview(db, alice, period)
    assert (apart.totals.plays.now, apart.heard.spoken.plays.now) == (1, 1)
    assert "in no other figure here." in apart.heard.spoken.counts
    preferences.change(db, alice, {"episodes": "yes"})
    together = insights.overview(db, alice, period)
    assert (together.totals.plays.now, together.heard.spoken.plays.now) == (2, 1)
    assert together.totals.tracks.now == apart.totals.tracks.now == 1
    assert together.heard.tops.tracks == apart.heard.tops.tracks
