"""The emulator's wiring.

Knows which parts there are and at which addresses. Hides nothing else.
"""

from pathlib import Path

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from spotify_emulator import accounts, api, controls, privacy, sleeves
from spotify_emulator.config import EmulatorConfig
from spotify_emulator.faults import Faults
from spotify_emulator.state import Calls, Emulator, here, install
from spotify_emulator.tokens import Tokens
from spotify_emulator.world import World

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        " frame-ancestors 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "deny",
}


def create_emulator(config: EmulatorConfig | None = None) -> Flask:
    """A WSGI application that is both hosts: the accounts service and, under /v1, the Web API."""
    config = config or EmulatorConfig()
    started_at = config.clock()
    secret = f"{config.seed}:{config.client_id}:{config.client_secret}"
    folder = Path(__file__).parent
    app = Flask(
        "spotify_emulator",
        root_path=str(folder),
        static_folder="static",
        static_url_path="/static",
    )
    # Spotify takes its addresses with and without a slash at the end.
    app.url_map.strict_slashes = False
    install(
        app,
        Emulator(
            config=config,
            world=World(config.seed),
            tokens=Tokens(secret, first_serial=int(started_at.timestamp() * 1e9)),
            calls=Calls(),
            faults=Faults(),
        ),
    )
    for part in (accounts, api, controls, privacy, sleeves):
        app.register_blueprint(part.blueprint)
    app.register_error_handler(HTTPException, _explain)
    app.before_request(_count_and_fail)
    app.after_request(_lose_answer)
    app.after_request(_add_headers)
    return app


def _count_and_fail() -> Response | None:
    if request.path.startswith(controls.PREFIX):
        return None
    emulator = here()
    call = f"{request.method} {request.path}"
    emulator.calls.add(call)
    if request.path == accounts.TOKEN_PATH:
        emulator.calls.add(f"{call} {request.form.get('grant_type', '')}".rstrip())
    fault = emulator.faults.next_for(request.method, request.path)
    if fault is None:
        return None
    if fault.after:
        g.lost = fault
        return None
    return emulator.faults.answer(fault)


def _lose_answer(response: Response) -> Response:
    fault = g.pop("lost", None)
    return response if fault is None else here().faults.answer(fault) or response


def _explain(error: HTTPException) -> Response | tuple[str, int]:
    if request.path.startswith(api.PREFIX):
        return api.refuse_otherwise(error)
    text = error.description or error.name
    return render_template("emulator/problem.html", text=text), error.code or 500


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
