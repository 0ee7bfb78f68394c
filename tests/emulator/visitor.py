"""Somebody who signs in: a browser without JavaScript, and an app that asks for tokens."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

CLIENT = ("demo-client", "demo-secret")
REDIRECT = "http://127.0.0.1:5000/callback"
SCOPES = "user-top-read user-read-recently-played user-read-currently-playing"


class Form(HTMLParser):
    """The first form of a page: where it goes, its radio buttons and its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.method = ""
        self.radios: list[str] = []
        self.checked: str | None = None
        self.buttons: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self.action, self.method = values.get("action") or "", values.get("method") or ""
        elif tag == "input" and values.get("type") == "radio":
            self.radios.append(values.get("value") or "")
            if "checked" in values:
                self.checked = values.get("value")
        elif tag == "button":
            self.buttons[values.get("value") or ""] = values.get("name") or ""


def query_of(url: str) -> dict[str, str]:
    """The query of an address, each name once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def asked(**changed: str | None) -> dict[str, str]:
    """A right question to /authorize, with some of it changed or, by None, left out."""
    query: dict[str, str | None] = {
        "client_id": CLIENT[0],
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": SCOPES,
        "state": "a-state",
    } | changed
    return {name: value for name, value in query.items() if value is not None}


def consent(url: str, listener: str = "maren", **changed: str | None) -> str:
    """Agree on the consent page; the address to which the browser is sent."""
    page = requests.get(f"{url}/authorize", params=asked(**changed), timeout=10)
    assert page.status_code == 200, page.text
    return send(page, listener, "agree")


def send(page: requests.Response, listener: str, decision: str) -> str:
    form = Form(page.text)
    answer = requests.post(
        urljoin(page.url, form.action),
        data={"listener": listener, form.buttons[decision]: decision},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def code_for(url: str, listener: str = "maren", **changed: str | None) -> str:
    return query_of(consent(url, listener, **changed))["code"]


def ask_token(url: str, auth: tuple[str, str] | None = CLIENT, **fields: str) -> requests.Response:
    """One call of the token endpoint."""
    return requests.post(f"{url}/api/token", data=fields, auth=auth, timeout=10)


def redeem(url: str, code: str, **fields: str) -> requests.Response:
    return ask_token(
        url,
        **({"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT} | fields),
    )


def refresh(url: str, token: str, **fields: str) -> requests.Response:
    return ask_token(url, grant_type="refresh_token", refresh_token=token, **fields)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An app with a listener's tokens."""

    url: str
    access: str
    refresh: str

    def get(self, path: str, **query: str | int) -> requests.Response:
        return self.call("GET", path, **query)

    def call(self, method: str, path: str, **query: str | int) -> requests.Response:
        return requests.request(
            method,
            f"{self.url}/v1{path}",
            params=query,
            headers={"Authorization": f"Bearer {self.access}"},
            timeout=20,
        )


def sign_in(url: str, listener: str = "maren", scope: str = SCOPES) -> SignedIn:
    """All the way: consent, code, tokens."""
    answer = redeem(url, code_for(url, listener, scope=scope)).json()
    return SignedIn(url, answer["access_token"], answer["refresh_token"])


def pkce_pair() -> tuple[str, str]:
    """A verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, urlsafe_b64encode(digest).decode().rstrip("=")
