"""The home page while music plays: the line that says so, its fragment, and the button."""

import json
from typing import TYPE_CHECKING

import pytest
import requests

from tests.stage import ALICE, Stage, Visitor, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    """Alice, signed in."""
    visitor = stage.visitor()
    visitor.sign_in(ALICE)
    return visitor


@pytest.fixture(autouse=True)
def _as_usual(stage: Stage) -> object:
    yield
    mood(stage)


def mood(stage: Stage, **chosen: object) -> None:
    url = f"{stage.spotify.url}/_emulator/player"
    requests.put(url, json=chosen, timeout=10).raise_for_status()


def test_the_button_says_how_many_came_in(stage: Stage, visitor: Visitor) -> None:
    assert "Fetch my latest plays" in visitor.get("/").text
    assert "50 new plays came in." in text_of(visitor.post("/settings/follow").text)
    assert "Nothing new" in text_of(visitor.post("/settings/follow").text)


def test_what_cannot_be_read_of_the_list_is_counted_and_named(
    stage: Stage, visitor: Visitor
) -> None:
    """One row as it is, and two of a shape that nobody knows."""
    strange = {"played_at": "2026-11-22T18:00:00Z", "recording": {"id": "5" * 22}}
    track = {"type": "track", "id": "4" * 22, "name": "Paper Lanterns", "artists": []}
    known = {"played_at": "2026-11-22T17:00:00Z", "track": track}
    for rows, came in (([strange] * 2, "No new plays"), ([known, strange, strange], "1 new play")):
        listed = {"path": "/v1/me/player/recently-played", "status": 200}
        stage.break_spotify({**listed, "body": json.dumps({"items": rows})})
        told = text_of(visitor.post("/settings/follow").text)
        left_out = "2 rows of Spotify's list named no track that can be read: left out."
        assert f"{came} came in. {left_out}" in told
        assert "Nothing new" not in told


def test_a_script_gets_json(visitor: Visitor) -> None:
    accept = {"Accept": "application/json"}
    answer = visitor.post("/settings/follow", headers=accept)
    assert answer.json() == {"success": True, "message": "50 new plays came in.", "added": 50}


def test_spotifys_pause_is_an_error_with_its_time(stage: Stage, visitor: Visitor) -> None:
    stage.break_spotify({"path": "/v1/*", "status": 429, "headers": {"Retry-After": "120"}})
    accept = {"Accept": "application/json"}
    for _ in range(2):
        answer = visitor.post("/settings/follow", headers=accept)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
        assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("status", [400, 403, 404])
@pytest.mark.parametrize("button", ["/settings/follow", "/settings/snapshot"])
def test_a_refusal_is_told_where_the_button_leads(
    stage: Stage, visitor: Visitor, button: str, status: int
) -> None:
    stage.break_spotify({"path": "/v1/me/*", "status": status, "times": None})
    page = visitor.post(button)
    assert (page.status_code, page.url) == (200, f"{stage.url}/")
    sentence = f"Spotify refused that just now ({status}). Nothing was changed; try again later."
    assert sentence in text_of(page.text)
    answer = visitor.post(button, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (502, {"error": sentence})


def test_nobody_who_is_signed_out_can_ask(stage: Stage) -> None:
    nobody = stage.visitor()
    assert nobody.post("/settings/follow").status_code in {400, 401}
    answer = nobody.get("/now-playing", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_the_fragment_shows_title_artist_and_since_when(stage: Stage, visitor: Visitor) -> None:
    mood(stage, mood="track")
    visitor.post("/settings/snapshot")
    fragment = visitor.get("/now-playing").text
    assert "<html" not in fragment
    assert "Now playing" in fragment
    assert f"as of {stage.clock.now:%H:%M}" in text_of(fragment)
    assert "Now playing" in visitor.get("/").text, "without scripts the kept answer shows"


def test_a_podcast_is_said_in_plain_words(stage: Stage, visitor: Visitor) -> None:
    mood(stage, mood="episode")
    assert "An episode of a podcast" in visitor.get("/now-playing").text


def test_when_nothing_plays_nothing_is_shown(stage: Stage, visitor: Visitor) -> None:
    mood(stage, mood="track")
    visitor.get("/now-playing")
    mood(stage, mood="nothing")
    stage.clock.pass_by(minutes=1)
    assert "Now playing" not in visitor.get("/now-playing").text
    assert "Now playing" not in visitor.get("/").text


def test_a_slow_spotify_does_not_hold_the_page_up(stage: Stage, visitor: Visitor) -> None:
    mood(stage, mood="track")
    visitor.get("/now-playing")
    stage.clock.pass_by(minutes=1)
    stage.break_spotify({"path": "/v1/me/player/*", "kind": "hang", "times": None})
    assert "Now playing" in visitor.get("/now-playing").text
    stage.break_spotify()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_page_left_open_follows_what_plays(stage: Stage, page: "Page") -> None:
    mood(stage, mood="nothing")
    page.clock.install()
    page.goto(f"{stage.url}/login?listener={ALICE}")
    page.get_by_role("button", name="Agree").click()
    page.wait_for_url(f"{stage.url}/")
    page.locator("[data-now-playing-url]").wait_for(state="attached")
    mood(stage, mood="track")
    stage.clock.pass_by(minutes=1)
    page.clock.run_for(61_000)
    page.get_by_role("heading", name="Now playing").wait_for()
