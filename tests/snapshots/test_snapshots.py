"""A snapshot: six lists under the local day, the latest plays with them, all of it or nothing."""

import pytest
from sqlalchemy import func, select

from music_time_machine import snapshots, spotify, spotify_pause
from music_time_machine.models import (
    Account,
    Live,
    Snapshot,
    SnapshotArtist,
    SnapshotTrack,
)
from tests.live.conftest import House, house, maren

__all__ = ["house", "maren"]


def take(house: House, account: Account) -> snapshots.Taken:
    with house.client(account) as client:
        return snapshots.take(house.db, account, client, house.clock())


def rows(house: House, table: type[Snapshot | SnapshotTrack | SnapshotArtist | Live]) -> int:
    with house.db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_snapshot_keeps_the_lists_and_the_latest_plays(house: House, maren: Account) -> None:
    taken = take(house, maren)
    assert (taken.is_new, taken.plays_added) == (True, 50)
    assert (rows(house, SnapshotTrack), rows(house, SnapshotArtist)) == (150, 150)
    assert len(house.stored(maren)) == 50
    assert house.row(maren).fetched_at == house.clock()


def test_a_second_one_on_the_same_day_only_follows(house: House, maren: Account) -> None:
    take(house, maren)
    house.pass_by(hours=2)
    again = take(house, maren)
    assert not again.is_new
    assert (rows(house, Snapshot), rows(house, SnapshotTrack)) == (1, 150)
    assert len(house.stored(maren)) == 50 + again.plays_added


def test_a_snapshot_after_days_notices_the_hole(house: House, maren: Account) -> None:
    take(house, maren)
    house.pass_by(days=4)
    take(house, maren)
    assert [gap.reason for gap in house.gaps(maren)] == ["worker_off"]


def test_plays_stamped_anew_are_not_doubled_by_a_snapshot(house: House, maren: Account) -> None:
    house.control("player", {"stamp": "start"})
    house.follow(maren)
    house.control("player", {"stamp": "end"})
    assert take(house, maren).plays_added == 0


def test_a_failing_list_leaves_nothing_behind(house: House, maren: Account) -> None:
    house.control("fault", [{"path": "/v1/me/player/recently-played", "status": 400}])
    with pytest.raises(spotify.SpotifyError):
        take(house, maren)
    assert (rows(house, Snapshot), house.stored(maren)) == (0, [])


def test_a_pause_that_spotify_asked_for_is_kept(house: House, maren: Account) -> None:
    limited = {"path": "/v1/me/top/*", "status": 429, "headers": {"Retry-After": "900"}}
    house.control("fault", [limited])
    with pytest.raises(spotify.RateLimited):
        take(house, maren)
    until = spotify_pause.paused_until(house.db)
    assert until is not None
    assert (until - house.clock()).total_seconds() == 900
    house.calls()
    with pytest.raises(spotify.RateLimited):
        take(house, maren)
    assert house.calls() == {}
    house.pass_by(minutes=15)
    assert take(house, maren).is_new
