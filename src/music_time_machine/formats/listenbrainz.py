"""A ListenBrainz export: its months with one listen a line, or the older single list.

Knows what clients and importers put into a listen; hides that each does it in its own way. A listen
is stamped when it began, as a rule. A decoration of a strange type is read as not told.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ..plays import Kind, LeftOut, LeftOutRow, Play, Source
from .json_rows import RowReader, has_keys
from .refusals import json_text
from .streams import Readable, Rewound
from .values import SECOND, address, isrc, left_out, length, moment, text

name: Final = "listenbrainz"
title: Final = "ListenBrainz"

_HEAD_BYTES = 4096


class _Info(msgspec.Struct, gc=False):
    spotify_id: object = None
    origin_url: object = None
    isrc: object = None
    duration_ms: object = None
    duration: object = None
    ms_played: object = None
    duration_played: object = None


class _Mapping(msgspec.Struct, gc=False):
    release_name: object = None


class _Metadata(msgspec.Struct, gc=False):
    artist_name: object = None
    track_name: object = None
    release_name: object = None
    additional_info: _Info | None = None
    mbid_mapping: _Mapping | None = None


class _Listen(msgspec.Struct, gc=False):
    track_metadata: _Metadata
    listened_at: object = None


_READER = RowReader(msgspec.json.Decoder(list[_Listen]), msgspec.json.Decoder(_Listen))
_NO_INFO = _Info()


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are the start of such listens, whatever its name."""
    return has_keys(head, "listened_at", "track_metadata")


def rows(stream: Readable) -> Iterator[Play | LeftOutRow]:
    """One Play or LeftOutRow for each listen, in the file's order. Raises Damaged midway."""
    for listen in _listens(stream):
        yield left_out(LeftOut.UNREADABLE) if listen is None else _play(listen)


def _listens(stream: Readable) -> Iterator[_Listen | None]:
    head = stream.read(_HEAD_BYTES)
    whole = Rewound(head, stream)
    if json_text(head).startswith(b"["):
        for piece in _READER.pieces(whole):
            yield from piece
    else:
        yield from _READER.lines(whole)


def _play(listen: _Listen) -> Play | LeftOutRow:
    told = listen.track_metadata
    artist, heard = text(told.artist_name), text(told.track_name)
    if listen.listened_at is None:
        return left_out(LeftOut.STILL_PLAYING, artist, heard)
    began = moment(listen.listened_at)
    if isinstance(began, LeftOut):
        return left_out(began, listen.listened_at, artist, heard)
    if heard is None:
        return left_out(LeftOut.NO_IDENTITY, began, artist)
    info = told.additional_info or _NO_INFO
    kind, spotify_id = address(info.spotify_id, info.origin_url) or (Kind.TRACK, None)
    return Play(
        Source.LISTENBRAINZ,
        began,
        _either(length(info.ms_played), length(info.duration_played, SECOND)),
        kind,
        heard,
        artist,
        album=text(told.release_name)
        or (text(told.mbid_mapping.release_name) if told.mbid_mapping else None),
        spotify_id=spotify_id,
        duration_ms=_either(length(info.duration_ms), length(info.duration, SECOND)),
        isrc=isrc(info.isrc),
    )


def _either(first: int | None, second: int | None) -> int | None:
    return second if first is None else first
