"""Days and hours, each against the stored plays gone through one by one."""

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
from music_time_machine.insights import daily
from music_time_machine.insights.charts import Buckets, Heat
from music_time_machine.insights.counting import length_words
from music_time_machine.insights.daily import BusiestDay, Streaks
from music_time_machine.models import Account
from music_time_machine.period import Period
from music_time_machine.preferences import Preferences, Rule
from tests.columns.histories import Heard, keep, new_account
from tests.insights.generated import (
    Stored,
    Told,
    days_of,
    in_totals,
    listening,
    on_this_database,
    rules,
    stored,
    two_days,
    within,
    zones,
)

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
TODAY = date(2026, 11, 22)
EPISODE = 4
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
YEARS = (date.min.replace(year=1990), date(2090, 1, 1))


def told(
    db: Database, settings: Settings, history: Iterable[Heard], zone: str, rule: Rule | None = None
) -> tuple[insights.Heard, list[Stored]]:
    """An archive of this history, and its plays in totals, row by row."""
    account = new_account(db, settings, zone)
    keep(db, account, history)
    if rule is not None:
        preferences.keep(db, account, Preferences(rule=rule))
    return insights.heard(db, account), in_totals(stored(db, account), rule)


def of_alice(db: Database, alice: Account, *plays: Heard) -> insights.Heard:
    keep(db, alice, plays)
    return insights.heard(db, alice)


def amount(plays: Iterable[Stored]) -> tuple[int, int]:
    lengths = [play.ms for play in plays]
    return len(lengths), sum(lengths)


@on_this_database
@given(history=listening(), zone=zones, rule=rules, days=two_days)
def test_the_days_add_up_to_the_period(
    db: Database, settings: Settings, history: list[Told], zone: str, rule: Rule,
    days: tuple[date, date],
) -> None:  # fmt: skip
    archive, plays = told(db, settings, history, zone, rule)
    found = archive.daily.within(*days)
    plays = within(plays, *days)
    assert found.totals() == amount(plays)
    by_hour = Counter((play.day, play.hour % 24) for play in plays)
    ms = Counter[tuple[date, int]]()
    for play in plays:
        ms[play.day, play.hour % 24] += play.ms
    for day in days_of(*days):
        row = found.place(day)
        for hour in range(24):
            inside = 0 <= row < len(found.plays)
            assert (found.plays[row, hour] if inside else 0) == by_hour[day, hour]
            assert (found.ms[row, hour] if inside else 0) == ms[day, hour]


@on_this_database
@given(history=listening(), zone=zones, rule=rules, days=two_days, ahead=st.integers(0, 40))
def test_the_bars_are_the_plays_and_the_hours_of_each_bucket(
    db: Database, settings: Settings, history: list[Told], zone: str, rule: Rule,
    days: tuple[date, date], ahead: int,
) -> None:  # fmt: skip
    archive, counting = told(db, settings, history, zone, rule)
    buckets = Buckets.fitting(*days)
    snapshot = days[1] + ahead * DAY if ahead % 2 else None
    plays, hours = daily.plays_by_bucket(archive, buckets, snapshot)
    every = [
        day for day in (archive.everything.first_day, archive.everything.last_day, snapshot) if day
    ]
    ends = [*(start - DAY for start in buckets.starts[1:]), days[1]]
    for at, (start, end) in enumerate(zip(buckets.starts, ends, strict=True)):
        is_known = archive.everything.first_day is not None and min(every) <= end
        count, ms = amount(within(counting, start, end))
        if not (is_known and start <= max(every)):
            assert (plays.values[at], hours.values[at]) == (None, None)
            continue
        assert (plays.values[at], hours.values[at]) == (count, round(ms / 3_600_000, 2))
        assert plays.contexts is not None
        assert plays.contexts[at] == (length_words(ms) if count else "")
    total = amount(within(counting, buckets.starts[0], days[1]))[0]
    assert sum(value or 0 for value in plays.values) == total


@on_this_database
@given(history=listening(), zone=zones, days=two_days)
def test_hours_and_weekdays_are_those_counted_one_by_one(
    db: Database, settings: Settings, history: list[Told], zone: str, days: tuple[date, date]
) -> None:
    archive, plays = told(db, settings, history, zone)
    count = Counter(play.hour for play in within(plays, *days))
    hours, weekdays = (
        daily.hours_of_day(archive, *days),
        daily.weekdays(archive, *days),
    )
    assert hours.values == tuple(
        sum(count[at] for at in count if at % 24 == hour) for hour in range(24)
    )
    assert weekdays.values == tuple(
        sum(count[at] for at in count if at // 24 == weekday) for weekday in range(7)
    )
    heat = daily.week_heat(archive, *days)
    assert heat.values == tuple(
        tuple(count[weekday * 24 + hour] for hour in range(24)) for weekday in range(7)
    )
    assert list(weekdays.labels) == list(heat.rows) == WEEKDAYS
    assert hours.contexts is not None
    for hour, words in enumerate(hours.contexts):
        ms = sum(play.ms for play in within(plays, *days) if play.hour % 24 == hour)
        assert words == (length_words(ms) if ms else "")


@on_this_database
@given(history=listening(), zone=zones, year=st.sampled_from([2025, 2026]), days=two_days)
def test_a_calendar_has_each_day_of_the_year_up_to_today_once(
    db: Database, settings: Settings, history: list[Told], zone: str, year: int,
    days: tuple[date, date],
) -> None:  # fmt: skip
    archive, plays = told(db, settings, history, zone)
    heat, today = daily.calendar(archive, year, days[1]), days[1]
    monday = date(year, 1, 1) - date(year, 1, 1).weekday() * DAY
    cells = {
        monday + column * WEEK + row * DAY: value
        for row, values in enumerate(heat.values)
        for column, value in enumerate(values)
    }
    count = Counter(play.day for play in plays)
    for day, value in cells.items():
        assert value == (count[day] if day.year == year and day <= today else None)
    assert set(days_of(date(year, 1, 1), date(year, 12, 31))) <= set(cells)


@on_this_database
@given(history=listening(), zone=zones, days=two_days)
def test_streaks_are_those_found_by_going_from_day_to_day(
    db: Database, settings: Settings, history: list[Told], zone: str, days: tuple[date, date]
) -> None:
    archive, plays = told(db, settings, history, zone)
    played = {play.day for play in plays}
    best: list[date] = []
    running: list[date] = []
    lengths: list[int] = []
    for day in days_of(*days):
        running = [*running, day] if day in played else []
        best = running if len(running) > len(best) else best
        lengths.append(len(running))
    last = days[1] if days[1] in played else days[1] - DAY
    current = 0
    while last - current * DAY in played:
        current += 1
    found = daily.streaks(archive, *days)
    assert (found.longest, found.current) == (len(best), current)
    # Each streak has every length up to its own once.
    assert found.others == (lengths.count(len(best)) - 1 if best else 0)
    assert (found.longest_start, found.longest_end) == (
        (best[0], best[-1]) if best else (None, None)
    )


@on_this_database
@given(history=listening(), zone=zones, days=two_days)
def test_the_busiest_day_has_most_plays_then_most_time_then_is_the_earlier(
    db: Database, settings: Settings, history: list[Told], zone: str, days: tuple[date, date]
) -> None:
    archive, plays = told(db, settings, history, zone)
    each = {day: amount(within(plays, day, day)) for day in days_of(*days)}
    best = min(each, key=lambda day: (-each[day][0], -each[day][1], day))
    others = sum(plays == each[best][0] for plays, _ in each.values()) - 1
    wanted = BusiestDay(best, *each[best], others) if each[best][0] else None
    assert daily.busiest_day(archive, *days) == wanted


@on_this_database
@given(
    history=listening(datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
    zone=zones,
    now=st.datetimes(datetime(2026, 10, 1), datetime(2026, 11, 22, 23, 59)),  # noqa: DTZ001
)
def test_the_usual_week_is_the_median_of_the_same_hours(
    db: Database, settings: Settings, history: list[Told], zone: str, now: datetime
) -> None:
    archive, stored_plays = told(db, settings, history, zone)
    today = now.date()
    plays = [play for play in stored_plays if play.hour <= 24 * today.weekday() + now.hour]
    monday = today - today.weekday() * DAY
    known = archive.everything
    earlier = [
        amount(within(plays, monday - n * WEEK, today - n * WEEK))
        for n in range(1, 13)
        if known.first_day and known.first_day <= monday - n * WEEK
        if known.last_day and today - n * WEEK <= known.last_day
    ]
    found = daily.this_week(archive, now)
    assert (found.plays, found.ms) == amount(within(plays, monday, today))
    assert found.weeks == len(earlier)
    if earlier:
        usual = [median(each[at] for each in earlier) for at in (0, 1)]
        assert (found.usual_plays, found.usual_ms) == tuple(int(each + 0.5) for each in usual)


def test_nothing_played_has_no_days(db: Database, alice: Account) -> None:
    archive = of_alice(db, alice)
    assert archive.daily.totals() == (0, 0)
    assert archive.daily.plays.shape == (0, 24)
    buckets = Buckets.fitting(date(2026, 11, 1), TODAY)
    plays, hours = daily.plays_by_bucket(archive, buckets, TODAY)
    assert set(plays.values) == set(hours.values) == {None}
    assert daily.hours_of_day(archive, *YEARS).values == (0,) * 24
    assert daily.weekdays(archive, *YEARS).is_empty
    assert daily.week_heat(archive, *YEARS).is_empty
    assert daily.streaks(archive, *YEARS) == Streaks(0, None, None, 0)
    assert daily.busiest_day(archive, *YEARS) is None
    week = daily.this_week(archive, datetime(2026, 11, 22, 23, tzinfo=UTC))
    assert (week.plays, week.usual_plays, week.weeks) == (0, 0, 0)
    assert week.sentence == "Nothing played this week so far."


def test_a_single_play_is_all_there_is(db: Database, alice: Account) -> None:
    archive = of_alice(db, alice, Heard(EVENING, ms=3_600_000))
    friday = EVENING.date()
    assert archive.daily.totals() == (1, 3_600_000)
    assert daily.streaks(archive, *YEARS) == Streaks(1, friday, friday, 0)
    assert daily.streaks(archive, friday, friday).current == 1
    assert daily.busiest_day(archive, *YEARS) == BusiestDay(friday, 1, 3_600_000)
    heat = daily.week_heat(archive, *YEARS)
    assert heat.values[4][20] == 1
    assert heat.contexts[4][20] == "Friday 20:00 to 21:00: 1 play, 1 hour"
    assert heat.contexts[6][23] == "Sunday 23:00 to 0:00: no plays"


def test_ten_years_are_shown_by_month_and_twenty_seven_by_year(
    db: Database, alice: Account
) -> None:
    years = range(2000, 2027)
    archive = of_alice(db, alice, *(Heard(datetime(n, 3, 1, 12, tzinfo=UTC)) for n in years))
    by_month, by_year = (
        daily.plays_by_bucket(archive, Buckets.fitting(start, TODAY), None)[0]
        for start in (date(2017, 1, 1), date(2000, 1, 1))
    )
    assert len(by_month.values) == 119
    assert sum(value or 0 for value in by_month.values) == 10
    assert by_year.values == (1,) * 27


def test_a_play_at_midnight_belongs_to_the_day_that_begins(db: Database, alice: Account) -> None:
    berlin = replace(alice, zone=ZoneInfo("Europe/Berlin"))
    midnight = datetime(2026, 10, 31, 23, tzinfo=UTC)
    archive = of_alice(
        db, berlin, Heard(midnight - timedelta(milliseconds=1)), Heard(midnight, track=2)
    )
    first, last = date(2026, 10, 31), date(2026, 11, 1)
    assert [archive.daily.within(day, day).totals()[0] for day in (first, last)] == [1, 1]
    hours = daily.hours_of_day(archive, first, last)
    assert (hours.values[23], hours.values[0]) == (1, 1)


def test_another_zone_moves_plays_to_other_days(db: Database, alice: Account) -> None:
    late = Heard(datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert daily.streaks(of_alice(db, alice, late), *YEARS).longest_start == date(2026, 11, 20)
    tokyo = replace(alice, zone=ZoneInfo("Asia/Tokyo"))
    archive = insights.heard(db, tokyo)
    assert daily.streaks(archive, *YEARS).longest_start == date(2026, 11, 21)
    assert daily.hours_of_day(archive, *YEARS).values[8] == 1


def test_the_hour_that_comes_twice_is_one_hour_of_a_longer_day(
    db: Database, alice: Account
) -> None:
    berlin = replace(alice, zone=ZoneInfo("Europe/Berlin"))
    # From two to three o'clock in summer, and then again in winter.
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    archive = of_alice(db, berlin, *map(Heard, twice))
    sunday = date(2026, 10, 25)
    assert archive.daily.within(sunday, sunday).totals()[0] == 2
    assert daily.hours_of_day(archive, sunday, sunday).values[2] == 2


def test_a_day_that_comes_back_for_an_hour_is_counted_whole(db: Database, alice: Account) -> None:
    # In Newfoundland a minute after midnight was a minute after eleven again.
    there = replace(alice, zone=ZoneInfo("America/St_Johns"))
    fall_back = datetime(2010, 11, 7, 2, 31, tzinfo=UTC)
    plays = [fall_back + timedelta(minutes=n) for n in (-20, -1, 20)]
    archive = of_alice(db, there, *map(Heard, plays))
    saturday, sunday = date(2010, 11, 6), date(2010, 11, 7)
    found = [archive.daily.within(day, day).totals()[0] for day in (saturday, sunday)]
    assert found == [2, 1]
    assert daily.streaks(archive, *YEARS) == Streaks(2, saturday, sunday, 0)


def test_an_archive_may_begin_with_the_later_of_two_days(db: Database, alice: Account) -> None:
    there = replace(alice, zone=ZoneInfo("America/St_Johns"))
    fall_back = datetime(2010, 11, 7, 2, 31, tzinfo=UTC)
    archive = of_alice(db, there, *(Heard(fall_back + timedelta(minutes=n)) for n in (-1, 20)))
    assert archive.daily.by_day[0].tolist() == [1, 1]


def test_the_first_and_the_last_day_of_a_period_are_in_its_bars(
    db: Database, alice: Account
) -> None:
    archive = of_alice(db, alice, *(Heard(EVENING - n * DAY) for n in range(9)))
    week = EVENING.date() - 6 * DAY, EVENING.date()
    assert daily.plays_by_bucket(archive, Buckets.fitting(*week), None)[0].values == (1,) * 7


def test_a_leap_day_is_a_day_of_the_calendar(db: Database, alice: Account) -> None:
    archive = of_alice(db, alice, Heard(datetime(2024, 2, 29, 12, tzinfo=UTC), ms=240_000))
    leap, common = daily.calendar(archive, 2024, TODAY), daily.calendar(archive, 2025, TODAY)
    assert "29 February: 1 play, 4 minutes" in words(leap)
    assert (cells(leap), cells(common)) == (366, 365)
    period = Period("7d", date(2024, 2, 26), date(2024, 3, 3), ZoneInfo("UTC"))
    chart = daily.plays_by_bucket(archive, Buckets.of(period, period.start), None)[0]
    assert dict(zip(chart.labels, chart.values, strict=True))["29 Feb"] == 1


def test_a_calendar_ends_today_and_says_what_is_not_known(db: Database, alice: Account) -> None:
    plays = [Heard(EVENING, ms=3_600_000), Heard(EVENING - timedelta(hours=1), 2, ms=3_600_000)]
    heat = daily.calendar(of_alice(db, alice, *plays), 2026, TODAY)
    assert cells(heat) == (TODAY - date(2025, 12, 31)).days
    assert "20 November: 2 plays, 2 hours" in words(heat)
    assert "21 November: no plays" in words(heat)
    assert "19 November: nothing known" in words(heat)
    assert not any(each.startswith("23 November") for each in words(heat))
    # The year began on a Thursday: February's first day is a Sunday, in the fifth week.
    assert heat.columns[:6] == ("Jan", "", "", "", "Feb", "")


@pytest.mark.parametrize(("year", "weeks"), [(2024, 53), (2000, 53), (2012, 54), (2026, 53)])
def test_a_calendar_has_all_weeks_of_its_year(
    db: Database, alice: Account, year: int, weeks: int
) -> None:
    heat = daily.calendar(of_alice(db, alice), year, date(year, 12, 1))
    assert {len(row) for row in (heat.columns, *heat.values, *heat.contexts)} == {weeks}
    assert [name for name in heat.columns if name] == [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("today", "last"),
    [(date(2026, 1, 1), "Jan"), (date(2026, 10, 31), "Oct"), (date(2026, 11, 1), "Nov")],
)
def test_a_calendar_names_only_the_months_that_have_begun(
    db: Database, alice: Account, today: date, last: str
) -> None:
    heat = daily.calendar(of_alice(db, alice), 2026, today)
    assert [name for name in heat.columns if name][-1] == last


def words(heat: Heat) -> list[str]:
    return [each for row in heat.contexts for each in row if each]


def cells(heat: Heat) -> int:
    return sum(value is not None for row in heat.values for value in row)


def test_of_equal_streaks_the_first_is_the_longest(db: Database, alice: Account) -> None:
    days = [1, 2, 4, 5]
    archive = of_alice(db, alice, *(Heard(datetime(2026, 11, n, 12, tzinfo=UTC)) for n in days))
    assert daily.streaks(archive, *YEARS) == Streaks(2, date(2026, 11, 1), date(2026, 11, 2), 0, 1)


@pytest.mark.parametrize(("end", "current"), [(20, 3), (21, 3), (22, 0), (19, 2)])
def test_a_streak_goes_on_until_a_whole_day_was_silent(
    db: Database, alice: Account, end: int, current: int
) -> None:
    archive = of_alice(db, alice, *(Heard(EVENING - n * DAY) for n in range(3)))
    last = date(2026, 11, end)
    # It is as long as it is, however short the period.
    assert daily.streaks(archive, last, last).current == current


def test_of_equally_busy_days_more_time_decides_and_then_the_earlier(
    db: Database, alice: Account
) -> None:
    lengths = [100_000, 200_000, 200_000]
    plays = [Heard(EVENING + n * DAY, ms=ms) for n, ms in enumerate(lengths)]
    found = daily.busiest_day(of_alice(db, alice, *plays), *YEARS)
    assert found == BusiestDay(date(2026, 11, 21), 1, 200_000, others=2)


def test_episodes_are_in_the_days_only_where_they_count(db: Database, alice: Account) -> None:
    plays = [Heard(EVENING), Heard(EVENING + DAY, track=EPISODE)]
    assert of_alice(db, alice, *plays).daily.totals()[0] == 1
    preferences.keep(db, alice, Preferences(rule=Rule(episodes=True)))
    archive = insights.heard(db, alice)
    assert archive.daily.totals()[0] == 2
    assert daily.streaks(archive, *YEARS).longest == 2


def test_a_month_within_the_archive_without_plays_is_a_true_zero(
    db: Database, alice: Account
) -> None:
    archive = of_alice(
        db, alice, *(Heard(datetime(2026, month, 10, tzinfo=UTC)) for month in (7, 9))
    )
    buckets = Buckets.months(date(2026, 6, 1), TODAY)
    plays, hours = daily.plays_by_bucket(archive, buckets, None)
    assert plays.values == (None, 1, 0, 1, None, None)
    assert hours.values == (None, 0.05, 0, 0.05, None, None)
    snapshot = date(2026, 10, 1)
    assert daily.plays_by_bucket(archive, buckets, snapshot)[0].values == (None, 1, 0, 1, 0, None)


def test_a_month_of_podcasts_has_no_music_and_is_covered(db: Database, alice: Account) -> None:
    archive = of_alice(db, alice, Heard(EVENING, track=EPISODE))
    buckets = Buckets.months(date(2026, 10, 1), TODAY)
    assert daily.plays_by_bucket(archive, buckets, None)[0].values == (None, 0)


def test_each_bar_of_plays_says_the_time_and_each_bar_of_hours_the_plays(
    db: Database, alice: Account
) -> None:
    archive = of_alice(db, alice, *(Heard(EVENING, n, 3_600_000) for n in (1, 2)))
    buckets = Buckets.months(date(2026, 10, 1), TODAY)
    plays, hours = daily.plays_by_bucket(archive, buckets, None)
    assert (plays.contexts, hours.contexts) == (("", "2 hours"), ("", "2 plays"))
    assert (plays.unit, hours.unit, hours.now) == ("plays", "hours", 1)


def test_the_longest_plays_there_can_be_are_added_up_exactly(db: Database, alice: Account) -> None:
    longest = 2**31 - 1
    archive = of_alice(db, alice, *(Heard(EVENING + n * DAY, ms=longest) for n in range(4)))
    assert archive.daily.totals() == (4, 4 * longest)


def test_this_week_is_held_against_the_weeks_the_archive_knows(
    db: Database, alice: Account
) -> None:
    wednesday = datetime(2026, 11, 18, 12, tzinfo=UTC)
    plays = [
        Heard(wednesday - n * WEEK + timedelta(minutes=5 * k), 5 * k + 1)
        for n, count in enumerate([2, 4, 1])
        for k in range(count)
    ]
    # Later on that Wednesday than it is now: not yet to be held against this one.
    plays += [Heard(wednesday - WEEK + timedelta(hours=n), 100 + n) for n in range(1, 6)]
    # The archive begins on that week's Tuesday, so that its Monday is not known.
    archive = of_alice(db, alice, *plays, Heard(wednesday - 3 * WEEK - DAY))
    week = daily.this_week(archive, wednesday)
    assert (week.plays, week.usual_plays, week.weeks) == (2, 3, 2)
    assert week.sentence == "2 plays this week so far, usually 3."
    assert week.counts == (
        "Monday to this hour of Wednesday, against the median of the same hours in the 2 weeks "
        "before."
    )


@pytest.mark.parametrize(
    ("weeks", "words"),
    [
        (1, "Monday to this hour, against the median of the same hours in the week before."),
        (0, "Monday to this hour; no whole week before is known yet."),
    ],
)
def test_a_young_archive_says_how_little_it_compares(
    db: Database, alice: Account, weeks: int, words: str
) -> None:
    monday = datetime(2026, 11, 16, 12, tzinfo=UTC)
    archive = of_alice(db, alice, *(Heard(monday - n * WEEK) for n in range(weeks + 1)))
    assert daily.this_week(archive, monday).counts == words


def test_weeks_after_the_last_play_are_not_known(db: Database, alice: Account) -> None:
    archive = of_alice(db, alice, *(Heard(EVENING - n * WEEK) for n in range(4, 8)))
    assert daily.this_week(archive, EVENING).weeks == 3


def test_nobody_elses_days_are_counted(db: Database, alice: Account, bob: Account) -> None:
    keep(db, bob, [Heard(EVENING)])
    assert insights.heard(db, alice).daily.totals() == (0, 0)


def test_the_days_are_counted_once_until_something_changes(db: Database, alice: Account) -> None:
    found = of_alice(db, alice, Heard(EVENING)).daily
    assert insights.heard(db, alice).daily is found
    preferences.keep(db, alice, Preferences(rule=Rule(least_seconds=600)))
    assert insights.heard(db, alice).daily.totals() == (0, 0)
    assert of_alice(db, alice, Heard(EVENING, 2, 600_000)).daily.totals() == (1, 600_000)
