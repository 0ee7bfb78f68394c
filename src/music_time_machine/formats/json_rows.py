"""The elements of a JSON list of any length, decoded with a type in a few megabytes of memory.

Knows JSON's grammar just enough to cut a list between two elements, and to walk into an object to
the list that lies in it; hides the cutting, and that one bad element would fail a whole decode: it
comes out as None and its neighbours are not harmed.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from .streams import (
    BYTE_ORDER_MARK,
    MOST_ELEMENTS,
    PIECE_BYTES,
    TOO_LONG,
    TOO_SHORT,
    Damaged,
    Readable,
    lines,
)

_SPACE = b" \t\r\n"
_CUT_OFF = "is cut off: its JSON stops in the middle"
_NOT_JSON = "is damaged: it is not valid JSON"
_TOO_DEEP = "is damaged: its JSON is nested too deeply"

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
# An escape that is half of a character: JSON allows it, no text can hold it.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BLANK = re.compile(rb"[ \t\r\n]*+")
_WORD = re.compile(rb'[^\s,\]}"\[{]+')
# A list of lists is one of pages: a page that says less than 256 characters is no page.
_STEPS_AN_ITEM = 16
_SHORT_LIST = 256 * 1024
_RAW_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_KEY = msgspec.json.Decoder(str)

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
            piece, buffer = self.first_of(buffer)
            if piece is not None:
                if not piece:
                    raise Damaged(_NOT_JSON)
                has_comma_before = True
                yield piece
            elif len(buffer) >= self._piece_bytes:
                raise Damaged(TOO_LONG)
            more = stream.read(self._piece_bytes)
            if not more:
                break
            buffer += more
        last = self._finish(buffer)
        if has_comma_before and not last:
            raise Damaged(_NOT_JSON)
        yield last

    def lines(self, stream: Readable) -> Iterator[RowT | None]:
        """The element of each line of a text that has one a line; None for one of another type.

        Raises Damaged where a line is cut off at the end of the text, or cannot be a play.
        """
        for line in lines(stream):
            try:
                yield self._row.decode(line)
            except RecursionError:
                yield None
            except ValueError as error:
                if not line.endswith((b"\n", b"}")):
                    raise Damaged(_CUT_OFF) from error
                yield None

    def first_of(self, buffer: bytes) -> tuple[Sequence[RowT | None] | None, bytes]:
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
        return self.all_of(b"[" + buffer[:cut] + b"]"), buffer[cut + 1 :]

    def _finish(self, buffer: bytes) -> Sequence[RowT | None]:
        text = buffer.rstrip(_SPACE)
        if not text.endswith(b"]"):
            raise Damaged(_CUT_OFF)
        return self.all_of(b"[" + text)

    def all_of(self, text: bytes) -> Sequence[RowT | None]:
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
        if _is_flood(text):
            raise Damaged(TOO_SHORT)
        try:
            return [self._decode_one(element) for element in _RAW_ROWS.decode(text)]
        except RecursionError as error:
            raise Damaged(_TOO_DEEP) from error

    def _decode_one(self, element: msgspec.Raw) -> RowT | None:
        try:
            return self._row.decode(element)
        except ValueError:
            return None


def _past_the_bracket(start: bytes) -> bytes:
    text = start.removeprefix(BYTE_ORDER_MARK).lstrip(_SPACE)
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


def _is_flood(text: bytes) -> bool:
    """Whether a list has more elements than a piece of plays can: they would fill the memory."""
    if text.count(b",") <= MOST_ELEMENTS:
        return False
    depth, count = 0, 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b"," if depth == 1:
                count += 1
                if count > MOST_ELEMENTS:
                    return True
    return False


def _exact_cut(buffer: bytes) -> int:
    """Where the last comma between two elements is, -1 if there is none: sure, and slower."""
    return _scan(buffer, 0, len(buffer))[0]


def _scan(buffer: bytes, start: int, end: int) -> tuple[int, int]:
    """(last comma between two elements, closing bracket) of a list, -1 where there is none."""
    depth, cut = 0, -1
    for token in _TOKEN.finditer(buffer, start, end):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
                if depth < 0:
                    return cut, token.start()
            case b"," if depth == 0:
                cut = token.start()
            case b'"':  # a text that goes on past the buffer
                break
    return cut, -1


def has_keys(head: bytes, *keys: str) -> bool:
    """Whether the objects at the top of a text have all these keys, as its first bytes tell.

    Those are the object itself, the elements of a list, or objects that follow each other.
    """
    return all(b'"%s"' % key.encode() in head for key in keys) and _first_keys(head).issuperset(
        keys
    )


def _first_keys(head: bytes) -> set[str]:
    text = head.removeprefix(BYTE_ORDER_MARK).lstrip(_SPACE)
    depth = -1 if text.startswith(b"[") else 0
    keys = set()
    for token in _TOKEN.finditer(text):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b"," | b'"':
                pass
            case key if depth == 1 and text.startswith(b":", _past_space(text, token.end())):
                keys.add(key[1:-1].decode("utf-8", "replace"))
            case _:
                pass
    return keys


class JsonText:
    """A place in a JSON text that only moves on: into an object, past a value, along a list.

    What is taken at once, a value or an element of a list, is refused when longer than a piece; and
    so is a flood of keys and lists that are far too short to hold plays.
    """

    def __init__(self, stream: Readable, piece_bytes: int = PIECE_BYTES) -> None:
        self._stream = stream
        self._piece_bytes = piece_bytes
        self._buffer = stream.read(piece_bytes).removeprefix(BYTE_ORDER_MARK)
        self._at = 0
        self._steps = 0

    def peek(self) -> bytes:
        """The next character that is no space, and stays; nothing at the end of the text."""
        while True:
            self._at = _past_space(self._buffer, self._at)
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._more():
                return b""

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here: take each one's value before the next."""
        self._expect(b"{")
        if self._has(b"}"):
            return
        while True:
            self._step(1)
            try:
                key = _KEY.decode(self.value())
            except ValueError as error:
                raise Damaged(_NOT_JSON) from error
            self._expect(b":")
            yield key
            if self._has(b"}"):
                return
            self._expect(b",")

    def value(self) -> bytes:
        """The text of the whole value that begins here."""
        self.peek()
        while (end := _end_of_value(self._buffer, self._at)) < 0:
            if len(self._buffer) - self._at >= self._piece_bytes:
                raise Damaged(TOO_LONG)
            if not self._more():
                raise Damaged(_CUT_OFF)
        value, self._at = self._buffer[self._at : end], end
        return value

    def items(self) -> Iterator[None]:
        """One turn for each element of the list that begins here: take it in that turn."""
        self._expect(b"[")
        if self._has(b"]"):
            return
        while True:
            self._step(_STEPS_AN_ITEM)
            yield
            if self._has(b"]"):
                return
            self._expect(b",")

    def rows(self, reader: RowReader[RowT]) -> Iterator[RowT | None]:
        """The elements of the list that begins here, None for one of another type."""
        self._expect(b"[")
        if self._has(b"]"):
            return
        end = _scan(self._buffer, self._at, self._at + _SHORT_LIST)[1]
        if end < 0:
            yield from self._rows_of_long_list(reader)
            end = _scan(self._buffer, self._at, len(self._buffer))[1]
        if end < 0:
            is_long = len(self._buffer) >= self._piece_bytes
            raise Damaged(TOO_LONG if is_long else _CUT_OFF)
        last, self._at = self._buffer[self._at : end], end + 1
        if not last.strip(_SPACE):
            raise Damaged(_NOT_JSON)
        yield from reader.all_of(b"[" + last + b"]")

    def end(self) -> None:
        """Raises Damaged when anything follows."""
        if self.peek():
            raise Damaged(_NOT_JSON)

    def _rows_of_long_list(self, reader: RowReader[RowT]) -> Iterator[RowT | None]:
        """All its elements but the last few."""
        while True:
            self._buffer, self._at = self._buffer[self._at :], 0
            while len(self._buffer) < self._piece_bytes and self._more():
                pass
            piece, rest = reader.first_of(self._buffer)
            if piece is None:
                return
            if not piece:
                raise Damaged(_NOT_JSON)
            self._buffer = rest
            yield from piece

    def _more(self) -> bool:
        more = self._stream.read(self._piece_bytes)
        self._buffer, self._at = self._buffer[self._at :] + more, 0
        self._steps = 0
        return bool(more)

    def _step(self, weight: int) -> None:
        self._steps += weight
        if self._steps > MOST_ELEMENTS:
            raise Damaged(TOO_SHORT)

    def _has(self, character: bytes) -> bool:
        """Whether this comes next, and then past it."""
        is_next = self.peek() == character
        self._at += is_next
        return is_next

    def _expect(self, character: bytes) -> None:
        if not self._has(character):
            raise Damaged(_NOT_JSON if self._at < len(self._buffer) else _CUT_OFF)


def _past_space(text: bytes, start: int) -> int:
    return _BLANK.match(text, start).end()  # type: ignore[union-attr]  # it matches nothing, too


def _end_of_value(buffer: bytes, start: int) -> int:
    """Where the value that starts there ends, -1 when that lies beyond the buffer."""
    match buffer[start : start + 1]:
        case b'"':
            text = _TEXT.match(buffer, start)
            return text.end() if text else -1
        case b"{" | b"[":
            return _scan(buffer, start + 1, len(buffer))[1] + 1 or -1
        case b"":
            return -1
        case _:
            word = _WORD.match(buffer, start)
            if word is None:
                raise Damaged(_NOT_JSON)
            return word.end() if word.end() < len(buffer) else -1
