"""`/snapshots`: all of a person's snapshots, one of them, and any two beside each other."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..db import Database
from ..errors import NotFound
from ..insights import shifts
from ..insights.ranks import RANGE_WORDS
from ..insights.shifts import Comparison
from ..insights.toplists import CHANGING, snapshot_days
from ..models import Account
from .answering import answer
from .context import context, signed_in
from .words import day as day_words

USUAL_SPAN = timedelta(days=28)
NO_DATE = "That is not a date. Write it as year, month and day: 2024-03-31."
SAME_DAY = "Both days have the same snapshot. Choose another day for one of them."

pages = Blueprint("snapshots", __name__)


@dataclass(frozen=True, slots=True)
class ComparePage:
    """Which two of the `days` are compared; `problem` says in a sentence what was not as asked.

    With fewer than two snapshots there is no `comparison`.
    """

    days: tuple[date, ...]
    comparison: Comparison | None
    problem: str | None


@pages.get("/snapshots")
def show_all() -> ResponseReturnValue:
    """All snapshots, newest first; of very many those of one `year`."""
    here, account = context(), signed_in()
    year = request.args.get("year", type=int)
    return answer("snapshots/snapshots.html", lambda: shifts.shelf(here.db, account, year))


@pages.get("/snapshots/<text>")
def show(text: str) -> ResponseReturnValue:
    """The snapshot of one day, by the lists of a `range`; an unknown one is the four weeks."""
    here, account = context(), signed_in()
    day = _date(text)
    if day is None or day.isoformat() != text:
        raise NotFound("There is no snapshot at this address: it does not end with a date.")
    return answer(
        "snapshots/snapshot.html",
        lambda: shifts.snapshot(here.db, account, day, _range()),
        ranges=RANGE_WORDS,
    )


@pages.get("/snapshots/compare")
def compare() -> ResponseReturnValue:
    """What moved between two snapshots: risers, fallers, newcomers and departures."""
    here, account = context(), signed_in()
    return answer("snapshots/compare.html", lambda: _compared(here.db, account), ranges=RANGE_WORDS)


def _compared(db: Database, account: Account) -> ComparePage:
    """The comparison of the days `one` and `other`.

    With only one of them, with the snapshot before it; with neither, of the newest and a month
    before it.
    """
    days = snapshot_days(db, account)
    if len(days) < 2:
        return ComparePage(days, None, None)
    one, first_problem = _chosen(days, request.args.get("one"))
    other, second_problem = _chosen(days, request.args.get("other"))
    if one is None:
        one = _nearest(days[:-1], days[-1] - USUAL_SPAN) if other is None else _beside(days, other)
        other = other or days[-1]
    elif other is None:
        other = _beside(days, one)
    problem = first_problem or second_problem or (SAME_DAY if one == other else None)
    return ComparePage(days, shifts.compare(db, account, one, other, _range()), problem)


def _chosen(days: tuple[date, ...], text: str | None) -> tuple[date | None, str | None]:
    """The day of the snapshot that is meant, if any, and what is to be said about it."""
    if not text:
        return None, None
    wanted = _date(text.strip())
    if wanted is None:
        return None, NO_DATE
    found = _nearest(days, wanted)
    if found == wanted:
        return found, None
    return found, f"No snapshot is of {day_words(wanted)}; {day_words(found)} is the nearest."


def _beside(days: tuple[date, ...], day: date) -> date:
    """The snapshot before that of a day; of the first one the second."""
    return days[days.index(day) - 1] if day != days[0] else days[1]


def _nearest(days: tuple[date, ...], wanted: date) -> date:
    """The day nearest to the wanted one; of two as near the earlier one."""
    return min(days, key=lambda day: (abs(day - wanted), day))


def _range() -> str:
    """The range that the address names; anything unknown is the four weeks."""
    named = request.args.get("range", CHANGING)
    return named if named in RANGE_WORDS else CHANGING


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
