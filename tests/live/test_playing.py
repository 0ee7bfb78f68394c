"""What plays just now: shown while it is fresh, asked for seldom, never counted."""

import pytest

from music_time_machine import accounts, live
from music_time_machine.errors import ReconnectNeeded
from music_time_machine.models import Account
from tests.live.conftest import House
from tests.stage import ALICE, BOB

ASKED = "GET /v1/me/player/currently-playing"


def now_playing(house: House, account: Account) -> live.Playing | None:
    with accounts.spotify_client(
        house.db, account, house.settings, house.clock, deadline=1.0
    ) as client:
        return live.now_playing(house.db, account, client, house.clock())


def test_a_track_is_shown_with_artist_sleeve_and_moment(house: House, maren: Account) -> None:
    house.control("player", {"mood": "track"})
    found = now_playing(house, maren)
    assert found is not None
    assert found.title
    assert found.artist
    assert found.image_url
    assert found.seen_at == house.clock()
    assert live.playing(house.db, maren, house.clock()) == found
    assert house.stored(maren) == [], "it is not counted"


@pytest.mark.parametrize("mood", ["paused", "ad", "private", "nothing"])
def test_there_is_nothing_to_show_of_the_rest(house: House, maren: Account, mood: str) -> None:
    house.control("player", {"mood": "track"})
    now_playing(house, maren)
    house.control("player", {"mood": mood})
    house.pass_by(seconds=31)
    assert now_playing(house, maren) is None
    assert live.playing(house.db, maren, house.clock()) is None


def test_an_episode_is_named_as_one(house: House, maren: Account) -> None:
    house.control("player", {"mood": "episode"})
    found = now_playing(house, maren)
    assert found is not None
    assert (found.title, found.artist) == (None, None)


def test_spotify_is_asked_once_in_thirty_seconds(house: House, maren: Account) -> None:
    house.control("player", {"mood": "track"})
    first = now_playing(house, maren)
    house.calls()
    house.pass_by(seconds=29)
    assert now_playing(house, maren) == first
    assert ASKED not in house.calls()
    house.pass_by(seconds=2)
    later = now_playing(house, maren)
    assert later is not None
    assert later.seen_at == house.clock()
    assert house.calls()[ASKED] == 1


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"kind": "hang"}, {"status": 429, "headers": {"Retry-After": "60"}}],
)
def test_while_spotify_is_away_the_last_answer_stays(
    house: House, maren: Account, fault: dict[str, object]
) -> None:
    house.control("player", {"mood": "track"})
    known = now_playing(house, maren)
    house.control("fault", [{"path": "/v1/me/player/*", "times": None, **fault}])
    house.pass_by(minutes=1)
    assert now_playing(house, maren) == known
    house.pass_by(minutes=10)
    assert now_playing(house, maren) is None, "after ten minutes nobody knows"


def test_an_ended_consent_shows_what_is_known(house: House, maren: Account) -> None:
    house.control("player", {"mood": "track"})
    known = now_playing(house, maren)
    house.control("revoke", {"listener": ALICE})
    house.pass_by(minutes=1)
    assert now_playing(house, maren) == known
    with pytest.raises(ReconnectNeeded), house.client(maren) as client:
        live.look(house.db, maren, client, house.clock())


def test_a_consent_without_this_permission_still_lets_the_list_be_followed(
    house: House, maren: Account
) -> None:
    refused = {"path": "/v1/me/player/currently-playing", "status": 403, "times": None}
    house.control("fault", [refused | {"body": '{"error": {"message": "Insufficient scope"}}'}])
    followed = house.poll(maren)
    assert followed is not None
    assert followed.added == 50


def test_one_persons_music_is_not_shown_to_another(house: House, maren: Account) -> None:
    teo = house.connect(BOB)
    house.control("player", {"mood": "track"})
    now_playing(house, maren)
    assert live.playing(house.db, teo, house.clock()) is None


def test_a_worker_that_looks_keeps_it_for_the_page(house: House, maren: Account) -> None:
    house.control("player", {"mood": "track"})
    house.jobs().follow_everyone()
    house.calls()
    house.pass_by(seconds=20)
    assert now_playing(house, maren) is not None
    assert ASKED not in house.calls()


def test_a_clock_that_was_set_back_does_not_stop_the_asking(house: House, maren: Account) -> None:
    house.control("player", {"mood": "track"})
    now_playing(house, maren)
    house.pass_by(hours=-3)
    found = now_playing(house, maren)
    assert found is not None
    assert found.seen_at == house.clock()
