"""`/settings/...`: what a person can do about their account. The page itself comes later."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from .. import accounts, snapshots
from .context import context, signed_in
from .errors import wants_json

pages = Blueprint("settings", __name__, url_prefix="/settings")


@pages.post("/snapshot")
def snapshot() -> ResponseReturnValue:
    """Take today's snapshot now, and say what it brought."""
    here, account = context(), signed_in()
    with accounts.spotify_client(here.db, account, here.settings, here.clock) as client:
        taken = snapshots.take(here.db, account, client, here.clock())
    if wants_json():
        return {"success": True, "message": taken.sentence}
    flash(taken.sentence, "success")
    return redirect(url_for("home.show"), 303)


@pages.post("/preferences")
def preferences() -> ResponseReturnValue:
    """Keep the person's time zone."""
    account = signed_in()
    accounts.set_time_zone(context().db, account, request.form.get("time_zone", ""))
    if wants_json():
        return {"success": True}
    flash("Your preferences are kept.", "success")
    return redirect(url_for("home.show"), 303)
