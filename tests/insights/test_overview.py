"""Everything the analytics page shows, against the same archive gone through by hand."""

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine import insights
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights import ChartData
from music_time_machine.insights.charts import Keys
from music_time_machine.models import Account
from music_time_machine.period import CHOICES, Period
from music_time_machine.plays import Kind
from tests.columns.histories import ZONES, Heard, histories, keep, new_account
from tests.insights.shelf import take
from tests.insights.test_toplists import describe

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
SEP, OCT, NOV = date(2026, 9, 22), date(2026, 10, 22), date(2026, 11, 22)
YEARS = histories(datetime(2022, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
EPISODE = 4

on_this_database = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def ask(db: Database, account: Account, text: str) -> insights.Overview:
    return insights.overview(db, account, Period.parse(text, NOW, account.zone))


def charts(view: insights.Overview) -> list[ChartData]:
    listed, heard = view.listed, view.heard
    return [
        *(listed.new_tracks, listed.artists, listed.constant_artists, listed.turnover),
        *(listed.taste_shift.chart, listed.release_years, heard.plays, heard.hours),
        *(heard.discoveries, heard.new_and_known.chart, heard.diversity, heard.hours_of_day),
        *(heard.weekdays, heard.skipping.chart, heard.devices, heard.origins),
    ]


@pytest.mark.parametrize("text", sorted(CHOICES))
@on_this_database
@given(history=YEARS, name=st.sampled_from(ZONES))
def test_totals_are_those_of_the_period_and_the_bars_add_up_to_them(
    db: Database, settings: Settings, text: str, history: list[Heard], name: str
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, history)
    view = ask(db, account, text)
    music = [
        heard
        for heard in {heard for heard in history if heard.kind is Kind.TRACK and heard.counts}
        if view.start <= heard.day(account.zone) <= view.end
    ]
    hours = sum(heard.ms or 0 for heard in music) / 3_600_000
    assert view.totals.plays.now == len(music)
    assert view.totals.hours.now == pytest.approx(hours)
    assert view.totals.days.now == len({heard.day(account.zone) for heard in music})
    for chart in (view.heard.plays, view.heard.hours_of_day, view.heard.weekdays):
        assert sum(value or 0 for value in chart.values) == len(music)
    assert sum(sum(filter(None, row)) for row in view.heard.week.values) == len(music)
    assert sum(value or 0 for value in view.heard.hours.values) == pytest.approx(hours, abs=1)
    if text == "all" and history:
        assert view.start == min(heard.day(account.zone) for heard in history)
        assert len(music) == len({h for h in history if h.kind is Kind.TRACK and h.counts})


@pytest.mark.parametrize("text", sorted(CHOICES))
def test_an_empty_archive_has_charts_without_anything(
    db: Database, alice: Account, text: str
) -> None:
    view = ask(db, alice, text)
    assert view.is_empty
    assert (view.totals.plays.now, view.totals.hours.now, view.snapshots) == (0, 0, 0)
    assert all(chart.is_empty for chart in charts(view))
    assert set(view.heard.plays.values) <= {None}


def test_all_of_nothing_is_today(db: Database, alice: Account) -> None:
    view = ask(db, alice, "all")
    assert (view.start, view.end, view.before) == (NOV, NOV, None)
    assert view.heard.plays.labels == ("22 Nov",)


def test_all_starts_with_the_first_thing_in_the_archive(db: Database, alice: Account) -> None:
    take(db, alice, SEP, ["Copper Sky"])
    assert ask(db, alice, "all").start == SEP
    keep(db, alice, [Heard(datetime(2026, 9, 3, tzinfo=UTC), track=EPISODE)])
    view = ask(db, alice, "all")
    assert view.start == date(2026, 9, 3)
    assert view.listed.new_tracks.labels == ("Sep 26", "Oct 26", "Nov 26")
    assert (view.unit, view.heard.plays.labels[0]) == ("week", "3 Sep")


def test_one_of_each_kind_of_chart_in_months(db: Database, alice: Account) -> None:
    take(db, alice, date(2026, 8, 1), {"long_term": ["Copper Sky"]}, {"medium_term": ["Nora Veil"]})
    take(db, alice, SEP, ["Copper Sky", "Slow Static"], ["Mirelle", "Nora Veil"])
    take(db, alice, NOV, ["Glass Orchard"], ["Mirelle"])
    keep(db, alice, [Heard(datetime(2026, 10, 3, n, tzinfo=UTC), track=n) for n in range(4)])
    view = ask(db, alice, "3m")
    assert (view.start, view.end, view.snapshots) == (date(2026, 9, 1), NOV, 2)
    months = ("Sep 26", "Oct 26", "Nov 26")
    keys = Keys("month", ("2026-09", "2026-10", "2026-11"))
    assert view.listed.new_tracks == ChartData(
        "line", months, (1, None, 1), "new tracks", "New tracks", now=2, keys=keys
    )
    assert view.listed.artists == ChartData(
        "bar", months, (2, None, 1), "artists", "Artists", now=2, keys=keys
    )
    assert view.listed.constant_artists.labels == ("Mirelle", "Nora Veil")
    assert view.listed.constant_artists.values == (2, 1)
    assert view.listed.constant_artists.contexts == ("in 2 of 2 snapshots", "in 1 of 2 snapshots")
    assert (view.unit, view.heard.plays.labels[:2]) == ("week", ("1 Sep", "7 Sep"))
    played = [value for value in view.heard.plays.values if value is not None]
    assert played == [4, 0, 0, 0, 0, 0, 0, 0]
    assert not view.is_empty


def test_short_ranges_are_drawn_day_by_day(db: Database, alice: Account) -> None:
    take(db, alice, date(2026, 11, 19), ["Copper Sky"], ["Mirelle"])
    keep(db, alice, [Heard(EVENING), Heard(EVENING + timedelta(minutes=3))])
    view = ask(db, alice, "7d")
    drawn = (view.listed.new_tracks, view.listed.artists, view.heard.plays)
    assert all(len(chart.labels) == 7 for chart in drawn)
    assert dict(zip(view.listed.new_tracks.labels, view.listed.new_tracks.values, strict=True)) == {
        "16 Nov": None, "17 Nov": None, "18 Nov": None, "19 Nov": 1, "20 Nov": None,
        "21 Nov": None, "22 Nov": None,
    }  # fmt: skip
    assert view.heard.plays.values == (None, None, None, None, 2, None, None)
    assert len(ask(db, alice, "30d").heard.plays.labels) == 30


def test_only_the_ten_most_constant_artists_are_shown(db: Database, alice: Account) -> None:
    take(db, alice, NOV, artists=[f"Artist {n}" for n in range(30)])
    assert len(ask(db, alice, "12m").listed.constant_artists.labels) == 10


def test_snapshots_before_the_period_make_a_track_known(db: Database, alice: Account) -> None:
    take(db, alice, date(2024, 1, 1), ["Copper Sky"])
    take(db, alice, NOV, ["Copper Sky", "Slow Static"])
    assert ask(db, alice, "3m").listed.new_tracks.values == (None, None, 1)


def test_every_chart_says_what_counts_and_from_which_source(db: Database, alice: Account) -> None:
    berliner = replace(alice, zone=ZoneInfo("Europe/Berlin"))
    assert ask(db, berliner, "12m").counts == (
        "Counts plays of music of at least 30 seconds; none is left out. "
        "From everything you brought here and Spotify's API, in Europe/Berlin time."
    )
    by_month, by_day = ask(db, berliner, "12m").listed, ask(db, berliner, "7d").listed
    for sentence in (
        by_month.new_tracks_counts,
        by_month.artists_counts,
        by_month.constant_artists_counts,
    ):
        assert "Spotify's top lists" in sentence
        assert sentence.endswith(".")
    assert "month" in by_month.new_tracks_counts
    assert "month" not in by_day.new_tracks_counts
    assert "day" in by_day.artists_counts


def test_a_period_says_what_was_left_out_of_it_alone(db: Database, alice: Account) -> None:
    long_ago = EVENING - timedelta(days=500)
    keep(db, alice, [Heard(EVENING, ms=5), Heard(long_ago, ms=5), Heard(long_ago, 2, ms=5)])
    assert "; 1 shorter one " in ask(db, alice, "12m").counts
    assert "; 3 shorter ones " in ask(db, alice, "all").counts
    assert not ask(db, alice, "7d").is_empty


def test_explicit_tracks_are_drawn_beside_those_that_are_not_and_those_nobody_tells_of(
    db: Database, alice: Account
) -> None:
    assert ask(db, alice, "12m").listed.explicit_tracks.is_empty
    take(db, alice, NOV, ["A", "B", "C", "D"])
    describe(db, {"A": (None, True), "B": (None, False), "C": (None, False), "D": (None, None)})
    chart = ask(db, alice, "12m").listed.explicit_tracks
    assert chart.labels == ("Explicit", "Not explicit", "Not told")
    assert (chart.values, chart.highlights) == ((1, 2, 1), (0,))


def test_a_chart_can_be_sent_as_json(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    take(db, alice, NOV, ["Copper Sky"], ["Mirelle"])
    for chart in charts(ask(db, alice, "12m")):
        assert set(json.loads(json.dumps(asdict(chart)))) == {
            "kind", "labels", "values", "unit", "series", "highlights", "now", "contexts",
            "is_rank", "keys",
        }  # fmt: skip


def test_nothing_of_bob_is_in_alices_charts(db: Database, alice: Account, bob: Account) -> None:
    empty = ask(db, alice, "12m")
    keep(db, bob, [Heard(EVENING)])
    take(db, bob, NOV, ["Copper Sky"], ["Mirelle"])
    assert ask(db, alice, "12m") == empty


def test_a_period_is_held_against_as_many_days_before_it(db: Database, alice: Account) -> None:
    last_week, later = EVENING - timedelta(days=7), timedelta(minutes=5)
    keep(db, alice, [Heard(EVENING), Heard(EVENING + later), Heard(EVENING, 2)])
    keep(db, alice, [Heard(last_week), Heard(last_week + later), Heard(last_week, 3)])
    assert ask(db, alice, "7d").before is None  # the archive begins within those days
    keep(db, alice, [Heard(EVENING - timedelta(days=30))])
    view = ask(db, alice, "7d")
    assert view.before == (date(2026, 11, 9), date(2026, 11, 15))
    assert (view.totals.plays.now, view.totals.plays.before) == (3, 3)
    assert (view.totals.days.now, view.totals.days.before) == (1, 1)
    assert view.totals.plays.words == "as before"
    assert [top.movement for top in view.heard.tops.tracks] == ["same", "new"]


def test_any_two_dates_are_a_period(db: Database, alice: Account) -> None:
    days = (0, 40, 70)
    keep(db, alice, [Heard(EVENING - timedelta(days=ago)) for ago in days])
    period = Period.parse(None, NOW, alice.zone, ("2026-10-01", "2026-10-31"))
    view = insights.overview(db, alice, period)
    assert (view.period.key, view.start, view.end) == (
        "custom",
        date(2026, 10, 1),
        date(2026, 10, 31),
    )
    assert view.totals.plays.now == 1
    assert len(view.heard.plays.labels) == 31


def test_dates_of_long_ago_begin_with_the_archive(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    period = Period.parse(None, NOW, alice.zone, ("2000-01-01", "2026-11-21"))
    view = insights.overview(db, alice, period)
    assert (view.start, view.end, view.begins) == (EVENING.date(), date(2026, 11, 21), view.start)
    assert view.totals.plays.before is None


def test_a_snapshot_that_lists_nothing_leaves_the_page_empty(db: Database, alice: Account) -> None:
    take(db, alice, NOV)
    assert ask(db, alice, "all").is_empty
    assert insights.home(db, alice, NOW).is_empty
