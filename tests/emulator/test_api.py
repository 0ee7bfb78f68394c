"""The Web API: who may come in, pages, limits, and what is gone."""

import pytest
import requests

from spotify_emulator.removed import is_removed
from tests.emulator.visitor import sign_in

GONE = [
    ("GET", "/tracks"),
    ("GET", "/artists"),
    ("GET", "/artists/4AkRX6JSa8wYQLQhr3uo2Q/top-tracks"),
    ("GET", "/users/somebody"),
    ("POST", "/users/somebody/playlists"),
    ("GET", "/playlists/4AkRX6JSa8wYQLQhr3uo2Q/tracks"),
    ("POST", "/playlists/4AkRX6JSa8wYQLQhr3uo2Q/tracks"),
    ("DELETE", "/playlists/4AkRX6JSa8wYQLQhr3uo2Q/followers"),
    ("PUT", "/me/following"),
    ("GET", "/me/tracks/contains"),
    ("GET", "/browse/new-releases"),
    ("GET", "/recommendations"),
    ("GET", "/audio-features/4AkRX6JSa8wYQLQhr3uo2Q"),
]


def problem(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


# Who may come in


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({}, "missing_token"),
        ({"Authorization": "Basic abc"}, "missing_token"),
        ({"Authorization": "Bearer"}, "missing_token"),
        ({"Authorization": "Bearer BQnonsense"}, "invalid_token"),
    ],
)
def test_without_a_living_token_the_answer_is_401(
    url: str, headers: dict[str, str], word: str
) -> None:
    answer = requests.get(f"{url}/v1/me", headers=headers, timeout=10)
    assert problem(answer) == (401, "Missing/invalid/expired access token")
    assert answer.headers["WWW-Authenticate"] == f'Bearer realm="spotify", error="{word}"'


def test_a_changed_token_is_no_token(url: str) -> None:
    app = sign_in(url)
    changed = app.access[:-6] + ("A" if app.access[-6] != "A" else "B") + app.access[-5:]
    assert type(app)(url, changed, app.refresh).get("/me").status_code == 401


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/me/top/tracks", "user-top-read"),
        ("/me/top/artists", "user-top-read"),
        ("/me/player/recently-played", "user-read-recently-played"),
        ("/me/player/currently-playing", "user-read-currently-playing"),
    ],
)
def test_a_missing_scope_is_403(url: str, path: str, scope: str) -> None:
    assert problem(sign_in(url, scope="user-read-private").get(path)) == (
        403,
        "Insufficient client scope",
    )
    assert sign_in(url, scope=scope).get(path).status_code in {200, 204}


def test_each_listener_is_someone_else_with_one_account_id_for_good(url: str) -> None:
    ids = {sign_in(url, one).get("/me").json()["account_id"] for one in ("maren", "teo", "noor")}
    assert len(ids) == 3
    assert sign_in(url, "teo").get("/me").json()["account_id"] in ids


# What is gone, and what never was


@pytest.mark.parametrize(("method", "path"), GONE)
def test_removed_endpoints_are_forbidden_without_a_hint(url: str, method: str, path: str) -> None:
    assert problem(sign_in(url).call(method, path)) == (403, "Forbidden")


def test_what_still_exists_is_not_called_removed() -> None:
    assert not is_removed("GET", "me/tracks")
    assert not is_removed("GET", "artists/4AkRX6JSa8wYQLQhr3uo2Q")
    assert not is_removed("PUT", "playlists/4AkRX6JSa8wYQLQhr3uo2Q/items")


def test_unknown_addresses_are_404(url: str) -> None:
    assert problem(sign_in(url).get("/me/top/genres"))[0] == 404
    assert problem(sign_in(url).get("/nowhere")) == (404, "Service not found")


def test_a_track_that_is_not_there_is_404_and_a_bad_id_400(url: str) -> None:
    app = sign_in(url)
    assert problem(app.get(f"/tracks/{'0' * 22}")) == (404, "Resource not found")
    assert problem(app.get(f"/artists/{'0' * 22}")) == (404, "Resource not found")
    assert problem(app.get("/tracks/abc")) == (400, "Invalid base62 id")
    assert problem(app.get("/artists/abc-def")) == (400, "Invalid base62 id")


# Top lists


@pytest.mark.parametrize("limit", ["0", "51", "-1", "x", "1.5", ""])
def test_a_limit_out_of_bounds_is_refused(url: str, limit: str) -> None:
    app = sign_in(url)
    assert problem(app.get("/me/top/tracks", limit=limit)) == (400, "Invalid limit")
    assert problem(app.get("/me/player/recently-played", limit=limit)) == (400, "Invalid limit")


def test_a_wrong_range_and_a_wrong_offset_are_refused(url: str) -> None:
    app = sign_in(url)
    assert app.get("/me/top/tracks", time_range="ever").status_code == 400
    assert problem(app.get("/me/top/tracks", offset=-1)) == (400, "Invalid offset")


def test_the_default_is_twenty_of_half_a_year(url: str) -> None:
    app = sign_in(url)
    page = app.get("/me/top/artists").json()
    assert (page["limit"], page["offset"], len(page["items"])) == (20, 0, 20)
    named = app.get("/me/top/artists", time_range="medium_term", limit=20).json()
    assert page["items"] == named["items"]


def test_pages_lead_on_and_back_and_hold_fifty_in_all(url: str) -> None:
    app = sign_in(url)
    whole = app.get("/me/top/tracks", limit=50, time_range="short_term").json()
    assert (len(whole["items"]), whole["total"], whole["next"]) == (50, 50, None)
    headers = {"Authorization": f"Bearer {app.access}"}
    page = app.get("/me/top/tracks", limit=20, time_range="short_term").json()
    pages = [page]
    while page["next"]:
        page = requests.get(page["next"], headers=headers, timeout=10).json()
        pages.append(page)
    assert [one for page in pages for one in page["items"]] == whole["items"]
    assert [page["offset"] for page in pages] == [0, 20, 40]
    back = requests.get(pages[2]["previous"], headers=headers, timeout=10).json()
    assert back["items"] == pages[1]["items"]


@pytest.mark.parametrize("offset", [50, 77])
def test_behind_fifty_the_list_claims_to_be_empty(url: str, offset: int) -> None:
    page = sign_in(url).get("/me/top/tracks", offset=offset, limit=10).json()
    del page["href"]
    assert page == {
        "items": [],
        "limit": 0,
        "next": None,
        "offset": offset,
        "previous": None,
        "total": 0,
    }


def test_somebody_who_never_played_has_empty_lists(url: str) -> None:
    app = sign_in(url, "noor")
    for kind in ("tracks", "artists"):
        page = app.get(f"/me/top/{kind}").json()
        assert (page["items"], page["total"], page["next"]) == ([], 0, None)
    recent = app.get("/me/player/recently-played").json()
    assert (recent["items"], recent["next"], recent["cursors"]) == ([], None, None)
    assert app.get("/me/player/currently-playing").status_code == 204


# Recently played


def test_recently_played_is_newest_first_and_fifty_at_most(url: str) -> None:
    items = sign_in(url).get("/me/player/recently-played", limit=50).json()["items"]
    times = [item["played_at"] for item in items]
    assert len(times) == 50
    assert times == sorted(times, reverse=True)


def test_cursors_lead_to_older_plays_until_there_are_none(url: str) -> None:
    app = sign_in(url)
    whole = app.get("/me/player/recently-played", limit=50).json()
    assert whole["next"] is None
    headers = {"Authorization": f"Bearer {app.access}"}
    page = app.get("/me/player/recently-played").json()
    items = page["items"]
    assert len(items) == 20
    while page["next"]:
        page = requests.get(page["next"], headers=headers, timeout=10).json()
        items += page["items"]
    assert items == whole["items"]
    older = app.get("/me/player/recently-played", before=whole["cursors"]["before"]).json()
    assert (older["items"], older["cursors"], older["next"]) == ([], None, None)


def test_after_gives_only_what_is_newer(url: str) -> None:
    app = sign_in(url)
    whole = app.get("/me/player/recently-played", limit=50).json()
    middle = app.get("/me/player/recently-played", limit=10).json()["cursors"]["before"]
    newer = app.get("/me/player/recently-played", limit=50, after=middle).json()
    assert newer["items"] == whole["items"][:9]
    assert (
        app.get("/me/player/recently-played", after=whole["cursors"]["after"]).json()["items"] == []
    )


def test_after_and_before_together_or_unreadable_are_refused(url: str) -> None:
    app = sign_in(url)
    assert app.get("/me/player/recently-played", after=1, before=2).status_code == 400
    assert problem(app.get("/me/player/recently-played", after="now")) == (400, "Invalid after")
