"""Levers for tests and for the demo, clearly apart from Spotify's own language.

Knows how to move the world's clock, arm faults, take tokens back and count calls. Hides nothing.
"""

from datetime import UTC, datetime

import msgspec
from flask import Blueprint, Response, request

from spotify_emulator.faults import Fault
from spotify_emulator.player import Player
from spotify_emulator.reply import json_reply
from spotify_emulator.state import here
from spotify_emulator.tokens import Kind

PREFIX = "/_emulator"
blueprint = Blueprint("controls", __name__, url_prefix=PREFIX)


class _Clock(msgspec.Struct, frozen=True):
    now: datetime | None


class _Listener(msgspec.Struct, frozen=True):
    id: str
    name: str
    about: str
    since: str | None


class _Revocation(msgspec.Struct, frozen=True):
    listener: str
    kinds: tuple[Kind, ...] = ("access", "refresh")


class _Mistake(msgspec.Struct, frozen=True):
    error: str


@blueprint.errorhandler(msgspec.ValidationError)
@blueprint.errorhandler(msgspec.DecodeError)
def explain(error: msgspec.MsgspecError) -> Response:
    """Say what was wrong with a control's body."""
    return json_reply(_Mistake(str(error)), 400)


@blueprint.get("/clock")
def show_clock() -> Response:
    """The world's now."""
    return json_reply(_Clock(here().world_now()))


@blueprint.put("/clock")
def set_clock() -> Response:
    """Hold the world's clock at a moment, or let it run again with null. Tokens age as before."""
    now = msgspec.json.decode(request.get_data(), type=_Clock).now
    if now is not None and now.tzinfo is None:
        now = now.replace(tzinfo=UTC)
    here().set_now = now
    return show_clock()


@blueprint.put("/fault")
def arm_faults() -> Response:
    """Replace all faults: one object, a list of them, or an empty one for none."""
    body = msgspec.json.decode(request.get_data())
    given = body if isinstance(body, list) else [body] if body else []
    faults = msgspec.convert(given, type=list[Fault])
    here().faults.arm(faults)
    return json_reply(faults)


@blueprint.put("/player")
def set_player() -> Response:
    """Choose how recently played and the player answer from now on; `{}` as they always do."""
    here().player = msgspec.json.decode(request.get_data(), type=Player)
    return json_reply(here().player)


@blueprint.get("/listeners")
def list_listeners() -> Response:
    """Everybody in the world; `since` is the day of the first play, null before it."""
    return json_reply(
        [
            _Listener(one.id, one.name, one.about, one.since.isoformat() if one.since else None)
            for one in here().world.listeners()
        ]
    )


@blueprint.post("/revoke")
def revoke() -> Response:
    """Take back a listener's tokens, as somebody does who removes the app; `kinds` may limit it."""
    wanted = msgspec.json.decode(request.get_data(), type=_Revocation)
    if here().world.listener(wanted.listener) is None:
        return json_reply(_Mistake(f"There is no listener {wanted.listener}."), 404)
    here().tokens.revoke(wanted.listener, *wanted.kinds)
    return Response(status=204)


@blueprint.get("/calls")
def count_calls() -> Response:
    """How often each `METHOD /path` was called; the token endpoint also by its grant type."""
    return json_reply(here().calls.counts())


@blueprint.delete("/calls")
def forget_calls() -> Response:
    """Count from zero."""
    here().calls.clear()
    return Response(status=204)
