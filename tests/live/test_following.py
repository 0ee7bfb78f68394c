"""Following the recently played list: each play once, placed rightly, and holes noticed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from music_time_machine import accounts, live, spotify, spotify_pause
from music_time_machine.db import Database
from music_time_machine.errors import ReconnectNeeded
from music_time_machine.listens import TrackIds, record
from music_time_machine.models import Account, Archive, Listen, Live
from music_time_machine.moments import to_millis
from music_time_machine.plays import Kind, Play, Source
from tests.live.conftest import EVENING, House
from tests.stage import ALICE, BOB

LONG_BEFORE = EVENING - timedelta(days=30)


def version(house: House, account: Account) -> int:
    with house.db.read() as session:
        return session.scalars(
            select(Archive.version).where(Archive.account_id == account.id)
        ).one()


def test_the_first_look_keeps_all_fifty(house: House, maren: Account) -> None:
    followed = house.follow(maren)
    assert (followed.added, followed.known, followed.left_out) == (50, 0, 0)
    assert house.stored(maren) == house.heard(LONG_BEFORE, EVENING)[-50:]
    assert house.gaps(maren) == []


def test_looking_twice_changes_nothing(house: House, maren: Account) -> None:
    house.follow(maren)
    before = house.stored(maren), version(house, maren)
    house.pass_by(minutes=1)
    assert (house.follow(maren).added, house.follow(maren).known) == (0, 50)
    assert (house.stored(maren), version(house, maren)) == before
    assert house.row(maren).fetched_at == house.clock()


def test_what_comes_late_is_placed_where_it_belongs(house: House, maren: Account) -> None:
    start, end = EVENING - timedelta(hours=20), EVENING - timedelta(hours=4)
    shown = EVENING + timedelta(hours=1)
    late = {"start": start.isoformat(), "end": end.isoformat(), "shown_at": shown.isoformat()}
    house.control("player", {"late": [late]})
    house.follow(maren)
    truth = house.heard(LONG_BEFORE, EVENING)
    missing = house.heard(start, end)
    assert missing
    assert not set(missing) & set(house.stored(maren))
    house.move_to(shown)
    assert house.follow(maren).added >= len(missing)
    held = house.stored(maren)
    assert held == sorted(set(held))
    assert set(truth[-50:]) <= set(held)
    assert house.gaps(maren) == []


@pytest.mark.parametrize(("first", "then"), [("start", "end"), ("end", "start")])
def test_plays_that_spotify_stamps_anew_are_not_doubled(
    house: House, maren: Account, first: str, then: str
) -> None:
    house.control("player", {"stamp": first})
    house.follow(maren)
    house.control("player", {"stamp": then})
    for _ in range(2):
        assert (house.follow(maren).added, len(house.stored(maren))) == (0, 50)
    assert house.gaps(maren) == []


def test_only_newer_plays_stamped_anew_are_not_doubled(house: House, maren: Account) -> None:
    house.control("player", {"stamp": "start"})
    house.follow(maren)
    middle = datetime.fromtimestamp(house.heard(LONG_BEFORE, EVENING)[-20][0] / 1000, UTC)
    # What ended before is stamped as usual here, which is the end.
    house.control("player", {"stamp": "start", "stamp_since": middle.isoformat()})
    assert (house.follow(maren).added, len(house.stored(maren))) == (0, 50)


def test_a_play_that_an_export_tells_of_is_known_under_any_stamp(
    house: House, maren: Account
) -> None:
    house.control("player", {"stamp": "end"})
    house.follow(maren)
    with house.db.write() as session:
        exported = [
            Play(
                Source.EXTENDED_HISTORY,
                datetime.fromtimestamp(ended_ms // 1000, UTC),
                ms_played=None,
                kind=Kind.TRACK,
                title="As exported",
                artist="Somebody",
                spotify_id=spotify_id,
            )
            for ended_ms, spotify_id in house.stored(maren)
        ]
        record(session, maren, exported, TrackIds(), EVENING)
    assert house.echoes(maren) == 50
    house.control("player", {"stamp": "start"})
    assert house.follow(maren).added == 0
    assert len(house.stored(maren)) == 50


def test_a_list_that_touches_nothing_known_says_from_when_plays_may_be_lost(
    house: House, maren: Account
) -> None:
    house.follow(maren)
    known = house.row(maren).newest_at
    house.pass_by(days=3)
    followed = house.follow(maren)
    assert (followed.added, followed.lost_since) == (50, known)
    [gap] = house.gaps(maren)
    assert (gap.started_at, gap.reason) == (known, "worker_off")
    assert to_millis(gap.ended_at) == house.stored(maren)[50][0]
    assert house.follow(maren).lost_since is None


def test_fifty_plays_between_two_near_looks_are_an_overflow(house: House, maren: Account) -> None:
    house.follow(maren)
    house.pass_by(days=3)
    with house.db.write() as session:  # a look an hour ago that saw nothing of these days
        row = session.get_one(Live, maren.id)
        row.fetched_at = house.clock() - timedelta(hours=1)
    house.follow(maren)
    assert [gap.reason for gap in house.gaps(maren)] == ["overflow"]


def test_a_pause_is_no_hole_while_the_list_reaches_back_far_enough(
    house: House, maren: Account
) -> None:
    house.follow(maren)
    start = EVENING
    while len(house.heard(start, house.clock())) < 40:
        house.pass_by(hours=3)
    assert house.clock() - start > timedelta(hours=12)
    house.follow(maren)
    assert house.gaps(maren) == []
    assert house.stored(maren)[-40:] == house.heard(LONG_BEFORE, house.clock())[-40:]


def test_an_ended_consent_is_remembered_until_the_person_is_back(
    house: House, maren: Account
) -> None:
    house.follow(maren)
    house.control("revoke", {"listener": ALICE})
    house.pass_by(minutes=20)
    with pytest.raises(ReconnectNeeded):
        house.follow(maren)
    broken_at = house.clock()
    house.pass_by(days=3)
    live.due(house.db, house.jobs().pace, house.clock())
    assert house.row(maren).broken_at == broken_at
    house.connect()
    house.follow(maren)
    [gap] = house.gaps(maren)
    assert gap.reason == "reconnect"
    assert house.row(maren).broken_at is None


def test_a_pause_that_spotify_asks_for_holds_for_everybody(house: House, maren: Account) -> None:
    teo = house.connect(BOB)
    limited = {
        "path": "/v1/me/player/*",
        "status": 429,
        "headers": {"Retry-After": "3600"},
        "times": 1,
    }
    house.control("fault", [limited])
    with pytest.raises(spotify.RateLimited):
        house.follow(maren)
    house.calls()
    house.pass_by(minutes=59)
    elsewhere = Database(house.settings.url, house.settings.data_dir)
    with (
        accounts.spotify_client(elsewhere, teo, house.settings, house.clock) as client,
        pytest.raises(spotify.RateLimited) as told,
    ):
        live.follow(elsewhere, teo, client, house.clock())
    elsewhere.close()
    assert told.value.retry_after == 60
    assert house.calls() == {}
    house.pass_by(minutes=1)
    assert house.follow(teo).added == 50


def test_a_pause_noted_by_a_wrong_clock_is_not_kept(house: House, maren: Account) -> None:
    spotify_pause.pause(house.db, datetime(2038, 1, 19, tzinfo=UTC))
    assert house.follow(maren).added == 50


def test_an_answer_that_never_came_leaves_the_archive_as_it_was(
    house: House, maren: Account
) -> None:
    house.control("fault", [{"path": "/v1/me/player/*", "kind": "half", "times": None}])
    with pytest.raises(spotify.SpotifyError):
        house.follow(maren)
    house.control("fault", [])
    assert house.stored(maren) == []
    assert house.follow(maren).added == 50


def test_many_who_look_at_once_keep_each_play_once(house: House, maren: Account) -> None:
    with ThreadPoolExecutor(6) as pool:
        looks = list(pool.map(lambda _: house.follow(maren), range(6)))
    assert sum(look.added for look in looks) == 50
    assert house.stored(maren) == house.heard(LONG_BEFORE, EVENING)[-50:]


def test_nobody_elses_archive_is_touched(house: House, maren: Account) -> None:
    teo = house.connect(BOB)
    house.follow(maren)
    with house.db.read() as session:
        owners = set(session.scalars(select(Listen.account_id)))
    assert owners == {maren.id}
    assert house.stored(teo) == []


def test_somebody_who_has_heard_nothing_gets_nothing(house: House) -> None:
    noor = house.connect("noor")
    assert house.follow(noor).sentence.startswith("Nothing new")
    assert house.row(noor).newest_at is None
