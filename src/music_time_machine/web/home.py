"""`/`: the dashboard; signed out, what this is and how to begin."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .. import insights
from .context import context, visitor

pages = Blueprint("home", __name__)


@pages.get("/")
def show() -> ResponseReturnValue:
    """The home dashboard; signed out: what this is, connect, try the demo."""
    here, account = context(), visitor()
    if account is None:
        listeners = here.settings.demo_listeners
        return render_template("home/welcome.html", listeners=listeners)
    now = here.clock()
    view = insights.home(here.db, account, now)
    coverage = insights.coverage(here.db, account, now)
    return render_template("home/home.html", view=view, coverage=coverage)
