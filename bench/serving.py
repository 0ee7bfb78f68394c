"""How many requests a second `/` and `/analytics` stand, beside a bare page on the same server.

    .venv/bin/python bench/serving.py [--plays 200000] [--snapshots 365] [--seconds 3] [--rounds 7]

Prints one line a page; see bench/README.md. Ends with 1 when a limit is passed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from cases import HERE, Archive, history
from load import Order, Told
from servers import Server, Visitor, bare, product

LEAST_OF_BARE = {"/": 0.4, "/analytics": 0.15}
CONNECTIONS = 4
LEAST_RIGHT = 0.95


@dataclass(frozen=True, slots=True)
class Page:
    """One page as a row of requests asks for it: by people who have it, or who never saw it."""

    name: str
    server: Server
    path: str
    headers: Mapping[str, str]
    is_kept: bool = False


def measure(archive: Archive, rounds: int, seconds: float) -> dict[str, list[Told]]:
    """What each page told in each round; all are asked by turns, the bare one first."""
    with product(archive, keeps_pages=True) as ours, bare(archive) as other:
        pages = [Page("bare", other, "/", {})]
        for path in LEAST_OF_BARE:
            visitor = Visitor(ours)
            visitor.whole(path)
            pages.append(Page(path, ours, path, visitor.headers))
            pages.append(Page(f"{path} unchanged", ours, path, visitor.headers, is_kept=True))
        told: dict[str, list[Told]] = {page.name: [] for page in pages}
        for _ in range(rounds):
            for page in pages:
                told[page.name].append(_load(page, seconds))
    return told


def _load(page: Page, seconds: float) -> Told:
    order = Order(
        page.server.port, page.path, page.headers, CONNECTIONS, seconds, keeps_page=page.is_kept
    )
    command = [sys.executable, str(HERE / "load.py")]
    before = page.server.cpu_seconds()
    done = subprocess.run(
        command, input=json.dumps(asdict(order)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{page.name}: {done.stderr}\n{page.server.last_words()}")
    told = Told(**json.loads(done.stdout))
    told.cpu_seconds = page.server.cpu_seconds() - before
    # A page may change meanwhile: it says how many minutes ago something was.
    right = told.statuses.get("304" if page.is_kept else "200", 0)
    if right < LEAST_RIGHT * len(told.answers):
        sys.exit(f"{page.name} answered {told.statuses}.\n{page.server.last_words()}")
    return told


def lines(rows: int, snapshots: int, told: Mapping[str, list[Told]]) -> list[str]:
    """One line a page: its requests a second beside the bare page's of the same round."""
    at = f"requests a second at {rows:,} plays and {snapshots:,} snapshots"
    said = [f"{at}: bare page {_rate(told['bare'])} ({_waits(told['bare'])})"]
    for path, least in LEAST_OF_BARE.items():
        for name in (path, f"{path} unchanged"):
            rounds = zip(told[name], told["bare"], strict=True)
            share = median(page.rate / bare.rate for page, bare in rounds)
            said.append(
                f"{at}: {name} {_rate(told[name])} ({_waits(told[name])}), {share:.2f} of the "
                f"bare page's, at least {least} {'ok' if share >= least else 'OVER'}"
            )
    return said


def _rate(rounds: list[Told]) -> str:
    return f"{median(told.rate for told in rounds):,.0f}"


def _waits(rounds: list[Told]) -> str:
    waits = quantiles([wait * 1000 for told in rounds for wait in told.answers], n=100)
    cpu = median(told.cpu_seconds / told.asked for told in rounds) * 1000
    return f"p50 {waits[49]:.1f} ms, p99 {waits[98]:.1f} ms, CPU {cpu:.2f} ms"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--plays", type=int, nargs="+", default=[200_000])
    options.add_argument("--snapshots", type=int, default=365, help="days that have a snapshot")
    options.add_argument("--rounds", type=int, default=7, help="medians of them are printed")
    options.add_argument("--seconds", type=float, default=3.0, help="of load a page and round")
    options.add_argument("--cache", type=Path, help="keep the histories there for the next time")
    chosen = options.parse_args()
    said: list[str] = []
    for plays in chosen.plays:
        with tempfile.TemporaryDirectory(prefix="mtm-bench-") as name:
            folder = Path(name)
            source = history(plays, datetime.now(UTC).date(), chosen.cache or folder)
            archive = Archive(folder / "archive")
            archive.take(source)
            archive.list_daily(chosen.snapshots)
            told = measure(archive, chosen.rounds, chosen.seconds)
        new = lines(source.truth.rows, chosen.snapshots, told)
        print(*new, sep="\n", flush=True)
        said += new
    sys.exit(int(any(line.endswith("OVER") for line in said)))


if __name__ == "__main__":
    main()
