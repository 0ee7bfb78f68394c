"""`/albums/<id>`: one album in this person's archive."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .. import insights
from .answering import answer
from .context import context, signed_in

pages = Blueprint("albums", __name__)


@pages.get("/albums/<int(max=2147483647):album_id>")
def show(album_id: int) -> ResponseReturnValue:
    """One album: plays, its tracks, and their places in the top lists."""
    here, account = context(), signed_in()
    return answer(
        "albums/album.html",
        lambda: insights.album(here.db, account, album_id, here.clock()),
    )
