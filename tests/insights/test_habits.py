"""Habits, each against the stored plays gone through one by one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine import insights, preferences
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights import habits
from music_time_machine.insights.charts import Buckets
from music_time_machine.insights.counting import length_words
from music_time_machine.insights.habits import DEVICE_WORDS, Session, Sessions
from music_time_machine.insights.history import SOURCE_WORDS
from music_time_machine.models import Account
from music_time_machine.plays import Kind, Source
from music_time_machine.preferences import Preferences, Rule
from tests.columns.histories import Heard, keep, new_account, titles
from tests.insights.generated import (
    Stored,
    Told,
    in_totals,
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

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
REST = 30 * MINUTE
EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
FRIDAY, TODAY = EVENING.date(), date(2026, 11, 22)
EPISODE = 4
EVER = (date(2000, 1, 1), date(2090, 1, 1))
AT_END = (Source.EXTENDED_HISTORY, Source.ACCOUNT_DATA, Source.RECENTLY_PLAYED)


def of_alice(db: Database, alice: Account, *plays: Heard) -> insights.Heard:
    keep(db, alice, plays)
    return insights.heard(db, alice)


def length(play: Stored) -> timedelta:
    return timedelta(milliseconds=play.ms)


def start_of(play: Stored) -> datetime:
    return play.at - length(play) if play.source in AT_END else play.at


def end_of(play: Stored) -> datetime:
    return play.at if play.source in AT_END else play.at + length(play)


def sessions_of(plays: Iterable[Stored]) -> list[list[Stored]]:
    """The plays of each session, going from play to play."""
    found: list[list[Stored]] = []
    for play in plays:
        if found and start_of(play) - end_of(found[-1][-1]) < REST:
            found[-1].append(play)
        else:
            found.append([play])
    return found


@on_this_database
@given(history=listening(), zone=zones, rule=rules, days=two_days)
def test_sessions_are_those_found_by_going_from_play_to_play(
    db: Database, settings: Settings, history: list[Told], zone: str, rule: Rule,
    days: tuple[date, date],
) -> None:  # fmt: skip
    account = new_account(db, settings, zone)
    keep(db, account, history)
    preferences.keep(db, account, Preferences(rule=rule))
    # Within a second music comes before episodes.
    plays = sorted(
        in_totals(stored(db, account), rule),
        key=lambda play: (play.at, play.kind is not Kind.TRACK),
    )
    ours = [
        Session(
            start_of(each[0]),
            end_of(each[-1]),
            len(each),
            sum(play.ms for play in each),
            each[0].day,
        )
        for each in sessions_of(plays)
        if days[0] <= each[0].day <= days[1]
    ]
    found = habits.sessions(insights.heard(db, account), *days)
    lengths = [(each.end - each.start) / timedelta(milliseconds=1) for each in ours]
    assert found.count == len(ours)
    assert found.median_ms == (int(median(lengths)) if ours else 0)
    best = min(ours, key=lambda each: (each.start - each.end, -each.plays), default=None)
    assert found.longest == best
    equal = [each for each in lengths if each == max(lengths)]
    assert found.others == max(len(equal) - 1, 0)


often = st.lists(
    st.builds(
        lambda hours, track, edition, ms: Heard(EVENING - hours * HOUR, track, ms, edition),
        st.integers(0, 12 * 24),
        st.sampled_from([1, 1, 2]),
        st.integers(1, 2),
        st.sampled_from([29_999, 100_000, 200_000]),
    ),
    min_size=25,
    max_size=50,
)


@on_this_database
@given(plays=often, zone=zones, days=st.tuples(st.integers(0, 6), st.integers(0, 14)))
def test_an_obsession_is_the_best_of_all_weeks_looked_at_one_by_one(
    db: Database, settings: Settings, plays: list[Heard], zone: str, days: tuple[int, int]
) -> None:
    account = new_account(db, settings, zone)
    start, end = FRIDAY - max(days) * DAY, FRIDAY - (min(days) - 1) * DAY
    keep(db, account, plays)
    every = that_count(stored(db, account))
    name = shown(every)
    inside = within(every, start, end)
    weeks = [
        (len(of_one), sum(play.ms for play in of_one), of_one)
        for day in {play.day for play in inside}
        for track in {name[play.track_id] for play in inside}
        if (
            of_one := [
                play
                for play in inside
                if name[play.track_id] == track and day <= play.day < day + 7 * DAY
            ]
        )
    ]
    wanted = min(
        (
            (-count, -ms, min(play.day for play in of_one), name[of_one[0].track_id])
            for count, ms, of_one in weeks
            if count >= 5
        ),
        default=None,
    )

    found = habits.obsession(db, insights.heard(db, account), start, end)
    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        assert (-found.plays, found.first, found.line.id) == (wanted[0], *wanted[2:])
        assert found.line.plays == found.plays
        last = max(
            play.day
            for play in inside
            if name[play.track_id] == found.line.id
            and found.first <= play.day < found.first + 7 * DAY
        )
        assert found.last == last


@on_this_database
@given(history=listening(), zone=zones, days=two_days)
def test_skips_are_counted_of_the_plays_of_which_they_are_told(
    db: Database, settings: Settings, history: list[Told], zone: str, days: tuple[date, date]
) -> None:
    account = new_account(db, settings, zone)
    keep(db, account, history)
    music = [play for play in stored(db, account) if play.kind is Kind.TRACK]
    buckets = Buckets.fitting(*days)
    found = habits.skipping(insights.heard(db, account), *days, buckets)
    told = [play.skipped for play in within(music, *days) if play.skipped is not None]
    assert (found.known, found.skipped) == (len(told), sum(told))
    assert found.percent == (round(100 * sum(told) / len(told), 1) if told else None)
    ends = [*(start - DAY for start in buckets.starts[1:]), days[1]]
    for at, (start, end) in enumerate(zip(buckets.starts, ends, strict=True)):
        some = [play.skipped for play in within(music, start, end) if play.skipped is not None]
        assert found.chart.values[at] == (round(100 * sum(some) / len(some), 1) if some else None)


@on_this_database
@given(history=listening(), zone=zones, rule=rules, days=two_days)
def test_devices_and_origins_are_those_counted_one_by_one(
    db: Database, settings: Settings, history: list[Told], zone: str, rule: Rule,
    days: tuple[date, date],
) -> None:  # fmt: skip
    account = new_account(db, settings, zone)
    keep(db, account, history)
    preferences.keep(db, account, Preferences(rule=rule))
    archive, every = insights.heard(db, account), within(stored(db, account), *days)
    words = {0: "Not told", **{int(device): each for device, each in DEVICE_WORDS.items()}}
    devices, ms = Counter[str](), Counter[str]()
    for play in in_totals(every, rule):
        devices[words[play.device]] += 1
        ms[words[play.device]] += play.ms
    chart = habits.devices(archive, *days)
    assert dict(zip(chart.labels, chart.values, strict=True)) == devices
    assert chart.contexts == tuple(length_words(ms[label]) for label in chart.labels)
    told = [label for label in chart.labels if label != "Not told"]
    assert told == sorted(told, key=lambda label: (-devices[label], -ms[label]))
    origins = habits.origins(archive, *days)
    counted = Counter(SOURCE_WORDS[play.source] for play in every)
    assert dict(zip(origins.labels, origins.values, strict=True)) == counted
    assert list(origins.values) == sorted(counted.values(), reverse=True)


def test_nothing_played_is_no_habit(db: Database, alice: Account) -> None:
    archive = of_alice(db, alice)
    assert habits.sessions(archive, *EVER) == Sessions(0, 0, None)
    assert habits.obsession(db, archive, *EVER) is None
    skipping = habits.skipping(archive, FRIDAY, FRIDAY, Buckets.fitting(FRIDAY, FRIDAY))
    assert (skipping.known, skipping.skipped, skipping.percent) == (0, 0, None)
    assert skipping.chart.values == (None,)
    assert habits.devices(archive, *EVER).is_empty
    assert habits.origins(archive, *EVER).is_empty


def test_a_single_play_is_a_session_and_no_obsession(db: Database, alice: Account) -> None:
    archive = of_alice(db, alice, Heard(EVENING, ms=240_000))
    found = habits.sessions(archive, *EVER)
    assert found.longest == Session(EVENING - 4 * MINUTE, EVENING, 1, 240_000, EVENING.date())
    assert (found.count, found.median_ms) == (1, 240_000)
    assert habits.obsession(db, archive, *EVER) is None


@pytest.mark.parametrize(("rest", "count"), [(29 * MINUTE, 1), (REST, 2), (31 * MINUTE, 2)])
def test_a_session_ends_with_thirty_silent_minutes(
    db: Database, alice: Account, rest: timedelta, count: int
) -> None:
    second = Heard(EVENING + rest + 10 * MINUTE, 2, ms=600_000)
    archive = of_alice(db, alice, Heard(EVENING), second)
    assert habits.sessions(archive, *EVER).count == count


@pytest.mark.parametrize(("rest", "count"), [(29 * MINUTE, 1), (REST, 2)])
def test_a_scrobble_is_stamped_when_it_began(
    db: Database, alice: Account, rest: timedelta, count: int
) -> None:
    scrobbles = [
        Heard(at, track, None, source=Source.LASTFM, duration=600_000)
        for track, at in [(1, EVENING), (2, EVENING + 10 * MINUTE + rest)]
    ]
    found = habits.sessions(of_alice(db, alice, *scrobbles), *EVER)
    assert found.count == count
    assert found.longest is not None
    assert found.longest.start == EVENING


def test_a_session_over_midnight_counts_once_on_the_day_it_began(
    db: Database, alice: Account
) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    archive = of_alice(db, alice, Heard(midnight - 5 * MINUTE), Heard(midnight + 5 * MINUTE, 2))
    assert habits.sessions(archive, FRIDAY, FRIDAY).count == 1
    assert habits.sessions(archive, FRIDAY + DAY, FRIDAY + DAY).count == 0
    longest = habits.sessions(archive, FRIDAY, FRIDAY).longest
    assert longest is not None
    assert longest.plays == 2


def test_of_equally_long_sessions_more_plays_decide_and_then_the_earlier(
    db: Database, alice: Account
) -> None:
    hour = 3_600_000
    one = [Heard(EVENING + n * DAY, ms=hour) for n in (0, 1, 2)]
    halves = [Heard(EVENING + DAY - 30 * MINUTE, 2, ms=hour // 2)]
    archive = of_alice(db, alice, *one, *halves)
    longest = habits.sessions(archive, *EVER).longest
    assert longest == Session(
        EVENING + DAY - HOUR, EVENING + DAY, 2, hour + hour // 2, FRIDAY + DAY
    )
    # Without that day, both are alike.
    first = habits.sessions(archive, FRIDAY - DAY, FRIDAY).longest
    assert first == Session(EVENING - HOUR, EVENING, 1, hour, FRIDAY)


def test_an_episode_fills_a_rest_only_where_episodes_count(db: Database, alice: Account) -> None:
    talk = Heard(EVENING + HOUR, EPISODE, ms=3_600_000)
    plays = [Heard(EVENING), talk, Heard(EVENING + HOUR + 3 * MINUTE, 2)]
    assert habits.sessions(of_alice(db, alice, *plays), *EVER).count == 2
    preferences.keep(db, alice, Preferences(rule=Rule(episodes=True)))
    assert habits.sessions(insights.heard(db, alice), *EVER).count == 1


def test_an_obsession_is_named_with_its_first_and_its_last_day(
    db: Database, alice: Account
) -> None:
    plays = [Heard(EVENING - n * DAY, 1) for n in (0, 1, 2, 5, 6, 7)]
    others = [Heard(EVENING - n * DAY - HOUR, n + 20) for n in range(8)]
    found = habits.obsession(db, of_alice(db, alice, *plays, *others), *EVER)
    assert found is not None
    assert (found.line.title, found.plays) == ("Track 1", 5)
    assert (found.first, found.last) == (FRIDAY - 7 * DAY, FRIDAY - DAY)


@pytest.mark.parametrize(
    ("first", "last", "plays"), [(0, 9, 7), (0, 5, 6), (3, 9, 7), (6, 9, None)]
)
def test_an_obsession_is_looked_for_within_the_period_alone(
    db: Database, alice: Account, first: int, last: int, plays: int | None
) -> None:
    archive = of_alice(db, alice, *(Heard(EVENING + n * DAY) for n in range(10)))
    found = habits.obsession(db, archive, FRIDAY + first * DAY, FRIDAY + last * DAY)
    assert (found and found.plays) == plays


@pytest.mark.parametrize(("fifth", "is_one"), [(6, True), (7, False)])
def test_five_plays_make_an_obsession_only_within_seven_days(
    db: Database, alice: Account, fifth: int, is_one: bool
) -> None:
    archive = of_alice(db, alice, *(Heard(EVENING + n * DAY) for n in (0, 1, 2, 3, fifth)))
    # A period that ends later finds it among all weeks, one that ends there in its last week.
    for end in (FRIDAY + fifth * DAY, FRIDAY + 30 * DAY):
        assert (habits.obsession(db, archive, FRIDAY, end) is not None) == is_one


def test_ids_of_one_recording_are_one_obsession_where_the_person_sees_them_as_one(
    db: Database, alice: Account
) -> None:
    plays = [Heard(EVENING + n * MINUTE, edition=n % 2 + 1) for n in range(0, 25, 5)]
    found = habits.obsession(db, of_alice(db, alice, *plays), *EVER)
    assert found is not None
    assert found.plays == 5
    preferences.keep(db, alice, Preferences(is_one_recording=False))
    assert habits.obsession(db, insights.heard(db, alice), *EVER) is None


def test_of_equal_obsessions_more_time_decides_then_the_earlier(
    db: Database, alice: Account
) -> None:
    weeks = [
        Heard(EVENING + week * 14 * DAY + n * HOUR, track, ms)
        for week, (track, ms) in enumerate([(1, 100_000), (2, 200_000), (3, 200_000)])
        for n in range(5)
    ]
    found = habits.obsession(db, of_alice(db, alice, *weeks), *EVER)
    assert found is not None
    assert (found.line.title, found.first) == ("Track 2", FRIDAY + 14 * DAY)


def test_of_obsessions_alike_the_one_with_the_smaller_id_is_named(
    db: Database, alice: Account
) -> None:
    plays = [
        Heard(EVENING + n * HOUR + track * MINUTE, track) for n in range(5) for track in (3, 2, 1)
    ]
    archive = of_alice(db, alice, *plays)
    found = habits.obsession(db, archive, *EVER)
    assert found is not None
    assert found.line.id == min(titles(db, archive.recordings.track_ids.tolist()))


def test_of_obsessions_that_begin_on_one_day_more_time_decides(
    db: Database, alice: Account
) -> None:
    plays = [
        Heard(EVENING + n * HOUR + track * MINUTE, track, 100_000 + track % 3)
        for n in range(5)
        for track in (1, 2, 3)
    ]
    archive = of_alice(db, alice, *plays)
    for end in (FRIDAY + DAY, FRIDAY + 30 * DAY):
        found = habits.obsession(db, archive, FRIDAY, end)
        assert found is not None
        assert found.line.title == "Track 2"


def test_skips_are_counted_even_of_plays_too_short_to_count(db: Database, alice: Account) -> None:
    plays = [
        Heard(EVENING, 1, 2_000, skipped=True),
        Heard(EVENING + MINUTE, 2, skipped=False),
        Heard(EVENING + 9 * MINUTE, 3, skipped=None),
        Heard(EVENING + HOUR, EPISODE, skipped=True),
    ]
    archive = of_alice(db, alice, *plays)
    found = habits.skipping(archive, FRIDAY, TODAY, Buckets.fitting(FRIDAY, TODAY))
    assert (found.known, found.skipped, found.percent) == (2, 1, 50)
    assert found.chart.values == (50, None, None)
    assert found.chart.contexts == ("1 of 2 plays", "", "")


def test_a_device_that_no_source_tells_comes_last(db: Database, alice: Account) -> None:
    untold = [Heard(EVENING + 5 * n * MINUTE, n) for n in (1, 2, 3)]
    archive = of_alice(db, alice, *untold, Told(EVENING + HOUR, platform="android"))
    chart = habits.devices(archive, *EVER)
    assert (chart.labels, chart.values) == (("Android", "Not told"), (1, 3))


def test_every_device_and_every_source_has_its_words() -> None:
    assert set(SOURCE_WORDS) == set(Source)
    assert len(set(DEVICE_WORDS.values())) == len(DEVICE_WORDS) == 9


def test_the_origin_of_every_play_is_told_however_short(db: Database, alice: Account) -> None:
    plays = [
        Heard(EVENING, 1, 5),
        Heard(EVENING + HOUR, EPISODE),
        Heard(EVENING + 2 * HOUR, 2, None, source=Source.LASTFM),
        Heard(EVENING + 3 * HOUR, 3, None, source=Source.LASTFM_MINUTES),
        Heard(EVENING + 4 * HOUR, 3, None, source=Source.LASTFM),
    ]
    chart = habits.origins(of_alice(db, alice, *plays), *EVER)
    assert (chart.labels, chart.values) == (("Last.fm", "Spotify export"), (3, 2))


def test_a_zone_moves_a_session_to_another_day(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(datetime(2026, 11, 20, 23, 30, tzinfo=UTC))])
    tokyo = insights.heard(db, replace(alice, zone=ZoneInfo("Asia/Tokyo")))
    assert habits.sessions(tokyo, FRIDAY, FRIDAY).count == 0
    assert habits.sessions(tokyo, FRIDAY + DAY, FRIDAY + DAY).count == 1


def test_nobody_elses_habits_are_shown(db: Database, alice: Account, bob: Account) -> None:
    keep(db, bob, [Heard(EVENING + n * HOUR, skipped=True) for n in range(6)])
    archive = insights.heard(db, alice)
    assert habits.sessions(archive, *EVER).count == 0
    assert habits.obsession(db, archive, *EVER) is None
    assert habits.origins(archive, *EVER).is_empty
