"""`/years` and `/years/<year>`: a year in review, and a picture of it to keep."""

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from .. import insights
from ..errors import NotFound
from .answering import answer
from .context import context, signed_in
from .fitting import drawn_width, fitted

pages = Blueprint("years", __name__)


@pages.get("/years")
def show_all() -> ResponseReturnValue:
    """Every year of the archive with its figures, newest first."""
    here, account = context(), signed_in()
    return answer("years/years.html", lambda: insights.years(here.db, account, here.clock()))


@pages.get("/years/<int:year>")
def show(year: int) -> ResponseReturnValue:
    """One year as a story in chapters."""
    here, account = context(), signed_in()
    return answer(
        "years/year.html",
        lambda: insights.year_in_review(here.db, account, year, here.clock()),
    )


@pages.get("/years/<int:year>/card.svg")
def card(year: int) -> ResponseReturnValue:
    """A picture of the year (`shape=wide`, `name=yes` to have one's name on it, `download=1`)."""
    here, account = context(), signed_in()
    view = insights.year_in_review(here.db, account, year, here.clock())
    if view.story is None:
        raise NotFound(f"Nothing that counts was played in {year}, so there is no picture of it.")
    shape = "wide" if request.args.get("shape") == "wide" else "tall"
    name = account.name if request.args.get("name") == "yes" else None
    picture = render_template(
        "years/card.svg",
        year=view,
        story=view.story,
        shape=shape,
        name=name,
        fitted=fitted,
        drawn_width=drawn_width,
    )
    response = make_response(picture)
    response.mimetype = "image/svg+xml"
    response.headers["Cache-Control"] = "private, no-cache"
    if "download" in request.args:
        file_name = f"music-{year}-{shape}.svg"
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response.add_etag()
    return response.make_conditional(request)
