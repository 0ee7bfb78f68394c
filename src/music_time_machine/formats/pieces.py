"""Some rows of a file at a time, column by column: what an import reads.

A format that gives one value a row is gathered here; the one that a million rows come in gives its
columns itself, because an object a play costs more than all the rest.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ..moments import to_millis
from ..plays import LeftOutRow, Placing, Play, TrackNames
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
    has what was told of those keys that no earlier piece of this file named.
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


class _Gathering:
    """Rows on their way into a piece."""

    def __init__(self) -> None:
        self._named: set[str] = set()
        self._done = 0
        self._clear()

    def _clear(self) -> None:
        self.rows = 0
        self._plays: list[Play] = []
        self._left_out: list[tuple[int, LeftOutRow]] = []
        self._placings: list[Placing] = []

    def take(self, row: Row) -> None:
        self.rows += 1
        if isinstance(row, Play):
            self._plays.append(row)
        elif isinstance(row, LeftOutRow):
            self._left_out.append((self._done + self.rows, row))
        else:
            self._placings.append(row)

    def piece(self) -> Piece:
        plays = self._plays
        told = [play.names for play in plays]
        keys = [names.key for names in told]
        names = {
            key: each
            for key, each in zip(reversed(keys), reversed(told), strict=True)
            if key not in self._named
        }
        self._named |= names.keys()
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
        )
        self._done += self.rows
        self._clear()
        return piece


def _began(moment: datetime | None) -> int:
    return 0 if moment is None else to_millis(moment)


def _column(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)
