"""`/tracks/<id>`: one track, episode or chapter in this person's archive."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .. import insights
from .context import context, signed_in

pages = Blueprint("tracks", __name__)


@pages.get("/tracks/<int(max=2147483647):track_id>")
def show(track_id: int) -> ResponseReturnValue:
    """One track: plays, places in the top lists, and its other editions."""
    here, account = context(), signed_in()
    view = insights.track(here.db, account, track_id, here.clock())
    return render_template("tracks/track.html", view=view)
