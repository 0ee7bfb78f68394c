"""What a visit to `/analytics` costs a browser: until it shows, its bytes, its longest task.

    .venv/bin/python bench/browser.py [--plays 1000000] [--snapshots 365] [--runs 5]

Prints one line a size; see bench/README.md. Needs Chromium, from CHROMIUM_PATH or where run.py
finds one. Ends with 1 when a limit is passed.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from cases import HERE, Archive, history
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    ViewportSize,
    sync_playwright,
)
from servers import Server, Visitor, product, session_cookie

sys.path.append(str(HERE.parent))
import run

PAGE = "/analytics?range=all"
CHANGED = f"{PAGE}&visit=2"  # to the server another page, so none that the browser has
MOST_FIRST_BYTES, MOST_LATER_BYTES, MOST_TASK_MS = 200_000, 40_000, 200
SLOWDOWN = 4
WINDOW: ViewportSize = {"width": 1280, "height": 800}
ARGUMENTS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]

TO_THE_END = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await frame();
  }
}"""
ALL_DRAWN = """() => [...document.querySelectorAll("canvas[data-chart]")]
  .filter((canvas) => canvas.offsetParent !== null)
  .every((canvas) => globalThis.Chart?.getChart(canvas))"""
TOLD = """() => ({ ...globalThis.benchTold, charts: document.querySelectorAll("canvas").length,
  paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime })"""


@dataclass(slots=True)
class Visit:
    """The ms until something and until the first chart showed, the longest task's ms, the bytes
    that came over the wire and how many charts there were."""

    paint: float = 0.0
    chart: float = 0.0
    longest: float = 0.0
    bytes: int = 0
    charts: int = 0


@dataclass(frozen=True, slots=True)
class Visits:
    """By run: somebody's first visit, later ones to the same and to a changed page, and a first one
    with a slow processor."""

    first: list[Visit] = field(default_factory=list)
    same: list[Visit] = field(default_factory=list)
    changed: list[Visit] = field(default_factory=list)
    slow: list[Visit] = field(default_factory=list)


def measure(archive: Archive, runs: int) -> Visits:
    """Visit so many times, each time as somebody who has never been here."""
    visits = Visits()
    with product(archive, keeps_pages=False) as server, _chromium() as browser:
        Visitor(server).whole(PAGE)  # the figures are there
        _visit(_stranger(browser, server), server, PAGE)  # the server has what it keeps loaded
        for _ in range(runs):
            context = _stranger(browser, server)
            visits.first.append(_visit(context, server, PAGE))
            visits.same.append(_visit(context, server, PAGE))
            visits.changed.append(_visit(context, server, CHANGED))
            context.close()
            context = _stranger(browser, server)
            visits.slow.append(_visit(context, server, PAGE, SLOWDOWN))
            context.close()
    return visits


def _visit(context: BrowserContext, server: Server, path: str, slowdown: int = 1) -> Visit:
    """Open the page in a new tab, go down to its end, and wait for all that it draws and loads."""
    visit = Visit()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")
    protocol.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    arrived: list[float] = []
    protocol.on("Network.loadingFinished", lambda told: arrived.append(told["encodedDataLength"]))
    answer = page.goto(f"http://127.0.0.1:{server.port}{path}", wait_until="load")
    page.evaluate(TO_THE_END)
    try:
        page.wait_for_function(ALL_DRAWN)
        page.wait_for_load_state("networkidle")
    except Error as late:
        complaints.append(str(late))
    if complaints or answer is None or answer.status not in (200, 304):
        sys.exit(f"{path} did not open well: {complaints}\n{server.last_words()}")
    for name, value in page.evaluate(TOLD).items():
        setattr(visit, name, value)
    visit.bytes = round(sum(arrived))
    page.close()
    return visit


def _stranger(browser: Browser, server: Server) -> BrowserContext:
    """A browser that has never been here, signed in."""
    context = browser.new_context(viewport=WINDOW)
    context.set_default_timeout(60_000)
    context.add_init_script(path=HERE / "visit.js")
    address = f"http://127.0.0.1:{server.port}"
    context.add_cookies([{"name": "mtm", "value": session_cookie(), "url": address}])
    return context


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM_PATH") or run.find_chromium()
    if path is None:
        sys.exit("No Chromium was found. Install one or set CHROMIUM_PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def line(rows: int, snapshots: int, visits: Visits) -> str:
    """All of it in one line."""
    first = median(visit.bytes for visit in visits.first)
    same = median(visit.bytes for visit in visits.same)
    changed = median(visit.bytes for visit in visits.changed)
    longest = median(visit.longest for visit in visits.slow)
    return (
        f"{PAGE} in Chromium at {rows:,} plays and {snapshots:,} snapshots, "
        f"{visits.first[0].charts} charts: first contentful paint "
        f"{_middle(visits.first, 'paint')} ms, first chart {_middle(visits.first, 'chart')} ms "
        f"(again {_middle(visits.same, 'paint')} and {_middle(visits.same, 'chart')}, with "
        f"{SLOWDOWN} x CPU slowdown {_middle(visits.slow, 'paint')} and "
        f"{_middle(visits.slow, 'chart')}); first visit {first / 1000:.1f} kB, at most "
        f"{MOST_FIRST_BYTES // 1000} {_verdict(first <= MOST_FIRST_BYTES)}; later "
        f"{changed / 1000:.1f} kB, at most {MOST_LATER_BYTES // 1000} "
        f"{_verdict(changed <= MOST_LATER_BYTES)}, unchanged {same / 1000:.1f}; longest task with "
        f"{SLOWDOWN} x CPU slowdown {longest:.0f} ms (once "
        f"{max(visit.longest for visit in visits.slow):.0f}), at most {MOST_TASK_MS} "
        f"{_verdict(longest <= MOST_TASK_MS)}"
    )


def _middle(visits: list[Visit], name: str) -> str:
    return f"{median(getattr(visit, name) for visit in visits):.0f}"


def _verdict(is_ok: bool) -> str:
    return "ok" if is_ok else "OVER"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--plays", type=int, nargs="+", default=[1_000_000])
    options.add_argument("--snapshots", type=int, default=365, help="days that have a snapshot")
    options.add_argument("--runs", type=int, default=5, help="medians of them are printed")
    options.add_argument("--cache", type=Path, help="keep the histories there for the next time")
    chosen = options.parse_args()
    is_over = False
    for plays in chosen.plays:
        with tempfile.TemporaryDirectory(prefix="mtm-bench-") as name:
            folder = Path(name)
            source = history(plays, datetime.now(UTC).date(), chosen.cache or folder)
            archive = Archive(folder / "archive")
            archive.take(source)
            archive.list_daily(chosen.snapshots)
            told = line(source.truth.rows, chosen.snapshots, measure(archive, chosen.runs))
            print(told, flush=True)
            is_over |= "OVER" in told
    sys.exit(int(is_over))


if __name__ == "__main__":
    main()
