"""How quickly the figures come: pages computed anew, and each insight beside its bare question.

    .venv/bin/python bench/insights.py [--plays 200000 1000000] [--snapshots 365] [--requests 50]

Prints a line a size for the pages and one for each insight; see bench/README.md. Ends with 1 when a
limit is passed or a page shows other figures than the history holds.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import questions
from cases import ZONE, Archive, History, history
from servers import Server, Views, Visitor, product

from music_time_machine.db import Database
from music_time_machine.insights import Heard, daily, habits, heard, tops, variety
from music_time_machine.insights.charts import Buckets
from music_time_machine.models import Account

ALL = "/analytics?range=all"
PAGES = (ALL, "/analytics", "/")
MOST_SECONDS = {1_000_000: 0.120}
MOST_GROWTH = 4.0
MOST_OF_QUESTION = 3.0
# What counts by the rule that nobody has changed: music of at least half a minute.
COUNTED = (
    "SELECT count(*) FROM listens JOIN tracks ON tracks.id = track_id "
    "WHERE kind = 'track' AND ms_played >= 30000"
)
LIMITED_FROM = 1_000_000
LEAST_SECONDS = 0.001
ROUNDS = 10
FIRST_VIEWS = 3

Question = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Single:
    """An insight and the bare question it answers."""

    name: str
    insight: Question
    question: Question


@dataclass(frozen=True, slots=True)
class Times:
    """Views by page; seconds until the first page after an import shows itself, and until it is
    whole; of the first one after one more play; of each insight by name, and of its question."""

    pages: dict[str, Views]
    shown: list[float]
    whole: list[float]
    after_a_play: list[float]
    singles: dict[str, tuple[float, float]]


def measure(source: History, snapshots: int, requests: int, folder: Path) -> Times:
    """Ask a server that keeps no page, then each insight in this process."""
    archive = Archive(folder / "archive")
    archive.take(source)
    archive.list_daily(snapshots)
    with product(archive, keeps_pages=False) as server:
        visitor = Visitor(server)
        firsts = [_after_an_import(archive, visitor) for _ in range(FIRST_VIEWS)]
        _check(archive, server)
        views = {path: Views() for path in PAGES}
        for _ in range(ROUNDS):
            for path in PAGES:  # by turns, so that all of them meet the machine's moods
                visitor.many(path, max(1, requests // ROUNDS), views[path])
        after_a_play = [_after_a_play(archive, visitor, number) for number in range(FIRST_VIEWS)]
    shown, whole = map(list, zip(*firsts, strict=True))
    return Times(views, shown, whole, after_a_play, compared(archive))


def _after_an_import(archive: Archive, visitor: Visitor) -> tuple[float, float]:
    """Seconds until the page shows itself, and until it is whole: no build fits any more."""
    shutil.rmtree(archive.data_dir / "columns", ignore_errors=True)
    return visitor.whole(ALL)


def _after_a_play(archive: Archive, visitor: Visitor, number: int) -> float:
    """Seconds until the page is whole, when all that is kept is one play behind."""
    archive.play_one(number)
    return visitor.whole(ALL)[1]


def _check(archive: Archive, server: Server) -> None:
    """The page shows this archive, and not a start page or somebody else's."""
    view = json.loads(Visitor(server, "application/json").first(ALL)[1])
    told = int(view["totals"]["plays"]["now"])
    counted = archive.ask(COUNTED)[0]
    if told != counted:
        sys.exit(f"{ALL} tells {told:,} plays, not {counted:,}.")


def compared(archive: Archive) -> dict[str, tuple[float, float]]:
    """The median seconds of each insight and of its question, asked by turns."""
    account = Account(1, "", ZoneInfo(ZONE), None, 0)
    with closing(Database(f"sqlite:///{archive.database}", archive.data_dir)) as db:
        singles = _singles(db, account, datetime.now(UTC).date())
        return {single.name: _by_turns(single) for single in singles}


def _by_turns(single: Single) -> tuple[float, float]:
    single.insight()  # what is remembered from one page to the next is there, as on a server
    times = [(_seconds(single.insight), _seconds(single.question)) for _ in range(ROUNDS)]
    insight, question = zip(*times, strict=True)
    return median(insight), median(question)


def _seconds(question: Question) -> float:
    started = time.perf_counter()
    question()
    return time.perf_counter() - started


def _singles(db: Database, account: Account, today: date) -> tuple[Single, ...]:
    """Every insight of plays, for all time."""
    plays = heard(db, account)
    first = plays.everything.first_day
    if first is None:
        sys.exit("There is no play.")
    return (*_of_days(plays, first, today), *_of_habits(db, plays, first, today))


def _of_days(plays: Heard, first: date, today: date) -> tuple[Single, ...]:
    music = plays.music
    buckets = Buckets.fitting(first, today)
    span = first, today
    return (
        Single(
            "plays and hours by month",
            lambda: daily.plays_by_bucket(plays, buckets, None),
            lambda: questions.by_day(music),
        ),
        Single(
            "hours of the day",
            lambda: daily.hours_of_day(plays, *span),
            lambda: questions.by_hour_of_day(music),
        ),
        Single(
            "weekdays",
            lambda: daily.weekdays(plays, *span),
            lambda: questions.by_weekday(music),
        ),
        Single(
            "hours of the week",
            lambda: daily.week_heat(plays, *span),
            lambda: questions.by_hour_of_week(music),
        ),
        Single(
            "calendar of a year",
            lambda: daily.calendar(plays, today.year, today),
            lambda: questions.by_day(music.within(date(today.year, 1, 1), today)),
        ),
        Single(
            "streaks",
            lambda: daily.streaks(plays, *span),
            lambda: questions.longest_streak(music),
        ),
        Single(
            "busiest day",
            lambda: daily.busiest_day(plays, *span),
            lambda: questions.busiest_day(music),
        ),
        Single(
            "this week",
            lambda: daily.this_week(
                plays, datetime(today.year, today.month, today.day, 23, tzinfo=UTC)
            ),
            lambda: questions.by_day(music.within(today - timedelta(weeks=13), today)),
        ),
        Single("what counts", lambda: plays.counts(*span), lambda: questions.too_short(music)),
    )


def _of_habits(db: Database, plays: Heard, first: date, today: date) -> tuple[Single, ...]:
    music, everything = plays.music, plays.everything.music
    buckets = Buckets.fitting(first, today)
    span = first, today
    return (
        Single(
            "sessions",
            lambda: habits.sessions(plays, *span),
            lambda: questions.sessions(music),
        ),
        Single(
            "obsession",
            lambda: habits.obsession(db, plays, *span),
            lambda: questions.obsession(plays.recordings),
        ),
        Single(
            "skipping",
            lambda: habits.skipping(plays, *span, buckets),
            lambda: questions.skipped_by_day(everything),
        ),
        Single("devices", lambda: habits.devices(plays, *span), lambda: questions.devices(music)),
        Single("origins", lambda: habits.origins(plays, *span), lambda: questions.origins(music)),
        Single(
            "tops by plays",
            lambda: tops.tops(db, plays, *span, None, "plays"),
            lambda: questions.tops(plays.recordings),
        ),
        Single(
            "tops by time",
            lambda: tops.tops(db, plays, *span, None, "time"),
            lambda: questions.tops(plays.recordings),
        ),
        Single(
            "discoveries",
            lambda: variety.discoveries_chart(plays, buckets),
            lambda: questions.discoveries(music),
        ),
        Single(
            "new and known",
            lambda: variety.new_and_known(plays, *span, buckets),
            lambda: questions.new_by_day(music),
        ),
        Single(
            "concentration",
            lambda: variety.concentration(plays, *span),
            lambda: questions.concentration(music),
        ),
        Single(
            "diversity",
            lambda: variety.diversity(plays, buckets),
            lambda: questions.diversity(music),
        ),
    )


def page_line(source: History, snapshots: int, times: Times) -> str:
    """What the pages take."""
    rows = source.truth.rows
    most = next((most for size, most in MOST_SECONDS.items() if rows == size), None)
    pages = "; ".join(f"{path} {_of_page(views)}" for path, views in times.pages.items())
    middle = median(times.pages[ALL].seconds)
    limit = "" if most is None else f"; {ALL} at most {_ms(most)} {_verdict(middle <= most)}"
    return (
        f"pages at {rows:,} plays and {snapshots:,} snapshots, computed anew: {pages}; "
        f"the first of all time after an import shows itself after {_ms(median(times.shown))} "
        f"and is whole after {_ms(median(times.whole))}, after one more play whole after "
        f"{_ms(median(times.after_a_play))}{limit}"
    )


def _of_page(views: Views) -> str:
    slow = quantiles(views.seconds, n=20)[-1]
    cpu = f", CPU {_ms(views.cpu_each)}" if views.cpu_seconds else ""
    return f"{_ms(median(views.seconds))} (p95 {_ms(slow)}{cpu})"


def single_lines(source: History, times: Times) -> list[str]:
    """What each insight takes beside its bare question."""
    return [
        f"insight at {source.truth.rows:,} plays: {name}: {_ms(insight)}, its bare question "
        f"{_ms(question)}: {insight / question:.2f} x{_limit(source, insight, question)}"
        for name, (insight, question) in times.singles.items()
    ]


def _limit(source: History, insight: float, question: float) -> str:
    """From a million plays on; what is there within a millisecond is ok however small the rest."""
    if source.truth.rows < LIMITED_FROM:
        return ""
    is_ok = insight <= max(MOST_OF_QUESTION * question, LEAST_SECONDS)
    return f", at most {MOST_OF_QUESTION:g} {_verdict(is_ok)}"


def growth_line(small: tuple[int, float], large: tuple[int, float]) -> str:
    """How much longer the page of all time takes at the largest size than at the smallest."""
    ratio = large[1] / small[1]
    return (
        f"{ALL} at {large[0]:,} plays takes {ratio:.2f} x its time at {small[0]:,}, "
        f"at most {MOST_GROWTH:g} {_verdict(ratio <= MOST_GROWTH)}"
    )


def _verdict(is_ok: bool) -> str:
    return "ok" if is_ok else "OVER"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 0.01 else f"{seconds * 1000:,.0f} ms"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--plays", type=int, nargs="+", default=[200_000, 1_000_000])
    options.add_argument("--snapshots", type=int, default=365, help="days that have a snapshot")
    options.add_argument("--requests", type=int, default=50, help="requests a page")
    options.add_argument("--cache", type=Path, help="keep the histories there for the next time")
    chosen = options.parse_args()
    said: list[str] = []
    sizes: list[tuple[int, float]] = []
    for plays in chosen.plays:
        with tempfile.TemporaryDirectory(prefix="mtm-bench-") as name:
            folder = Path(name)
            source = history(plays, datetime.now(UTC).date(), chosen.cache or folder)
            times = measure(source, chosen.snapshots, chosen.requests, folder)
        sizes.append((source.truth.rows, median(times.pages[ALL].seconds)))
        new = [page_line(source, chosen.snapshots, times), *single_lines(source, times)]
        if len(sizes) > 1:
            new.append(growth_line(sizes[0], sizes[-1]))
        print(*new, sep="\n", flush=True)
        said += new
    sys.exit(int(any(line.endswith("OVER") for line in said)))


if __name__ == "__main__":
    main()
