"""Missing details, asked of our own Spotify: for which tracks, in which order, and how often."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import requests
from sqlalchemy import select

from music_time_machine import accounts, columns, details
from music_time_machine.details import FilledIn
from music_time_machine.listens import TrackIds, record
from music_time_machine.models import Account, Album, Listen, Track
from music_time_machine.moments import from_millis, to_millis
from music_time_machine.plays import Kind, Play, Source
from music_time_machine.spotify_pause import pause, paused_until
from spotify_emulator.world.catalogue import Track as Made
from tests.stage import ALICE, BOB, Stage

PLENTY = 500
LONG_AGO = datetime(2024, 3, 1, 12, tzinfo=UTC)
NOWHERE = "0" * 22
NAMELESS = {"id": "1" * 22, "name": ""}


@pytest.fixture
def alice(stage: Stage) -> Account:
    """Ours, connected."""
    stage.clock.now = stage.clock.now.replace(hour=12)  # so that a day does not end in the middle
    stage.visitor().sign_in(ALICE)
    return accounts.everyone(stage.db, stage.settings)[0]


@pytest.fixture
def bob(stage: Stage, alice: Account) -> Account:
    """Also on this server, connected."""
    stage.visitor().sign_in(BOB)
    return accounts.everyone(stage.db, stage.settings)[1]


@pytest.fixture
def made(stage: Stage) -> list[Made]:
    """Tracks that our Spotify has, each of an album of its own."""
    catalogue = stage.spotify.emulator.world.catalogue
    return [catalogue.tracks[album.tracks[0]] for album in catalogue.albums[:12]]


def played(spotify_id: str, at: datetime, source: Source = Source.EXTENDED_HISTORY) -> Play:
    """A play as files tell it: no length of the track, no cover."""
    told = None if source is Source.RECENTLY_PLAYED else 150_000
    return Play(source, at, told, Kind.TRACK, f"Title {spotify_id}", "Somebody",
                spotify_id=spotify_id)  # fmt: skip


def hear(stage: Stage, account: Account, *times: tuple[str, int]) -> None:
    """So many plays of each of these ids, years ago."""
    plays = [
        played(spotify_id, LONG_AGO + timedelta(hours=hour, minutes=7 * place))
        for place, (spotify_id, count) in enumerate(times)
        for hour in range(count)
    ]
    with stage.db.write() as session:
        record(session, account, plays, TrackIds(), LONG_AGO)


def fill_in(stage: Stage, a_day: int = PLENTY, most: int = 4) -> FilledIn:
    return details.fill_in(stage.db, stage.settings, stage.clock, a_day, most)


def asked(stage: Stage) -> list[str]:
    """The ids asked for since the last look, by id."""
    calls = stage.calls()
    requests.delete(f"{stage.spotify.url}/_emulator/calls", timeout=10)
    start = "GET /v1/tracks/"
    return [
        c.removeprefix(start) for c, n in calls.items() if c.startswith(start) for _ in range(n)
    ]


def track(stage: Stage, spotify_id: str) -> Track:
    with stage.db.read() as session:
        return session.scalars(select(Track).where(Track.spotify_id == spotify_id)).one()


def told_by_spotify(stage: Stage, account: Account, spotify_id: str, **changed: object) -> str:
    """The JSON of a track, with some of it changed."""
    with accounts.spotify_client(stage.db, account, stage.settings, stage.clock) as client:
        told = msgspec.json.decode(client.track(spotify_id).raw)
    asked(stage)
    return msgspec.json.encode(told | changed).decode()


def answer(stage: Stage, spotify_id: str, body: str, status: int = 200) -> None:
    stage.break_spotify(
        {"path": f"/v1/tracks/{spotify_id}", "status": status, "body": body, "times": None}
    )


def test_length_cover_release_date_and_isrc_come_in(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    hear(stage, alice, (made[0].id, 1))
    assert fill_in(stage) == FilledIn(asked=1, filled=1, vanished=0)
    found = track(stage, made[0].id)
    album = stage.spotify.emulator.world.catalogue.albums[made[0].album]
    assert (found.duration_ms, found.isrc) == (made[0].duration_ms, made[0].isrc)
    assert found.title == f"Title {made[0].id}"
    with stage.db.read() as session:
        kept = session.get(Album, found.album_id)
    assert kept is not None
    assert (kept.name, kept.release_date) == (album.name, album.release_date)
    assert (kept.image_url is not None) == album.has_image


def test_the_most_played_of_everybody_come_first(
    stage: Stage, alice: Account, bob: Account, made: list[Made]
) -> None:
    few, both, many, one = (made[n].id for n in range(4))
    hear(stage, alice, (few, 2), (both, 2), (one, 1))
    hear(stage, bob, (both, 2), (many, 3))
    order = []
    for _ in range(5):
        fill_in(stage, most=1)
        order += asked(stage)
    assert order == [both, many, few, one]


def test_a_call_asks_for_a_few_and_the_next_goes_on(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    hear(stage, alice, *((one.id, 1) for one in made[:6]))
    assert [fill_in(stage).filled for _ in range(3)] == [4, 2, 0]
    assert sorted(asked(stage)) == sorted(one.id for one in made[:6])


def test_the_budget_of_a_day_is_never_passed_and_begins_anew_at_midnight_in_utc(
    stage: Stage, alice: Account, bob: Account, made: list[Made]
) -> None:
    hear(stage, alice, *((one.id, 1) for one in made[:4]))
    hear(stage, bob, *((one.id, 1) for one in made[4:8]))
    assert sum(fill_in(stage, a_day=3, most=2).asked for _ in range(5)) == 3
    with stage.db.read() as session:
        left = session.scalars(select(Track).where(Track.asked_at.is_(None))).all()
    # Even one that has looked before the last was spent gets nothing more.
    assert details._claim(stage.db, left[0].id, stage.clock.now, 3) is None
    assert track(stage, str(left[0].spotify_id)).asked_at is None
    stage.clock.now = stage.clock.now.replace(hour=23, minute=59)
    assert fill_in(stage, a_day=3).asked == 0
    stage.clock.pass_by(minutes=1)
    assert sum(fill_in(stage, a_day=3, most=2).asked for _ in range(5)) == 3
    assert len(asked(stage)) == 6


def test_workers_at_once_share_the_budget_and_ask_for_no_track_twice(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    hear(stage, alice, *((one.id, 1) for one in made))
    with ThreadPoolExecutor(4) as workers:
        calls = list(workers.map(lambda _: fill_in(stage, a_day=7), range(4)))
    seen = asked(stage)
    assert sum(call.filled for call in calls) == len(seen) == len(set(seen)) == 7


def test_a_vanished_track_is_asked_for_again_after_thirty_days(
    stage: Stage, alice: Account
) -> None:
    hear(stage, alice, (NOWHERE, 1))
    assert fill_in(stage) == FilledIn(asked=1, filled=0, vanished=1)
    for days in (1, 28):
        stage.clock.pass_by(days=days)
        assert fill_in(stage).asked == 0
    stage.clock.pass_by(days=1)
    assert fill_in(stage) == FilledIn(asked=1, filled=0, vanished=1)


@pytest.mark.parametrize("left", [{"name": ""}, {"artists": []}, {"artists": [NAMELESS]}])
def test_what_is_left_of_a_track_that_was_taken_down_changes_nothing(
    stage: Stage, alice: Account, made: list[Made], left: dict[str, object]
) -> None:
    hear(stage, alice, (made[0].id, 1))
    before = track(stage, made[0].id)
    answer(stage, made[0].id, told_by_spotify(stage, alice, made[0].id, **left))
    assert fill_in(stage) == FilledIn(asked=1, filled=0, vanished=1)
    after = track(stage, made[0].id)
    assert (after.artist_id, after.raw) == (before.artist_id, None)


def test_an_answer_under_another_id_is_kept_under_the_one_that_was_heard(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    hear(stage, alice, (made[0].id, 1))
    answer(stage, made[0].id, told_by_spotify(stage, alice, made[1].id))
    assert fill_in(stage).filled == 1
    assert track(stage, made[0].id).duration_ms == made[1].duration_ms
    with stage.db.read() as session:
        assert session.scalar(select(Track.id).where(Track.spotify_id == made[1].id)) is None


def test_nobody_asks_during_a_pause_and_a_limit_makes_one_for_all(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    hear(stage, alice, *((one.id, 1) for one in made[:3]))
    pause(stage.db, stage.clock.now + timedelta(minutes=5))
    assert fill_in(stage).asked == 0
    stage.clock.pass_by(minutes=5)
    limit = {"path": "/v1/tracks/*", "status": 429, "headers": {"Retry-After": "3600"}}
    stage.break_spotify(limit)
    assert fill_in(stage) == FilledIn(asked=1, filled=0, vanished=0)
    until = paused_until(stage.db)
    assert until is not None
    assert until == from_millis(to_millis(stage.clock.now + timedelta(hours=1)))
    pause(stage.db, stage.clock.now)
    assert paused_until(stage.db) == until
    stage.clock.pass_by(minutes=59)
    assert fill_in(stage).asked == 0
    stage.clock.pass_by(minutes=2)
    assert fill_in(stage).filled == 3


def test_a_pause_that_a_wrong_clock_left_binds_nobody(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    hear(stage, alice, *((one.id, 1) for one in made[:2]))
    pause(stage.db, stage.clock.now + timedelta(days=800))
    assert fill_in(stage, most=1).filled == 1
    pause(stage.db, stage.clock.now + timedelta(minutes=5))
    assert fill_in(stage).asked == 0


def test_an_outage_ends_the_call_and_the_track_comes_back_within_an_hour(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    hear(stage, alice, (made[0].id, 2), (made[1].id, 1))
    answer(stage, made[0].id, "", 503)
    assert fill_in(stage) == FilledIn(asked=1, filled=0, vanished=0)
    assert fill_in(stage) == FilledIn(asked=1, filled=1, vanished=0)
    assert asked(stage).count(made[1].id) == 1
    stage.break_spotify()
    stage.clock.pass_by(hours=1)
    assert fill_in(stage) == FilledIn(asked=1, filled=1, vanished=0)


def test_an_ended_consent_lends_nothing_and_another_listener_does(
    stage: Stage, alice: Account, bob: Account, made: list[Made]
) -> None:
    hear(stage, alice, (made[0].id, 1), (made[1].id, 3))
    hear(stage, bob, (made[1].id, 1))
    requests.post(
        f"{stage.spotify.url}/_emulator/revoke", json={"listener": ALICE}, timeout=10
    ).raise_for_status()
    assert fill_in(stage) == FilledIn(asked=1, filled=1, vanished=0)
    assert track(stage, made[1].id).duration_ms == made[1].duration_ms
    assert accounts.connection(stage.db, alice).state == "reconnect"
    stage.clock.pass_by(hours=2)
    assert fill_in(stage).asked == 0


def test_only_tracks_that_a_connected_account_has_heard_are_asked_for(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    local = accounts.add_local(stage.db, "Alice of the files", stage.settings, LONG_AGO)
    hear(stage, local, (made[0].id, 5))
    assert fill_in(stage).asked == 0
    hear(stage, alice, (made[0].id, 1))
    assert fill_in(stage).filled == 1


def test_lengths_that_become_known_reach_the_columns_of_all_who_heard_the_track(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    local = accounts.add_local(stage.db, "Alice of the files", stage.settings, LONG_AGO)
    for account in (alice, local):
        with stage.db.write() as session:
            plays = [played(made[0].id, LONG_AGO, Source.RECENTLY_PLAYED)]
            record(session, account, plays, TrackIds(), LONG_AGO)
        assert columns.load(stage.db, account).music.ms.tolist() == [0]
    fill_in(stage)
    for account in (alice, local):
        assert columns.load(stage.db, account).music.ms.tolist() == [made[0].duration_ms]


def test_an_isrc_that_joins_two_recordings_leaves_each_play_once(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    single, album = made[0].id, made[1].id
    local = accounts.add_local(stage.db, "Alice of the files", stage.settings, LONG_AGO)
    for account in (alice, local):
        with stage.db.write() as session:
            told = [played(single, LONG_AGO), played(album, LONG_AGO, Source.RECENTLY_PLAYED)]
            record(session, account, told, TrackIds(), LONG_AGO)
        assert sources(stage, account) == [1, 2]
    answer(
        stage,
        album,
        told_by_spotify(stage, alice, album, external_ids={"isrc": made[0].isrc}),
    )
    assert fill_in(stage).filled == 2
    assert track(stage, single).recording == track(stage, album).recording
    for account in (alice, local):
        assert sources(stage, account) == [1]
        assert len(columns.load(stage.db, account).music) == 1


def sources(stage: Stage, account: Account) -> list[int]:
    with stage.db.read() as session:
        statement = select(Listen.source).where(Listen.account_id == account.id)
        return sorted(session.scalars(statement))


class Death(BaseException):
    """The process is gone."""


def dying(stage: Stage, after: int) -> Iterator[datetime]:
    """The time so many times, then the end."""
    for _ in range(after):
        yield stage.clock.now
    raise Death


def test_dying_at_any_moment_loses_no_answer_and_asks_for_none_twice(
    stage: Stage, alice: Account, made: list[Made]
) -> None:
    hear(stage, alice, *((one.id, 1) for one in made))
    died, counted = 0, []
    for after in range(24):
        clock = dying(stage, after).__next__
        try:
            details.fill_in(stage.db, stage.settings, clock, PLENTY)
        except Death:
            died += 1
        counted += asked(stage)
        known = [one.id for one in made if track(stage, one.id).raw is not None]
        assert set(known) <= set(counted)
    assert died > 10
    stage.clock.pass_by(hours=1)
    while fill_in(stage).asked:
        counted += asked(stage)
    assert all(track(stage, one.id).duration_ms == one.duration_ms for one in made)
    assert len(counted) <= len(made) + died
