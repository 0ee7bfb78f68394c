"""The words that templates share: who is signed in, how moments, days and counts are written."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask

from .. import accounts
from .context import context, visitor
from .sleeve import sleeve

NAVIGATION = (
    ("home.show", "Home", "house"),
    ("analytics.show", "Analytics", "chart-column"),
    ("imports.show_all", "Imports", "download"),
)


def register(app: Flask) -> None:
    """Give the words to every template."""

    @app.context_processor
    def words() -> dict[str, object]:
        return {
            "account": visitor(),
            "navigation": NAVIGATION,
            "is_demo": context().settings.is_demo,
            "connection": _connection,
            "needs_time_zone": _needs_time_zone,
            "sleeve": sleeve,
        }

    app.add_template_filter(moment, "moment")
    app.add_template_filter(day, "day")
    app.add_template_filter(count, "count")
    app.add_template_filter(ago, "ago")
    app.add_template_filter(plural, "plural")


def moment(when: datetime, zone: ZoneInfo) -> str:
    """`22 Nov 2026, 21:04` in the person's zone."""
    local = when.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def day(when: date) -> str:
    """`22 November 2026`."""
    return f"{when.day} {when:%B %Y}"


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


def _connection() -> accounts.Connection | None:
    account = visitor()
    return None if account is None else accounts.connection(context().db, account)


def _needs_time_zone() -> bool:
    account = visitor()
    return account is not None and not accounts.has_time_zone(context().db, account)
