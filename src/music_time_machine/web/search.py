"""`/search`: everything in this person's archive, by its name."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .. import insights
from ..errors import BadRequest
from ..insights import SearchResult
from ..search import LONGEST_QUERY
from .context import context, signed_in

pages = Blueprint("search", __name__)
LINES, FEW_LINES = 20, 4


class TooLongToAsk(BadRequest):
    """A query longer than any name."""

    status = 414
    headline = "That is more than a name."


@pages.get("/search")
def show() -> ResponseReturnValue:
    """What the archive has of some words (`q`): artists, albums, tracks, episodes."""
    return render_template("search/search.html", result=_result(LINES))


@pages.get("/search/results")
def results() -> ResponseReturnValue:
    """The results of that page alone; with `few`, only the first of each kind."""
    is_few = "few" in request.args
    result = _result(FEW_LINES if is_few else LINES)
    return render_template("search/_results.html", result=result, is_few=is_few)


def _result(limit: int) -> SearchResult:
    query = request.args.get("q", "")
    if len(query) > LONGEST_QUERY:
        raise TooLongToAsk(
            f"A search takes {LONGEST_QUERY} letters at most, and that was {len(query):,}. "
            "A few words of a title or a name are enough."
        )
    return insights.search(context().db, signed_in(), query, limit)
