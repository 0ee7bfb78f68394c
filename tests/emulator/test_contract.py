"""Every answer of the Web API, held against our description of it."""

from collections.abc import Callable

import pytest
import requests

from spotify_emulator import EmulatorConfig
from spotify_emulator.config import Shape
from tests.emulator.conftest import WORLD_NOW
from tests.emulator.contract import (
    ERROR,
    LEGACY,
    STRICT,
    TOKENS,
    TRANSITION,
    Contract,
    currently_playing,
    history,
    page,
)
from tests.emulator.visitor import SCOPES, code_for, redeem, refresh, sign_in

LISTENERS = ["maren", "teo", "aiko", "ruth", "noor"]
ALL_SCOPES = f"{SCOPES} user-read-private user-read-email"


def faults_of_all_reads(url: str, listener: str, contract: Contract) -> list[str]:
    app = sign_in(url, listener, scope=ALL_SCOPES)
    faults = contract.user(app.get("/me").json(), "me")
    for time_range in ("short_term", "medium_term", "long_term"):
        for kind, item in (("tracks", contract.track), ("artists", contract.artist)):
            answer = app.get(f"/me/top/{kind}", time_range=time_range, limit=50)
            faults += page(item)(answer.json(), f"{kind} {time_range}")
    recent = app.get("/me/player/recently-played", limit=50).json()
    faults += history(contract.track)(recent, "recent")
    for row in recent["items"][:3]:
        track = row["track"]
        faults += contract.track(app.get(f"/tracks/{track['id']}").json(), "track")
        faults += contract.track(app.get(f"/tracks/{track['id']}", market="DE").json(), "track")
        artist = app.get(f"/artists/{track['artists'][0]['id']}").json()
        faults += contract.artist(artist, "artist")
    return faults


@pytest.mark.parametrize("listener", LISTENERS)
def test_every_read_of_every_listener_fits_the_description_of_2026(url: str, listener: str) -> None:
    assert faults_of_all_reads(url, listener, STRICT) == []


@pytest.mark.parametrize(("shape", "contract"), [("transition", TRANSITION), ("legacy", LEGACY)])
def test_older_shapes_send_the_fields_that_were_removed(
    start: Callable[[EmulatorConfig], str], shape: Shape, contract: Contract
) -> None:
    url = start(EmulatorConfig(shape=shape, world_clock=lambda: WORLD_NOW))
    assert faults_of_all_reads(url, "maren", contract) == []
    assert faults_of_all_reads(url, "maren", STRICT) != []


def test_some_artists_have_no_genres_field_and_some_an_empty_list(url: str) -> None:
    artists = sign_in(url).get("/me/top/artists", limit=50).json()["items"]
    assert {artist.get("genres", "missing") == [] for artist in artists} == {True, False}


def test_some_albums_and_artists_have_no_picture(url: str) -> None:
    app = sign_in(url, "teo")
    artists = app.get("/me/top/artists", limit=50, time_range="long_term").json()["items"]
    tracks = app.get("/me/top/tracks", limit=50, time_range="long_term").json()["items"]
    assert {bool(artist["images"]) for artist in artists} == {True, False}
    assert {bool(track["album"]["images"]) for track in tracks} == {True, False}


def test_pictures_are_there_and_are_small_svg_files(url: str) -> None:
    track = sign_in(url).get("/me/top/tracks", limit=50).json()["items"]
    images = [image for one in track for image in one["album"]["images"]]
    assert [image["width"] for image in images[:3]] == [640, 300, 64]
    answer = requests.get(images[0]["url"], timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg")
    assert requests.get(f"{url}/image/nothing", timeout=10).status_code == 404


def test_what_plays_now_fits_the_description(url: str) -> None:
    app = sign_in(url)
    row = app.get("/me/player/recently-played", limit=1).json()["items"][0]
    played_at = row["played_at"]
    within = f"{played_at[:17]}{max(0, int(played_at[17:19]) - 20):02d}{played_at[19:]}"
    requests.put(f"{url}/_emulator/clock", json={"now": within}, timeout=10)
    answer = app.get("/me/player/currently-playing")
    assert answer.status_code == 200
    assert currently_playing(STRICT.track)(answer.json(), "now") == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/me/top/tracks?limit=0", 400),
        ("GET", "/tracks/not-an-id", 400),
        ("GET", f"/tracks/{'0' * 22}", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/tracks", 403),
        ("PATCH", "/me", 405),
    ],
)
def test_every_refusal_has_spotifys_error_form(
    url: str, method: str, path: str, status: int
) -> None:
    answer = sign_in(url).call(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/json")
    assert ERROR(answer.json(), "error") == []
    assert answer.json()["error"]["status"] == status


def test_tokens_fit_the_description(url: str) -> None:
    tokens = redeem(url, code_for(url)).json()
    assert TOKENS(tokens, "tokens") == []
    assert TOKENS(refresh(url, tokens["refresh_token"]).json(), "tokens") == []


def test_the_description_finds_a_missing_a_wrong_and_an_unknown_field(url: str) -> None:
    track = sign_in(url).get("/me/top/tracks", limit=1).json()["items"][0]
    assert STRICT.track(track, "track") == []
    assert STRICT.track(track | {"popularity": 3}, "track") == ["track.popularity: not described"]
    wrong = STRICT.track(track | {"duration_ms": "3"}, "track")
    assert wrong == ["track.duration_ms: '3' is no whole number"]
    del track["name"]
    assert STRICT.track(track, "track") == ["track.name: missing"]
