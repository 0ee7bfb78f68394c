"""`/analytics`: how one's listening moved over a period."""

from typing import Literal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .. import insights
from ..period import CHOICES, Period, local_day
from .answering import answer
from .context import context, signed_in

pages = Blueprint("analytics", __name__)


@pages.get("/analytics")
def show() -> ResponseReturnValue:
    """Charts over a period (`range`, or `from` and `to`), top lists `by` plays or time.

    An unknown range shows 12 months.
    """
    here, account, asked = context(), signed_in(), request.args
    dates = asked.get("from"), asked.get("to")
    period = Period.parse(asked.get("range"), here.clock(), account.zone, dates)
    by: Literal["plays", "time"] = "time" if asked.get("by") == "time" else "plays"
    return answer(
        "analytics/analytics.html",
        lambda: insights.overview(here.db, account, period, by),
        choices=CHOICES,
        dates=dates,
        today=local_day(here.clock(), account.zone),
    )
