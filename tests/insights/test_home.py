"""Everything the home page shows, against the same history gone through by hand."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine import insights
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights import ConstantArtist, Turnover
from music_time_machine.insights.home import Constancy
from music_time_machine.models import Account
from music_time_machine.plays import Kind
from tests.columns.histories import ZONES, Heard, histories, keep, new_account
from tests.insights.library import artist_id
from tests.insights.shelf import take

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
SEP, OCT, NOV = date(2026, 9, 22), date(2026, 10, 22), date(2026, 11, 22)
YEARS = histories(datetime(2022, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
EPISODE = 4

on_this_database = settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def month(day: date) -> str:
    return day.strftime("%b %y")


@on_this_database
@given(history=YEARS, name=st.sampled_from(ZONES))
def test_the_figures_are_those_counted_one_by_one(
    db: Database, settings: Settings, history: list[Heard], name: str
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, history)
    home = insights.home(db, account, NOW)
    music = sorted(
        {h for h in history if h.kind is Kind.TRACK and h.counts}, key=lambda heard: heard.at
    )
    first: dict[str, date] = {}
    for heard in music:
        first.setdefault(heard.title, heard.day(account.zone))
    assert home.is_empty == (not history)
    assert (home.source, home.plays, home.tracks) == ("plays", len(music), len(first))
    assert home.since == (music[0].day(account.zone) if music else None)
    new = Counter(month(day) for day in first.values())
    today = NOW.astimezone(account.zone).date()
    assert home.new_this_month == new[month(today)]
    chart = home.discoveries
    assert list(chart.values) == [new[label] for label in chart.labels]
    assert chart.labels[-1] == month(today)
    assert len(chart.labels) <= 36
    oldest = min(first.values(), default=today)
    if oldest > date(2024, 1, 1):
        assert chart.labels[0] == month(oldest)
        assert sum(value or 0 for value in chart.values) == home.tracks
    assert len(home.growth) == len(chart.labels)
    assert home.growth[-1] == home.tracks
    newest = sorted((heard.at for heard in set(history)), reverse=True)
    assert [play.played_at for play in home.latest] == newest[:6]


def test_an_empty_archive_says_so(db: Database, alice: Account) -> None:
    home = insights.home(db, alice, NOW)
    assert home.is_empty
    assert (home.source, home.plays, home.tracks, home.new_this_month) == ("plays", 0, 0, 0)
    assert (home.since, home.turnover, home.constant, home.headline) == (None, None, None, None)
    assert (home.growth, home.turnovers, home.latest) == ((0,), (), ())
    assert home.discoveries.is_empty
    assert home.discoveries.labels == ("Nov 26",)


def test_one_play_is_an_archive(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    home = insights.home(db, alice, NOW)
    assert not home.is_empty
    assert (home.plays, home.tracks, home.new_this_month) == (1, 1, 1)
    assert home.since == date(2026, 11, 20)
    assert home.discoveries.values == (1,)
    assert home.headline is not None
    assert home.headline.artist == "Artist 1"


def test_the_first_months_of_an_archive_are_never_highlighted(db: Database, alice: Account) -> None:
    new = {1: [1, 2, 3, 6], 4: [7], 8: [8, 10], 10: [11]}
    for month_, tracks in new.items():
        at = datetime(2026, month_, 5, tzinfo=UTC)
        keep(db, alice, [Heard(at + timedelta(minutes=n), track=n) for n in tracks])
    chart = insights.home(db, alice, NOW).discoveries
    assert chart.values == (4, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0)
    assert [chart.labels[at] for at in chart.highlights] == ["Aug 26", "Oct 26"]


def test_without_plays_the_tracks_are_those_that_snapshots_list(
    db: Database, alice: Account
) -> None:
    take(db, alice, SEP, {"short_term": ["Copper Sky"], "long_term": ["Glass Orchard"]})
    take(db, alice, NOV, ["Copper Sky", "Slow Static"], ["Mirelle"])
    home = insights.home(db, alice, NOW)
    assert not home.is_empty
    assert (home.source, home.plays, home.tracks) == ("snapshots", 0, 3)
    assert (home.since, home.new_this_month) == (SEP, 1)
    assert home.discoveries.labels == ("Sep 26", "Oct 26", "Nov 26")
    assert home.discoveries.values == (2, None, 1)
    assert home.growth == (2, 2, 3)


def test_growth_by_snapshots_starts_with_what_was_listed_before(
    db: Database, alice: Account
) -> None:
    take(db, alice, date(2020, 1, 1), ["Copper Sky", "Glass Orchard"])
    take(db, alice, OCT, ["Copper Sky", "Slow Static"])
    home = insights.home(db, alice, NOW)
    assert len(home.growth) == 36
    assert (home.growth[0], home.growth[-2], home.growth[-1]) == (2, 3, 3)


def test_plays_come_before_snapshots_as_a_source(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    take(db, alice, NOV, ["Copper Sky", "Slow Static"])
    home = insights.home(db, alice, NOW)
    assert (home.source, home.tracks) == ("plays", 1)


def test_podcasts_alone_are_no_music_but_an_archive(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING, track=EPISODE)])
    home = insights.home(db, alice, NOW)
    assert not home.is_empty
    assert (home.plays, home.tracks, home.since) == (0, 0, None)
    assert len(home.latest) == 1
    assert home.headline is None


def test_the_latest_snapshot_is_compared_with_the_one_before(db: Database, alice: Account) -> None:
    take(db, alice, SEP, ["Copper Sky", "Slow Static"], ["Mirelle", "Nora Veil"])
    take(db, alice, OCT, ["Copper Sky", "Slow Static"], ["Nora Veil"])
    take(db, alice, NOV, ["Copper Sky", "Glass Orchard"], ["Tom Aske"])
    home = insights.home(db, alice, NOW)
    assert home.turnover == Turnover(1, 2, NOV, OCT)
    assert home.turnovers == (0, 50)
    nora = artist_id(db, "Nora Veil")
    assert home.constant == Constancy(
        ConstantArtist(nora, "Nora Veil", "https://example.test/9", 2, 3), 0, (2, 1, None)
    )
    assert home.constant.heights == (1, 2, 0)


def test_of_equally_constant_artists_the_best_placed_is_named_and_the_others_are_counted(
    db: Database, alice: Account
) -> None:
    take(db, alice, SEP, [], ["Mirelle", "Nora Veil", "Tom Aske"])
    take(db, alice, OCT, [], {"long_term": ["Tom Aske"]})
    take(db, alice, NOV, [], ["Nora Veil", "Ines Marrow", "Tom Aske", "Mirelle"])
    constant = insights.home(db, alice, NOW).constant
    assert constant is not None
    assert (constant.artist.name, constant.artist.count, constant.others) == ("Nora Veil", 2, 2)
    assert constant.places == (2, 1)  # October's snapshot has no four-week list


def test_the_line_of_the_most_constant_artist_has_the_latest_lists_only(
    db: Database, alice: Account
) -> None:
    for day in range(1, 29):
        ahead = ["Mirelle", "Tom Aske"][: day % 3]
        take(db, alice, date(2026, 10, day), [], [*ahead, "Nora Veil"])
    constant = insights.home(db, alice, NOW).constant
    assert constant is not None
    assert constant.artist.name == "Nora Veil"
    assert constant.places == tuple(1 + day % 3 for day in range(5, 29))
    assert constant.heights[:3] == (1, 3, 2)


def test_this_month_is_that_of_the_accounts_own_clock(db: Database, alice: Account) -> None:
    # In Kiritimati it is December already.
    midday = datetime(2026, 11, 30, 12, tzinfo=UTC)
    keep(db, alice, [Heard(midday - timedelta(days=1), 1), Heard(midday - timedelta(hours=1), 2)])
    assert insights.home(db, alice, midday).new_this_month == 2
    islander = replace(alice, zone=ZoneInfo("Pacific/Kiritimati"))
    home = insights.home(db, islander, midday)
    assert home.new_this_month == 1
    assert home.discoveries.labels == ("Nov 26", "Dec 26")


def test_a_clock_that_runs_behind_is_no_trouble(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    take(db, alice, NOV, ["Copper Sky"], ["Mirelle"])
    home = insights.home(db, alice, datetime(2001, 1, 1, tzinfo=UTC))
    assert (home.plays, home.discoveries.labels) == (1, ("Jan 01",))


def test_nothing_of_bob_is_on_alices_page(db: Database, alice: Account, bob: Account) -> None:
    empty = insights.home(db, alice, NOW)
    keep(db, bob, [Heard(EVENING)])
    take(db, bob, OCT, ["Copper Sky"], ["Mirelle"])
    take(db, bob, NOV, ["Copper Sky"], ["Mirelle"])
    assert insights.home(db, alice, NOW) == empty
