"""`/artists/<id>`: one artist, or one show, in this person's archive."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .. import insights
from .context import context, signed_in

pages = Blueprint("artists", __name__)


@pages.get("/artists/<int(max=2147483647):artist_id>")
def show(artist_id: int) -> ResponseReturnValue:
    """One artist: plays, places in the top lists, top tracks and albums."""
    here, account = context(), signed_in()
    view = insights.artist(here.db, account, artist_id, here.clock())
    return render_template("artists/artist.html", view=view)
