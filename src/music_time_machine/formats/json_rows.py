"""The elements of a JSON list of any length, decoded with a type in a few megabytes of memory.

Knows JSON's grammar just enough to cut a list between two elements; hides the cutting, and that one
bad element would fail a whole decode: it comes out as None and its neighbours are not harmed.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from .streams import Damaged, Readable

PIECE_BYTES = 1024**2
MOST_ELEMENTS = 65_536  # in a piece: no play is written in 16 characters

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_CUT_OFF = "is cut off: its JSON stops in the middle"
_NOT_JSON = "is damaged: it is not valid JSON"
_TOO_LONG = "is damaged: it holds something far longer than a play"
_TOO_SHORT = "is damaged: what it lists is far too short to be plays"
_TOO_DEEP = "is damaged: its JSON is nested too deeply"

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
# An escape that is half of a character: JSON allows it, no text can hold it.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_RAW_ROWS = msgspec.json.Decoder(list[msgspec.Raw])

RowT = TypeVar("RowT")


class RowReader(Generic[RowT]):
    """Reads lists of one type of element: made once a format, used for every file.

    `piece_bytes` are read at a time, and an element about as long is refused.
    """

    def __init__(
        self,
        rows: msgspec.json.Decoder[list[RowT]],
        row: msgspec.json.Decoder[RowT],
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        self._rows = rows
        self._row = row
        self._piece_bytes = piece_bytes

    def pieces(self, stream: Readable) -> Iterator[Sequence[RowT | None]]:
        """All elements in order, some thousands at a time; None stands for one of another type.

        Raises Damaged, after the pieces before it, where the text stops being a JSON list.
        """
        buffer = _past_the_bracket(stream.read(self._piece_bytes))
        has_comma_before = False
        while True:
            piece, buffer = self._take(buffer)
            if piece is not None:
                if not piece:
                    raise Damaged(_NOT_JSON)
                has_comma_before = True
                yield piece
            elif len(buffer) >= self._piece_bytes:
                raise Damaged(_TOO_LONG)
            more = stream.read(self._piece_bytes)
            if not more:
                break
            buffer += more
        last = self._finish(buffer)
        if has_comma_before and not last:
            raise Damaged(_NOT_JSON)
        yield last

    def _take(self, buffer: bytes) -> tuple[Sequence[RowT | None] | None, bytes]:
        """The whole elements at the start of the buffer, and what is left after their comma."""
        cut = _likely_cut(buffer)
        if cut > 0:
            try:
                return self._decode(b"[" + buffer[:cut] + b"]"), buffer[cut + 1 :]
            except ValueError:
                # A comma inside a text or an object: a list cut there is never valid JSON.
                pass
        cut = _exact_cut(buffer)
        if cut < 0:
            return None, buffer
        return self._decode_any(b"[" + buffer[:cut] + b"]"), buffer[cut + 1 :]

    def _finish(self, buffer: bytes) -> Sequence[RowT | None]:
        text = buffer.rstrip(_SPACE)
        if not text.endswith(b"]"):
            raise Damaged(_CUT_OFF)
        return self._decode_any(b"[" + text)

    def _decode_any(self, text: bytes) -> Sequence[RowT | None]:
        """Decodes a list even if texts in it hold halves of characters: those are dropped."""
        try:
            return self._decode(text)
        except ValueError:
            whole = _ESCAPE.sub(lambda escape: b"" if escape[1] else escape[0], text)
        try:
            return self._decode(whole)
        except ValueError as error:
            raise Damaged(_NOT_JSON) from error

    def _decode(self, text: bytes) -> Sequence[RowT | None]:
        """Decodes a list, at once or one by one; raises ValueError where it is not JSON."""
        try:
            return self._rows.decode(text)
        except RecursionError as error:
            raise Damaged(_TOO_DEEP) from error
        except ValueError:
            # Some element is of another type, or nothing of it is JSON: one by one it shows.
            pass
        try:
            elements = _RAW_ROWS.decode(text)
            if len(elements) > MOST_ELEMENTS:
                raise Damaged(_TOO_SHORT)
            return [self._decode_one(element) for element in elements]
        except RecursionError as error:
            raise Damaged(_TOO_DEEP) from error

    def _decode_one(self, element: msgspec.Raw) -> RowT | None:
        try:
            return self._row.decode(element)
        except ValueError:
            return None


def _past_the_bracket(start: bytes) -> bytes:
    text = start.removeprefix(_BYTE_ORDER_MARK).lstrip(_SPACE)
    if not text.startswith(b"["):
        raise Damaged(_NOT_JSON)
    return text[1:]


def _likely_cut(buffer: bytes) -> int:
    """Where the last comma after a closing brace is, -1 if none is near the end."""
    end = len(buffer)
    for _ in range(3):
        end = buffer.rfind(b"}", 0, end)
        if end < 0:
            return -1
        after = buffer[end + 1 : end + 64]
        spaces = len(after) - len(after.lstrip(_SPACE))
        if after[spaces : spaces + 1] == b",":
            return end + 1 + spaces
    return -1


def _exact_cut(buffer: bytes) -> int:
    """Where the last comma between two elements is, -1 if there is none: sure, and slower."""
    depth, cut = 0, -1
    for token in _TOKEN.finditer(buffer):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b"," if depth == 0:
                cut = token.start()
            case b'"':  # a text that goes on past the buffer
                break
    return cut
