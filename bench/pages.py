"""How quickly `/` and `/analytics` answer, beside the bare question on the same machine.

    .venv/bin/python bench/pages.py [--plays 200000 1000000] [--snapshots 365] [--requests 200]

Prints one line a size; see bench/README.md. Ends with 1 when a page shows other figures than the
history holds.
"""

import argparse
import json
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import numpy as np
from cases import HERE, SECRET_KEY, ZONE, Archive, History, history
from servers import Server, Views, Visitor, free_port, serving, session_cookie

from music_time_machine import columns
from music_time_machine.db import Database
from music_time_machine.models import Account

PAGES = ("/", "/analytics?range=12m", "/analytics?range=all")
ROUNDS = 10
COLD_VIEWS = 3
LISTED = 50
RANGES = ("long_term", "medium_term", "short_term")
CHART = re.compile(r"<script [^>]*data-chart-data[^>]*>(.*?)</script>", re.DOTALL)

Question = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Times:
    """Views by page, warm; seconds of `/` with columns to build first; views and seconds of the
    floors: a bare page, and each page's bare question."""

    pages: dict[str, Views]
    cold: list[float]
    bare: Views
    questions: dict[str, float]


def measure(source: History, snapshots: int, requests: int, folder: Path) -> Times:
    """Serve an archive of the history and the bare page side by side, and ask by turns."""
    archive = Archive(folder / "archive")
    with _serving_pages(archive) as server, _serving_bare(archive) as bare:
        visitor = Visitor(server, session_cookie(SECRET_KEY, 1, 0))
        for path in PAGES:  # what is loaded once in a process's life is no part of a first view
            visitor.first(path)
        archive.take(source)
        add_snapshots(archive, snapshots)
        cold = [_cold(archive, visitor) for _ in range(COLD_VIEWS)]
        _check(visitor, source)
        return _by_turns(archive, visitor, Visitor(bare), cold, max(1, requests // ROUNDS))


def _by_turns(
    archive: Archive, visitor: Visitor, bare: Visitor, cold: list[float], count: int
) -> Times:
    times = Times({path: Views() for path in PAGES}, cold, Views(), {})
    asked: dict[str, list[float]] = {path: [] for path in PAGES}
    questions = bare_questions(archive)
    for _ in range(ROUNDS):
        # Each with the others idle, and all of them spread over the machine's moods.
        for path in PAGES:
            visitor.many(path, count, times.pages[path])
            asked[path] += [_seconds(questions[path]) for _ in range(count)]
        bare.many("/", count, times.bare)
    times.questions.update({path: median(seconds) for path, seconds in asked.items()})
    return times


def bare_questions(archive: Archive) -> dict[str, Question]:
    """What each page asks of plays, by NumPy alone on arrays that are loaded already.

    `/`: how many tracks were new on each day. `/analytics`: how many plays each day of the period.
    """
    db = Database(f"sqlite:///{archive.database}", archive.data_dir)
    music = columns.load(db, Account(1, "", ZoneInfo(ZONE), None, 0)).music
    db.close()
    year = columns.day_number(datetime.now(UTC).date() - timedelta(days=365))

    def plays_since(day: int) -> object:
        return np.bincount(music.day[np.searchsorted(music.day, np.uint16(day)) :] - np.uint16(day))

    return {
        "/": lambda: np.bincount(music.first_day),
        "/analytics?range=12m": lambda: plays_since(year),
        "/analytics?range=all": lambda: plays_since(0),
    }


def add_snapshots(archive: Archive, count: int) -> None:
    """A daily snapshot for so many days: three lists of tracks and of artists that drift."""
    with closing(sqlite3.connect(archive.database)) as connection, connection:
        for back in range(count):
            day = (datetime.now(UTC).date() - timedelta(days=back)).isoformat()
            connection.execute("INSERT INTO snapshots VALUES (1, ?, 0)", (day,))
            for table, step, most in (("snapshot_tracks", 7, 5_000), ("snapshot_artists", 1, 900)):
                rows = [
                    (1, day, name, rank, 1 + (back * step + rank * (place + 1)) % most)
                    for place, name in enumerate(RANGES)
                    for rank in range(LISTED)
                ]
                connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)", rows)


def _cold(archive: Archive, visitor: Visitor) -> float:
    """The first view after an import: no build of the columns fits any more."""
    shutil.rmtree(archive.data_dir / "columns", ignore_errors=True)
    return visitor.first("/")[0]


def _check(visitor: Visitor, source: History) -> None:
    """The pages show this archive, and not a start page or somebody else's."""
    tracks, plays = source.truth.tracks, source.truth.music
    home, analytics = visitor.first("/")[1], visitor.first("/analytics?range=all")[1]
    if f"{tracks:,}" not in home:
        sys.exit(f"/ does not show the {tracks:,} tracks of the history.")
    if plays not in [sum(filter(None, json.loads(c)["values"])) for c in CHART.findall(analytics)]:
        sys.exit(f"No chart of /analytics shows the {plays:,} plays of the history.")


def _seconds(question: Question) -> float:
    started = time.perf_counter()
    question()
    return time.perf_counter() - started


def _serving_pages(archive: Archive) -> AbstractContextManager[Server]:
    port = free_port()
    command = [sys.executable, "-m", "music_time_machine", "serve", "--port", str(port)]
    return serving(command, port, archive.folder, archive.environment)


def _serving_bare(archive: Archive) -> AbstractContextManager[Server]:
    """Served as `mtm serve` serves."""
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1"]
    options += ["--threads", "8", "--no-control-socket", "--access-logfile", "-", "--timeout", "60"]
    command = [sys.executable, "-m", "gunicorn", *options, "bare:app"]
    environment = {**archive.environment, "BARE_DATABASE": str(archive.database)}
    return serving(command, port, HERE, environment)


def line(source: History, snapshots: int, times: Times) -> str:
    """All of it in one line."""
    pages = "; ".join(_of_page(path, times) for path in PAGES)
    return (
        f"pages at {source.truth.rows:,} plays and {snapshots:,} snapshots: {pages}; "
        f"the first one after an import {_ms(median(times.cold))} ms"
    )


def _of_page(path: str, times: Times) -> str:
    views, question = times.pages[path], times.questions[path]
    middle, bare = median(views.seconds), median(times.bare.seconds)
    slow = quantiles(views.seconds, n=20)[-1]
    told = (
        f"{path} {_ms(middle)} ms (p95 {_ms(slow)}), {middle / (bare + question):.1f} x its floor "
        f"(bare page {_ms(bare)} + bare question {_ms(question)})"
    )
    if not times.bare.cpu_seconds:  # too few requests to tell, or a system that does not
        return told
    floor = times.bare.cpu_each + question
    return f"{told}, CPU {_ms(views.cpu_each)} ms, {views.cpu_each / floor:.1f} x"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2g}" if seconds < 0.01 else f"{seconds * 1000:,.0f}"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--plays", type=int, nargs="+", default=[200_000, 1_000_000])
    options.add_argument("--snapshots", type=int, default=365, help="days that have a snapshot")
    options.add_argument("--requests", type=int, default=200, help="requests a page, warm")
    options.add_argument("--cache", type=Path, help="keep the histories there for the next time")
    chosen = options.parse_args()
    for plays in chosen.plays:
        with tempfile.TemporaryDirectory(prefix="mtm-bench-") as name:
            folder = Path(name)
            source = history(plays, datetime.now(UTC).date(), chosen.cache or folder)
            times = measure(source, chosen.snapshots, chosen.requests, folder)
            print(line(source, chosen.snapshots, times), flush=True)


if __name__ == "__main__":
    main()
