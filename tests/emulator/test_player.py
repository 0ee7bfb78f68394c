"""The player's moods: stamps that change, plays that come late, and what seems to play."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from tests.emulator.visitor import SignedIn, sign_in

EVENING = "2026-11-20T20:00:00Z"


@pytest.fixture
def app(url: str) -> Iterator[SignedIn]:
    """Somebody with a past, on an evening that stands still."""
    requests.put(f"{url}/_emulator/clock", json={"now": EVENING}, timeout=10)
    yield sign_in(url)
    for control, usual in (("clock", {"now": None}), ("player", {})):
        requests.put(f"{url}/_emulator/{control}", json=usual, timeout=10)


def choose(app: SignedIn, **mood: object) -> None:
    answer = requests.put(f"{app.url}/_emulator/player", json=mood, timeout=10)
    answer.raise_for_status()


def recent(app: SignedIn) -> list[tuple[str, datetime]]:
    """Track and stamp of each play, newest first."""
    rows = app.get("/me/player/recently-played", limit=50).json()["items"]
    return [(row["track"]["id"], datetime.fromisoformat(row["played_at"])) for row in rows]


def test_stamps_change_for_all_plays_at_once(app: SignedIn) -> None:
    ends = recent(app)
    choose(app, stamp="start")
    starts = recent(app)
    assert [track for track, _ in starts] == [track for track, _ in ends]
    assert all(start < end for (_, start), (_, end) in zip(starts, ends, strict=True))
    choose(app)
    assert recent(app) == ends


def test_stamps_change_for_newer_plays_only(app: SignedIn) -> None:
    ends = recent(app)
    choose(app, stamp="start", stamp_since=ends[19][1].isoformat())
    mixed = recent(app)
    assert mixed[20:] == ends[20:]
    assert all(new != old for new, old in zip(mixed[:20], ends[:20], strict=True))


def test_late_plays_leave_room_for_older_ones_until_they_arrive(app: SignedIn) -> None:
    whole = recent(app)
    shown_at = "2026-11-20T21:00:00Z"
    late = {"start": whole[9][1].isoformat(), "end": EVENING, "shown_at": shown_at}
    choose(app, late=[late])
    without = recent(app)
    assert without[:40] == whole[10:]
    assert len(without) == 50
    requests.put(f"{app.url}/_emulator/clock", json={"now": shown_at}, timeout=10)
    assert set(whole[:10]) <= set(recent(app))


def test_plays_may_never_arrive(app: SignedIn) -> None:
    newest = recent(app)[0][1]
    choose(app, late=[{"start": newest.isoformat(), "end": "2027-01-01T00:00:00Z"}])
    requests.put(f"{app.url}/_emulator/clock", json={"now": "2026-12-01T00:00:00Z"}, timeout=10)
    assert max(stamp for _, stamp in recent(app)) < newest


@pytest.mark.parametrize(
    ("mood", "kind", "is_playing", "has_item"),
    [
        ("track", "track", True, True),
        ("paused", "track", False, True),
        ("episode", "episode", True, False),
        ("ad", "ad", True, False),
        ("private", "unknown", True, False),
    ],
)
def test_what_seems_to_play(
    app: SignedIn, mood: str, kind: str, is_playing: bool, has_item: bool
) -> None:
    choose(app, mood=mood)
    answer = app.get("/me/player/currently-playing").json()
    told = answer["currently_playing_type"], answer["is_playing"], answer["item"] is not None
    assert told == (kind, is_playing, has_item)


def test_nothing_plays_is_an_answer_without_a_body(app: SignedIn) -> None:
    choose(app, mood="nothing")
    answer = app.get("/me/player/currently-playing")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("body", ['{"mood": "sad"}', '{"stamp": 1}', '{"x": 1}', "{"])
def test_a_mood_that_cannot_be_read_is_refused(app: SignedIn, body: str) -> None:
    answer = requests.put(f"{app.url}/_emulator/player", data=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_moods_end_with_an_empty_one(app: SignedIn) -> None:
    before = recent(app)
    choose(app, stamp="start", mood="track")
    choose(app)
    assert recent(app) == before
    assert before[0][1] < datetime(2026, 11, 20, 20, tzinfo=UTC)
