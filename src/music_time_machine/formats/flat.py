"""Files of an upload read into flat files, column by column, in the order in which they were read.

Knows how a play lies there, and what two rows of one file are one play. Two parts of an upload can
be read at the same time by two processes, and be put together as if one had read it all.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..errors import BadUpload
from ..plays import LeftOut, LeftOutRow, Source, TrackNames
from ..traits import TRUE, Trait, values
from .pieces import Piece, up_to
from .upload import HistoryFile, Upload

MOST_TRACKS = 1_000_000
BYTES_A_ROW = 750  # of Spotify's pretty-printed rows; only the progress bar believes it
COLUMNS: Mapping[str, type[np.integer]] = {
    "stamp": np.int64,
    "track": np.int32,
    "ms": np.int32,
    "nth": np.int16,
    "source": np.int16,
    "traits": np.int64,
}
TRACKS, PLACINGS, TOLD_LATE = "tracks.jsonl", "placings.jsonl", "told_late.jsonl"
_LEFT_OUT, _KEYS, _COUNTS = "left_out.jsonl", "keys.json", "counts.json"
# To the minute, two plays of one short track may look alike.
_TO_THE_MINUTE = (int(Source.ACCOUNT_DATA), int(Source.LASTFM_MINUTES))

LeftOutSink = Callable[[str, Sequence[tuple[int, LeftOutRow]]], None]
_SOME_LEFT_OUT = msgspec.json.Decoder(tuple[str, list[tuple[int, LeftOutRow]]])
_TRACK = msgspec.json.Decoder(TrackNames)
_TRACK_TOLD_LATE = msgspec.json.Decoder(tuple[int, TrackNames])


class Counts(msgspec.Struct):
    """What was read; `sources` has a bit for each source, `problems` are sentences on damage."""

    rows: int = 0
    plays: int = 0
    placings: int = 0
    tracks: int = 0
    sources: int = 0
    skipped: dict[LeftOut, int] = {}
    problems: list[str] = []

    def add(self, other: "Counts") -> None:
        """Count what another part of the upload holds, but for its tracks."""
        self.rows += other.rows
        self.plays += other.plays
        self.placings += other.placings
        self.sources |= other.sources
        self.skipped = dict(Counter(self.skipped) + Counter(other.skipped))
        self.problems += other.problems


class Reading:
    """Files on their way into a folder; use it in `with`.

    What is stamped later than `latest`, in ms since 1970, is left out.
    """

    def __init__(self, folder: Path, latest: int, on_left_out: LeftOutSink) -> None:
        self._folder, self._latest, self._on_left_out = folder, latest, on_left_out
        self._opened = ExitStack()
        self._columns = {name: self._open(name) for name in COLUMNS}
        self._tracks, self._placings = self._open(TRACKS), self._open(PLACINGS)
        self._told_late = self._open(TOLD_LATE)
        self._numbers: dict[str, int] = {}
        self._with_isrc: set[str] = set()
        self.counts = Counts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._opened.close()

    def _open(self, name: str) -> BinaryIO:
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return self._opened.enter_context(os.fdopen(descriptor, "wb"))

    def read(self, upload: Upload, file: HistoryFile, on_progress: Callable[[int], None]) -> None:
        """Read one file to its end, or to where it is damaged."""
        repeats = _Repeats()
        rows = 0
        try:
            for piece in up_to(upload.pieces(file), self._latest):
                rows += piece.rows
                self._take(file.name, piece, repeats)
                # The bytes read so far are not told; most rows are about this long.
                on_progress(min(file.size, rows * BYTES_A_ROW))
        except BadUpload as error:
            self.counts.problems.append(str(error))

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
        self.counts.add(
            Counts(
                rows=piece.rows,
                plays=len(piece),
                placings=len(piece.placings),
                sources=int(np.bitwise_or.reduce(1 << np.unique(piece.source), initial=0)),
                skipped=Counter(row.reason for _, row in piece.left_out),
            )
        )

    def _name(self, names: Mapping[str, TrackNames]) -> None:
        for key, told in names.items():
            if key not in self._numbers or told.isrc is not None:
                self._tell(key, msgspec.json.encode(told))
        self.counts.tracks = len(self._numbers)
        if len(self._numbers) > MOST_TRACKS:
            raise BadUpload(
                f"It names more than {MOST_TRACKS:,} different tracks, which no listening history "
                "does. Send the files exactly as they were made."
            )

    def _tell(self, key: str, track: bytes) -> None:
        """Number a track that is new; of another keep the first that tells its ISRC."""
        is_new = key not in self._numbers
        if is_new:
            self._numbers[key] = len(self._numbers)
            self._tracks.write(track + b"\n")
        if tells_isrc(track) and key not in self._with_isrc:
            self._with_isrc.add(key)
            if not is_new:
                self._told_late.write(b"[%d,%b]\n" % (self._numbers[key], track))

    @property
    def keys(self) -> Iterable[str]:
        """The keys of the tracks named so far, by number."""
        return self._numbers

    def tracks(self) -> Iterator[TrackNames]:
        """The tracks named so far, by number."""
        self._tracks.flush()
        with (self._folder / TRACKS).open("rb") as lines:
            yield from map(unpacked, lines)

    def has_room_for(self, part: Path) -> bool:
        """Whether the tracks of a part are not too many beside those named so far."""
        return len(self._numbers) + _counts_of(part).tracks <= MOST_TRACKS

    def append(self, part: Path) -> None:
        """Take over what `read_part` has read of the files that come next."""
        numbers = self._numbers_of(part)
        for name, column in self._columns.items():
            if name != "track":
                _append(part / name, column)
        self._columns["track"].write(numbers[np.fromfile(part / "track", COLUMNS["track"])].data)
        _append(part / PLACINGS, self._placings)
        with (part / _LEFT_OUT).open("rb") as lines:
            for line in lines:
                self._on_left_out(*_SOME_LEFT_OUT.decode(line))
        self.counts.add(_counts_of(part))

    def _numbers_of(self, part: Path) -> NDArray[np.integer]:
        """Our numbers of a part's tracks, in its order; those that are new are added."""
        keys = msgspec.json.decode((part / _KEYS).read_bytes(), type=list[str])
        with (part / TRACKS).open("rb") as lines:
            for key, line in zip(keys, lines, strict=True):
                self._tell(key, line.rstrip())
        for number, names in told_late(part):
            self._tell(keys[number], msgspec.json.encode(names))
        numbers = [self._numbers[key] for key in keys]
        self.counts.tracks = len(self._numbers)
        return np.array(numbers, COLUMNS["track"])


def read_part(
    upload: Upload,
    files: Sequence[HistoryFile],
    folder: Path,
    latest: int,
    on_piece: Callable[[], None],
) -> None:
    """Read some files of an upload into a folder, for `Reading.append`; `latest` as there."""

    def keep(file_name: str, rows: Sequence[tuple[int, LeftOutRow]]) -> None:
        left_out.write(msgspec.json.encode((file_name, rows)) + b"\n")

    with (folder / _LEFT_OUT).open("xb") as left_out, Reading(folder, latest, keep) as reading:
        for file in files:
            reading.read(upload, file, lambda _: on_piece())
    (folder / _KEYS).write_bytes(msgspec.json.encode(list(reading.keys)))
    (folder / _COUNTS).write_bytes(msgspec.json.encode(reading.counts))


def unpacked(track: bytes) -> TrackNames:
    """A line of the file TRACKS."""
    return _TRACK.decode(track)


def tells_isrc(track: bytes) -> bool:
    """Whether a line of the file TRACKS has an ISRC."""
    return b'"isrc":"' in track


def told_late(folder: Path) -> Iterator[tuple[int, TrackNames]]:
    """What told the ISRCs of tracks, by number, that were first named without."""
    with (folder / TOLD_LATE).open("rb") as lines:
        yield from map(_TRACK_TOLD_LATE.decode, lines)


def _counts_of(part: Path) -> Counts:
    return msgspec.json.decode((part / _COUNTS).read_bytes(), type=Counts)


def _append(path: Path, to: BinaryIO) -> None:
    with path.open("rb") as file:
        shutil.copyfileobj(file, to)


class _Repeats:
    """Counts the true repeats within one file: rows that share stamp, track and length.

    Two such rows are one play, but where the stamp does not tell: to the minute, and offline, when
    the stamp is of the later sync. There each row is a play, unless both say that they began at
    the same moment. Where a row says which repeat it is, it is believed.
    """

    def __init__(self) -> None:
        self._count: dict[tuple[int, int, int], int] = {}
        self._began: dict[tuple[int, int, int, int], int] = {}

    def count(self, piece: Piece, track: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each play how many like it came before."""
        nth = np.zeros(len(piece), np.int64)
        offline = values(piece.traits, Trait.OFFLINE) == TRUE
        may_repeat = offline | np.isin(piece.source, _TO_THE_MINUTE)
        if piece.nth is not None:
            nth = piece.nth.clip(min=0)
            may_repeat &= piece.nth < 0
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
