"""The one place that turns an error into an answer: a page, or `{"error": "a sentence"}`."""

import structlog
from flask import (
    Flask,
    Response,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..errors import MusicTimeMachineError
from ..spotify import Forbidden, SpotifyError
from .context import SignInNeeded

log = structlog.get_logger()

SENTENCES = {
    400: "The server could not make sense of that. Go back and try once more.",
    401: "This page belongs to somebody who is signed in. Connect to Spotify first.",
    403: "This is not open to you.",
    404: "There is nothing at this address. It may have moved, or the link was cut short.",
    405: "That address does not take this kind of request. Go back and use the page's buttons.",
    413: "That is more than this server takes at once. Upload the files one by one.",
    414: "That address is too long. Go back and ask for less at once.",
    429: "That was a little fast. Wait a minute and try again.",
    502: "What came back from Spotify could not be used. Try again in a minute.",
    500: "Something broke on our side. Nothing you keep here was harmed; please try again.",
    503: "The archive is busy just now. Wait a moment and try again.",
}

REFUSED = frozenset({400, 403, 404})
STALE = "This form was no longer valid. Go back, reload the page and try again."


def wants_json() -> bool:
    """Whether the caller is a script that asked for JSON rather than a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def answer(
    status: int, sentence: str, headline: str | None = None, *, can_connect: bool = False
) -> tuple[Response | str, int]:
    """An error as a page, or as JSON with exactly one sentence."""
    if wants_json():
        return jsonify(error=sentence), status
    page = render_template(
        "errors/error.html",
        status=status,
        sentence=sentence,
        headline=headline,
        can_connect=can_connect,
    )
    return page, status


def register(app: Flask) -> None:
    """Handle everything that a view may raise."""

    @app.errorhandler(SignInNeeded)
    def sign_in_needed(error: SignInNeeded) -> ResponseReturnValue:
        if wants_json() or request.method != "GET":
            return answer(error.status, str(error))
        _flash_once(str(error))
        return redirect(url_for("home.show"))

    @app.errorhandler(MusicTimeMachineError)
    def ours(error: MusicTimeMachineError) -> ResponseReturnValue:
        return answer(error.status, str(error), error.headline, can_connect=error.can_connect)

    @app.errorhandler(SpotifyError)
    def spotifys(error: SpotifyError) -> ResponseReturnValue:
        log.warning("spotify_refused", kind=type(error).__name__, status=error.status)
        return _spotify_answer(error)

    @app.errorhandler(CSRFError)
    def stale_form(_error: CSRFError) -> ResponseReturnValue:
        return answer(400, STALE, "This form has grown old.")

    @app.errorhandler(OperationalError)
    def busy(error: OperationalError) -> ResponseReturnValue:
        log.error("database_unavailable", error=str(error.orig))
        page, status = answer(503, SENTENCES[503])
        return page, status, {"Retry-After": "5"}

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        sentence = SENTENCES.get(error.code, error.description or SENTENCES[400])
        page, status = answer(error.code, sentence)
        allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
        return page, status, {"Allow": ", ".join(allowed)} if allowed else {}

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> ResponseReturnValue:
        log.error("unforeseen_error", path=request.path, exc_info=error)
        return answer(500, SENTENCES[500])


def _flash_once(sentence: str) -> None:
    """However many pages are opened signed out, the next one says it once."""
    if ("info", sentence) not in session.get("_flashes", []):
        flash(sentence, "info")


def _spotify_answer(error: SpotifyError) -> ResponseReturnValue:
    """A page of its own; after a button that was refused the page that the button leads to."""
    sentence = _of_spotify(error)
    if error.status in REFUSED and request.method == "POST" and not wants_json():
        flash(sentence, "error")
        return redirect(url_for("home.show"), 303)
    page, status = answer(502 if error.permanent else 503, sentence, "Spotify could not do it.")
    return page, status, _retry_after(error.retry_after)


def _of_spotify(error: SpotifyError) -> str:
    """Spotify's own reason where it is one; nobody entered what was refused without."""
    is_told = isinstance(error, Forbidden) and error.cause != "removed_or_foreign"
    if is_told or error.status not in REFUSED:
        return str(error)
    return f"Spotify refused that just now ({error.status}). Nothing was changed; try again later."


def _retry_after(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"Retry-After": str(round(seconds))}
