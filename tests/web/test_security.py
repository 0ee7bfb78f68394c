"""What protects a person on every page, whoever sends the request."""

import pytest
import requests

from tests.stage import Stage, Visitor

PAGES = ["/", "/analytics", "/imports", "/nowhere", "/healthz", "/callback"]
CHANGES = ["/logout", "/imports", "/settings/snapshot", "/settings/preferences"]


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    somebody = stage.visitor()
    somebody.sign_in()
    return somebody


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(stage: Stage, path: str) -> None:
    headers = stage.visitor().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert f"form-action 'self' {stage.spotify.url}" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in headers["Cache-Control"]


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_without_a_token_is_refused(visitor: Visitor, path: str) -> None:
    answer = visitor.http.post(f"{visitor.url}{path}", data={"a": "b"}, timeout=10)
    assert answer.status_code == 400
    assert "no longer valid" in answer.text


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_with_another_sessions_token_is_refused(
    stage: Stage, visitor: Visitor, path: str
) -> None:
    other = stage.visitor()
    other.sign_in()
    data = {"csrf_token": other.token()}
    assert visitor.http.post(f"{visitor.url}{path}", data=data, timeout=10).status_code == 400


@pytest.mark.parametrize("path", [change for change in CHANGES if change != "/imports"])
def test_a_change_is_never_a_get(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 405


@pytest.mark.parametrize("path", ["/analytics", "/imports", "/imports/1"])
def test_nobody_is_sent_to_the_start(stage: Stage, path: str) -> None:
    answer = stage.visitor().get(path, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_forged_cookie_is_nobody(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.http.cookies.set("mtm", "eyJhY2NvdW50X2lkIjoxLCJlcG9jaCI6MH0.aaaa.bbbb")
    assert visitor.get("/imports", allow_redirects=False).status_code == 302


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/imports/999999999999999999999", 404)]
)
def test_an_error_is_a_friendly_page(visitor: Visitor, path: str, status: int) -> None:
    page = visitor.get(path)
    assert page.status_code == status
    assert "<html" in page.text
    assert 'href="/"' in page.text


def test_an_error_for_a_script_is_one_sentence(visitor: Visitor) -> None:
    answer = visitor.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert list(answer.json()) == ["error"]


def test_static_files_may_be_kept_for_ever(stage: Stage) -> None:
    page = stage.visitor().get("/").text
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    answer = requests.get(stage.url + address, timeout=10)
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert "immutable" in answer.headers["Cache-Control"]


def test_machines_are_told_how_it_is(stage: Stage) -> None:
    assert stage.visitor().get("/healthz").json() == {"status": "ok"}
    assert stage.visitor().get("/readyz").json() == {"status": "ready"}


def test_the_icon_is_where_browsers_look_for_it(stage: Stage) -> None:
    answer = stage.visitor().get("/favicon.ico")
    assert (answer.status_code, answer.content[:4]) == (200, b"\0\0\1\0")
