"""Cutting a run of plays to local days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.columns import Listens
from music_time_machine.columns.arrays import first_values
from music_time_machine.columns.zones import local_time
from tests.columns.histories import ZONES, moments, size

NEWFOUNDLAND = ZoneInfo("America/St_Johns")


def listens_at(moments: list[datetime], zone: ZoneInfo) -> Listens:
    """Plays of these moments, each of a track of its own."""
    when = np.array([int(moment.timestamp()) for moment in sorted(moments)], np.uint32)
    day, hour = local_time(when, zone)
    every = np.arange(len(when), dtype=np.int32)
    return replace(
        Listens.none(),
        when=when, track=every, ms=when, day=day, hour=hour, track_ids=every, first_day=day,
        artist=every, artist_ids=every,
    )  # fmt: skip


days = st.dates(date(2005, 1, 1), date(2015, 1, 1))
years = moments(datetime(2004, 12, 1, tzinfo=UTC), datetime(2015, 2, 1, tzinfo=UTC))


@given(st.lists(years, max_size=30), st.sampled_from(ZONES), days, days)
def test_within_keeps_exactly_the_plays_of_the_local_days(
    moments: list[datetime], name: str, start: date, end: date
) -> None:
    zone = ZoneInfo(name)
    found = listens_at(moments, zone).within(start, end)
    wanted = [at for at in sorted(moments) if start <= at.astimezone(zone).date() <= end]
    assert found.when.tolist() == [int(at.timestamp()) for at in wanted]
    assert size(found) == len(wanted)


@pytest.mark.parametrize("day", [date(2010, 11, 6), date(2010, 11, 7), date(2010, 11, 8)])
def test_a_day_that_comes_back_after_midnight_keeps_all_its_plays(day: date) -> None:
    # One minute into the 7th, Newfoundland's clocks went back to 23:01 of the 6th.
    first = datetime(2010, 11, 5, tzinfo=UTC)
    every_minute = [first + timedelta(minutes=n) for n in range(5 * 24 * 60)]
    found = listens_at(every_minute, NEWFOUNDLAND).within(day, day)
    wanted = [at for at in every_minute if at.astimezone(NEWFOUNDLAND).date() == day]
    assert found.when.tolist() == [int(at.timestamp()) for at in wanted]


def test_midnight_belongs_to_the_day_that_begins() -> None:
    midnight = datetime(2026, 11, 21, 23, tzinfo=UTC)
    listens = listens_at([midnight - timedelta(seconds=1), midnight], ZoneInfo("Europe/Berlin"))
    assert len(listens.within(date(2026, 11, 21), date(2026, 11, 21))) == 1
    assert len(listens.within(date(2026, 11, 22), date(2026, 11, 22))) == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [(date.min, date.max), (date(1960, 1, 1), date(2200, 1, 1))],
)
def test_within_any_two_dates_is_everything_between_them(start: date, end: date) -> None:
    listens = listens_at([datetime(2026, 1, 1, tzinfo=UTC)], ZoneInfo("UTC"))
    assert len(listens.within(start, end)) == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date.min, date(1969, 12, 31)),
        (date(2180, 1, 1), date.max),
        (date(2026, 1, 2), date(2026, 1, 1)),
    ],
)
def test_within_days_without_plays_is_nothing(start: date, end: date) -> None:
    listens = listens_at([datetime(2026, 1, 1, tzinfo=UTC)], ZoneInfo("UTC"))
    assert size(listens.within(start, end)) == 0
    assert size(Listens.none().within(start, end)) == 0


def test_the_first_value_of_each_number_is_found() -> None:
    index = np.array([1, -1, 0, 1, 0], np.int32)
    values = np.array([10, 20, 30, 40, 50], np.uint16)
    assert first_values(index, values, 2).tolist() == [30, 10]
