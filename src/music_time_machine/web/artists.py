"""`/artists/<id>`: one artist, or one show, in this person's archive."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .. import insights
from .answering import answer
from .context import context, signed_in

pages = Blueprint("artists", __name__)


@pages.get("/artists/<int(max=2147483647):artist_id>")
def show(artist_id: int) -> ResponseReturnValue:
    """One artist: plays, places in the top lists, top tracks and albums."""
    here, account = context(), signed_in()
    return answer(
        "artists/artist.html",
        lambda: insights.artist(here.db, account, artist_id, here.clock()),
    )
