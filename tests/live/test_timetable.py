"""Whose turn it is: paces, several accounts, several workers, and clocks that are wrong."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from music_time_machine import live
from music_time_machine.models import Account, Live
from tests.live.conftest import EVENING, PACE, House
from tests.stage import ALICE, BOB


def due(house: House) -> list[int]:
    return live.due(house.db, PACE, house.clock())


def test_a_new_account_is_due_at_once_and_then_within_twenty_minutes(
    house: House, maren: Account
) -> None:
    assert due(house) == [maren.id]
    house.control("player", {"mood": "nothing"})
    house.poll(maren)
    assert due(house) == []
    next_at = house.row(maren).next_at
    assert next_at is not None
    assert EVENING < next_at <= EVENING + PACE.every
    house.move_to(next_at)
    assert due(house) == [maren.id]
    house.poll(maren)
    assert house.row(maren).next_at == next_at + PACE.every


def test_somebody_who_listens_is_looked_at_more_often(house: House, maren: Account) -> None:
    house.control("player", {"mood": "track"})
    house.poll(maren)
    next_at = house.row(maren).next_at
    assert next_at is not None
    assert next_at <= EVENING + PACE.listening


def test_a_play_of_a_moment_ago_is_listening_too(house: House, maren: Account) -> None:
    house.control("player", {"mood": "nothing"})
    ended_ms, _ = house.heard(EVENING - timedelta(days=3), EVENING)[-1]
    house.move_to(datetime.fromtimestamp(ended_ms / 1000 + 60, UTC))
    house.poll(maren)
    next_at = house.row(maren).next_at
    assert next_at is not None
    assert next_at <= house.clock() + PACE.listening


def test_accounts_take_their_turns_at_different_times(house: House) -> None:
    house.control("player", {"mood": "nothing"})
    turns = []
    for listener in (ALICE, BOB, "aiko", "ruth"):
        account = house.connect(listener)
        house.poll(account)
        turns.append(house.row(account).next_at)
    turns.sort(key=lambda turn: turn or EVENING)
    apart = [(b - a) for a, b in pairwise(turns) if a and b]
    assert min(apart) > timedelta(minutes=2)


def test_a_turn_is_taken_once_however_many_workers_come(house: House, maren: Account) -> None:
    house.connect(BOB)
    one, other = house.jobs(), house.jobs()
    one.follow_everyone()
    other.follow_everyone()
    assert house.calls()["GET /v1/me/player/recently-played"] == 2
    assert not live.claim(house.db, maren, PACE, house.clock())


def test_one_failing_account_does_not_stop_the_others(house: House, maren: Account) -> None:
    teo = house.connect(BOB)
    house.control("fault", [{"path": "/v1/me/player/recently-played", "status": 400, "times": 1}])
    house.jobs().follow_everyone()
    assert (house.stored(maren), len(house.stored(teo))) == ([], 50)
    house.pass_by(minutes=20)
    house.jobs().follow_everyone()
    assert len(house.stored(maren)) == 50


def test_a_refused_account_is_left_alone_until_it_is_back(house: House, maren: Account) -> None:
    teo = house.connect(BOB)
    house.control("revoke", {"listener": ALICE})
    house.jobs().follow_everyone()
    assert len(house.stored(teo)) == 50
    house.calls()
    house.pass_by(hours=1)
    assert due(house) == [teo.id]
    house.connect(ALICE)
    assert maren.id in due(house)


def test_nobody_is_asked_for_while_spotify_wants_a_pause(house: House, maren: Account) -> None:
    house.connect(BOB)
    limited = {"path": "/v1/me/*", "status": 429, "headers": {"Retry-After": "600"}, "times": 1}
    house.control("fault", [limited])
    house.calls()
    house.jobs().follow_everyone()
    assert house.calls() == {"GET /v1/me/player/recently-played": 1}
    house.pass_by(minutes=9)
    house.jobs().follow_everyone()
    house.jobs().snapshot_everyone()
    assert house.calls() == {}
    house.pass_by(minutes=25)
    house.jobs().follow_everyone()
    assert house.calls()["GET /v1/me/player/recently-played"] == 2


@pytest.mark.parametrize("wrong", [datetime(2038, 1, 1, tzinfo=UTC), EVENING + timedelta(hours=1)])
def test_a_clock_that_is_set_back_stops_nobody(
    house: House, maren: Account, wrong: datetime
) -> None:
    house.control("player", {"mood": "nothing"})
    house.poll(maren)
    with house.db.write() as session:
        session.get_one(Live, maren.id).next_at = wrong
    assert due(house) == [maren.id]


def test_a_local_archive_has_no_turn(house: House, alice: Account) -> None:
    assert due(house) == []
