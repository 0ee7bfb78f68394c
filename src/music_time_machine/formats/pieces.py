"""Some rows of a file at a time, column by column: what an import reads.

A format that gives one value a row is gathered here; the one that a million rows come in gives its
columns itself, because an object a play costs more than all the rest.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import compress
from operator import itemgetter

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..moments import from_millis, to_millis
from ..plays import LeftOut, LeftOutRow, Placing, Play, TrackNames
from ..traits import pack
from .streams import Damaged

ROWS = 5_000
Row = Play | LeftOutRow | Placing


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Consecutive rows of one file: each is a play, a placing or left out.

    `row` counts from 1 within the file; the arrays run over the plays. `stamp` and `began` are ms
    since 1970 (`began` 0 where not told). `ms` is what the archive keeps: the length played, or
    with the trait ASSUMED the track's own, or 0. `key` is `TrackNames.key` of each play; `names`
    has what was told of those keys that no earlier piece of this file named, or named without an
    ISRC. `placed` are the rows
    of the placings. `nth` is -1 where a row leaves repeats to be counted; None where all do.
    """

    rows: int
    stamp: NDArray[np.int64]
    ms: NDArray[np.int64]
    source: NDArray[np.int64]
    traits: NDArray[np.int64]
    began: NDArray[np.int64]
    key: list[str]
    names: Mapping[str, TrackNames]
    left_out: list[tuple[int, LeftOutRow]] = field(default_factory=list)
    placings: list[Placing] = field(default_factory=list)
    placed: list[int] = field(default_factory=list)
    nth: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.stamp)


def gathered(rows: Iterable[Row], size: int = ROWS) -> Iterator[Piece]:
    """The rows of a file in pieces; what came before the damage of a Damaged file comes first."""
    gathering = _Gathering()
    damage: Damaged | None = None
    try:
        for row in rows:
            gathering.take(row)
            if gathering.rows == size:
                yield gathering.piece()
    except Damaged as error:
        damage = error
    if gathering.rows:
        yield gathering.piece()
    if damage is not None:
        raise damage


def up_to(pieces: Iterable[Piece], latest: int) -> Iterator[Piece]:
    """The same rows; what is stamped later than `latest`, in ms since 1970, is left out."""
    last_day = from_millis(latest).date()
    done = 0
    for piece in pieces:
        is_past = all(placing.local_date <= last_day for placing in piece.placings)
        if is_past and (piece.stamp <= latest).all():
            yield piece
        else:
            yield _without_future(piece, done, latest, last_day)
        done += piece.rows


def _without_future(piece: Piece, done: int, latest: int, last_day: date) -> Piece:
    others = {number for number, _ in piece.left_out} | set(piece.placed)
    played = [row for row in range(done + 1, done + piece.rows + 1) if row not in others]
    wanted = piece.stamp <= latest
    placed = list(zip(piece.placed, piece.placings, strict=True))
    left_out = [
        (played[place], _of_future(f"{from_millis(stamp):%Y-%m-%d %H:%M:%S}", piece, place))
        for place, stamp in enumerate(piece.stamp.tolist())
        if stamp > latest
    ]
    left_out += [
        (row, LeftOutRow(LeftOut.IMPOSSIBLE_TIME, f"{placing.local_date} · {placing.track.title}"))
        for row, placing in placed
        if placing.local_date > last_day
    ]
    kept = [(row, placing) for row, placing in placed if placing.local_date <= last_day]
    return replace(
        piece,
        stamp=piece.stamp[wanted],
        ms=piece.ms[wanted],
        source=piece.source[wanted],
        traits=piece.traits[wanted],
        began=piece.began[wanted],
        nth=None if piece.nth is None else piece.nth[wanted],
        key=list(compress(piece.key, wanted.tolist())),
        left_out=sorted(piece.left_out + left_out, key=itemgetter(0)),
        placings=[placing for _, placing in kept],
        placed=[row for row, _ in kept],
    )


def _of_future(when: str, piece: Piece, place: int) -> LeftOutRow:
    named = piece.names.get(piece.key[place])
    told = [when, named.artist, named.title] if named else [when]
    return LeftOutRow(LeftOut.IMPOSSIBLE_TIME, " · ".join(text for text in told if text))


class _Gathering:
    """Rows on their way into a piece."""

    def __init__(self) -> None:
        self._named: dict[str, bool] = {}  # by key, whether with an ISRC
        self._done = 0
        self._clear()

    def _clear(self) -> None:
        self.rows = 0
        self._plays: list[Play] = []
        self._left_out: list[tuple[int, LeftOutRow]] = []
        self._placings: list[Placing] = []
        self._placed: list[int] = []

    def take(self, row: Row) -> None:
        self.rows += 1
        if isinstance(row, Play):
            self._plays.append(row)
        elif isinstance(row, LeftOutRow):
            self._left_out.append((self._done + self.rows, row))
        else:
            self._placings.append(row)
            self._placed.append(self._done + self.rows)

    def piece(self) -> Piece:
        plays = self._plays
        told = [play.names for play in plays]
        keys = [names.key for names in told]
        names: dict[str, TrackNames] = {}
        for key, each in zip(keys, told, strict=True):
            is_new = key not in self._named
            if is_new or (each.isrc is not None and not self._named[key]):
                if key in names:
                    names[key] = msgspec.structs.replace(names[key], isrc=each.isrc)
                else:
                    names[key] = each
                self._named[key] = each.isrc is not None
        piece = Piece(
            rows=self.rows,
            stamp=_column(to_millis(play.played_at) for play in plays),
            ms=_column(
                play.ms_played if play.ms_played is not None else play.duration_ms or 0
                for play in plays
            ),
            source=_column(int(play.source) for play in plays),
            traits=_column(map(pack, plays)),
            began=_column(_began(play.began_at) for play in plays),
            key=keys,
            names=names,
            left_out=self._left_out,
            placings=self._placings,
            placed=self._placed,
            nth=_column(-1 if play.nth is None else play.nth for play in plays),
        )
        self._done += self.rows
        self._clear()
        return piece


def _began(moment: datetime | None) -> int:
    return 0 if moment is None else to_millis(moment)


def _column(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)
