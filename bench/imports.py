"""How quickly an export is imported, in how much memory, beside the floor of the same machine.

    .venv/bin/python bench/imports.py [--plays 200000 1000000] [--runs 3] [--cache FOLDER]

Prints one line a size; see bench/README.md. Ends with 1 when the memory is over its limit or an
archive is not exactly the file.
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from cases import HERE, Archive, History, history
from processes import Done, run

MOST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Sides:
    """The same history, imported and put down to the floor by turns."""

    imports: list[Done]
    floors: list[Done]
    database_bytes: int
    columns_bytes: int

    @property
    def peak_bytes(self) -> int:
        """The most memory that any import took."""
        return max(done.peak_bytes for done in self.imports)


def compare(source: History, runs: int, folder: Path) -> Sides:
    """Run both sides by turns, each time into an empty database."""
    imports, floors = [], []
    sizes = (0, 0)
    for number in range(runs):
        place = folder / f"run-{number}"
        archive = Archive(place)
        imports.append(archive.take(source))
        sizes = archive.bytes()
        floors.append(_floor(source, place))
        shutil.rmtree(place)
    return Sides(imports, floors, *sizes)


def _floor(source: History, place: Path) -> Done:
    command = [sys.executable, str(HERE / "floor.py"), str(source.path), str(place / "floor.db")]
    done = run(command, place, {})
    if done.output.split() != [str(source.truth.listens), str(source.truth.ms)]:
        sys.exit(f"The floor did not store the file: {done.output}")
    return done


def line(source: History, sides: Sides) -> str:
    """All of it in one line."""
    rows, listens = source.truth.rows, source.truth.listens
    seconds, floor = (median(d.seconds for d in side) for side in (sides.imports, sides.floors))
    cpu, floor_cpu = (median(d.cpu_seconds for d in side) for side in (sides.imports, sides.floors))
    floor_peak = max(done.peak_bytes for done in sides.floors)
    verdict = "ok" if sides.peak_bytes <= MOST_BYTES else "OVER"
    return (
        f"import {rows:,} rows: {rows / seconds:,.0f} rows/s in {seconds:.1f} s, "
        f"floor {rows / floor:,.0f} rows/s, {seconds / floor:.2f} x its time, "
        f"{cpu / floor_cpu:.2f} x its CPU ({_each(cpu, rows)} against {_each(floor_cpu, rows)} s "
        f"a 100,000 rows); peak {sides.peak_bytes / 1e6:.0f} MB of {MOST_BYTES / 1e6:.0f} "
        f"{verdict} (floor {floor_peak / 1e6:.0f}); "
        f"{(sides.database_bytes + sides.columns_bytes) / listens:.0f} bytes a play on disk "
        f"(database {sides.database_bytes / listens:.0f}, "
        f"columns {sides.columns_bytes / listens:.0f}); {listens:,} listens, exact"
    )


def _each(cpu: float, rows: int) -> str:
    return f"{cpu / rows * 100_000:.2f}"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--plays", type=int, nargs="+", default=[200_000, 1_000_000])
    options.add_argument("--runs", type=int, default=3, help="runs a side; medians are printed")
    options.add_argument("--cache", type=Path, help="keep the histories there for the next time")
    chosen = options.parse_args()
    is_over = False
    with tempfile.TemporaryDirectory(prefix="mtm-bench-") as folder:
        for plays in chosen.plays:
            today = datetime.now(UTC).date()
            source = history(plays, today, chosen.cache or Path(folder))
            sides = compare(source, chosen.runs, Path(folder))
            is_over = is_over or sides.peak_bytes > MOST_BYTES
            print(line(source, sides), flush=True)
    sys.exit(int(is_over))


if __name__ == "__main__":
    main()
