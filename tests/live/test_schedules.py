"""The timetable with the clock moved: four zones through both changes of the clock, and a month in
which the worker is off for hours and days.
"""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from music_time_machine.models import Account, Snapshot
from tests.live.conftest import House, Played

# Each with the days on which its clocks changed in 2026: an hour, and in Lord Howe half of one.
CHANGES = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "America/St_Johns": ("2026-03-08", "2026-11-01"),
}
LONG_BEFORE = timedelta(days=40)


def snapshot_days(house: House, account: Account) -> list[str]:
    with house.db.read() as session:
        days = session.scalars(select(Snapshot.local_date).where(Snapshot.account_id == account.id))
        return sorted(day.isoformat() for day in days)


def work(house: House) -> None:
    """A minute of the worker's, as its timetable has it."""
    jobs = house.jobs()
    jobs.follow_everyone()
    jobs.snapshot_everyone()


def assert_every_play_is_there_once(house: House, account: Account) -> None:
    held = house.stored(account)
    truth = house.heard(house.clock() - LONG_BEFORE, house.clock())
    assert held == [play for play in truth if play[0] >= held[0][0]]
    assert house.gaps(account) == []


def through_a_change(house: House, zone: str, day: str) -> None:
    """From the noon before the day of the change to the noon after it, densest around midnights."""
    there = ZoneInfo(zone)
    chance = random.Random(f"{zone} {day}")
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=there).astimezone(UTC)
    start, end = noon - timedelta(days=1), noon + timedelta(days=1)
    house.move_to(start)
    account = house.connect(zone=zone)
    while house.clock() < end:
        work(house)
        is_night = house.clock().astimezone(there).hour in {23, 0, 1, 2, 3}
        house.pass_by(minutes=chance.uniform(5, 20) if is_night else 60)
    days = [start + timedelta(days=n) for n in range(3)]
    expected = [moment.astimezone(there).date().isoformat() for moment in days]
    assert snapshot_days(house, account) == expected
    assert_every_play_is_there_once(house, account)


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("which", [0, 1], ids=["spring", "autumn"])
@pytest.mark.parametrize("zone", CHANGES)
def test_each_local_day_has_one_snapshot_and_each_play_is_there_once(
    house: House, zone: str, which: int
) -> None:
    through_a_change(house, zone, CHANGES[zone][which])


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_on_postgresql_too(house: House) -> None:
    through_a_change(house, "Australia/Lord_Howe", "2026-10-04")


@pytest.mark.parametrize("seed", [1, 2])
def test_a_month_of_pauses_keeps_all_that_spotify_still_offered(house: House, seed: int) -> None:
    days = 31 if house.db.is_sqlite else 12
    chance = random.Random(seed)
    start = datetime(2026, 10, 15, tzinfo=UTC)
    house.move_to(start)
    account = house.connect()
    offered: set[Played] = set()
    looks: Counter[str] = Counter()
    while house.clock() < start + timedelta(days=days):
        for _ in range(chance.randint(1, 6)):
            work(house)
            offered |= set(house.heard(house.clock() - LONG_BEFORE, house.clock())[-50:])
            looks["looks"] += 1
            house.pass_by(minutes=chance.choice([5, 20, 60]))
        house.pass_by(hours=chance.choice([1, 5, 9, 14, 26, 40, 70, 100]))
    work(house)
    offered |= set(house.heard(house.clock() - LONG_BEFORE, house.clock())[-50:])
    held = house.stored(account)
    assert held == sorted(offered), "nothing doubled, nothing lost that was still offered"
    truth = house.heard(house.clock() - LONG_BEFORE, house.clock())
    gone = [play for play in truth if play[0] > held[0][0] and play not in offered]
    gaps = [(gap.started_at, gap.ended_at) for gap in house.gaps(account)]
    assert gone
    for ended_ms, _ in gone:
        moment = datetime.fromtimestamp(ended_ms / 1000, UTC)
        assert any(first < moment < last for first, last in gaps), "each hole is noted"
    for first, last in gaps:
        inside = {play for play in held if first.timestamp() < play[0] / 1000 < last.timestamp()}
        assert not inside, "and what is known is no hole"
