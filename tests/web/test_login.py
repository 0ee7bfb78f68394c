"""Signing in: once, by the person who began it, in the browser where it began."""

from urllib.parse import parse_qs, urlsplit

import requests
from sqlalchemy import func, select

from music_time_machine.models import AccountRow, Credential
from tests.stage import ALICE, BOB, Stage, Visitor, forms, text_of


def sent_back(visitor: Visitor, listener: str = ALICE, decision: str = "agree") -> str:
    """The callback's address that Spotify sends the browser to, not yet visited."""
    page = visitor.get("/login")
    form = forms(page.text)[0]
    answer = visitor.http.post(
        requests.compat.urljoin(page.url, form.action),
        data={**form.fields, "listener": listener, "decision": decision},
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 302
    return answer.headers["Location"]


def accounts_stored(stage: Stage) -> int:
    with stage.db.read() as session:
        return session.scalar(select(func.count()).select_from(AccountRow)) or 0


def test_signs_in_through_the_consent_page(stage: Stage) -> None:
    page = stage.visitor().sign_in()
    assert "Welcome, Maren Vossbrook." in text_of(page.text)


def test_asks_with_state_and_pkce_for_no_more_than_it_needs(stage: Stage) -> None:
    answer = stage.visitor().get("/login", allow_redirects=False)
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 20
    assert asked["redirect_uri"] == [f"{stage.url}/callback"]
    assert set(asked["scope"][0].split()) == {
        "user-read-private",
        "user-top-read",
        "user-read-recently-played",
        "user-read-currently-playing",
    }


def test_signing_in_twice_is_one_account(stage: Stage) -> None:
    stage.visitor().sign_in()
    stage.visitor().sign_in()
    assert accounts_stored(stage) == 1


def test_two_people_are_two_accounts(stage: Stage) -> None:
    stage.visitor().sign_in(ALICE)
    stage.visitor().sign_in(BOB)
    assert accounts_stored(stage) == 2


def test_refused_consent_ends_on_a_page_with_one_sentence(stage: Stage) -> None:
    page = stage.visitor().consent(ALICE, decision="cancel")
    assert page.status_code == 400
    assert "You did not give Spotify's consent, so nothing was connected." in text_of(page.text)
    assert accounts_stored(stage) == 0


def test_a_callback_with_a_wrong_state_is_refused(stage: Stage) -> None:
    visitor = stage.visitor()
    address = sent_back(visitor)
    page = visitor.get(address.replace("state=", "state=x"))
    assert page.status_code == 400
    assert "was not started in this browser" in text_of(page.text)
    assert accounts_stored(stage) == 0


def test_a_callback_without_a_state_is_refused(stage: Stage) -> None:
    visitor = stage.visitor()
    code = parse_qs(urlsplit(sent_back(visitor)).query)["code"][0]
    page = visitor.get(f"/callback?code={code}")
    assert page.status_code == 400
    assert accounts_stored(stage) == 0


def test_another_browsers_callback_is_refused(stage: Stage) -> None:
    address = sent_back(stage.visitor(), listener=BOB)
    victim = stage.visitor()
    page = victim.get(address)
    assert page.status_code == 400
    assert "was not started in this browser" in text_of(page.text)
    assert accounts_stored(stage) == 0


def test_a_replayed_callback_is_refused(stage: Stage) -> None:
    visitor = stage.visitor()
    address = sent_back(visitor)
    assert visitor.get(address).status_code == 200
    page = visitor.get(address)
    assert page.status_code == 400
    assert "was used already" in text_of(page.text)


def test_a_code_that_spotify_refuses_ends_on_a_page(stage: Stage) -> None:
    visitor = stage.visitor()
    address = sent_back(visitor)
    page = visitor.get(address.replace("code=", "code=x"))
    assert page.status_code == 400
    assert "Spotify did not accept this sign-in." in text_of(page.text)


def test_spotify_out_of_order_ends_on_a_page(stage: Stage) -> None:
    visitor = stage.visitor()
    address = sent_back(visitor)
    stage.break_spotify({"path": "/api/token", "status": 503, "body": "<html>down</html>"})
    page = visitor.get(address)
    assert page.status_code == 503
    assert "Try again in a few minutes" in text_of(page.text)


def test_an_unregistered_person_is_told_the_causes(stage: Stage) -> None:
    visitor = stage.visitor()
    address = sent_back(visitor)
    stage.break_spotify(
        {"path": "/v1/me", "status": 403, "body": "User not registered in the Developer Dashboard"}
    )
    page = visitor.get(address)
    assert page.status_code == 403
    assert "may not be on this app's list" in text_of(page.text)
    assert "adds it under User Management." in text_of(page.text)
    assert accounts_stored(stage) == 0


def test_signing_out_ends_every_session(stage: Stage) -> None:
    phone, laptop = stage.visitor(), stage.visitor()
    phone.sign_in()
    laptop.sign_in()
    kept = dict(phone.http.cookies)
    phone.post("/logout")
    thief = stage.visitor()
    thief.http.cookies.update(kept)
    for visitor in (phone, laptop, thief):
        assert visitor.get("/imports", allow_redirects=False).status_code == 302


def test_the_cookie_is_for_the_browser_only(stage: Stage) -> None:
    answer = stage.visitor().get("/login", allow_redirects=False)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_tokens_are_sealed_at_rest_and_on_no_page(stage: Stage) -> None:
    visitor = stage.visitor()
    pages = visitor.sign_in().text + visitor.get("/imports").text
    with stage.db.read() as session:
        row = session.scalars(select(Credential)).one()
    assert row.access_token.startswith(b"gAAAA")
    assert row.refresh_token.startswith(b"gAAAA")
    assert row.access_token.decode() not in pages
    assert abs((row.consented_at - stage.clock()).total_seconds()) < 60


def test_a_lost_key_means_connect_again_not_an_error(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    with stage.db.write() as session:
        session.scalars(select(Credential)).one().access_token = b"sealed with another key"
    page = visitor.post("/settings/snapshot")
    assert page.status_code == 403
    assert "Please connect again: nothing is lost." in text_of(page.text)
    assert visitor.get("/").status_code == 200


def test_localhost_is_sent_to_the_address_spotify_returns_to(stage: Stage) -> None:
    port = urlsplit(stage.url).port
    answer = requests.get(f"http://localhost:{port}/login", allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == f"{stage.url}/login"


def test_many_sign_ins_begun_do_not_lock_a_browser_out(stage: Stage) -> None:
    visitor = stage.visitor()
    for _ in range(40):
        answer = visitor.get("/login", allow_redirects=False)
    assert len(answer.headers["Set-Cookie"]) < 2000
    assert "Welcome, Maren Vossbrook." in text_of(visitor.sign_in().text)


def test_a_failed_sign_in_offers_the_next_try(stage: Stage) -> None:
    page = stage.visitor().consent(ALICE, decision="cancel")
    assert "That sign-in did not work." in text_of(page.text)
    assert 'href="/login"' in page.text


def test_pages_opened_signed_out_ask_to_connect_once(stage: Stage) -> None:
    visitor = stage.visitor()
    for _ in range(3):
        visitor.get("/imports", allow_redirects=False)
    assert text_of(visitor.get("/").text).count("Please connect to Spotify first.") == 1
