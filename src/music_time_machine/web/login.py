"""`/login`, `/callback`, `/logout`: signing in with Spotify.

Authlib keeps the one-time state and the PKCE verifier in the visitor's own session. Every way a
callback can go wrong ends on a page with one sentence; nothing of it is stored.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

import requests
import structlog
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Blueprint, Flask, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from .. import accounts, spotify
from ..config import Settings
from ..errors import BadSettings, SignInFailed, SpotifyTrouble
from .context import context, remember, signed_in

pages = Blueprint("login", __name__)
log = structlog.get_logger()

TOKEN_SECONDS = 10


class NotListed(SignInFailed):
    """Spotify knows this person, and does not let the app ask about them."""

    status = 403


def prepare(app: Flask, settings: Settings) -> None:
    """Tell Authlib where Spotify's accounts service is."""
    oauth = OAuth(app)
    oauth.register(
        "spotify",
        client_id=settings.spotify_client_id,
        client_secret=accounts.client_secret(settings),
        authorize_url=f"{settings.spotify_accounts_url}/authorize",
        access_token_url=f"{settings.spotify_accounts_url}/api/token",
        client_kwargs={
            "scope": " ".join(accounts.SCOPES),
            "code_challenge_method": "S256",
            "default_timeout": TOKEN_SECONDS,
        },
    )
    app.extensions["music_time_machine_oauth"] = oauth


@pages.get("/login")
def start() -> ResponseReturnValue:
    """To Spotify's consent page."""
    settings = context().settings
    if not settings.has_spotify_app:
        raise BadSettings(
            "This server has no Spotify app yet. Set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET "
            "as the README says, and start it again."
        )
    moved = _on_the_redirects_host(settings)
    if moved is not None:
        return redirect(moved)
    _forget_begun_sign_ins()
    extra = {}
    if settings.is_demo and request.args.get("listener"):
        extra["listener"] = request.args["listener"]
    answer: ResponseReturnValue = _spotify().authorize_redirect(
        settings.spotify_redirect_uri, show_dialog="true", **extra
    )
    return answer


@pages.get("/callback")
def finish() -> ResponseReturnValue:
    """Where Spotify sends people back to: checks the state, keeps the tokens, signs in."""
    here = context()
    tokens = _tokens()
    with spotify.Client(
        here.settings.spotify_api_url, lambda _force: tokens.access_token
    ) as client:
        profile = _profile(client)
    account = accounts.sign_in(here.db, profile, tokens, here.settings, here.clock())
    remember(account)
    log.info("signed_in", account=account.id)
    flash(f"Welcome, {account.name}.", "success")
    return redirect(url_for("home.show"))


@pages.post("/logout")
def leave() -> ResponseReturnValue:
    """Sign out, on every device."""
    account = signed_in()
    accounts.sign_out(context().db, account)
    session.clear()
    log.info("signed_out", account=account.id)
    flash("You are signed out. Your archive stays as it is.", "success")
    return redirect(url_for("home.show"))


def _profile(client: spotify.Client) -> spotify.Profile:
    try:
        return client.me()
    except spotify.Forbidden as error:
        if error.cause in {"scope", "premium"}:
            raise
        log.warning("sign_in_not_listed", detail=error.detail)
        raise NotListed(
            "Your Spotify account may not be on this app's list; whoever runs the server adds it "
            "under User Management."
        ) from None


def _tokens() -> spotify.Tokens:
    if request.args.get("error") == "access_denied":
        raise SignInFailed("You did not give Spotify's consent, so nothing was connected.")
    try:
        answer = _spotify().authorize_access_token()
    except MismatchingStateError:
        raise SignInFailed(
            "This sign-in was not started in this browser, or it was used already. Connect again."
        ) from None
    except OAuthError as error:
        log.warning("sign_in_refused", error=error.error)
        raise SignInFailed("Spotify did not accept this sign-in. Please connect again.") from None
    except (requests.RequestException, ValueError) as error:
        log.warning("sign_in_unreachable", kind=type(error).__name__)
        raise SpotifyTrouble(
            "Spotify could not be reached to finish the sign-in. Try again in a few minutes."
        ) from None
    return _read(answer)


def _read(answer: Mapping[str, object]) -> spotify.Tokens:
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    lasts, scope = answer.get("expires_in"), answer.get("scope")
    if not (isinstance(access, str) and isinstance(refresh, str) and isinstance(lasts, int)):
        raise SpotifyTrouble("Spotify's answer made no sense. Please connect again.")
    return spotify.Tokens(
        access_token=access,
        expires_in=lasts,
        refresh_token=refresh,
        scope=scope if isinstance(scope, str) else None,
    )


def _forget_begun_sign_ins() -> None:
    """Only the latest sign-in can be finished: many begun ones would outgrow the cookie."""
    for key in [key for key in session if key.startswith("_state_spotify_")]:
        session.pop(key)


def _on_the_redirects_host(settings: Settings) -> str | None:
    """The same address on the host Spotify will return to: a cookie of `localhost` is not sent to
    `127.0.0.1`, and the sign-in would end in a wrong state."""
    back = urlsplit(settings.spotify_redirect_uri)
    here = urlsplit(request.url)
    if here.hostname == "localhost" and back.hostname in {"127.0.0.1", "::1"}:
        return urlunsplit((back.scheme, back.netloc, here.path, here.query, ""))
    return None


def _spotify() -> FlaskOAuth2App:
    return current_app.extensions["music_time_machine_oauth"].spotify
