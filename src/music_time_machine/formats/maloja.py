"""A Maloja export: one object, and in it the list of all scrobbles.

Knows its keys; hides them. A time is as whatever fed Maloja stamped it, to the second; `duration`
is how long was listened, `length` how long the track is, both in seconds.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ..plays import Kind, LeftOut, LeftOutRow, Play, Source
from .json_rows import JsonText, RowReader, has_keys
from .refusals import json_text
from .streams import Readable
from .values import SECOND, left_out, length, moment, text

name: Final = "maloja"
title: Final = "Maloja"


class _Album(msgspec.Struct, gc=False):
    title: object = msgspec.field(default=None, name="albumtitle")
    artists: object = None


class _Track(msgspec.Struct, gc=False):
    artists: object = None
    title: object = None
    album: _Album | None = None
    length: object = None


class _Scrobble(msgspec.Struct, gc=False):
    track: _Track
    time: object = None
    duration: object = None


_READER = RowReader(msgspec.json.Decoder(list[_Scrobble]), msgspec.json.Decoder(_Scrobble))


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are the start of such an export, whatever its name."""
    return json_text(head).startswith(b"{") and has_keys(head, "maloja", "scrobbles")


def rows(stream: Readable) -> Iterator[Play | LeftOutRow]:
    """One Play or LeftOutRow for each scrobble, in the file's order. Raises Damaged midway."""
    export = JsonText(stream)
    for key in export.members():
        if key == "scrobbles":
            for row in export.rows(_READER):
                yield left_out(LeftOut.UNREADABLE) if row is None else _play(row)
        else:
            export.value()
    export.end()


def _play(row: _Scrobble) -> Play | LeftOutRow:
    album = row.track.album or _Album()
    artist, heard = _credit(row.track.artists, album.artists), text(row.track.title)
    at = moment(row.time)
    if isinstance(at, LeftOut):
        return left_out(at, row.time, artist, heard)
    if heard is None:
        return left_out(LeftOut.NO_IDENTITY, at, artist)
    return Play(
        Source.MALOJA,
        at,
        length(row.duration, SECOND),
        Kind.TRACK,
        heard,
        artist,
        album=text(album.title),
        duration_ms=length(row.track.length, SECOND),
    )


def _credit(artists: object, album_artists: object) -> str | None:
    """The artists in one text, the album's first: Maloja keeps no order among them."""
    of_album = _names(album_artists)
    return text(", ".join(sorted(_names(artists), key=lambda artist: artist not in of_album)))


def _names(values: object) -> list[str]:
    each = values if isinstance(values, list) else [values]
    return [told for value in each if (told := text(value))]
