"""Tables as CSV that a spreadsheet opens without doing anything else than showing them."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

ROWS_A_PIECE = 1_000
_FORMULA_STARTS = frozenset("=+-@")

Cell = str | int | float


def csv_pieces(head: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """CSV piece by piece, however long it becomes."""
    lines = iter(rows)
    piece: list[Iterable[Cell]] = [head]
    while piece:
        text = io.StringIO()
        csv.writer(text).writerows(map(_cell, row) for row in piece)
        yield text.getvalue()
        piece = list(islice(lines, ROWS_A_PIECE))


def _cell(value: Cell) -> Cell:
    """A value that no spreadsheet takes for a formula; one that might be gets a quote before it."""
    if not isinstance(value, str) or not value:
        return value
    is_formula = value[0] in _FORMULA_STARTS or not value[0].isprintable()
    return f"'{value}" if is_formula else value
