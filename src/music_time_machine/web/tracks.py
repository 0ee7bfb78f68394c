"""`/tracks/<id>`: one track, episode or chapter in this person's archive."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .. import insights
from .answering import answer
from .context import context, signed_in

pages = Blueprint("tracks", __name__)


@pages.get("/tracks/<int(max=2147483647):track_id>")
def show(track_id: int) -> ResponseReturnValue:
    """One track: plays, places in the top lists, and its other editions."""
    here, account = context(), signed_in()
    return answer(
        "tracks/track.html",
        lambda: insights.track(here.db, account, track_id, here.clock()),
    )
