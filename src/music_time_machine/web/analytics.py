"""`/analytics`: how one's listening moved over a period."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .. import insights
from ..period import CHOICES, Period
from .context import context, signed_in

pages = Blueprint("analytics", __name__)


@pages.get("/analytics")
def show() -> ResponseReturnValue:
    """Charts over a period (`range`); an unknown range shows 12 months."""
    here, account = context(), signed_in()
    period = Period.parse(request.args.get("range"), here.clock(), account.zone)
    view = insights.overview(here.db, account, period)
    return render_template("analytics/analytics.html", view=view, period=period, choices=CHOICES)
