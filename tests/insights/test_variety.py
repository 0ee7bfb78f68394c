"""What is new, how few artists make most of it and how mixed it is, gone through play by play."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine import insights, preferences
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights import variety
from music_time_machine.insights.charts import Buckets
from music_time_machine.models import Account
from music_time_machine.preferences import Preferences, Rule
from tests.columns.histories import Heard, keep, new_account
from tests.insights.generated import (
    Stored,
    Told,
    listening,
    on_this_database,
    rules,
    shown,
    stored,
    that_count,
    two_days,
    within,
    zones,
)
from tests.insights.library import Song, hear

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
# St. John's set its clocks back at a minute past midnight: the 7th began twice.
RELIVED = datetime(2010, 11, 7, 2, 31, tzinfo=UTC)
around_the_relived = listening(
    datetime(2010, 11, 6, tzinfo=UTC), datetime(2010, 11, 9, tzinfo=UTC), most=20
)
SPANS = st.sampled_from([5, 40, 100, 400, 6_000])


def bucket_ends(buckets: Buckets) -> list[tuple[date, date]]:
    """The first and the last day of each bucket."""
    after = [*buckets.starts[1:], buckets.end + timedelta(days=1)]
    return [
        (start, end - timedelta(days=1)) for start, end in zip(buckets.starts, after, strict=True)
    ]


def first_days(plays: Sequence[Stored], is_one: bool) -> dict[int, date]:
    """When each track that is listed was first heard."""
    named = names(plays, is_one)
    return {named[play.track_id]: play.day for play in reversed(plays)}


def names(plays: Sequence[Stored], is_one: bool) -> dict[int, int]:
    return shown(plays) if is_one else {play.track_id: play.track_id for play in plays}


def percent_new(plays: Sequence[Stored], days: tuple[date, date], is_one: bool) -> float | None:
    """The share of plays of tracks first heard in these days; None at the archive's beginning."""
    some, first, named = within(plays, *days), first_days(plays, is_one), names(plays, is_one)
    if not some or days[0] <= min(first.values()):
        return None
    new = [play for play in some if days[0] <= first[named[play.track_id]] <= days[1]]
    return round(100 * len(new) / len(some), 1)


def effective(plays: Sequence[Stored]) -> float | None:
    """E to the entropy of the artists' shares."""
    count = Counter(play.artist_id for play in plays if play.artist_id is not None)
    shares = [some / count.total() for some in count.values()]
    return math.exp(-sum(share * math.log(share) for share in shares)) if shares else None


def check_everything(
    db: Database, account: Account, days: tuple[date, date], chosen: Preferences
) -> None:
    """Every figure of these days against the same one made slowly."""
    preferences.keep(db, account, chosen)
    archive, buckets = insights.heard(db, account), Buckets.fitting(*days)
    plays = that_count(stored(db, account), chosen.rule)
    parts = bucket_ends(buckets)
    first = first_days(plays, chosen.is_one_recording)

    found = variety.discoveries_chart(archive, buckets)
    known = archive.everything.first_day, archive.everything.last_day
    assert list(found.values) == [
        sum(start <= day <= end for day in first.values())
        if known[0] and known[1] and known[0] <= end and start <= known[1]
        else None
        for start, end in parts
    ]
    new = variety.new_and_known(archive, *days, buckets)
    assert new.percent_new == percent_new(plays, days, chosen.is_one_recording)
    assert list(new.chart.values) == [
        percent_new(plays, part, chosen.is_one_recording) for part in parts
    ]
    mixed = variety.diversity(archive, buckets)
    for value, part in zip(mixed.values, parts, strict=True):
        assert value == pytest.approx(effective(within(plays, *part)), abs=0.0501)
    assert_concentration(variety.concentration(archive, *days), within(plays, *days))


def assert_concentration(found: variety.Concentration, plays: Sequence[Stored]) -> None:
    ms = Counter[int]()
    for play in plays:
        if play.artist_id is not None:
            ms[play.artist_id] += play.ms
    few, of_these = 0, 0
    for _, most in ms.most_common():
        if 2 * of_these >= ms.total():
            break
        few, of_these = few + 1, of_these + most
    assert (found.artists, found.artists_for_half) == (len(ms), few)
    assert found.percent == (round(100 * few / len(ms), 1) if ms else 0)


@on_this_database
@given(history=listening(), name=zones, end=two_days, span=SPANS, rule=rules, is_one=st.booleans())
def test_every_figure_is_the_one_counted_play_by_play(
    db: Database,
    settings: Settings,
    history: list[Told],
    name: str,
    end: tuple[date, date],
    span: int,
    rule: Rule,
    is_one: bool,
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, history)
    days = (end[1] - timedelta(days=span), end[1])
    check_everything(db, account, days, Preferences(rule=rule, is_one_recording=is_one))


@on_this_database
@given(history=around_the_relived, is_one=st.booleans())
def test_a_day_that_comes_twice_is_one_day(
    db: Database, settings: Settings, history: list[Told], is_one: bool
) -> None:
    account = new_account(db, settings, "America/St_Johns")
    keep(db, account, history)
    for days in [(date(2010, 11, 5), date(2010, 11, 8)), (date(2010, 11, 7), date(2010, 11, 7))]:
        check_everything(db, account, days, Preferences(is_one_recording=is_one))


def test_a_track_found_on_a_day_that_is_relived_as_the_day_before(
    db: Database, settings: Settings
) -> None:
    account = new_account(db, settings, "America/St_Johns")
    minutes = {-9_000: 1, -31: 2, -1: 3, 9: 3, 19: 6, 29: 7, 89: 6, 99: 3}
    keep(
        db, account, [Heard(RELIVED + timedelta(minutes=n), track) for n, track in minutes.items()]
    )
    sixth, seventh = date(2010, 11, 6), date(2010, 11, 7)
    archive = insights.heard(db, account)
    found = variety.new_and_known(archive, sixth, seventh, Buckets.fitting(sixth, seventh))
    assert found.chart.contexts == ("3 of 4 plays", "2 of 3 plays")
    assert variety.discoveries_chart(archive, Buckets.fitting(sixth, seventh)).values == (3, 1)
    for days in [(sixth, sixth), (seventh, seventh), (date(2010, 10, 1), seventh)]:
        check_everything(db, account, days, Preferences())


def song(name: str, artist: str | None = None, album: str | None = None) -> Song:
    """A song of its own artist."""
    return Song(name, artist or f"Artist of {name}", album)


def test_ten_years_of_a_play_a_week(db: Database, alice: Account) -> None:
    songs = [song(f"Song {n}", f"Artist {n % 7}") for n in range(60)]
    weeks = [NOON - timedelta(weeks=n) for n in range(520)]
    hear(db, alice, [songs[n * n % 60].play(week) for n, week in enumerate(weeks)])
    first, last = weeks[-1].date(), NOON.date()
    asked = [
        (first, last),
        (date(2019, 3, 11), date(2024, 8, 20)),  # months of which two are cut
        (date(2024, 2, 1), date(2024, 3, 31)),
        (date(2008, 5, 5), date(2026, 6, 6)),  # years, the first of which are not in the archive
    ]
    for days in asked:
        check_everything(db, alice, days, Preferences())
    check_everything(db, alice, asked[0], Preferences(rule=Rule(least_seconds=200)))


def test_a_play_that_comes_later_is_in_every_figure(db: Database, alice: Account) -> None:
    hear(db, alice, [song("One").play(NOON - timedelta(days=300))])
    days = (date(2025, 12, 5), NOON.date())
    check_everything(db, alice, days, Preferences())
    hear(db, alice, [song("Two").play(NOON - timedelta(days=200))])
    check_everything(db, alice, days, Preferences())
    hear(db, alice, [song("Three").play(NOON)])
    check_everything(db, alice, days, Preferences())


@pytest.mark.parametrize("span", [0, 6, 364])
def test_no_plays_at_all_are_holes_and_nothing_else(
    db: Database, alice: Account, span: int
) -> None:
    days = (NOON.date() - timedelta(days=span), NOON.date())
    check_everything(db, alice, days, Preferences())
    archive, buckets = insights.heard(db, alice), Buckets.fitting(*days)
    assert variety.concentration(archive, *days).artists_for_half == 0
    for chart in (
        variety.discoveries_chart(archive, buckets),
        variety.new_and_known(archive, *days, buckets).chart,
        variety.diversity(archive, buckets),
    ):
        assert chart.is_empty
        assert set(chart.values) == {None}


def test_one_play_is_a_discovery_and_all_there_is(db: Database, alice: Account) -> None:
    hear(db, alice, [song("One").play(NOON)])
    day = NOON.date()
    archive, buckets = insights.heard(db, alice), Buckets.fitting(day, day)
    assert variety.discoveries_chart(archive, buckets).values == (1,)
    assert variety.new_and_known(archive, day, day, buckets).percent_new is None
    assert variety.diversity(archive, buckets).values == (1.0,)
    month = Buckets.months(day, day)
    assert variety.diversity(archive, month).values == (1.0,)
    assert variety.new_and_known(archive, day, day, month).chart.values == (None,)
    found = variety.concentration(archive, day, day)
    assert (found.artists, found.artists_for_half, found.percent) == (1, 1, 100.0)


def test_discoveries_of_all_buckets_are_all_tracks(db: Database, alice: Account) -> None:
    plays = [song(f"Song {n % 17}").play(NOON - timedelta(days=3 * n)) for n in range(40)]
    hear(db, alice, plays)
    chart = variety.discoveries_chart(
        insights.heard(db, alice), Buckets.fitting(date(2026, 1, 1), NOON.date())
    )
    assert sum(value or 0 for value in chart.values) == 17
    assert chart.contexts is not None
    assert chart.contexts[-1] == "17 known by then"


def test_a_track_found_on_a_leap_day_is_found_on_that_day(db: Database, alice: Account) -> None:
    hear(db, alice, [song("Leap").play(datetime(2024, 2, 29, 12, tzinfo=UTC))])
    buckets = Buckets.fitting(date(2024, 2, 28), date(2024, 3, 1))
    chart = variety.discoveries_chart(insights.heard(db, alice), buckets)
    assert dict(zip(chart.labels, chart.values, strict=True)) == {
        "28 Feb": None, "29 Feb": 1, "1 Mar": None,
    }  # fmt: skip


def test_a_month_up_to_the_last_snapshot_without_a_discovery_is_a_true_zero(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [song("One").play(datetime(2026, 8, 3, tzinfo=UTC))])
    archive, buckets = (
        insights.heard(db, alice),
        Buckets.months(date(2026, 7, 1), date(2026, 11, 2)),
    )
    assert variety.discoveries_chart(archive, buckets).values == (None, 1, None, None, None)
    found = variety.discoveries_chart(archive, buckets, date(2026, 10, 1))
    assert found.values == (None, 1, 0, 0, None)
    assert found.contexts == ("", "1 known by then", "1 known by then", "1 known by then", "")


def test_the_first_months_of_an_archive_are_no_discoveries_worth_a_mark(
    db: Database, alice: Account
) -> None:
    plays = [song(f"Old {n}").play(datetime(2025, 1, 10 + n, tzinfo=UTC)) for n in range(9)]
    plays += [song(f"New {n}").play(datetime(2026, 2, 10 + n, tzinfo=UTC)) for n in range(2)]
    hear(db, alice, plays)
    buckets = Buckets.months(date(2025, 1, 1), NOON.date())
    chart = variety.discoveries_chart(insights.heard(db, alice), buckets)
    assert [chart.labels[at] for at in chart.highlights] == ["Feb 26"]
    assert chart.now == len(chart.values) - 1


def test_where_the_archive_begins_nothing_says_what_was_new(db: Database, alice: Account) -> None:
    one, two = song("One"), song("Two")
    hear(db, alice, [one.play(datetime(2026, 9, 5, tzinfo=UTC))])
    hear(db, alice, [one.play(datetime(2026, 10, n, tzinfo=UTC)) for n in (1, 2, 3)])
    hear(db, alice, [two.play(datetime(2026, 10, n, 9, tzinfo=UTC)) for n in (2, 3)])
    archive = insights.heard(db, alice)
    buckets = Buckets.months(date(2026, 8, 1), date(2026, 11, 20))
    whole = variety.new_and_known(archive, date(2026, 8, 1), date(2026, 11, 20), buckets)
    assert (whole.percent_new, whole.chart.values) == (None, (None, None, 40.0, None))
    assert whole.chart.contexts == ("", "1 of 1 plays", "2 of 5 plays", "")
    later = variety.new_and_known(archive, date(2026, 10, 1), date(2026, 11, 20), buckets)
    assert later.percent_new == 40.0
    assert "each month's plays were of tracks first heard then" in later.counts


def test_another_id_of_a_known_recording_is_nothing_new(db: Database, alice: Account) -> None:
    days = (date(2026, 10, 1), NOON.date())
    keep(db, alice, [Heard(datetime(2026, 9, 5, tzinfo=UTC), edition=1)])
    keep(db, alice, [Heard(NOON, edition=2), Heard(NOON - timedelta(days=40), track=2)])
    for is_one, percent, new in [(True, 50.0, (1, 0)), (False, 100.0, (1, 1))]:
        check_everything(db, alice, days, Preferences(is_one_recording=is_one))
        archive, months = insights.heard(db, alice), Buckets.months(*days)
        assert variety.new_and_known(archive, *days, months).percent_new == percent
        assert variety.discoveries_chart(archive, months).values == new


def test_a_short_period_beside_buckets_that_begin_earlier(db: Database, alice: Account) -> None:
    one, two = song("One"), song("Two")
    hear(db, alice, [one.play(datetime(2026, 9, 5, tzinfo=UTC))])
    hear(db, alice, [two.play(datetime(2026, 10, n, tzinfo=UTC)) for n in (2, 20)])
    archive, buckets = insights.heard(db, alice), Buckets.months(date(2026, 10, 1), NOON.date())
    found = variety.new_and_known(archive, date(2026, 10, 10), NOON.date(), buckets)
    assert (found.percent_new, found.chart.values) == (0.0, (100.0, None))


def test_artists_played_alike_are_as_mixed_as_there_are_artists(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [song(name).play(NOON + timedelta(hours=n)) for n, name in enumerate("ABCD")])
    hear(db, alice, [Song("Nameless", None).play(NOON)])
    buckets = Buckets.fitting(NOON.date(), NOON.date())
    chart = variety.diversity(insights.heard(db, alice), buckets)
    assert (chart.values, chart.contexts) == ((4.0,), ("4 heard in all",))


def test_half_the_time_is_reached_exactly(db: Database, alice: Account) -> None:
    lengths = {"A": 200_000, "B": 100_000, "C": 60_000, "D": 40_000}
    plays = [
        song(name).play(NOON + timedelta(hours=n), ms)
        for n, (name, ms) in enumerate(lengths.items())
    ]
    hear(db, alice, plays)
    day = NOON.date()
    found = variety.concentration(insights.heard(db, alice), day, day)
    assert (found.artists, found.artists_for_half, found.percent) == (4, 1, 25.0)
    hear(db, alice, [song("C").play(NOON + timedelta(hours=9), 30_000)])
    assert variety.concentration(insights.heard(db, alice), day, day).artists_for_half == 2


def test_tracks_without_an_artist_and_times_nobody_told_concentrate_nothing(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [Heard(NOON, track=5), Heard(NOON + timedelta(hours=1), ms=None)])
    preferences.keep(db, alice, Preferences(rule=Rule(least_seconds=0)))
    day = NOON.date()
    found = variety.concentration(insights.heard(db, alice), day, day)
    assert (found.artists, found.artists_for_half, found.percent) == (1, 0, 0.0)


def test_each_figure_says_what_it_counts(db: Database, alice: Account) -> None:
    archive, day = insights.heard(db, alice), NOON.date()
    buckets = Buckets.fitting(day, day)
    for sentence in (
        variety.discoveries_counts(archive, buckets),
        variety.new_and_known(archive, day, day, buckets).counts,
        variety.concentration(archive, day, day).counts,
        variety.diversity_counts(archive),
    ):
        assert sentence.endswith(f"in {alice.zone.key} time.")
    assert "by the day of its first play" in variety.discoveries_counts(archive, buckets)
