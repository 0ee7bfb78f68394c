"""An upload brought into order before anything of it is stored: its plays sorted, column by column.

Reading happens once: what is found is kept in flat files beside the upload, from which the dry run
and the import itself take their batches. Memory stays bounded however long the history is.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..errors import BadUpload
from ..formats import HistoryFile, Piece, Upload
from ..plays import LeftOut, LeftOutRow, Placing, Source, TrackNames
from ..traits import TRUE, Trait, values

MOST_TRACKS = 1_000_000
BATCH = 20_000
AT_ONCE = 500_000
BYTES_A_ROW = 750  # of Spotify's pretty-printed rows; only the progress bar believes it
COLUMNS: Mapping[str, type[np.integer]] = {
    "stamp": np.int64,
    "track": np.int32,
    "ms": np.int32,
    "nth": np.int16,
    "source": np.int16,
    "traits": np.int64,
}
TRACKS, PLACINGS, SUMMARY = "tracks.jsonl", "placings.jsonl", "summary.json"
# To the minute, two plays of one short track may look alike.
_TO_THE_MINUTE = (int(Source.ACCOUNT_DATA), int(Source.LASTFM_MINUTES))

_TRACK = msgspec.json.Decoder(TrackNames)

LeftOutSink = Callable[[str, Sequence[tuple[int, LeftOutRow]]], None]


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
        return map(_TRACK.decode, self.packed_tracks())

    def packed_tracks(self) -> Iterator[bytes]:
        """The tracks by number, each to be unpacked by `unpacked`: a fifth of the memory."""
        with (self._folder / TRACKS).open("rb") as lines:
            yield from lines

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


def unpacked(track: bytes) -> TrackNames:
    """One of `Stage.packed_tracks`."""
    return _TRACK.decode(track)


def build(
    upload: Upload,
    folder: Path,
    on_left_out: LeftOutSink,
    on_progress: Callable[[int], None],
) -> Stage:
    """Read the whole upload into `folder`, which then holds a stage; an older one there goes.

    `on_progress` is told the bytes done after each piece. Raises BadUpload for what no history is;
    a damaged file only ends itself and is named in the summary.
    """
    for killed in folder.parent.glob(f"{folder.name}.*"):
        shutil.rmtree(killed, ignore_errors=True)  # whoever wrote it has lost its lease
    part = folder.with_name(f"{folder.name}.{uuid4().hex}")
    part.mkdir(mode=0o700)
    try:
        summary = _in_order(part, _read(upload, part, on_left_out, on_progress))
        (part / SUMMARY).write_bytes(msgspec.json.encode(summary))
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Stage(folder)


def _read(
    upload: Upload, folder: Path, on_left_out: LeftOutSink, on_progress: Callable[[int], None]
) -> Summary:
    with ExitStack() as stack:
        reading = _Reading(folder, stack, on_left_out)
        done = 0
        for file in upload.files:
            reading.read(upload, file, partial(_further, on_progress, done))
            done += file.size
            on_progress(done)
    return reading.summary()


def _further(on_progress: Callable[[int], None], before: int, within: int) -> None:
    on_progress(before + within)


@dataclass(slots=True)
class _Counts:
    rows: int = 0
    plays: int = 0
    placings: int = 0
    sources: int = 0
    skipped: Counter[LeftOut] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class _Reading:
    """Pieces on their way into flat files, in the order in which they were read."""

    def __init__(self, folder: Path, stack: ExitStack, on_left_out: LeftOutSink) -> None:
        def opened(name: str) -> BinaryIO:
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            return stack.enter_context(os.fdopen(descriptor, "wb"))

        self._columns = {name: opened(name) for name in COLUMNS}
        self._tracks, self._placings = opened(TRACKS), opened(PLACINGS)
        self._on_left_out = on_left_out
        self._numbers: dict[str, int] = {}
        self._counts = _Counts()

    def read(self, upload: Upload, file: HistoryFile, on_progress: Callable[[int], None]) -> None:
        """Read one file to its end, or to where it is damaged."""
        repeats = _Repeats()
        rows = 0
        try:
            for piece in upload.pieces(file):
                rows += piece.rows
                self._take(file.name, piece, repeats)
                # The bytes read so far are not told; most rows are about this long.
                on_progress(min(file.size, rows * BYTES_A_ROW))
        except BadUpload as error:
            self._counts.problems.append(str(error))

    def summary(self) -> Summary:
        """What was read."""
        counts = self._counts
        return Summary(
            rows=counts.rows,
            plays=counts.plays,
            repeated=0,
            placings=counts.placings,
            tracks=len(self._numbers),
            sources=counts.sources,
            skipped=dict(counts.skipped),
            first=0,
            last=0,
            problems=tuple(counts.problems),
        )

    def _take(self, file_name: str, piece: Piece, repeats: "_Repeats") -> None:
        self._name(piece.names)
        track = np.fromiter(map(self._numbers.__getitem__, piece.key), np.int64, len(piece))
        columns = {
            "stamp": piece.stamp,
            "track": track,
            "ms": piece.ms,
            "nth": repeats.count(piece, track),
            "source": piece.source,
            "traits": piece.traits,
        }
        for name, dtype in COLUMNS.items():
            self._columns[name].write(columns[name].astype(dtype).data)
        for placing in piece.placings:
            self._placings.write(msgspec.json.encode(placing) + b"\n")
        if piece.left_out:
            self._on_left_out(file_name, piece.left_out)
        counts = self._counts
        counts.rows += piece.rows
        counts.plays += len(piece)
        counts.placings += len(piece.placings)
        counts.sources |= int(np.bitwise_or.reduce(1 << np.unique(piece.source), initial=0))
        counts.skipped.update(row.reason for _, row in piece.left_out)

    def _name(self, names: Mapping[str, TrackNames]) -> None:
        for key in names:
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers)
                self._tracks.write(msgspec.json.encode(names[key]) + b"\n")
        if len(self._numbers) > MOST_TRACKS:
            raise BadUpload(
                f"It names more than {MOST_TRACKS:,} different tracks, which no listening history "
                "does. Send the files exactly as they were made."
            )


class _Repeats:
    """Counts the true repeats within one file: rows that share stamp, track and length.

    Two such rows are one play, but where the stamp does not tell: to the minute, and offline, when
    the stamp is of the later sync. There each row is a play, unless both say that they began at
    the same moment.
    """

    def __init__(self) -> None:
        self._count: dict[tuple[int, int, int], int] = {}
        self._began: dict[tuple[int, int, int, int], int] = {}

    def count(self, piece: Piece, track: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each play how many like it came before."""
        nth = np.zeros(len(piece), np.int64)
        offline = values(piece.traits, Trait.OFFLINE) == TRUE
        may_repeat = offline | np.isin(piece.source, _TO_THE_MINUTE)
        for place in np.flatnonzero(may_repeat).tolist():
            key = (int(piece.stamp[place]), int(track[place]), int(piece.ms[place]))
            began = int(piece.began[place])
            known = self._began.get((*key, began)) if began else None
            if known is None:
                known = self._count.get(key, 0)
                self._count[key] = known + 1
                if began:
                    self._began[(*key, began)] = known
            nth[place] = known
        return nth


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
