"""The client against a whole Spotify: signed in by consent, reading, refreshing, failing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from music_time_machine.spotify import (
    TIME_RANGES,
    BadClient,
    Client,
    Forbidden,
    NeedsReconnect,
    Nonsense,
    NotFound,
    RateLimited,
    SpotifyError,
    TooLarge,
    Unauthorized,
    Unavailable,
    refresh_tokens,
)
from spotify_emulator import EmulatorConfig
from spotify_emulator.config import Shape
from spotify_emulator.testing import running

REDIRECT = "http://127.0.0.1:4999/callback"
CREDENTIALS = ("demo-client", "demo-secret")
SCOPES = "user-read-private user-top-read user-read-recently-played user-read-currently-playing"
SHAPES: tuple[Shape, ...] = ("strict", "transition", "legacy")
NOW = "2026-11-20T20:00:00Z"


@dataclass
class Listening:
    """A person at the emulator who has agreed, and the tokens that came of it."""

    url: str
    access: str
    refresh: str

    @property
    def api(self) -> str:
        return f"{self.url}/v1"

    def token(self, force_refresh: bool) -> str:
        if force_refresh:
            fresh = refresh_tokens(self.url, *CREDENTIALS, self.refresh)
            self.access, self.refresh = fresh.access_token, fresh.refresh_token or self.refresh
        return self.access

    def calls(self) -> dict[str, int]:
        counts: dict[str, int] = requests.get(f"{self.url}/_emulator/calls", timeout=10).json()
        return counts

    def control(self, name: str, body: object) -> None:
        method = "POST" if name == "revoke" else "PUT"
        asked = requests.request(method, f"{self.url}/_emulator/{name}", json=body, timeout=10)
        asked.raise_for_status()


def agreed(url: str, listener: str, scopes: str = SCOPES) -> Listening:
    """What a browser and a server do together at sign-in."""
    query = {"client_id": CREDENTIALS[0], "response_type": "code", "redirect_uri": REDIRECT}
    consent = requests.post(
        f"{url}/authorize",
        params=query | {"scope": scopes},
        data={"decision": "agree", "listener": listener},
        allow_redirects=False,
        timeout=10,
    )
    [code] = parse_qs(urlsplit(consent.headers["Location"]).query)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    answer = requests.post(f"{url}/api/token", data=form, auth=CREDENTIALS, timeout=10).json()
    return Listening(url, answer["access_token"], answer["refresh_token"])


@pytest.fixture(scope="module")
def spotify() -> Iterator[str]:
    with running() as emulator:
        yield emulator.url


@pytest.fixture
def alice(spotify: str) -> Iterator[Listening]:
    listener = at_home(spotify, is_new=False)
    person = agreed(spotify, listener)
    person.control("clock", {"now": NOW})
    requests.delete(f"{spotify}/_emulator/calls", timeout=10).raise_for_status()
    yield person
    person.control("fault", [])


def at_home(url: str, *, is_new: bool) -> str:
    """Somebody of the emulator's world, with a past or without one."""
    everybody = requests.get(f"{url}/_emulator/listeners", timeout=10).json()
    chosen = [one for one in everybody if (one["since"] is None) == is_new]
    found: str = chosen[0]["id"]
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_reads_the_same_from_every_shape_of_the_api(shape: Shape) -> None:
    with running(EmulatorConfig(shape=shape)) as emulator:
        person = agreed(emulator.url, at_home(emulator.url, is_new=False))
        person.control("clock", {"now": NOW})
        with Client(person.api, person.token) as client:
            profile = client.me()
            assert profile.display_name
            assert (profile.account_id is None) == (shape == "legacy")
            for time_range in TIME_RANGES:
                tracks, artists = client.top_tracks(time_range), client.top_artists(time_range)
                assert tracks.ranks == artists.ranks == tuple(range(1, 51))
                assert tracks.skipped == artists.skipped == 0
                assert all(t.artists and t.album and t.duration_ms and t.uri for t in tracks.items)
            recent = client.recently_played()
            assert (len(recent.items), recent.skipped) == (50, 0)
            times = [play.played_at for play in recent.items]
            assert times == sorted(times, reverse=True)
            assert all(moment.tzinfo is UTC for moment in times)
            track = client.track(recent.items[0].track.id)
            assert track.name == recent.items[0].track.name
            assert client.artist(track.artists[0].id).name == track.artists[0].name
            client.currently_playing()


def test_older_plays_are_asked_for_by_the_cursor(alice: Listening) -> None:
    with Client(alice.api, alice.token) as client:
        newest = client.recently_played(limit=20)
        assert newest.before_ms is not None
        older = client.recently_played(limit=20, before_ms=newest.before_ms)
        newer = client.recently_played(after_ms=newest.before_ms)
    assert older.items[0].played_at < newest.items[-1].played_at
    assert newer.items[-1].played_at > newest.items[-1].played_at


def test_somebody_new_has_empty_lists(alice: Listening) -> None:
    newcomer = agreed(alice.url, at_home(alice.url, is_new=True))
    with Client(newcomer.api, newcomer.token) as client:
        assert client.top_tracks("long_term").items == ()
        assert client.top_artists("short_term").items == ()
        assert client.recently_played().items == ()


def test_a_revoked_access_token_is_renewed_by_one_refresh(alice: Listening) -> None:
    old_refresh = alice.refresh
    alice.access = "BQ-no-longer-good"
    with Client(alice.api, alice.token) as client:
        client.me()
        client.top_tracks("short_term")
    calls = alice.calls()
    assert calls["GET /v1/me"] == 2
    assert calls["GET /v1/me/top/tracks"] == 1
    assert calls["POST /api/token refresh_token"] == 1
    assert alice.refresh == old_refresh


def test_a_rotated_refresh_token_replaces_the_old() -> None:
    with running(EmulatorConfig(rotates_refresh_tokens=True)) as emulator:
        person = agreed(emulator.url, at_home(emulator.url, is_new=False))
        first = person.refresh
        person.token(True)
        assert person.refresh != first
        with Client(person.api, person.token) as client:
            assert client.me().id
        with pytest.raises(NeedsReconnect):
            refresh_tokens(person.url, *CREDENTIALS, first)


def test_a_consent_taken_back_means_connect_again(spotify: str) -> None:
    listener = at_home(spotify, is_new=True)
    person = agreed(spotify, listener)
    person.control("revoke", {"listener": listener})
    with Client(person.api, person.token) as client, pytest.raises(NeedsReconnect) as caught:
        client.me()
    assert caught.value.detail == "Refresh token revoked"


def test_a_token_that_stays_bad_is_asked_about_twice_and_no_more(alice: Listening) -> None:
    with Client(alice.api, lambda force: "BQ-not-a-token") as client, pytest.raises(Unauthorized):
        client.me()
    assert alice.calls()["GET /v1/me"] == 2


@pytest.mark.parametrize("credentials", [("demo-client", "wrong"), ("other", "demo-secret")])
def test_a_wrong_client_is_told_from_an_ended_consent(
    alice: Listening, credentials: tuple[str, str]
) -> None:
    with pytest.raises(BadClient):
        refresh_tokens(alice.url, *credentials, alice.refresh)


def test_a_missing_scope_and_an_unknown_id_are_told_apart(alice: Listening) -> None:
    person = agreed(alice.url, at_home(alice.url, is_new=False), "user-read-private")
    with Client(person.api, person.token) as client:
        with pytest.raises(Forbidden) as caught:
            client.top_tracks("short_term")
        with pytest.raises(NotFound):
            client.track("0" * 22)
    assert caught.value.cause == "scope"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "hang"}, Unavailable),
        ({"kind": "drip"}, Unavailable),
        ({"kind": "half"}, Unavailable),
        ({"kind": "huge"}, TooLarge),
        ({"status": 502, "body": "<html>Bad gateway</html>"}, Unavailable),
        ({"status": 200, "body": "<html>Sign in to this network</html>"}, Nonsense),
        ({"status": 200, "body": '{"items": {}}'}, Nonsense),
        ({"status": 429, "headers": {"Retry-After": "74214"}}, RateLimited),
    ],
    ids=["hang", "drip", "half", "huge", "502", "HTML", "wrong type", "429"],
)
def test_every_fault_is_one_clear_error_for_every_call(
    alice: Listening, fault: dict[str, object], kind: type[SpotifyError]
) -> None:
    with Client(alice.api, alice.token, deadline=0.6, largest_answer=100_000) as client:
        calls: list[Callable[[], object]] = [
            client.me,
            lambda: client.top_tracks("short_term"),
            lambda: client.top_artists("short_term"),
            client.recently_played,
        ]
        for call in calls:
            alice.control("fault", fault | {"path": "/v1/*", "times": None})
            with pytest.raises(SpotifyError) as caught:
                call()
            assert type(caught.value) is kind
            assert str(caught.value).endswith(".")


def test_trouble_that_passes_is_not_seen_by_the_caller(alice: Listening) -> None:
    alice.control("fault", {"path": "/v1/me", "status": 503, "times": 2})
    with Client(alice.api, alice.token) as client:
        assert client.me().id
    assert alice.calls()["GET /v1/me"] == 3
