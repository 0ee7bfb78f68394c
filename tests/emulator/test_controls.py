"""The levers: the world's clock, faults, revocation and counting."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from spotify_emulator import EmulatorConfig
from tests.emulator.visitor import SignedIn, refresh, sign_in

Fault = dict[str, str | int | float | bool | dict[str, str] | None]


def arm(url: str, *faults: Fault) -> None:
    requests.put(f"{url}/_emulator/fault", json=list(faults), timeout=10).raise_for_status()


def calls(url: str) -> dict[str, int]:
    counted: dict[str, int] = requests.get(f"{url}/_emulator/calls", timeout=10).json()
    return counted


def statuses(app: SignedIn, count: int, path: str = "/me") -> list[int]:
    return [app.get(path).status_code for _ in range(count)]


# Who is there


def test_listeners_are_told_with_a_sentence_and_their_first_day(url: str) -> None:
    listeners = requests.get(f"{url}/_emulator/listeners", timeout=10).json()
    assert [one["id"] for one in listeners] == ["maren", "teo", "aiko", "ruth", "noor"]
    assert all(one["about"].endswith(".") for one in listeners)
    assert [one["since"] for one in listeners][::4] == ["2016-02-19", None]


# The clock


def test_the_worlds_clock_moves_lists_but_no_tokens(url: str) -> None:
    app = sign_in(url)
    today = app.get("/me/top/tracks").json()["items"]
    recent = app.get("/me/player/recently-played").json()["items"]
    for now in ("2019-05-01T12:00:00Z", "2019-05-01T14:00:00+02:00", "2019-05-01T12:00:00"):
        put = requests.put(f"{url}/_emulator/clock", json={"now": now}, timeout=10)
        assert put.json()["now"] in {"2019-05-01T12:00:00Z", "2019-05-01T14:00:00+02:00"}
        assert app.get("/me/top/tracks").json()["items"] != today
        row = app.get("/me/player/recently-played").json()["items"][0]
        assert "2019-04-28" < row["played_at"] <= "2019-05-01T12:00:00.000Z"
    requests.put(f"{url}/_emulator/clock", json={"now": None}, timeout=10)
    assert app.get("/me/top/tracks").json()["items"] == today
    assert app.get("/me/player/recently-played").json()["items"] == recent


def test_before_the_first_play_there_is_nothing(url: str) -> None:
    app = sign_in(url)
    requests.put(f"{url}/_emulator/clock", json={"now": "2015-01-01T00:00:00Z"}, timeout=10)
    assert app.get("/me/top/artists").json()["total"] == 0
    assert app.get("/me/player/recently-played").json()["items"] == []


@pytest.mark.parametrize("body", ["{", "[]", '{"now": "soon"}', "{}"])
def test_a_clock_that_cannot_be_read_changes_nothing(url: str, body: str) -> None:
    before = requests.get(f"{url}/_emulator/clock", timeout=10).json()
    answer = requests.put(f"{url}/_emulator/clock", data=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert requests.get(f"{url}/_emulator/clock", timeout=10).json() == before


# Faults


def test_a_fault_strikes_as_often_as_it_says(url: str) -> None:
    app = sign_in(url)
    arm(url, {"path": "/v1/me", "status": 503, "times": 2, "skip": 1})
    assert statuses(app, 5) == [200, 503, 503, 200, 200]
    arm(url, {"path": "/v1/me", "status": 503, "times": None})
    assert statuses(app, 4) == [503] * 4
    requests.put(f"{url}/_emulator/fault", json={}, timeout=10)
    assert statuses(app, 1) == [200]


def test_a_fault_has_status_headers_and_body(url: str) -> None:
    app = sign_in(url)
    body = '{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}'
    arm(url, {"path": "/v1/me/*", "status": 429, "headers": {"Retry-After": "48925"}, "body": body})
    answer = app.get("/me/top/tracks")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "48925")
    assert answer.json()["error"]["reason"] == "QUOTA_EXCEEDED"


def test_a_fault_may_choose_the_method_and_the_token_endpoint(url: str) -> None:
    app = sign_in(url)
    arm(url, {"path": "/api/token", "method": "POST", "status": 502, "body": "<html>"})
    assert refresh(url, app.refresh).status_code == 502
    assert refresh(url, app.refresh).status_code == 200


def test_with_after_the_work_is_done_and_only_the_answer_lost(
    start: Callable[[EmulatorConfig], str],
) -> None:
    url = start(EmulatorConfig(rotates_refresh_tokens=True))
    app = sign_in(url)
    arm(url, {"path": "/api/token", "status": 502, "after": True})
    assert refresh(url, app.refresh).status_code == 502
    assert refresh(url, app.refresh).json()["error_description"] == "Refresh token revoked"


def test_a_hanging_answer_never_comes_and_others_go_on(url: str) -> None:
    app = sign_in(url)
    arm(url, {"path": "/v1/me", "kind": "hang"})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(app.get, "/me")
        while "GET /v1/me" not in calls(url):
            pass
        assert app.get("/me/top/tracks", limit=1).status_code == 200
        assert not waiting.done()
        arm(url)
        assert waiting.result().status_code == 503


def test_a_late_answer_is_still_the_true_one(url: str) -> None:
    app = sign_in(url)
    arm(url, {"path": "/v1/me", "status": 0, "delay": 0.05})
    assert app.get("/me").json()["type"] == "user"


def test_a_connection_may_end_in_the_middle(url: str) -> None:
    app = sign_in(url)
    arm(url, {"path": "/v1/me", "kind": "half"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        app.get("/me")
    assert statuses(app, 1) == [200]


def test_an_answer_may_be_huge(url: str) -> None:
    app = sign_in(url)
    arm(url, {"path": "/v1/me", "kind": "huge", "megabytes": 12})
    assert len(app.get("/me").content) == 12 * 2**20


def test_an_answer_may_come_in_drops(url: str) -> None:
    app = sign_in(url)
    arm(url, {"path": "/v1/me", "kind": "drip", "body": "{}"})
    with requests.get(
        f"{url}/v1/me", headers={"Authorization": f"Bearer {app.access}"}, stream=True, timeout=10
    ) as answer:
        assert next(answer.iter_content(1)) == b"{"
        arm(url)


@pytest.mark.parametrize(
    "body", ['{"path": 3}', '{"paths": "/v1/me"}', "nonsense", '[{"kind": "x"}]']
)
def test_a_fault_that_cannot_be_read_is_refused(url: str, body: str) -> None:
    answer = requests.put(f"{url}/_emulator/fault", data=body, timeout=10)
    assert answer.status_code == 400
    assert statuses(sign_in(url), 1) == [200]


# Revoking


def test_revoking_ends_one_listeners_tokens_and_nobody_elses(url: str) -> None:
    maren, teo = sign_in(url, "maren"), sign_in(url, "teo")
    requests.post(f"{url}/_emulator/revoke", json={"listener": "maren"}, timeout=10)
    assert maren.get("/me").status_code == 401
    refused = refresh(url, maren.refresh)
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "Refresh token revoked"},
    )
    assert teo.get("/me").status_code == 200
    assert sign_in(url, "maren").get("/me").status_code == 200


def test_access_tokens_alone_may_be_ended(url: str) -> None:
    app = sign_in(url)
    body = {"listener": "maren", "kinds": ["access"]}
    requests.post(f"{url}/_emulator/revoke", json=body, timeout=10)
    assert app.get("/me").status_code == 401
    assert refresh(url, app.refresh).status_code == 200


def test_nobody_unknown_can_be_revoked(url: str) -> None:
    answer = requests.post(f"{url}/_emulator/revoke", json={"listener": "nobody"}, timeout=10)
    assert answer.status_code == 404


# Counting


def test_calls_are_counted_by_method_path_and_grant(url: str) -> None:
    app = sign_in(url)
    refresh(url, app.refresh)
    statuses(app, 3)
    assert calls(url) == {
        "GET /authorize": 1,
        "POST /authorize": 1,
        "POST /api/token": 2,
        "POST /api/token authorization_code": 1,
        "POST /api/token refresh_token": 1,
        "GET /v1/me": 3,
    }
    requests.delete(f"{url}/_emulator/calls", timeout=10)
    assert calls(url) == {}
