"""`/on`: the time machine. Today in other years, and any day with its week and its month.

Hides the two ways of asking for a day by a form: a date, and a place on the slider.
"""

from datetime import date

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from .. import insights
from ..errors import NotFound
from .answering import answer
from .context import context, signed_in

pages = Blueprint("on", __name__)


@pages.get("/on")
def show_today() -> ResponseReturnValue:
    """Today in other years; with `day` (a date) or `to` (a place on the slider), that day."""
    here, account = context(), signed_in()
    if request.args.get("day"):
        return redirect(url_for("on.show", day=_day(request.args["day"].strip())))
    if "to" in request.args:
        return redirect(url_for("on.show", day=_place(request.args["to"])))
    return answer(
        "on/other_years.html",
        lambda: insights.in_other_years(here.db, account, here.clock()),
    )


@pages.get("/on/<day>")
def show(day: str) -> ResponseReturnValue:
    """One day as it sounded, with its week, its month and the same day in other years."""
    here, account = context(), signed_in()
    wanted = _day(day)
    return answer(
        "on/day.html",
        lambda: insights.on_day(here.db, account, wanted, here.clock()),
    )


def _day(text: str) -> date:
    """The day of an ISO date, in the one way of writing it; NotFound for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _no_day() from None
    if day.isoformat() != text:
        raise _no_day()
    return day


def _place(text: str) -> date:
    """The day of a place on the slider, which counts days as Python does; or NotFound."""
    try:
        return date.fromordinal(int(text))
    except (ValueError, OverflowError):
        raise _no_day() from None


def _no_day() -> NotFound:
    return NotFound("That is no day. Write it as year, month and day: /on/2024-03-31.")
