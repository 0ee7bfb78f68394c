"""Local days and hours of whole arrays, against one datetime at a time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from music_time_machine.columns import day_number
from music_time_machine.columns.zones import local_time, offsets
from tests.columns.histories import ZONES, moments

HALF_HOUR = timedelta(minutes=30)


def seconds(moments: list[datetime]) -> np.ndarray:
    return np.array([int(moment.timestamp()) for moment in moments], np.uint32)


def one_by_one(moments: list[datetime], zone: ZoneInfo) -> list[tuple[int, int]]:
    local = [moment.astimezone(zone) for moment in moments]
    return [(day_number(at.date()), at.weekday() * 24 + at.hour) for at in local]


@given(st.lists(moments(), max_size=30).map(sorted), st.sampled_from(ZONES))
@example([datetime(2010, 11, 7, 2, minute, tzinfo=UTC) for minute in range(60)], "America/St_Johns")
@example([datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)], "Europe/Berlin")
def test_a_moment_has_the_local_day_and_hour_that_its_clock_shows(
    moments: list[datetime], zone: str
) -> None:
    day, hour = local_time(seconds(moments), ZoneInfo(zone))
    assert list(zip(day.tolist(), hour.tolist(), strict=True)) == one_by_one(
        moments, ZoneInfo(zone)
    )


@pytest.mark.parametrize("name", ZONES)
def test_no_change_of_the_clocks_is_missed(name: str) -> None:
    zone = ZoneInfo(name)
    start, end = datetime(2007, 1, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)
    every = [start + n * HALF_HOUR for n in range(int((end - start) / HALF_HOUR))]
    day, hour = local_time(seconds(every), zone)
    assert list(zip(day.tolist(), hour.tolist(), strict=True)) == one_by_one(every, zone)


def test_an_hour_that_comes_twice_counts_twice() -> None:
    night = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    _, hour = local_time(seconds(night), ZoneInfo("Europe/Berlin"))
    assert hour.tolist() == [6 * 24 + 2, 6 * 24 + 2]


def test_an_offset_begins_at_its_very_second() -> None:
    first, last = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    changed = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert offsets(ZoneInfo("Europe/Berlin"), int(first.timestamp()), int(last.timestamp())) == (
        (int(first.timestamp()), 3600),
        (int(changed.timestamp()), 7200),
    )


def test_the_twenty_ninth_of_february_is_a_day() -> None:
    day, _ = local_time(seconds([datetime(2024, 2, 29, 12, tzinfo=UTC)]), ZoneInfo("UTC"))
    assert day.tolist() == [day_number(date(2024, 2, 29))]
