"""`/albums/<id>`: one album in this person's archive."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .. import insights
from .context import context, signed_in

pages = Blueprint("albums", __name__)


@pages.get("/albums/<int(max=2147483647):album_id>")
def show(album_id: int) -> ResponseReturnValue:
    """One album: plays, its tracks, and their places in the top lists."""
    here, account = context(), signed_in()
    view = insights.album(here.db, account, album_id, here.clock())
    return render_template("albums/album.html", view=view)
