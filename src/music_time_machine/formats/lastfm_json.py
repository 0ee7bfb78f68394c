"""A Last.fm list as JSON: the pages of its API, one after the other, or a single one.

Knows the shape of a page and of its rows; hides that a page may be of any length. Stamped when the
track began, to the second; its length is not told.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ..plays import Kind, LeftOut, LeftOutRow, Play, Source
from .json_rows import JsonText, RowReader, has_keys
from .streams import Readable
from .values import left_out, moment, text

name: Final = "lastfm_json"
title: Final = "Last.fm"


class _Named(msgspec.Struct, gc=False):
    text: object = msgspec.field(default=None, name="#text")
    name: object = None


class _Date(msgspec.Struct, gc=False):
    uts: object = None


class _Attributes(msgspec.Struct, gc=False):
    nowplaying: object = None


class _Row(msgspec.Struct, gc=False):
    artist: _Named | None = None
    album: _Named | None = None
    name: object = None
    date: _Date | None = None
    attributes: _Attributes | None = msgspec.field(default=None, name="@attr")


_READER = RowReader(msgspec.json.Decoder(list[_Row]), msgspec.json.Decoder(_Row))


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are the start of such pages, whatever its name."""
    return has_keys(head, "track") and b'"#text"' in head and b'"artist"' in head


def rows(stream: Readable) -> Iterator[Play | LeftOutRow]:
    """One Play or LeftOutRow for each row of each page, in order. Raises Damaged midway."""
    pages = JsonText(stream)
    if pages.peek() == b"[":
        for _ in pages.items():
            yield from _page(pages)
    else:
        yield from _page(pages)
    pages.end()


def _page(page: JsonText) -> Iterator[Play | LeftOutRow]:
    for key in page.members():
        if key == "track" and page.peek() == b"[":
            for row in page.rows(_READER):
                yield left_out(LeftOut.UNREADABLE) if row is None else _play(row)
        else:
            page.value()


def _play(row: _Row) -> Play | LeftOutRow:
    artist, heard = _name(row.artist), text(row.name)
    if row.date is None:
        is_playing = row.attributes is not None and row.attributes.nowplaying is not None
        reason = LeftOut.STILL_PLAYING if is_playing else LeftOut.UNREADABLE
        return left_out(reason, artist, heard)
    began = moment(row.date.uts)
    if isinstance(began, LeftOut):
        return left_out(began, row.date.uts, artist, heard)
    if heard is None:
        return left_out(LeftOut.NO_IDENTITY, began, artist)
    album = _name(row.album)
    return Play(Source.LASTFM, began, None, Kind.TRACK, heard, artist, album=album)


def _name(named: _Named | None) -> str | None:
    return None if named is None else text(named.text) or text(named.name)
