"""Who these months sound like, and which earlier year they resemble."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from music_time_machine import columns
from music_time_machine.db import Database
from music_time_machine.insights.headline import Headline, headline
from music_time_machine.listens import TrackIds, record
from music_time_machine.models import Account
from music_time_machine.plays import Kind, Play, Source
from music_time_machine.web.words import friends_words

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def listen(
    db: Database, account: Account, artist: str | None, day: date, times: int, ms: int = 1000
) -> None:
    """Plays of one artist, a minute apart, from eight in the morning."""
    eight = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    plays = [
        Play(
            source=Source.EXTENDED_HISTORY, played_at=eight + timedelta(minutes=n), ms_played=ms,
            kind=Kind.TRACK, title=f"Song of {artist}", artist=artist,
        )
        for n in range(times)
    ]  # fmt: skip
    with db.write() as session:
        record(session, account, plays, TrackIds(), NOW)


def ask(db: Database, account: Account, today: date = TODAY) -> Headline | None:
    return headline(db, columns.load(db, account).music, today)


def years(db: Database, account: Account, mixes: Sequence[tuple[int, dict[str, int]]]) -> None:
    for year, mix in mixes:
        for month, (artist, times) in enumerate(mix.items(), start=1):
            listen(db, account, artist, date(year, month, 3), times)


def test_it_names_the_artist_played_most_in_90_days(db: Database, alice: Account) -> None:
    listen(db, alice, "Nora Veil", date(2026, 8, 25), 3)
    listen(db, alice, "Mirelle", date(2026, 8, 24), 9)  # a day too early
    listen(db, alice, "Tom Aske", date(2026, 11, 22), 2)
    found = ask(db, alice)
    assert found is not None
    assert (found.artist, found.plays, found.since) == ("Nora Veil", 3, date(2026, 8, 25))


def test_of_equally_played_artists_the_longer_heard_is_named(db: Database, alice: Account) -> None:
    listen(db, alice, "Nora Veil", date(2026, 11, 2), 2, ms=1000)
    listen(db, alice, "Mirelle", date(2026, 11, 3), 2, ms=1001)
    found = ask(db, alice)
    assert found is not None
    assert found.artist == "Mirelle"


def test_nothing_heard_lately_makes_no_headline(db: Database, alice: Account) -> None:
    assert ask(db, alice) is None
    listen(db, alice, "Mirelle", date(2026, 8, 24), 9)
    assert ask(db, alice) is None
    listen(db, alice, None, date(2026, 11, 20), 9)
    assert ask(db, alice) is None


def test_one_play_makes_a_headline_without_a_year(db: Database, alice: Account) -> None:
    listen(db, alice, "Mirelle", TODAY, 1)
    found = ask(db, alice)
    assert found is not None
    assert (found.artist, found.plays, found.year) == ("Mirelle", 1, None)


def test_it_names_the_year_whose_mix_of_artists_is_nearest(db: Database, alice: Account) -> None:
    years(
        db,
        alice,
        [
            (2022, {"Nora Veil": 60, "Mirelle": 30, "Tom Aske": 10}),
            (2023, {"Nora Veil": 20, "Mirelle": 20, "Harbour Lights": 60}),
            (2024, {"Harbour Lights": 300}),
            (2026, {"Mirelle": 500}),  # this year is no earlier year
        ],
    )
    listen(db, alice, "Nora Veil", date(2026, 11, 1), 40)
    listen(db, alice, "Mirelle", date(2026, 11, 2), 20)
    found = ask(db, alice)
    assert found is not None
    assert (found.artist, found.year) == ("Nora Veil", 2022)


def test_of_years_just_as_near_the_later_is_named(db: Database, alice: Account) -> None:
    years(db, alice, [(2021, {"Mirelle": 60}), (2022, {"Mirelle": 60})])
    listen(db, alice, "Mirelle", date(2026, 11, 2), 60)
    found = ask(db, alice)
    assert found is not None
    assert found.year == 2022


def test_a_year_that_the_90_days_reach_into_is_no_earlier_year(
    db: Database, alice: Account
) -> None:
    years(db, alice, [(2025, {"Mirelle": 60})])
    listen(db, alice, "Mirelle", date(2026, 1, 5), 60)
    found = ask(db, alice, today=date(2026, 1, 20))
    assert found is not None
    assert found.year is None


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"Harbour Lights": 200}, {"Nora Veil": 60}),  # nothing in common
        ({"Nora Veil": 49}, {"Nora Veil": 60}),  # too few plays then
        ({"Nora Veil": 200}, {"Nora Veil": 49}),  # too few plays now
        ({"Nora Veil": 9, "Harbour Lights": 100}, {"Nora Veil": 60}),  # hardly alike
    ],
    ids=["strangers", "few then", "few now", "faint"],
)
def test_no_year_is_named_when_none_is_near(
    db: Database, alice: Account, then: dict[str, int], now: dict[str, int]
) -> None:
    years(db, alice, [(2022, then)])
    for artist, times in now.items():
        listen(db, alice, artist, date(2026, 11, 2), times)
    found = ask(db, alice)
    assert found is not None
    assert found.year is None


def test_favourites_of_the_month_are_old_friends_or_newly_met(db: Database, alice: Account) -> None:
    listen(db, alice, "A year and a day", date(2025, 11, 21), 1)
    listen(db, alice, "A year", date(2025, 11, 22), 1)
    listen(db, alice, "A summer", date(2026, 8, 24), 1)
    listen(db, alice, "Ninety days", date(2026, 8, 25), 1)
    for artist in ("A year and a day", "A year", "A summer", "Ninety days", "This month"):
        listen(db, alice, artist, date(2026, 11, 20), 1)
    listen(db, alice, "Last month", date(2026, 10, 31), 50)
    found = ask(db, alice)
    assert found is not None
    assert found.month == date(2026, 11, 1)
    assert (found.favourites, found.old_friends, found.newly_met) == (5, 1, 2)


def test_only_the_ten_most_played_are_favourites(db: Database, alice: Account) -> None:
    for n in range(12):
        listen(db, alice, f"Artist {n}", date(2024, 1, 1), 1)
        listen(db, alice, f"Artist {n}", date(2026, 11, 2), 20 - n)
    listen(db, alice, "Newcomer", date(2026, 11, 3), 1)
    found = ask(db, alice)
    assert found is not None
    assert (found.favourites, found.old_friends, found.newly_met) == (10, 10, 0)


def test_a_month_that_has_only_begun_may_have_no_favourites(db: Database, alice: Account) -> None:
    listen(db, alice, "Mirelle", date(2026, 10, 31), 5)
    found = ask(db, alice, today=date(2026, 11, 1))
    assert found is not None
    assert (found.favourites, found.old_friends, found.newly_met) == (0, 0, 0)


@pytest.mark.parametrize(
    ("favourites", "old", "new", "sentence"),
    [
        (10, 8, 1, ("Eight of your ten most played artists this month are old friends, "
          "one is new since August, and one came in between.")),
        (10, 1, 4, ("One of your ten most played artists this month is an old friend, "
          "four are new since August, and five came in between.")),
        (10, 8, 2, ("Eight of your ten most played artists this month are old friends, "
          "the other two are new since August.")),
        (4, 3, 1, ("Three of your four most played artists this month are old friends, "
          "the other one is new since August.")),
        (10, 7, 0, ("Seven of your ten most played artists this month are old friends, "
          "the other three came later.")),
        (5, 0, 4, ("Four of your five most played artists this month are new since August, "
          "the other one came before.")),
        (10, 0, 10, "All ten of your most played artists this month are new since August."),
        (10, 10, 0, "All ten of your most played artists this month are old friends."),
        (2, 2, 0, "Both of your most played artists this month are old friends."),
        (1, 1, 0, "Your most played artist this month is an old friend."),
        (1, 0, 1, "Your most played artist this month is new since August."),
        (3, 0, 0, "12 plays of Mirelle in the last 90 days."),
        (0, 0, 0, "12 plays of Mirelle in the last 90 days."),
    ],
)  # fmt: skip
def test_the_sentence_leaves_none_of_the_favourites_out(
    favourites: int, old: int, new: int, sentence: str
) -> None:
    since, month = date(2026, 8, 25), date(2026, 11, 1)
    head = Headline("Mirelle", None, 12, since, None, month, favourites, old, new)
    assert friends_words(head) == sentence
