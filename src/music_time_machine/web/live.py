"""What is playing, and the button that fetches the latest plays."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from .. import accounts, live
from .context import context, signed_in, visitor
from .errors import wants_json

pages = Blueprint("live", __name__)

# A page waits for nobody: what was known before is shown instead.
PATIENCE_SECONDS = 2.0


@pages.app_template_global()
def now_playing() -> live.Playing | None:
    """What is known to play, without asking Spotify."""
    here, account = context(), visitor()
    return None if account is None else live.playing(here.db, account, here.clock())


@pages.get("/now-playing")
def show() -> ResponseReturnValue:
    """What is playing, alone: a part of the home page, asked anew of Spotify when it is old."""
    here, account = context(), signed_in()
    if accounts.connection(here.db, account).state == "connected":
        with accounts.spotify_client(
            here.db, account, here.settings, here.clock, PATIENCE_SECONDS
        ) as client:
            live.now_playing(here.db, account, client, here.clock())
    return render_template("home/_now_playing.html")


@pages.post("/settings/follow")
def follow() -> ResponseReturnValue:
    """Fetch the latest plays now, and say how many came in."""
    here, account = context(), signed_in()
    with accounts.spotify_client(here.db, account, here.settings, here.clock) as client:
        followed = live.follow(here.db, account, client, here.clock())
    if wants_json():
        return {"success": True, "message": followed.sentence, "added": followed.added}
    flash(followed.sentence, "info" if followed.left_out else "success")
    return redirect(url_for("home.show"), 303)
