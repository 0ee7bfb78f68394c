"""A day, its week and month, and the same day in other years, against plays seen one by one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from music_time_machine import insights, preferences
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights.lines import Line
from music_time_machine.insights.on_day import Dated, same_day
from music_time_machine.models import Account
from music_time_machine.plays import Kind, Play
from music_time_machine.preferences import Preferences, Rule
from tests.columns.histories import keep, new_account
from tests.insights.generated import (
    Stored,
    Told,
    days_of,
    in_totals,
    listening,
    on_this_database,
    rules,
    shown,
    stored,
    that_count,
    within,
    zones,
)
from tests.insights.library import Song, hear, list_songs, track_id

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def told(first: datetime, days: int, tracks: int) -> st.SearchStrategy[Told]:
    """A play within so many days, one of music or of an episode, some of them too short."""
    flags = st.sampled_from([None, None, False, True])
    return st.builds(
        Told,
        st.builds(
            lambda day, minute: first + timedelta(days=day, minutes=minute),
            st.integers(0, days - 1),
            st.integers(0, 1_439),
        ),
        st.integers(1, tracks),
        st.sampled_from([999, 30_000, 100_000, 100_000, 240_000]),
        edition=st.integers(0, 2),
        skipped=flags,
        private=flags,
        duration=st.sampled_from([None, 200_000]),
    )


lately = st.one_of(
    st.lists(told(datetime(2026, 5, 20, tzinfo=UTC), 60, 9), min_size=25, max_size=45), listening()
)
WINTERS = st.lists(
    st.one_of([told(datetime(year, 2, 27, tzinfo=UTC), 4, 8) for year in range(2019, 2027)]),
    min_size=12,
    max_size=40,
)
nearby = st.tuples(st.integers(0, 44), st.sampled_from([0, 0, 0, -1, 1, -6, 3, -20, 20]))
SKY, SUN, SEA = Song("Copper Sky"), Song("Paper Sun", "Nora Veil"), Song("Low Sea", "Tom Aske")


def most(plays: Iterable[Stored], key: Callable[[Stored], int | None]) -> list[tuple[int, int]]:
    """(id, plays) by plays, then by time, then the smaller id."""
    count, time = Counter[int](), Counter[int]()
    for play in plays:
        one = key(play)
        if one is not None:
            count[one] += 1
            time[one] += play.ms
    order = sorted(count, key=lambda one: (-count[one], -time[one], one))
    return [(one, count[one]) for one in order]


def pairs(lines: Iterable[Line]) -> list[tuple[int, int]]:
    return [(line.id, line.plays) for line in lines]


def dated(found: Iterable[Dated]) -> list[tuple[int, int, date]]:
    return [(one.line.id, one.line.plays, one.day) for one in found]


def first_days(
    plays: Iterable[Stored], key: Callable[[Stored], int | None]
) -> dict[int | None, date]:
    first: dict[int | None, date] = {}
    for play in plays:
        first.setdefault(key(play), play.day)
    return first


def day_near(plays: list[Stored], near: tuple[int, int]) -> date:
    """A day some days from one of the plays, today at the latest."""
    which, days = near
    day = plays[which % len(plays)].day if plays else TODAY
    return min(day + timedelta(days=days), TODAY)


@on_this_database
@given(
    history=lately,
    name=zones,
    rule=rules,
    is_one=st.booleans(),
    near=nearby,
)
def test_a_day_its_week_and_its_month_are_what_was_heard_one_by_one(
    db: Database,
    settings: Settings,
    history: list[Told],
    name: str,
    rule: Rule,
    is_one: bool,
    near: tuple[int, int],
) -> None:
    account = new_account(db, settings, name)
    preferences.keep(db, account, Preferences(rule=rule, is_one_recording=is_one))
    keep(db, account, history)
    plays = stored(db, account)
    day = day_near(plays, near)
    view = insights.on_day(db, account, day, NOW)
    first = min((play.day for play in plays), default=None)
    if first is None or day < first:
        assert (view.place, view.around) == ("before" if first else "empty", None)
        return
    assert view.around is not None
    music, totals = that_count(plays, rule), in_totals(plays, rule)
    seen = shown(music) if is_one else {play.track_id: play.track_id for play in music}
    met = first_days(music, lambda play: seen[play.track_id])
    artists_met = first_days(music, lambda play: play.artist_id)
    monday = day - timedelta(days=day.weekday())
    month = [other for other in days_of(day.replace(day=1), day + timedelta(days=31))
             if other.month == day.month]  # fmt: skip
    spans = [(day, day), (monday, monday + timedelta(days=6)), (month[0], month[-1])]
    for stretch, (start, end) in zip(view.around.stretches, spans, strict=True):
        assert (stretch.start, stretch.end) == (start, end)
        inside = within(totals, start, end)
        assert (stretch.plays, stretch.ms) == (len(inside), sum(play.ms for play in inside))
        heard = within(music, start, end)
        tracks = most(heard, lambda play: seen[play.track_id])
        artists = most(heard, lambda play: play.artist_id)
        assert pairs(stretch.tracks) == tracks[:5]
        assert pairs(stretch.artists) == artists[:4]
        counts = [plays for _, plays in artists]
        assert stretch.leaders == sum(plays == max(counts) for plays in counts)
        assert stretch.beyond == sum(plays == counts[3] for plays in counts[4:])
        new = [one for one, _ in tracks if start <= met[one] <= end]
        assert stretch.new_tracks == len(new)
        assert stretch.new_artists == sum(start <= artists_met[one] <= end for one, _ in artists)
        assert stretch.met == tuple(one for one, _ in tracks[:5] if one in new)
    tracks = most(within(music, month[0], month[-1]), lambda play: seen[play.track_id])
    new_then = [(*one, met[one[0]]) for one in tracks if met[one[0]] >= month[0]]
    assert dated(view.around.found) == new_then[:6]


@on_this_database
@given(history=lately, name=zones, near=nearby)
def test_hours_and_the_nearest_days_are_those_found_one_by_one(
    db: Database, settings: Settings, history: list[Told], name: str, near: tuple[int, int]
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, history)
    totals = in_totals(stored(db, account))
    day = day_near(totals, near)
    view = insights.on_day(db, account, day, NOW)
    if view.around is None:
        return
    hours = Counter(play.hour % 24 for play in within(totals, day, day))
    assert view.around.hours.values == tuple(hours[hour] for hour in range(24))
    heard = {play.day for play in totals}
    around = [max((d for d in heard if d < day), default=None),
              min((d for d in heard if d > day), default=None)]  # fmt: skip
    nearest = () if day in heard else tuple(d for d in around if d)
    assert view.around.nearest == nearest


@settings_of_hypothesis(on_this_database, max_examples=10)
@given(history=lately, name=zones)
def test_the_days_of_a_week_add_up_to_it_and_the_months_to_the_archive(
    db: Database, settings: Settings, history: list[Told], name: str
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, history)
    plays = stored(db, account)
    totals = in_totals(plays)
    for monday in {play.day - timedelta(days=play.day.weekday()) for play in totals[-1:]}:
        views = [
            insights.on_day(db, account, day, NOW)
            for day in days_of(monday, monday + timedelta(days=6))
        ]
        told = [view.around.stretches for view in views if view.around]
        assert sum(day.plays for day, _, _ in told) == told[0][1].plays
        assert sum(day.ms for day, _, _ in told) == told[0][1].ms
    timeline = insights.in_other_years(db, account, NOW).timeline
    if plays:
        assert timeline is not None
        assert (timeline.first, timeline.last) == (plays[0].day, timeline.last)
        assert sum(month.plays for month in timeline.months) == len(totals)
        assert (
            sum(month.days for month in timeline.months)
            == (timeline.last - timeline.first).days + 1
        )
        by_month = Counter(play.day.replace(day=1) for play in totals)
        assert {m.start.replace(day=1): m.plays for m in timeline.months if m.plays} == by_month
    else:
        assert timeline is None


@on_this_database
@given(
    history=listening(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
    loved=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40)), min_size=12, max_size=30),
    name=zones,
)
def test_what_is_forgotten_was_played_often_then_and_never_in_the_last_year(
    db: Database, settings: Settings, history: list[Told], loved: list[tuple[int, int]], name: str
) -> None:
    account = new_account(db, settings, name)
    spring = datetime(2024, 3, 2, 12, tzinfo=UTC)
    long_ago = [Told(spring + timedelta(hours=9 * hours), track) for track, hours in loved]
    keep(db, account, [*history, *long_ago])
    plays = stored(db, account)
    view = insights.on_day(db, account, date(2024, 3, 20), NOW)
    if view.around is None:
        return
    until = max(play.day for play in plays)
    since = until - timedelta(days=364)
    if since <= date(2024, 3, 31):
        assert view.around.forgotten is None
        return
    music = that_count(plays)
    seen = shown(music)
    then = most(within(music, date(2024, 3, 1), date(2024, 3, 31)), lambda p: seen[p.track_id])
    lately = {seen[play.track_id] for play in within(music, since, until)}
    last = {seen[play.track_id]: play.day for play in sorted(music, key=lambda play: play.day)}
    wanted = [(*one, last[one[0]]) for one in then if one[1] >= 5 and one[0] not in lately]
    assert view.around.forgotten is not None
    assert dated(view.around.forgotten.tracks) == wanted[:6]
    assert (view.around.forgotten.since, view.around.forgotten.until) == (since, until)


@on_this_database
@given(
    history=WINTERS,
    name=zones,
    today=st.sampled_from([date(2026, 2, 28), date(2024, 2, 29), date(2026, 3, 1)]),
)
def test_other_years_are_those_with_music_on_that_day(
    db: Database, settings: Settings, history: list[Told], name: str, today: date
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, history)
    music = that_count(stored(db, account))
    seen = shown(music)
    by_day = defaultdict[date, list[Stored]](list)
    for play in music:
        by_day[play.day].append(play)
    wanted = []
    for year in range(today.year - 1, 2018, -1):
        leap = today.month == 2 and today.day == 29 and year % 4
        that = date(year, 2, 28) if leap else date(year, today.month, today.day)
        if by_day[that]:
            tracks = most(by_day[that], lambda play: seen[play.track_id])
            wanted.append((that, tracks[:3], len(by_day[that])))
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=account.zone)
    found = insights.in_other_years(db, account, noon).years
    assert [(one.day, pairs(one.lines), one.plays) for one in found] == wanted
    assert all(one.year == one.day.year and one.line == one.lines[0] for one in found)
    archive = insights.heard(db, account)
    assert insights.on_this_day(db, archive, today, 2) == found[:2]


@pytest.mark.parametrize(
    ("day", "year", "same"),
    [
        (date(2026, 11, 22), 2019, date(2019, 11, 22)),
        (date(2024, 2, 29), 2020, date(2020, 2, 29)),
        (date(2024, 2, 29), 2023, date(2023, 2, 28)),
        (date(2023, 2, 28), 2024, date(2024, 2, 28)),
    ],
)
def test_in_years_without_a_leap_day_the_28th_stands_for_it(
    day: date, year: int, same: date
) -> None:
    assert same_day(day, year) == same


def plays_on(day: date, *songs: Song, hour: int = 10) -> list[Play]:
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return [song.play(start + timedelta(minutes=4 * n)) for n, song in enumerate(songs)]


THAT = date(2024, 11, 22)  # a Friday
LONG_BEFORE = plays_on(date(2022, 1, 5), SKY, SUN, SEA)


@pytest.mark.parametrize(
    ("plays", "words"),
    [
        (plays_on(THAT, SKY, SKY), "2 plays on the day your archive begins"),
        (
            [*plays_on(date(2022, 1, 5), SKY), *plays_on(THAT, SUN, SUN, SKY)],
            "2 plays, the day you first heard Nora Veil",
        ),
        (
            [*plays_on(date(2022, 1, 5), SKY), *plays_on(date(2024, 11, 18), SUN),
             *plays_on(THAT, SUN)],
            "1 play, the week you first heard Nora Veil",
        ),
        (
            [*plays_on(date(2022, 1, 5), Song("Elsewhere")), *plays_on(THAT, SKY, SKY)],
            "2 plays, the day you first heard it",
        ),
        (
            [*LONG_BEFORE, *plays_on(THAT, SKY, SKY, SKY, SUN)],
            "3 plays that day, and your most played of that November",
        ),
        (
            [*LONG_BEFORE, *plays_on(date(2024, 11, 3), *[SEA] * 3),
             *plays_on(THAT, SKY, SKY, SKY, SUN)],
            "3 plays that day, and one of your most played of that November",
        ),
        (
            [*LONG_BEFORE, *plays_on(date(2024, 11, 3), *[SEA] * 9), *plays_on(THAT, SKY, SUN)],
            "a quiet Friday: 2 plays",
        ),
        (
            [*LONG_BEFORE, *plays_on(THAT, SKY, SUN, hour=6)],
            "a quiet Friday: 2 plays, all before nine",
        ),
        ([*LONG_BEFORE, *plays_on(THAT, SKY, hour=6)], "a quiet Friday: 1 play, before nine"),
        (
            [*LONG_BEFORE, *plays_on(THAT, SKY, SUN, SEA, hour=21)],
            "a quiet Friday: 3 plays, all after nine in the evening",
        ),
        (
            [*plays_on(date(2022, 1, 5), SKY, SUN, SEA, Song("Glass")),
             *plays_on(THAT, SKY, SUN, SEA, Song("Glass"))],
            "one of 4 plays, none of them twice",
        ),
        (
            [*LONG_BEFORE, *plays_on(date(2024, 11, 3), *[SEA] * 9),
             *plays_on(THAT, SKY, SKY, SUN, SEA)],
            "2 of the day's 4 plays",
        ),
    ],
)  # fmt: skip
def test_a_day_of_another_year_says_what_is_worth_remembering(
    db: Database, alice: Account, plays: list[Play], words: str
) -> None:
    account = replace(alice, zone=ZoneInfo("UTC"))
    hear(db, account, plays)
    (found,) = insights.on_this_day(db, insights.heard(db, account), TODAY, 1)
    assert (found.day, found.words) == (THAT, words)


def test_of_as_many_plays_more_time_comes_first_and_then_the_smaller_id(
    db: Database, alice: Account
) -> None:
    noon = datetime(2024, 11, 22, 12, tzinfo=UTC)
    lengths = {SKY: 60_000, SUN: 90_000, SEA: 60_000}
    hear(db, alice, [
        song.play(noon + timedelta(minutes=n), ms) for n, (song, ms) in enumerate(lengths.items())
    ])  # fmt: skip
    around = insights.on_day(db, alice, THAT, NOW).around
    assert around is not None
    for stretch in around.stretches:
        by_id = sorted([SKY, SEA], key=lambda song: track_id(db, song))
        assert [line.title for line in stretch.tracks] == [SUN.title, *(s.title for s in by_id)]
        assert stretch.artists[0].title == SUN.artist


def test_two_ids_of_one_recording_are_one_track_or_two_as_its_person_sees_them(
    db: Database, alice: Account
) -> None:
    editions = [replace(SKY, id=name, album=f"Edition {name}") for name in ("one", "two")]
    hear(db, alice, plays_on(THAT, *editions))
    for is_one, plays in ((True, [2]), (False, [1, 1])):
        preferences.keep(db, alice, Preferences(is_one_recording=is_one))
        around = insights.on_day(db, alice, THAT, NOW).around
        (other,) = insights.on_this_day(db, insights.heard(db, alice), TODAY)
        assert around is not None
        for stretch in around.stretches:
            assert [line.plays for line in stretch.tracks] == plays
            assert (stretch.plays, stretch.new_tracks) == (2, len(plays))
        assert [one.line.plays for one in around.found] == plays
        assert [line.plays for line in other.lines] == plays


@pytest.mark.parametrize(("last", "is_told"), [(30, False), (31, True)])
def test_nothing_is_forgotten_of_a_month_that_lies_within_the_last_year(
    db: Database, alice: Account, last: int, is_told: bool
) -> None:
    hear(db, alice, [*plays_on(date(2024, 10, 5), SKY), *plays_on(date(2025, 10, last), SUN)])
    around = insights.on_day(db, alice, date(2024, 10, 20), NOW).around
    assert around is not None
    assert (around.forgotten is not None) == is_told


def test_in_an_archives_first_months_nothing_is_called_a_discovery(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [*plays_on(date(2024, 10, 1), SKY), *plays_on(THAT, SUN, SUN)])
    (found,) = insights.on_this_day(db, insights.heard(db, alice), TODAY)
    assert found.words == "2 plays that day, and your most played of that November"
    around = insights.on_day(db, alice, THAT, NOW).around
    assert around is not None
    assert around.is_beginning


def test_an_archive_without_plays_has_no_day_but_knows_its_snapshot(
    db: Database, alice: Account
) -> None:
    list_songs(db, alice, date(2026, 5, 1), {"short_term": [Song("Copper Sky", id="sky")]})
    view = insights.on_day(db, alice, THAT, NOW)
    assert (view.place, view.around, view.timeline) == ("empty", None, None)
    assert (view.earlier, view.later, view.snapshot) == (None, None, date(2026, 5, 1))
    other = insights.in_other_years(db, alice, NOW)
    assert (other.years, other.nearest, other.timeline) == ((), (), None)


def test_the_nearest_snapshot_is_the_earlier_one_of_two_as_near(
    db: Database, alice: Account, bob: Account
) -> None:
    sky = Song("Copper Sky", id="sky")
    for day in (date(2024, 11, 2), date(2024, 11, 12)):
        list_songs(db, alice, day, {"short_term": [sky]})
    list_songs(db, bob, date(2024, 11, 7), {"short_term": [sky]})
    for asked, nearest in [(1, 2), (6, 2), (7, 2), (8, 12), (12, 12), (30, 12)]:
        view = insights.on_day(db, alice, date(2024, 11, asked), NOW)
        assert view.snapshot == date(2024, 11, nearest), asked


@pytest.mark.parametrize("day", [date.min, date(1969, 12, 31), date(2024, 11, 21)])
def test_a_day_before_the_archive_has_nothing_around_it(
    db: Database, alice: Account, day: date
) -> None:
    hear(db, alice, plays_on(THAT, SKY))
    view = insights.on_day(db, alice, day, NOW)
    assert (view.place, view.around, view.first) == ("before", None, THAT)
    assert (view.earlier, view.later) == (None, None)


@pytest.mark.parametrize("day", [date(2026, 11, 23), date.max])
def test_a_day_that_is_still_to_come_has_nothing_around_it(
    db: Database, alice: Account, day: date
) -> None:
    hear(db, alice, plays_on(THAT, SKY))
    view = insights.on_day(db, alice, day, NOW)
    assert (view.place, view.around) == ("ahead", None)


def test_a_play_that_a_wrong_clock_stamped_ahead_is_in_no_other_year(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [*plays_on(date(2024, 12, 25), SKY), *plays_on(date(2026, 12, 25), SKY)])
    around = insights.on_day(db, alice, date(2024, 12, 25), NOW).around
    assert around is not None
    assert around.other_years == ()


def test_one_goes_from_day_to_day_between_the_first_play_and_today(
    db: Database, alice: Account
) -> None:
    hear(db, alice, plays_on(THAT, SKY))
    first, today = (insights.on_day(db, alice, day, NOW) for day in (THAT, TODAY))
    assert (first.earlier, first.later) == (None, date(2024, 11, 23))
    assert (today.earlier, today.later) == (date(2026, 11, 21), None)


def test_a_play_at_midnight_belongs_to_the_day_that_begins(db: Database, alice: Account) -> None:
    berlin = replace(alice, zone=ZoneInfo("Europe/Berlin"))
    midnight = datetime(2024, 11, 21, 23, tzinfo=UTC)
    hear(db, berlin, [SKY.play(midnight - timedelta(seconds=1)), SUN.play(midnight)])
    around = insights.on_day(db, berlin, THAT, NOW).around
    assert around is not None
    assert [line.title for line in around.stretches[0].tracks] == ["Paper Sun"]
    assert around.hours.values[0] == 1


def test_the_hour_that_comes_twice_holds_the_plays_of_both(db: Database, alice: Account) -> None:
    berlin = replace(alice, zone=ZoneInfo("Europe/Berlin"))
    hear(db, berlin, [SKY.play(datetime(2024, 10, 27, hour, 30, tzinfo=UTC)) for hour in (0, 1)])
    around = insights.on_day(db, berlin, date(2024, 10, 27), NOW).around
    assert around is not None
    assert around.hours.values[2] == 2


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ([20, 21, 9], "in the evening"),
        ([0, 5], "at night"),
        ([6, 11, 12], "in the morning"),
        ([12, 17, 17, 3], "in the afternoon"),
        ([9, 20], ""),
        ([20], ""),
        ([], ""),
    ],
)
def test_the_part_of_day_is_where_more_than_half_of_the_plays_are(
    db: Database, alice: Account, hours: list[int], words: str
) -> None:
    utc = replace(alice, zone=ZoneInfo("UTC"))
    at = datetime(2024, 11, 22, tzinfo=UTC)
    hear(db, utc, plays_on(date(2024, 11, 1), SKY))
    hear(db, utc, [SKY.play(at + timedelta(hours=h, minutes=n)) for n, h in enumerate(hours)])
    around = insights.on_day(db, utc, THAT, NOW).around
    assert around is not None
    assert around.part_of_day == words


def test_a_day_of_episodes_alone_has_plays_only_where_they_count(
    db: Database, alice: Account
) -> None:
    episode = Song("A history", "Tapes and Tea", None, kind=Kind.EPISODE)
    hear(db, alice, [*plays_on(date(2024, 1, 1), SKY), *plays_on(THAT, episode)])
    for episodes, plays in ((False, 0), (True, 1)):
        preferences.keep(db, alice, Preferences(rule=Rule(episodes=episodes)))
        around = insights.on_day(db, alice, THAT, NOW).around
        assert around is not None
        day = around.stretches[0]
        assert (day.plays, day.tracks, day.artists, day.new_tracks) == (plays, (), (), 0)
        assert insights.on_this_day(db, insights.heard(db, alice), TODAY) == ()


def test_nobody_elses_day_is_ours(db: Database, alice: Account, bob: Account) -> None:
    hear(db, alice, plays_on(THAT, SKY))
    hear(db, bob, plays_on(THAT, SUN, SUN))
    around = insights.on_day(db, alice, THAT, NOW).around
    assert around is not None
    assert [line.title for line in around.stretches[0].tracks] == ["Copper Sky"]
