"""A page with every kind of figure: the real app with one page more, drawn by the real macros."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

from flask import Response, render_template_string, request
from pydantic import SecretStr
from werkzeug.serving import make_server

from music_time_machine.app import create_app
from music_time_machine.config import Settings
from music_time_machine.insights.charts import ChartData, Heat
from tests.cast import SECRET

MONTHS = tuple(f"Month {n}" for n in range(1, 25))
PLAYS = tuple(10 * n for n in range(1, 24))
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PAGE = """{% extends "layout.html" %}
{% from "macros.html" import chart, heat, range_form, range_links, skeleton with context %}
{% block title %}Gallery of {{ shown }}{% endblock %}
{% block content %}
<h1>A gallery</h1>
<div data-in-place>
  {{ range_links("Stretch of time", ranges) }}
  {{ range_form("/gallery", request.args.get("from", "2024-01-01"), request.args.get("to", "2024-06-30"), "2026-11-22", problem=request.args.get("problem")) }}
  <p id="shown">{{ shown }}</p>
  <div class="shelf">
    {{ chart(plays, "plays-a-month", "Plays", "The plays that count, in Berlin's time.") }}
    {{ chart(artists, "artists", "Artists", span="half", field="named_otherwise") }}
    {{ heat(week, "week", "The week", "Plays by the hour.", span="half") }}
    {{ heat(year, "year", "The year", "Plays by the day.") }}
    {{ chart(hours, "hours", "Hours", field=none) }}
    {{ chart(share, "share", "Share") }}
    {{ chart(nothing, "nothing", "Nothing") }}
    {{ skeleton("To come") }}
  </div>
</div>
{% endblock %}"""  # noqa: E501


@dataclass(slots=True)
class Gallery:
    """Where it answers, and how it shall look; None as it does by itself."""

    url: str
    theme: str | None = None
    colours: str | None = None


@contextmanager
def open_gallery(archive: Path, folder: Path) -> Iterator[Gallery]:
    """The gallery at a port of its own, on a copy of an empty archive."""
    shutil.copyfile(archive, folder / "archive.db")
    settings = Settings(
        _env_file=None,
        secret_key=SecretStr(SECRET),
        database_url=f"sqlite:///{folder}/archive.db",
        data_dir=folder,
    )
    app = create_app(settings)
    gallery = Gallery("")
    app.add_url_rule("/gallery", "gallery", lambda: _page(gallery))
    app.add_url_rule("/gone", "gone", lambda: Response("No.", 500))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    gallery.url = f"http://127.0.0.1:{server.server_port}/gallery"
    try:
        yield gallery
    finally:
        server.shutdown()
        thread.join()
        app.extensions["music_time_machine"].db.close()


def _page(gallery: Gallery) -> str:
    shown = request.args.get("range") or request.args.get("from") or "everything"
    ranges = [(f"{n} months", f"{n}m", f"/gallery?range={n}m", shown == f"{n}m") for n in (3, 6)]
    ranges.append(("Gone", "gone", "/gone", False))
    page = render_template_string(
        PAGE, theme=gallery.theme, shown=shown, ranges=ranges, **figures()
    )
    if gallery.colours is None:
        return page
    return page.replace("<html", f'<html data-colours="{gallery.colours}"', 1)


def figures() -> dict[str, ChartData | Heat]:
    """One figure of each kind, with a hole and marks; the long name is cut where it is drawn."""
    values = (*PLAYS[:5], None, *PLAYS[5:])
    contexts = tuple(f"{n} hours" for n in range(len(values)))
    names = ("The Almanacs", "Somebody whose name is much too long to be written beside a bar")
    hours = tuple(f"{hour:02}" for hour in range(24))
    return {
        "plays": ChartData("bar", MONTHS, values, "plays", "Plays", (22,), 23, contexts),
        "artists": ChartData("barh", names, (7, 1), "snapshots", "Snapshots", (0,)),
        "hours": ChartData("radar", hours, tuple(range(24)), "plays", "Plays", (23,)),
        "share": ChartData("line", MONTHS, values, "percent", "Percent", (3,), 23),
        "nothing": ChartData("line", (), (), "plays", "Plays"),
        "week": week(),
        "year": year(2026, until=date(2026, 11, 22)),
    }


def week() -> Heat:
    """Each hour has as many plays as its number; Monday none."""
    values = tuple(tuple(hour if day else 0 for hour in range(24)) for day in range(7))
    words = tuple(
        tuple(f"{day}, {hour} h: {plays} plays" for hour, plays in enumerate(row))
        for day, row in zip(DAYS, values, strict=True)
    )
    hours = tuple(f"{hour:02}" for hour in range(24))
    keys = tuple(tuple((day, hour) for hour in hours) for day in DAYS)
    return Heat(DAYS, hours, values, words, "plays", "Plays", ("weekday", "hour"), keys)


def year(number: int, until: date) -> Heat:
    """Each day has as many plays as its number in the month; a column a week."""
    first = date(number, 1, 1)
    values: list[list[int | None]] = [[None] * 53 for _ in DAYS]
    words = [[""] * 53 for _ in DAYS]
    keys: list[list[tuple[str, ...]]] = [[()] * 53 for _ in DAYS]
    columns = [""] * 53
    for n in range((until - first).days + 1):
        day = first + timedelta(days=n)
        column = (n + first.weekday()) // 7
        values[day.weekday()][column] = day.day
        words[day.weekday()][column] = f"{day.day} {day:%B}: {day.day} plays"
        keys[day.weekday()][column] = (day.isoformat(),)
        if day.day == 1:
            columns[column] = f"{day:%b}"
    rows = tuple(map(tuple, values))
    return Heat(
        DAYS,
        tuple(columns),
        rows,
        tuple(map(tuple, words)),
        "plays",
        "Plays a day",
        ("date",),
        tuple(map(tuple, keys)),
        is_by_column=True,
    )
