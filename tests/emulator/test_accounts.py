"""The accounts service: consent, codes, tokens, and every way to be refused."""

from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urljoin

import pytest
import requests

from spotify_emulator import EmulatorConfig
from tests.emulator.conftest import Clock
from tests.emulator.visitor import (
    REDIRECT,
    Form,
    ask_token,
    asked,
    code_for,
    consent,
    pkce_pair,
    query_of,
    redeem,
    refresh,
    send,
    sign_in,
)


def ask(url: str, **changed: str | None) -> requests.Response:
    return requests.get(
        f"{url}/authorize", params=asked(**changed), allow_redirects=False, timeout=10
    )


# The consent page


def test_shows_the_app_its_wishes_in_words_and_every_listener(url: str) -> None:
    page = ask(url, scope="user-top-read playlist-modify-private")
    form = Form(page.text)
    assert "Music Time Machine" in page.text
    assert "See the artists and tracks you listen to most" in page.text
    assert "Make and change private playlists" in page.text
    assert form.method == "post"
    assert form.radios == ["maren", "teo", "aiko", "ruth", "noor"]
    assert form.buttons == {"agree": "decision", "cancel": "decision"}
    assert "<script" not in page.text


def test_the_listener_parameter_chooses_beforehand(url: str) -> None:
    assert Form(ask(url).text).checked == "maren"
    assert Form(ask(url, listener="aiko").text).checked == "aiko"


def test_the_page_lets_the_form_go_to_itself_and_to_the_app_only(url: str) -> None:
    policy = ask(url).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("form-action 'self' http://127.0.0.1:5000")


def test_agreeing_sends_the_browser_back_with_code_and_state(url: str) -> None:
    target = consent(url, state="s p&c=ial")
    assert target.startswith(f"{REDIRECT}?")
    assert query_of(target).keys() == {"code", "state"}
    assert query_of(target)["state"] == "s p&c=ial"


def test_a_missing_state_stays_missing(url: str) -> None:
    assert query_of(consent(url, state=None)).keys() == {"code"}


def test_cancelling_sends_back_access_denied(url: str) -> None:
    assert query_of(send(ask(url), "maren", "cancel")) == {
        "error": "access_denied",
        "state": "a-state",
    }


def test_agreeing_as_nobody_we_know_stays_on_the_page(url: str) -> None:
    answer = requests.post(
        f"{url}/authorize",
        params=asked(),
        data={"listener": "nobody", "decision": "agree"},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_id": "another"}, "INVALID_CLIENT: Invalid client"),
        ({"client_id": None}, "INVALID_CLIENT: Invalid client"),
        ({"redirect_uri": None}, "Invalid redirect URI"),
        (
            {"redirect_uri": "http://localhost:5000/callback"},
            "INVALID_CLIENT: Invalid redirect URI",
        ),
        ({"redirect_uri": "https://example.org/callback"}, "Invalid redirect URI"),
        ({"redirect_uri": f"{REDIRECT}/"}, "Invalid redirect URI"),
        (
            {"redirect_uri": "http://127.0.0.1:5000/Callback"},
            "INVALID_CLIENT: Invalid redirect URI",
        ),
        ({"redirect_uri": f"{REDIRECT}?next=x"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://127.0.0.1:x/callback"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://127.0.0.1:5000/call\nback"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://[::1/callback"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://127.0.0.1:5000.example.org/callback"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://a@127.0.0.1:5000/callback"}, "Invalid redirect URI"),
        ({"redirect_uri": "https://127.0.0.1:5000/callback"}, "Invalid redirect URI"),
    ],
)
def test_a_wrong_client_or_redirect_is_told_here_and_never_redirected(
    url: str, changed: dict[str, str | None], words: str
) -> None:
    for method in ("GET", "POST"):
        answer = requests.request(
            method,
            f"{url}/authorize",
            params=asked(**changed),
            data={"listener": "maren", "decision": "agree"} if method == "POST" else None,
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code == 400
        assert words in answer.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "user-top-read make-coffee"}, "invalid_scope"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_other_mistakes_go_back_to_the_app(
    url: str, changed: dict[str, str | None], error: str
) -> None:
    answer = ask(url, **changed)
    assert answer.status_code == 302
    assert query_of(answer.headers["Location"]) == {"error": error, "state": "a-state"}


@pytest.mark.parametrize("port", [1, 5000, 61234])
def test_a_loopback_address_registered_without_a_port_takes_any_port(url: str, port: int) -> None:
    assert ask(url, redirect_uri=f"http://127.0.0.1:{port}/callback").status_code == 200


def test_addresses_with_a_port_or_on_a_host_match_to_the_letter() -> None:
    config = EmulatorConfig(
        redirect_uris=("http://127.0.0.1:8080/cb", "https://example.org/cb", "http://[::1]/cb")
    )
    assert config.accepts_redirect("http://127.0.0.1:8080/cb")
    assert config.accepts_redirect("https://example.org/cb")
    assert config.accepts_redirect("http://[::1]:9000/cb")
    assert not config.accepts_redirect("http://127.0.0.1:8081/cb")
    assert not config.accepts_redirect("https://example.org:444/cb")
    assert not config.accepts_redirect("http://127.0.0.1/cb")


@pytest.mark.parametrize("uri", ["http://localhost/cb", "http://example.org/cb", "ftp://host/cb"])
def test_an_insecure_address_cannot_be_registered(uri: str) -> None:
    with pytest.raises(ValueError, match="can't be registered"):
        EmulatorConfig(redirect_uris=(uri,))


def test_asks_again_each_time_unless_consent_is_remembered(
    start: Callable[[EmulatorConfig], str],
) -> None:
    url = start(EmulatorConfig(remembers_consent=True))
    with requests.Session() as browser:
        page = browser.get(f"{url}/authorize", params=asked(), timeout=10)
        browser.post(
            urljoin(page.url, Form(page.text).action),
            data={"listener": "teo", "decision": "agree"},
            allow_redirects=False,
            timeout=10,
        )
        wider = asked(scope="user-top-read playlist-modify-private")
        again = browser.get(f"{url}/authorize", params=wider, allow_redirects=False, timeout=10)
        asked_anew = browser.get(
            f"{url}/authorize", params=wider | {"show_dialog": "true"}, timeout=10
        )
    tokens = redeem(url, query_of(again.headers["Location"])["code"]).json()
    assert "playlist-modify-private" not in tokens["scope"]
    assert "user-read-recently-played" in tokens["scope"]
    assert Form(asked_anew.text).radios
    assert ask(url).status_code == 200  # another browser


# Codes and tokens


def test_a_code_gives_tokens_with_the_scopes_that_were_asked_for(url: str) -> None:
    answer = redeem(url, code_for(url, scope="user-top-read"))
    assert answer.status_code == 200
    assert answer.json()["scope"] == "user-top-read"
    assert answer.json()["expires_in"] == 3600
    assert answer.headers["Cache-Control"] == "no-store"


def test_credentials_may_come_in_the_body(url: str) -> None:
    answer = ask_token(
        url,
        auth=None,
        grant_type="authorization_code",
        code=code_for(url),
        redirect_uri=REDIRECT,
        client_id="demo-client",
        client_secret="demo-secret",
    )
    assert answer.status_code == 200


def test_pkce_works_with_and_without_the_secret(url: str) -> None:
    for auth in (("demo-client", "demo-secret"), None):
        verifier, challenge = pkce_pair()
        code = code_for(url, code_challenge=challenge, code_challenge_method="S256")
        fields = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}
        fields |= {"code": code, "code_verifier": verifier, "client_id": "demo-client"}
        tokens = ask_token(url, auth=auth, **fields)
        assert tokens.status_code == 200
        renewed = ask_token(
            url,
            auth=auth,
            grant_type="refresh_token",
            refresh_token=tokens.json()["refresh_token"],
            client_id="demo-client",
        )
        assert renewed.status_code == 200


def problem(answer: requests.Response) -> tuple[int, str, str | None]:
    body = answer.json()
    return answer.status_code, body["error"], body.get("error_description")


def test_a_wrong_verifier_is_refused_after_a_wrong_code(url: str) -> None:
    verifier, challenge = pkce_pair()
    pkce = {"code_challenge": challenge, "code_challenge_method": "S256"}
    incorrect = (400, "invalid_grant", "code_verifier was incorrect")
    other = pkce_pair()[0]
    assert problem(redeem(url, code_for(url, **pkce), code_verifier=other)) == incorrect
    assert problem(redeem(url, code_for(url, **pkce))) == incorrect
    invalid = (400, "invalid_grant", "Invalid authorization code")
    assert problem(redeem(url, "no-code", code_verifier=verifier)) == invalid


def test_a_code_works_once(url: str) -> None:
    code = code_for(url)
    assert redeem(url, code).status_code == 200
    assert problem(redeem(url, code)) == (400, "invalid_grant", "Invalid authorization code")


def test_a_code_of_two_threads_works_once(url: str) -> None:
    code = code_for(url)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: redeem(url, code).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_a_code_ends_after_ten_minutes(
    start: Callable[[EmulatorConfig], str], clock: Clock
) -> None:
    url = start(EmulatorConfig(clock=clock))
    early, late = code_for(url), code_for(url)
    clock.move(timedelta(minutes=10))
    assert redeem(url, early).status_code == 200
    clock.move(timedelta(seconds=1))
    assert problem(redeem(url, late)) == (400, "invalid_grant", "Authorization code expired")


def test_the_redirect_of_the_token_request_must_be_the_first_ones(url: str) -> None:
    other = redeem(url, code_for(url), redirect_uri="http://127.0.0.1:5001/callback")
    assert problem(other) == (400, "invalid_grant", "Invalid redirect URI")


@pytest.mark.parametrize(
    ("auth", "description"),
    [
        (("another", "demo-secret"), "Invalid client"),
        (("demo-client", "wrong"), "Invalid client secret"),
        (("demo-client", ""), "Invalid client secret"),
        (None, None),
    ],
)
def test_a_wrong_client_gets_no_token(
    url: str, auth: tuple[str, str] | None, description: str | None
) -> None:
    answer = ask_token(
        url, auth=auth, grant_type="authorization_code", code="x", redirect_uri=REDIRECT
    )
    assert problem(answer) == (400, "invalid_client", description)


@pytest.mark.parametrize("header", ["Basic %%%", "Basic " + b64encode(b"\xff\xfe").decode()])
def test_credentials_that_cannot_be_read_are_none(url: str, header: str) -> None:
    answer = requests.post(
        f"{url}/api/token",
        data={"grant_type": "refresh_token"},
        headers={"Authorization": header},
        timeout=10,
    )
    assert problem(answer) == (400, "invalid_client", None)


def test_without_pkce_the_secret_is_needed(url: str) -> None:
    fields = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}
    fields |= {"code": code_for(url), "client_id": "demo-client"}
    assert problem(ask_token(url, auth=None, **fields)) == (400, "invalid_client", None)


@pytest.mark.parametrize(
    ("fields", "error", "description"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type", None),
        ({}, "unsupported_grant_type", None),
        ({"grant_type": "authorization_code"}, "invalid_request", "code must be supplied"),
        ({"grant_type": "refresh_token"}, "invalid_request", "refresh_token must be supplied"),
        (
            {"grant_type": "refresh_token", "refresh_token": "AQ-nonsense"},
            "invalid_grant",
            "Invalid refresh token",
        ),
        (
            {"grant_type": "refresh_token", "refresh_token": "AQümlaut"},
            "invalid_grant",
            "Invalid refresh token",
        ),
    ],
)
def test_a_wrong_question_gets_no_token(
    url: str, fields: dict[str, str], error: str, description: str | None
) -> None:
    status, name, words = problem(ask_token(url, **fields))
    assert (status, name) == (400, error)
    assert description is None or words == description


# Refreshing


def test_a_refresh_gives_a_new_access_token_and_no_refresh_token(url: str) -> None:
    app = sign_in(url)
    answer = refresh(url, app.refresh).json()
    assert "refresh_token" not in answer
    assert answer["access_token"] != app.access
    assert refresh(url, app.refresh).status_code == 200


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(url: str) -> None:
    app = sign_in(url)
    assert problem(refresh(url, app.access))[1] == "invalid_grant"
    swapped = type(app)(url, app.refresh, app.access)
    assert swapped.get("/me").status_code == 401
    disguised = type(app)(url, f"BQ{app.refresh[2:]}", f"AQ{app.access[2:]}")
    assert disguised.get("/me").status_code == 401
    assert problem(refresh(url, disguised.refresh))[1] == "invalid_grant"


def test_where_tokens_rotate_the_old_one_dies(start: Callable[[EmulatorConfig], str]) -> None:
    url = start(EmulatorConfig(rotates_refresh_tokens=True))
    app = sign_in(url)
    new = refresh(url, app.refresh).json()["refresh_token"]
    assert new != app.refresh
    assert problem(refresh(url, app.refresh)) == (400, "invalid_grant", "Refresh token revoked")
    assert refresh(url, new).status_code == 200


def test_where_tokens_rotate_one_of_many_threads_wins(
    start: Callable[[EmulatorConfig], str],
) -> None:
    url = start(EmulatorConfig(rotates_refresh_tokens=True))
    app = sign_in(url)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(url, app.refresh).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_access_ends_after_an_hour(start: Callable[[EmulatorConfig], str], clock: Clock) -> None:
    url = start(EmulatorConfig(clock=clock))
    app = sign_in(url)
    clock.move(timedelta(minutes=59))
    assert app.get("/me").status_code == 200
    clock.move(timedelta(minutes=1))
    assert app.get("/me").status_code == 401


def test_a_refresh_token_ends_six_months_after_consent_however_often_used(
    start: Callable[[EmulatorConfig], str], clock: Clock
) -> None:
    for rotates in (False, True):
        url = start(EmulatorConfig(clock=clock, rotates_refresh_tokens=rotates))
        token = sign_in(url).refresh
        for _ in range(2):
            clock.move(timedelta(days=90))
            answer = refresh(url, token)
            assert answer.status_code == 200
            token = answer.json().get("refresh_token", token)
        clock.move(timedelta(days=3))
        assert problem(refresh(url, token)) == (400, "invalid_grant", "Refresh token expired")


def test_tokens_outlive_a_restart(start: Callable[[EmulatorConfig], str]) -> None:
    app = sign_in(start(EmulatorConfig()), "teo")
    other = start(EmulatorConfig())
    assert type(app)(other, app.access, app.refresh).get("/me").status_code == 200
    assert refresh(other, app.refresh).status_code == 200


def test_tokens_of_another_secret_mean_nothing(start: Callable[[EmulatorConfig], str]) -> None:
    app = sign_in(start(EmulatorConfig(seed=1)))
    other = start(EmulatorConfig(seed=2))
    assert type(app)(other, app.access, app.refresh).get("/me").status_code == 401
    assert problem(refresh(other, app.refresh)) == (400, "invalid_grant", "Invalid refresh token")
