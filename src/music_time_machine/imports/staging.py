"""An upload brought into order before anything of it is stored: its plays sorted, column by column.

Reading happens once: what is found is kept in flat files beside the upload, from which the dry run
and the import itself take their batches. Memory stays bounded however long the history is.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import uuid4

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..formats import HistoryFile, Upload
from ..formats.flat import COLUMNS, PLACINGS, TRACKS, LeftOutSink, Reading, told_late, unpacked
from ..plays import LeftOut, Placing, TrackNames
from .beside import first_beside, reading_beside

BATCH = 20_000
AT_ONCE = 500_000
TRACKS_AT_ONCE = 5_000
SUMMARY, BESIDE = "summary.json", "beside"


class Summary(msgspec.Struct, frozen=True):
    """What an upload holds: `rows` = plays + repeated + placings + skipped.

    `repeated` rows are word for word another row's; `problems` are sentences about damaged files;
    `sources` has a bit for each source.
    Moments are ms since 1970, 0 when there are no plays.
    """

    rows: int
    plays: int
    repeated: int
    placings: int
    tracks: int
    sources: int
    skipped: dict[LeftOut, int]
    first: int
    last: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Consecutive plays of a stage, `start` being the place of the first; `track` is its number."""

    start: int
    stamp: NDArray[np.int64]
    track: NDArray[np.int64]
    ms: NDArray[np.int64]
    nth: NDArray[np.int64]
    source: NDArray[np.int64]
    traits: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.stamp)


class Stage:
    """An upload in order, in a folder; `open` it, or `build` it first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.summary = msgspec.json.decode((folder / SUMMARY).read_bytes(), type=Summary)

    def batches(self, start: int, size: int = BATCH) -> Iterator[Rows]:
        """The plays from `start` on, oldest first; what is stamped alike is never parted."""
        stamps = self._stamps()
        while start < len(stamps):
            end = start + size
            if end < len(stamps):
                end = int(np.searchsorted(stamps, stamps[end - 1], side="right"))
            yield self._rows(start, min(end, len(stamps)))
            start = end

    def around(self, rows: Rows, reach: int) -> Rows:
        """The plays from `reach` ms before some rows to as long after them."""
        stamps = self._stamps()
        low, high = int(rows.stamp[0]) - reach, int(rows.stamp[-1]) + reach
        start, end = np.searchsorted(stamps, low), np.searchsorted(stamps, high, side="right")
        return self._rows(int(start), int(end))

    def tracks(self) -> Iterator[TrackNames]:
        """The tracks by number."""
        return map(unpacked, self.packed_tracks())

    def packed_tracks(self) -> Iterator[bytes]:
        """The tracks by number, each to be unpacked by `unpacked`: a fifth of the memory."""
        with (self._folder / TRACKS).open("rb") as lines:
            yield from lines

    def told_late(self) -> Iterator[tuple[int, TrackNames]]:
        """What told the ISRCs of tracks, by number, that were first named without."""
        return told_late(self._folder)

    def placings(self) -> Iterator[Placing]:
        """The places in snapshots' lists, in the files' order."""
        decoder = msgspec.json.Decoder(Placing)
        with (self._folder / PLACINGS).open("rb") as lines:
            yield from map(decoder.decode, lines)

    def _stamps(self) -> NDArray[np.int64]:
        """All stamps, mapped: only what is looked at takes memory."""
        if not self.summary.plays:
            return np.empty(0, np.int64)
        return np.memmap(self._folder / "stamp", np.int64, mode="r")

    def _rows(self, start: int, end: int) -> Rows:
        columns = {}
        for name, dtype in COLUMNS.items():
            size = np.dtype(dtype).itemsize
            column = np.fromfile(self._folder / name, dtype, end - start, offset=start * size)
            columns[name] = column.astype(np.int64)
        return Rows(start, **columns)


def build(
    upload: Upload,
    folder: Path,
    latest: int,
    on_left_out: LeftOutSink,
    on_progress: Callable[[int], None],
    on_tracks: Callable[[list[TrackNames]], None] | None = None,
) -> Stage:
    """Read the whole upload into `folder`, which then holds a stage; an older one there goes.

    What is stamped later than `latest`, in ms since 1970, is left out.
    `on_progress` is told the bytes done after each piece. `on_tracks` is given the first tracks, in
    their order, as long as there is nothing to do but to wait. Raises BadUpload for what no history
    is; a damaged file only ends itself and is named in the summary.
    """
    for killed in folder.parent.glob(f"{folder.name}.*"):
        shutil.rmtree(killed, ignore_errors=True)  # whoever wrote it has lost its lease
    part = folder.with_name(f"{folder.name}.{uuid4().hex}")
    part.mkdir(mode=0o700)
    try:
        summary = _in_order(part, _read(upload, part, latest, on_left_out, on_progress, on_tracks))
        (part / SUMMARY).write_bytes(msgspec.json.encode(summary))
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Stage(folder)


def _read(
    upload: Upload,
    folder: Path,
    latest: int,
    on_left_out: LeftOutSink,
    on_progress: Callable[[int], None],
    on_tracks: Callable[[list[TrackNames]], None] | None,
) -> Summary:
    with Reading(folder, latest, on_left_out) as reading:
        _read_files(upload, reading, folder / BESIDE, latest, on_progress, on_tracks)
    counts = reading.counts
    return Summary(
        rows=counts.rows,
        plays=counts.plays,
        repeated=0,
        placings=counts.placings,
        tracks=counts.tracks,
        sources=counts.sources,
        skipped=counts.skipped,
        first=0,
        last=0,
        problems=tuple(counts.problems),
    )


def _read_files(
    upload: Upload,
    reading: Reading,
    folder: Path,
    latest: int,
    on_progress: Callable[[int], None],
    on_tracks: Callable[[list[TrackNames]], None] | None,
) -> None:
    """Read all files, some of a large upload beside, in `folder`: those come last."""
    first = first_beside(upload.files)
    if first == len(upload.files):
        _read_here(upload, upload.files, reading, on_progress)
        return
    here, there = upload.files[:first], upload.files[first:]
    done = sum(file.size for file in here)

    def both(read_here: int) -> None:
        on_progress(read_here * upload.size // done)  # the other is about as far

    with reading_beside(upload, first, folder, latest) as beside:
        _read_here(upload, here, reading, both)
        if on_tracks is not None:
            tracks = reading.tracks()
            while beside.is_reading and (some := list(islice(tracks, TRACKS_AT_ONCE))):
                on_tracks(some)
        is_read = beside.has_read(lambda: on_progress(done)) and reading.has_room_for(folder)
    if is_read:
        reading.append(folder)
    shutil.rmtree(folder)
    if is_read:
        on_progress(upload.size)
    else:
        _read_here(upload, there, reading, lambda read_here: on_progress(done + read_here))


def _read_here(
    upload: Upload,
    files: Sequence[HistoryFile],
    reading: Reading,
    on_progress: Callable[[int], None],
) -> None:
    done = 0
    for file in files:
        reading.read(upload, file, partial(_further, on_progress, done))
        done += file.size
        on_progress(done)


def _further(on_progress: Callable[[int], None], before: int, within: int) -> None:
    on_progress(before + within)


def _in_order(folder: Path, summary: Summary) -> Summary:
    """Sort the columns by time, stably, and drop rows that repeat another one to the last field."""
    stamps = np.fromfile(folder / "stamp", np.int64)
    if not len(stamps):
        return summary
    order: NDArray[np.intp] | None = None
    if (stamps[1:] < stamps[:-1]).any():
        order = np.argsort(stamps, kind="stable")
        stamps = stamps[order]
    repeated = _repeated(folder, stamps, order)
    keep = np.ones(len(stamps), np.bool_)
    keep[repeated] = False
    first, last = int(stamps[0]), int(stamps[-1])
    del stamps  # the most memory that a long history takes is taken here
    if order is not None or len(repeated):
        for name, dtype in COLUMNS.items():
            _rewrite(folder / name, dtype, order, keep)
    return msgspec.structs.replace(
        summary, plays=int(keep.sum()), repeated=len(repeated), first=first, last=last
    )


def _rewrite(
    path: Path, dtype: type[np.integer], order: NDArray[np.intp] | None, keep: NDArray[np.bool_]
) -> None:
    """Put a column into order, without the rows that go; some at a time, to spare a second copy."""
    column = np.fromfile(path, dtype)
    with path.open("wb") as file:
        for start in range(0, len(column), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            rows = column[part] if order is None else column[order[part]]
            file.write(rows[keep[part]].data)


def _repeated(
    folder: Path, stamps: NDArray[np.int64], order: NDArray[np.intp] | None
) -> NDArray[np.intp]:
    """The places, in order of time, of rows that are the same as an earlier one."""
    alike = stamps[1:] == stamps[:-1]
    near = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
    if not len(near):
        return near
    rows = near if order is None else order[near]
    columns = [np.fromfile(folder / name, dtype)[rows] for name, dtype in COLUMNS.items()]
    by = np.lexsort([near, *columns])
    same = np.ones(len(near) - 1, np.bool_)
    for column in columns:
        same &= column[by][1:] == column[by][:-1]
    return np.sort(near[by[1:][same]])
