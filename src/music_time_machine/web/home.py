"""`/`: the dashboard; signed out, what this is and how to begin."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .. import insights
from .answering import answer
from .context import context, visitor

pages = Blueprint("home", __name__)


@pages.get("/")
def show() -> ResponseReturnValue:
    """The home dashboard; signed out: what this is, connect, try the demo."""
    here, account = context(), visitor()
    if account is None:
        listeners = here.settings.demo_listeners
        return render_template("home/welcome.html", listeners=listeners)
    return answer(
        "home/home.html",
        lambda: insights.home(here.db, account, here.clock()),
        until="minute",
    )
