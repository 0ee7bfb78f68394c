"""What a format reads from, and how it says that the reading cannot go on.

Knows nothing of zips, files or names: whoever opened the stream knows them and finishes the
sentence. Hides how a text of any length becomes whole lines.
"""

from collections.abc import Iterator
from typing import Protocol

PIECE_BYTES = 1024**2
MOST_ELEMENTS = 65_536  # in a piece: no play is written in 16 characters
LONGEST_LINE = 256 * 1024

TOO_LONG = "is damaged: it holds something far longer than a play"
TOO_SHORT = "is damaged: what it lists is far too short to be plays"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Readable(Protocol):
    """Anything that hands out its bytes in order."""

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, fewer only at the end; raises Damaged where they cannot be had."""
        ...


class Damaged(Exception):
    """The bytes break off or make no sense; the text is a predicate: `ends in the middle`."""


class NotForUs(Damaged):
    """The bytes are whole and still of no use; the text is a predicate that says what to do."""


class Rewound:
    """A stream of which the start was read already, and is handed out once more."""

    def __init__(self, start: bytes, stream: Readable) -> None:
        self._start = start
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        start, self._start = self._start[:size], self._start[size:]
        return start if len(start) == size else start + self._stream.read(size - len(start))


def lines(stream: Readable) -> Iterator[bytes]:
    """All lines with their ends, blank ones left away; only the last may lack its end.

    Raises Damaged at a line longer than any play, and at a flood of lines shorter than any.
    """
    buffer = stream.read(PIECE_BYTES).removeprefix(BYTE_ORDER_MARK)
    while buffer:
        if buffer.count(b"\n") > MOST_ELEMENTS:
            raise Damaged(TOO_SHORT)
        *whole, rest = buffer.split(b"\n")
        yield from (line + b"\n" for line in whole if line.strip())
        if len(rest) > LONGEST_LINE:
            raise Damaged(TOO_LONG)
        more = stream.read(PIECE_BYTES)
        if not more and rest.strip():
            yield rest
        buffer = rest + more if more else b""
