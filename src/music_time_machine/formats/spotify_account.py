"""Spotify's account data: what was played in the last year, to the minute and without ids.

Knows the keys of its music, podcast and audiobook files; hides them. Since 2024 a podcast is told
by its keys. In older files an episode looks like a track, with its show as the artist, and nothing
says otherwise: it is taken for a track. A guess by length would tear one episode, heard in three
parts, into two kinds.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from ..plays import Kind, LeftOut, LeftOutRow, Play, Source
from .json_rows import RowReader, has_keys
from .refusals import json_text
from .streams import Readable
from .values import is_possible, left_out, length, number, text

name: Final = "spotify_account"
title: Final = "Spotify's account data"

_END_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(?::\d{2})?")
_UNKNOWN = ("Unknown Artist", "Unknown Track")


class _Row(msgspec.Struct, gc=False):
    end: object = msgspec.field(default=None, name="endTime")
    artist: object = msgspec.field(default=None, name="artistName")
    track: object = msgspec.field(default=None, name="trackName")
    show: object = msgspec.field(default=None, name="podcastName")
    episode: object = msgspec.field(default=None, name="episodeName")
    book: object = msgspec.field(default=None, name="audiobookName")
    chapter: object = msgspec.field(default=None, name="chapterName")
    ms_played: object = msgspec.field(default=None, name="msPlayed")


_READER = RowReader(msgspec.json.Decoder(list[_Row]), msgspec.json.Decoder(_Row))


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are the start of such a list, whatever its name."""
    return json_text(head).startswith(b"[") and has_keys(head, "endTime", "msPlayed")


def rows(stream: Readable) -> Iterator[Play | LeftOutRow]:
    """One Play or LeftOutRow for each element of the list, in the file's order.

    `played_at` is the minute in which the stream ended. Raises Damaged midway.
    """
    for piece in _READER.pieces(stream):
        for row in piece:
            yield left_out(LeftOut.UNREADABLE) if row is None else _play(row)


def _play(row: _Row) -> Play | LeftOutRow:
    kind, by, told = _heard(row)
    artist, heard = text(by), text(told)
    if heard is None or (by, told) == _UNKNOWN:
        return left_out(LeftOut.NO_IDENTITY, row.end, artist, heard)
    ended = _minute(row.end)
    if ended is None or number(row.ms_played) is None:
        return left_out(LeftOut.UNREADABLE, row.end, artist, heard)
    ms_played = length(row.ms_played)
    if ms_played is None or not is_possible(ended):
        return left_out(LeftOut.IMPOSSIBLE_TIME, row.end, artist, heard)
    return Play(Source.ACCOUNT_DATA, ended, ms_played, kind, heard, artist)


def _heard(row: _Row) -> tuple[Kind, object, object]:
    """(kind, whose, what)."""
    if row.track is None and row.episode is not None:
        return Kind.EPISODE, row.show, row.episode
    if row.track is None and (row.chapter is not None or row.book is not None):
        return Kind.CHAPTER, row.book, row.chapter if row.chapter is not None else row.book
    return Kind.TRACK, row.artist, row.track


def _minute(end: object) -> datetime | None:
    if not isinstance(end, str) or not _END_TIME.fullmatch(end):
        return None
    try:
        return datetime.fromisoformat(end).replace(tzinfo=UTC)
    except ValueError:
        return None
