"""How quickly an export is imported, in how much memory, beside the floor of the same machine.

    .venv/bin/python bench/imports.py [--plays 200000 1000000] [--runs 3] [--cache FOLDER]

Prints one line a size, and one on how the CPU a play grows; see bench/README.md. Ends with 1 when
a limit is passed or an archive is not exactly the file.
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TypeVar

from cases import HERE, Archive, History, history
from processes import Done, run

LEAST_OF_FLOOR = 0.7  # of its rows a second
MOST_BYTES_A_PLAY = 80  # on disk, columns included
# For histories of up to so many rows: the most memory, and CPU a row beside that of the first size.
MOST_BYTES = {1_000_000: 200_000_000, 5_000_000: 300_000_000}
MOST_GROWTH = {1_000_000: 1.5, 5_000_000: 1.8}


T = TypeVar("T", int, float)


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

    @property
    def of_floor(self) -> float:
        """The import's rows a second beside the floor's."""
        seconds, floor = (median(d.seconds for d in side) for side in (self.imports, self.floors))
        return floor / seconds

    @property
    def cpu_seconds(self) -> float:
        """The CPU time of an import."""
        return median(done.cpu_seconds for done in self.imports)


def compare(source: History, runs: int, folder: Path) -> Sides:
    """Run both sides by turns, each time into an empty database."""
    imports, floors = [], []
    sizes = (0, 0)
    for number in range(runs):
        place = folder / f"run-{number}"
        archive = Archive(place)
        shutil.copy(archive.database, place / "floor.db")
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
    floor_cpu = median(done.cpu_seconds for done in sides.floors)
    floor_peak = max(done.peak_bytes for done in sides.floors)
    disk = (sides.database_bytes + sides.columns_bytes) / listens
    most = _limit(MOST_BYTES, rows)
    return (
        f"import {rows:,} rows: {rows / seconds:,.0f} rows/s in {seconds:.1f} s, "
        f"floor {rows / floor:,.0f} rows/s: {sides.of_floor:.2f} of it "
        f"{_verdict(sides.of_floor >= LEAST_OF_FLOOR)}; CPU {_each(sides.cpu_seconds, rows)} "
        f"against {_each(floor_cpu, rows)} s a 100,000 rows; peak {sides.peak_bytes / 1e6:.0f} MB "
        f"of {most / 1e6:.0f} {_verdict(sides.peak_bytes <= most)} (floor {floor_peak / 1e6:.0f}); "
        f"{disk:.0f} bytes a play on disk {_verdict(disk <= MOST_BYTES_A_PLAY)} "
        f"(database {sides.database_bytes / listens:.0f}, "
        f"columns {sides.columns_bytes / listens:.0f}); {listens:,} listens, exact"
    )


def growth(first: tuple[int, float], rows: int, cpu_seconds: float) -> str:
    """How much more CPU a row takes than at the first size."""
    ratio = cpu_seconds / rows / (first[1] / first[0])
    most = _limit(MOST_GROWTH, rows)
    return (
        f"CPU a row at {rows:,} rows: {ratio:.2f} x that at {first[0]:,}, at most {most} "
        f"{_verdict(ratio <= most)}"
    )


def _limit(limits: dict[int, T], rows: int) -> T:
    return next((limit for most, limit in limits.items() if rows <= most), limits[max(limits)])


def _verdict(is_ok: bool) -> str:
    return "ok" if is_ok else "OVER"


def _each(cpu: float, rows: int) -> str:
    return f"{cpu / rows * 100_000:.2f}"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--plays", type=int, nargs="+", default=[200_000, 1_000_000, 5_000_000])
    options.add_argument("--runs", type=int, default=3, help="runs a side; medians are printed")
    options.add_argument("--cache", type=Path, help="keep the histories there for the next time")
    chosen = options.parse_args()
    said: list[str] = []
    first: tuple[int, float] | None = None
    with tempfile.TemporaryDirectory(prefix="mtm-bench-") as folder:
        for plays in chosen.plays:
            today = datetime.now(UTC).date()
            source = history(plays, today, chosen.cache or Path(folder))
            sides = compare(source, chosen.runs, Path(folder))
            said.append(line(source, sides))
            print(said[-1], flush=True)
            if first is not None:
                said.append(growth(first, source.truth.rows, sides.cpu_seconds))
                print(said[-1], flush=True)
            first = first or (source.truth.rows, sides.cpu_seconds)
    sys.exit(int(any("OVER" in each for each in said)))


if __name__ == "__main__":
    main()
