"""The words that templates share: who is signed in, how moments, days and counts are written."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from .. import accounts, preferences, snapshots
from ..insights import Headline
from ..period import local_day
from .context import context, visitor
from .sleeve import sleeve

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in, as the frame of every page shows it.

    `state` is `connected`, `reconnect` or `none` (a local account); `needs_time_zone` asks the
    browser for its zone once; `colours` are those of the charts.
    """

    name: str
    state: str
    note: str
    zone: ZoneInfo
    needs_time_zone: bool
    colours: str


def register(app: Flask) -> None:
    """Give the words to every template."""

    @app.context_processor
    def words() -> dict[str, object]:
        here = context()
        return {
            "viewer": _viewer_if_known(),
            "now": here.clock(),
            "is_demo": here.settings.is_demo,
            "sleeve_for": sleeve,
            "friends_words": friends_words,
            "connection_words": _connection_words,
            "demo_export_url": f"{here.settings.spotify_accounts_url}/account/privacy",
        }

    for word in (moment, day, count, ago, plural):
        app.add_template_filter(word)


def moment(when: datetime, zone: ZoneInfo) -> str:
    """`22 Nov 2026, 21:04` in the person's zone."""
    local = when.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def day(when: date) -> str:
    """`22 November 2026`, `1 January of the year 1`."""
    return f"{when.day} {when:%B} {when.year if when.year >= 1000 else f'of the year {when.year}'}"


def count(number: int) -> str:
    """`14,382`."""
    return f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 play`, `2 plays`, `1,204 plays`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def ago(when: datetime) -> str:
    """`just now`, `4 minutes ago`, `3 days ago`, reckoned from the app's clock."""
    seconds = max(0, int((context().clock() - when).total_seconds()))
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return plural(seconds // size, name) + " ago"
    return "just now"


def since(when: datetime, zone: ZoneInfo) -> str:
    """`today`, `yesterday`, `3 days ago`: what stays true the whole day."""
    days = (local_day(context().clock(), zone) - local_day(when, zone)).days
    return ("today", "yesterday")[days] if 0 <= days < 2 else f"{plural(days, 'day')} ago"


def friends_words(head: Headline) -> str:
    """What the favourites of the month are made of, as a sentence that leaves none of them out."""
    old, new, of_all = head.old_friends, head.newly_met, head.favourites
    if not old + new:
        return f"{plural(head.plays, 'play')} of {head.artist} in the last 90 days."
    came = "came in between" if old and new else "came later" if old else "came before"
    groups = [
        (number, said)
        for number, said in (
            (old, "is an old friend" if old == 1 else "are old friends"),
            (new, f"{'is' if new == 1 else 'are'} new since {head.since:%B}"),
            (of_all - old - new, came),
        )
        if number
    ]
    first, said = groups[0]
    if len(groups) == 1:
        every = _ALL_OF.get(of_all, f"All {_spelled(of_all)} of your most played artists")
        return f"{every} this month {said}."
    ours = f"of your {_spelled(of_all)} most played artists this month"
    parts = [f"{_spelled(first).capitalize()} {ours} {said}"]
    if len(groups) == 2:
        number, said = groups[1]
        parts.append(f"the other {'one' if number == 1 else _spelled(number)} {said}")
    else:
        parts += [f"{_spelled(number)} {said}" for number, said in groups[1:]]
        parts[-1] = f"and {parts[-1]}"
    return f"{', '.join(parts)}."


_ALL_OF = {1: "Your most played artist", 2: "Both of your most played artists"}
_SPELLED = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _spelled(number: int) -> str:
    return _SPELLED[number] if number < len(_SPELLED) else f"{number:,}"


def _connection_words() -> str:
    account = visitor()
    if account is None:
        return ""
    held = accounts.connection(context().db, account)
    if held.state == "reconnect":
        return "Spotify's consent has ended. Connect again: nothing is lost."
    if held.ends_at is None:
        return "Not connected to Spotify."
    ends = held.ends_at.astimezone(account.zone).date()
    return f"Connected to Spotify; its consent lasts until {day(ends)}."


def _viewer_if_known() -> Viewer | None:
    """The viewer; nobody while the database is away: the page that says so must show."""
    try:
        return _viewer()
    except SQLAlchemyError as error:
        log.error("viewer_unknown", kind=type(error).__name__)
        return None


def _viewer() -> Viewer | None:
    account = visitor()
    if account is None:
        return None
    here = context()
    connection = accounts.connection(here.db, account)
    taken = snapshots.latest(here.db, account)
    note = "no snapshot yet" if taken is None else f"snapshot {since(taken, account.zone)}"
    return Viewer(
        name=account.name,
        state=connection.state,
        note=note if connection.state != "none" else "lives from files",
        zone=account.zone,
        needs_time_zone=not account.has_own_zone,
        colours=preferences.find(here.db, account).colours,
    )
