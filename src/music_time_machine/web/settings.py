"""`/settings`: what a person can choose, and what they can do about their account."""

from collections.abc import Mapping
from functools import cache
from itertools import groupby
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from .. import accounts, snapshots
from ..models import Account
from ..preferences import (
    FEWEST_PERCENT,
    MOST_PERCENT,
    MOST_SECONDS,
    Preferences,
    WrongChoice,
    change,
    find,
)
from .context import context, signed_in
from .errors import wants_json

pages = Blueprint("settings", __name__, url_prefix="/settings")

REGIONS = {
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
}


@pages.get("")
def show() -> ResponseReturnValue:
    """What the person has chosen, in a form."""
    account = signed_in()
    return _page(account, find(context().db, account), {}, {})


@pages.post("/preferences")
def preferences() -> ResponseReturnValue:
    """Keep the time zone, what counts, and how recordings are seen: those fields that are sent."""
    here, account = context(), signed_in()
    try:
        change(here.db, account, request.form)
    except WrongChoice as wrong:
        if wants_json():
            raise
        was = find(here.db, account)
        return _page(account, was, request.form, wrong.problems), wrong.status
    if wants_json():
        return {"success": True}
    flash("Your preferences are kept.", "success")
    return redirect(url_for("settings.show"), 303)


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


def _page(
    account: Account, was: Preferences, typed: Mapping[str, str], problems: Mapping[str, str]
) -> str:
    return render_template(
        "settings/settings.html",
        chosen={**was.fields, **typed},
        problems=problems,
        zone=account.zone.key,
        regions=_zones(),
        most_seconds=MOST_SECONDS,
        fewest_percent=FEWEST_PERCENT,
        most_percent=MOST_PERCENT,
    )


@cache
def _zones() -> dict[str, list[str]]:
    """The time zones to choose from, by their part of the world."""
    named = sorted(name for name in available_timezones() if name.split("/")[0] in REGIONS)
    return {region: list(names) for region, names in groupby(named, lambda n: n.split("/")[0])}
