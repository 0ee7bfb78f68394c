"""The accounts service: consent, codes and tokens.

Knows OAuth as Spotify speaks it: the authorization code flow with and without PKCE, its checks in
their order and its texts. Hides the consent page's form.
"""

import re
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime
from urllib.parse import urlencode, urlsplit

import msgspec
from flask import Blueprint, Response, redirect, render_template, request
from msgspec import UNSET, UnsetType
from werkzeug.wrappers import Response as AnyResponse

from spotify_emulator.reply import json_reply
from spotify_emulator.scopes import SCOPES
from spotify_emulator.state import here
from spotify_emulator.tokens import (
    ACCESS_LIFE,
    Code,
    Grant,
    challenge_of,
    is_alive,
)

TOKEN_PATH = "/api/token"  # noqa: S105
blueprint = Blueprint("accounts", __name__)
_COOKIE = "spotify_emulator_consent"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9_.~-]{43,128}")


class Asked(msgspec.Struct, frozen=True):
    """What an app asks for at /authorize, checked."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None

    def answer(self, **fields: str) -> AnyResponse:
        """Send the browser back to the app."""
        if self.state is not None:
            fields["state"] = self.state
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return redirect(f"{self.redirect_uri}{joint}{urlencode(fields)}", 302)


class _Tokens(msgspec.Struct, frozen=True):
    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | UnsetType = UNSET


class _Problem(msgspec.Struct, frozen=True):
    error: str
    error_description: str | UnsetType = UNSET


class TokenError(Exception):
    """A refusal of the token endpoint (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str | UnsetType = UNSET) -> None:
        super().__init__(error)
        self.problem = _Problem(error, description)


class BadApp(Exception):
    """An app that can't be sent back to: the person is told on Spotify's own page."""


@blueprint.errorhandler(TokenError)
def refuse_token(error: TokenError) -> Response:
    """Every refusal of the token endpoint is a 400."""
    return json_reply(error.problem, 400)


@blueprint.errorhandler(BadApp)
def show_problem(error: BadApp) -> tuple[str, int]:
    """A page instead of a redirect, so that nobody is sent to an address nobody registered."""
    return render_template("emulator/problem.html", text=str(error)), 400


@blueprint.get("/authorize")
def ask_consent() -> AnyResponse:
    """The consent page, or straight back to the app with what was wrong."""
    asked = _asked()
    if not isinstance(asked, Asked):
        return asked
    emulator = here()
    wants_dialog = request.args.get("show_dialog", "false").lower() == "true"
    known = request.cookies.get(_COOKIE, "") if emulator.config.remembers_consent else ""
    remembered = emulator.consents.get((known, asked.client_id))
    if remembered is not None and not wants_dialog:
        # Scopes that were not agreed to at the time silently don't arrive.
        return _agree(asked, remembered[0], remembered[1])
    page = render_template(
        "emulator/consent.html",
        app_name=emulator.config.app_name,
        scopes=[SCOPES[scope] for scope in asked.scopes],
        listeners=emulator.world.listeners(),
        chosen=request.args.get("listener", emulator.world.listeners()[0].id),
        action=request.full_path,
    )
    response = Response(page)
    response.headers["Content-Security-Policy"] = _consent_policy(asked.redirect_uri)
    response.headers["Cache-Control"] = "no-store"
    return response


def _consent_policy(redirect_uri: str) -> str:
    """A browser checks the address to which a form's answer redirects as well."""
    parts = urlsplit(redirect_uri)
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        f" frame-ancestors 'none'; form-action 'self' {parts.scheme}://{parts.netloc}"
    )


@blueprint.post("/authorize")
def decide() -> AnyResponse:
    """What the listener answered."""
    asked = _asked()
    if not isinstance(asked, Asked):
        return asked
    if request.form.get("decision") != "agree":
        return asked.answer(error="access_denied")
    listener = here().world.listener(request.form.get("listener", ""))
    if listener is None:
        raise BadApp("Choose one of the listeners, then agree.")
    response = _agree(asked, listener.id, asked.scopes)
    if here().config.remembers_consent:
        browser = request.cookies.get(_COOKIE) or secrets.token_urlsafe(16)
        here().consents[browser, asked.client_id] = (listener.id, asked.scopes)
        response.set_cookie(_COOKIE, browser, httponly=True, samesite="Lax")
    return response


def _agree(asked: Asked, listener: str, scopes: tuple[str, ...]) -> AnyResponse:
    emulator = here()
    now = emulator.config.clock()
    grant = Grant(
        listener, asked.client_id, scopes, int(now.timestamp()), asked.challenge is not None
    )
    code = Code(grant, asked.redirect_uri, asked.challenge, now)
    return asked.answer(code=emulator.tokens.new_code(code))


def _asked() -> Asked | AnyResponse:
    """Client and redirect first: only when both are right may the browser be sent there."""
    config, args = here().config, request.args
    if args.get("client_id") != config.client_id:
        raise BadApp("INVALID_CLIENT: Invalid client")
    redirect_uri = args.get("redirect_uri", "")
    if not config.accepts_redirect(redirect_uri):
        raise BadApp("INVALID_CLIENT: Invalid redirect URI")
    scopes = tuple(dict.fromkeys(args.get("scope", "").split()))
    challenge = args.get("code_challenge")
    asked = Asked(config.client_id, redirect_uri, scopes, args.get("state"), challenge)
    if args.get("response_type") != "code":
        return asked.answer(error="unsupported_response_type")
    if not set(scopes) <= SCOPES.keys():
        return asked.answer(error="invalid_scope")
    is_s256 = args.get("code_challenge_method") == "S256"
    if challenge is not None and not (is_s256 and _CHALLENGE.fullmatch(challenge)):
        return asked.answer(error="invalid_request")
    return asked


@blueprint.post(TOKEN_PATH)
def give_token() -> Response:
    """Tokens for a code, or a fresh access token for a refresh token."""
    is_secret = _check_client()
    grant_type = request.form.get("grant_type", "")
    if grant_type == "authorization_code":
        answer = _redeem(is_secret=is_secret)
    elif grant_type == "refresh_token":
        answer = _refresh(is_secret=is_secret)
    else:
        raise TokenError(
            "unsupported_grant_type",
            "grant_type must be client_credentials, authorization_code or refresh_token",
        )
    response = json_reply(answer)
    response.headers["Cache-Control"] = "no-store"
    return response


def _check_client() -> bool:
    """Who is asking; whether the secret came along, which a PKCE app need not have."""
    config = here().config
    client_id, secret = _credentials()
    if not client_id:
        raise TokenError("invalid_client")
    if client_id != config.client_id:
        raise TokenError("invalid_client", "Invalid client")
    if secret and not secrets.compare_digest(secret.encode(), config.client_secret.encode()):
        raise TokenError("invalid_client", "Invalid client secret")
    return bool(secret)


def _credentials() -> tuple[str, str]:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return request.form.get("client_id", ""), request.form.get("client_secret", "")
    try:
        client_id, _, secret = b64decode(text, validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        return "", ""
    # An empty secret in a Basic header is a wrong one; only without the header is there none.
    return client_id, secret or "-"


def _redeem(*, is_secret: bool) -> _Tokens:
    emulator, form = here(), request.form
    if "code" not in form:
        raise TokenError("invalid_request", "code must be supplied")
    code, now = emulator.tokens.redeem(form["code"]), emulator.config.clock()
    if code is None:
        raise TokenError("invalid_grant", "Invalid authorization code")
    if code.is_expired(now):
        raise TokenError("invalid_grant", "Authorization code expired")
    if form.get("redirect_uri") != code.redirect_uri:
        raise TokenError("invalid_grant", "Invalid redirect URI")
    verifier = form.get("code_verifier", "")
    if code.challenge is None:
        if not is_secret:
            raise TokenError("invalid_client")
    elif not _VERIFIER.fullmatch(verifier) or challenge_of(verifier) != code.challenge:
        raise TokenError("invalid_grant", "code_verifier was incorrect")
    return _tokens(code.grant, now, with_refresh=True)


def _refresh(*, is_secret: bool) -> _Tokens:
    emulator, now = here(), here().config.clock()
    text = request.form.get("refresh_token")
    if not text:
        raise TokenError("invalid_request", "refresh_token must be supplied")
    token = emulator.tokens.read("refresh", text)
    if token is None and emulator.tokens.is_ours("refresh", text):
        raise TokenError("invalid_grant", "Refresh token revoked")
    if token is None:
        raise TokenError("invalid_grant", "Invalid refresh token")
    if not is_secret and not token.grant.is_public:
        raise TokenError("invalid_client")
    if not is_alive(token, now):
        raise TokenError("invalid_grant", "Refresh token expired")
    rotates = emulator.config.rotates_refresh_tokens
    if rotates and not emulator.tokens.retire(token):
        raise TokenError("invalid_grant", "Refresh token revoked")
    return _tokens(token.grant, now, with_refresh=rotates)


def _tokens(grant: Grant, now: datetime, *, with_refresh: bool) -> _Tokens:
    store = here().tokens
    return _Tokens(
        access_token=store.new_token("access", grant, now),
        token_type="Bearer",  # noqa: S106
        expires_in=int(ACCESS_LIFE.total_seconds()),
        scope=" ".join(grant.scopes),
        refresh_token=store.new_token("refresh", grant, now) if with_refresh else UNSET,
    )
