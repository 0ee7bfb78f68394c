"""A Last.fm list as CSV, in the two dialects that its exporters write.

Knows the one without a header (`artist,album,track,date`, to the minute, newest first) and the one
whose header names `uts`; hides them. CSV has no mark of its own, so it is recognised strictly.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from ..plays import Kind, LeftOut, LeftOutRow, Play, Source
from .streams import BYTE_ORDER_MARK, LONGEST_LINE, TOO_LONG, Damaged, Readable, lines
from .values import is_possible, left_out, moment, text

name: Final = "lastfm_csv"
title: Final = "Last.fm"

_HEADLESS = ("artist", "album", "track", "date")
_WITH_SECONDS = {"uts", "artist", "track"}
_HEAD_BYTES = 8192
_ROWS_LOOKED_AT = 20
_NOT_CSV = "is damaged: it is not a valid CSV file"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DATE = re.compile(rf"(\d\d?) ({'|'.join(_MONTHS)}) (\d{{4}}),? (\d\d):(\d\d)")
_HALF_CHARACTER = re.compile("[\udc80-\udcff]")


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are such a list: by its header, or by four columns of which
    the last is Last.fm's date or, for what is playing now, empty.
    """
    text_of_head = head.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "replace")
    whole = text_of_head.splitlines()
    if len(head) >= _HEAD_BYTES:
        whole = whole[:-1]
    looked_at = [line for line in whole if line.strip()][:_ROWS_LOOKED_AT]
    try:
        first, *others = list(csv.reader(looked_at)) or [[]]
    except csv.Error:
        return False
    if set(_words(first)) >= _WITH_SECONDS:
        return True
    rows_of_head = others if _words(first) == _HEADLESS else [first, *others]
    dates = [row[3] if len(row) == len(_HEADLESS) else "?" for row in rows_of_head]
    return any(dates) and all(_DATE.fullmatch(each) or not each for each in dates)


def rows(stream: Readable) -> Iterator[Play | LeftOutRow]:
    """One Play or LeftOutRow for each row, in the file's order. Raises Damaged midway."""
    columns: Sequence[str] | None = None
    for row in _records(stream):
        if columns is None:
            words = _words(row)
            has_header = words == _HEADLESS or set(words) >= _WITH_SECONDS
            columns = words if has_header else _HEADLESS
            if has_header:
                continue
        yield _play(dict(zip(columns, row, strict=False)), len(row) == len(columns))


def _records(stream: Readable) -> Iterator[list[str]]:
    """The rows of the table, each bounded, also where a quote is never closed."""
    since_last = 0

    def bounded() -> Iterator[str]:
        nonlocal since_last
        for line in lines(stream):
            since_last += len(line)
            if since_last > LONGEST_LINE:
                raise Damaged(TOO_LONG)
            # A lone carriage return within a title would end the row for `csv`.
            yield line.decode("utf-8", "surrogateescape").replace("\r", "")

    try:
        for record in csv.reader(bounded()):
            since_last = 0
            yield record
    except csv.Error as error:
        raise Damaged(_NOT_CSV) from error


def _words(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in row)


def _play(row: dict[str, str], is_whole: bool) -> Play | LeftOutRow:
    has_seconds = "uts" in row
    told = row.get("uts" if has_seconds else "date", "").strip()
    artist, heard = text(row.get("artist")), text(row.get("track"))
    shown = (row.get("utc_time") or told, artist, heard)
    if not is_whole or any(map(_HALF_CHARACTER.search, row.values())):
        return left_out(LeftOut.UNREADABLE, *shown)
    if not told:
        return left_out(LeftOut.STILL_PLAYING, *shown)
    began = moment(told) if has_seconds else _minute(told)
    if isinstance(began, LeftOut):
        return left_out(began, *shown)
    if heard is None:
        return left_out(LeftOut.NO_IDENTITY, *shown)
    source = Source.LASTFM if has_seconds else Source.LASTFM_MINUTES
    return Play(source, began, None, Kind.TRACK, heard, artist, album=text(row.get("album")))


def _minute(told: str) -> datetime | LeftOut:
    date = _DATE.fullmatch(told)
    if date is None:
        return LeftOut.UNREADABLE
    day, month, year, hour, minute = date.groups()
    try:
        began = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), tzinfo=UTC
        )
    except ValueError:
        return LeftOut.IMPOSSIBLE_TIME
    return began if is_possible(began) else LeftOut.IMPOSSIBLE_TIME
