"""What the address bar may say about a stretch of time, and what is made of it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.period import (
    CHOICES,
    FIRST_DAY,
    Period,
    local_day,
    months_before,
    months_between,
    next_month,
    utc,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns")

moments = st.datetimes(datetime(2001, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("7d", date(2026, 11, 16)),
        ("30d", date(2026, 10, 24)),
        ("3m", date(2026, 9, 1)),
        ("6m", date(2026, 6, 1)),
        ("12m", date(2025, 12, 1)),
        ("24m", date(2024, 12, 1)),
        ("all", FIRST_DAY),
    ],
)
def test_a_range_is_rolling_days_or_whole_months_that_end_today(text: str, start: date) -> None:
    period = Period.parse(text, NOON, BERLIN)
    assert (period.key, period.start, period.end) == (text, start, date(2026, 11, 22))


@pytest.mark.parametrize(
    "text", [None, "", "12M", " 7d", "7d ", "0d", "-7d", "1y", "99m", "ALL", "７d"]
)
def test_anything_unknown_is_twelve_months(text: str | None) -> None:
    assert Period.parse(text, NOON, BERLIN) == Period.parse("12m", NOON, BERLIN)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert Period.parse(text, NOON, BERLIN).key in CHOICES


@given(st.sampled_from(sorted(CHOICES)), moments, st.sampled_from(ZONES))
def test_a_period_ends_on_the_local_day_and_has_its_length(
    text: str, now: datetime, name: str
) -> None:
    zone = ZoneInfo(name)
    period = Period.parse(text, now, zone)
    assert period.end == now.astimezone(zone).date()
    if text.endswith("d"):
        assert (period.end - period.start).days + 1 == int(text[:-1])
    elif text.endswith("m"):
        assert period.start.day == 1
        assert len(months_between(period.start, period.end)) == int(text[:-1])


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_the_day_on_which_the_clocks_change_has_25_hours(now: datetime, end: date) -> None:
    assert Period.parse("7d", now, BERLIN).end == end


def test_a_leap_day_counts() -> None:
    leap_day = datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert Period.parse("7d", leap_day, BERLIN).start == date(2024, 2, 23)
    assert Period.parse("12m", leap_day, BERLIN).start == date(2023, 3, 1)
    day_after = leap_day + timedelta(days=1)
    assert Period.parse("7d", day_after, BERLIN).start == date(2024, 2, 24)
    assert Period.parse("12m", day_after, BERLIN).start == date(2023, 4, 1)


@pytest.mark.parametrize(
    ("text", "is_daily"), [("7d", True), ("30d", True), ("3m", False), ("all", False)]
)
def test_only_ranges_of_days_are_drawn_in_days(text: str, is_daily: bool) -> None:
    assert Period.parse(text, NOON, BERLIN).is_daily is is_daily


def test_every_choice_has_words() -> None:
    assert Period.parse("24m", NOON, BERLIN).label == "2 years"
    assert all(Period.parse(text, NOON, BERLIN).label for text in CHOICES)


@given(days, days)
def test_months_between_two_days_are_those_that_hold_a_day(start: date, end: date) -> None:
    length = (end - start).days + 1
    touched = {(start + timedelta(days=n)).replace(day=1) for n in range(length)}
    assert months_between(start, end) == tuple(sorted(touched))


@given(days, st.integers(0, 400))
def test_so_many_months_before_is_so_many_steps_back(day: date, count: int) -> None:
    month = months_before(day, count)
    for _ in range(count):
        month = next_month(month)
    assert month == day.replace(day=1)


@given(moments, st.sampled_from(ZONES))
def test_a_local_day_is_what_the_calendar_on_the_wall_shows(now: datetime, name: str) -> None:
    assert local_day(now, ZoneInfo(name)) == now.astimezone(ZoneInfo(name)).date()


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22, 12)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        utc(naive)
    with pytest.raises(ValueError, match="time zone"):
        local_day(naive, BERLIN)
    with pytest.raises(ValueError, match="time zone"):
        Period.parse("7d", naive, BERLIN)


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (("2026-03-01", "2026-03-31"), (date(2026, 3, 1), date(2026, 3, 31))),
        (("2026-03-01", None), (date(2026, 3, 1), date(2026, 11, 22))),
        ((None, "2026-03-31"), (FIRST_DAY, date(2026, 3, 31))),
        (("2024-02-29", "2024-02-29"), (date(2024, 2, 29), date(2024, 2, 29))),
        (("2026-11-01", "2027-05-01"), (date(2026, 11, 1), date(2026, 11, 22))),
        (("0001-01-01", "2001-01-01"), (FIRST_DAY, date(2001, 1, 1))),
    ],
)
def test_any_two_dates_up_to_today(
    dates: tuple[str | None, str | None], days: tuple[date, date]
) -> None:
    period = Period.parse("7d", NOON, ZoneInfo("UTC"), dates)
    assert (period.key, period.start, period.end, period.problem) == ("custom", *days, None)


@pytest.mark.parametrize(
    ("dates", "word"),
    [
        (("yesterday", "today"), "not a date"),
        (("2026-02-30", ""), "not a date"),
        (("2026-03-02", "2026-03-01"), "other way round"),
        (("2027-01-01", "2027-02-01"), "lie ahead"),
        (("1990-01-01", "1999-12-31"), "before 2000"),
    ],
)
def test_dates_that_are_none_say_why_and_show_twelve_months(
    dates: tuple[str, str], word: str
) -> None:
    period = Period.parse("7d", NOON, ZoneInfo("UTC"), dates)
    assert period.key == "12m"
    assert word in (period.problem or "")


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    week = Period.parse("7d", NOON, ZoneInfo("UTC"))
    assert week.before == (date(2026, 11, 9), date(2026, 11, 15))
    leap = Period.parse(None, NOON, ZoneInfo("UTC"), ("2024-03-01", "2024-03-01"))
    assert leap.before == (date(2024, 2, 29), date(2024, 2, 29))
    assert Period.parse("all", NOON, ZoneInfo("UTC")).before is None
