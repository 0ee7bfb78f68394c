"""Spotify's extended streaming history, in every generation of its keys since 2020.

Knows what Spotify names things and which of them say what was heard; hides the differences of the
generations. What a play does not need is never read: addresses, user names, agents, places.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final

import msgspec

from ..plays import EARLIEST, Kind, LeftOut, Play, Source, clean_text
from .json_rows import RowReader
from .refusals import json_text
from .streams import Readable

name: Final = "spotify_extended"
title: Final = "Spotify's extended streaming history"

_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_LONGEST_MS = 7 * 24 * 3600 * 1000
_UNKNOWN_COUNTRY = "ZZ"
# An enum's member looked up for each row would take a tenth of the whole reading.
_SOURCE = Source.EXTENDED_HISTORY
_TRACK, _EPISODE, _CHAPTER = Kind.TRACK, Kind.EPISODE, Kind.CHAPTER

_UNREADABLE = LeftOut.UNREADABLE
_TRACK_URI = re.compile(r"spotify:track:([0-9A-Za-z]{22})")
_EPISODE_URI = re.compile(r"spotify:episode:([0-9A-Za-z]{22})")
_CHAPTER_URI = re.compile(r"spotify:(?:chapter|episode):([0-9A-Za-z]{22})")

_Flag = Annotated[int, msgspec.Meta(ge=0, le=1)] | bool | None


class _Row(msgspec.Struct, gc=False):
    """The keys that are read; a key that a generation does not have stays None."""

    ts: Annotated[datetime, msgspec.Meta(tz=True)]
    ms_played: int
    platform: str | None = None
    conn_country: str | None = None
    track_title: str | None = msgspec.field(default=None, name="master_metadata_track_name")
    artist: str | None = msgspec.field(default=None, name="master_metadata_album_artist_name")
    album: str | None = msgspec.field(default=None, name="master_metadata_album_album_name")
    track_uri: str | None = msgspec.field(default=None, name="spotify_track_uri")
    episode_title: str | None = msgspec.field(default=None, name="episode_name")
    show: str | None = msgspec.field(default=None, name="episode_show_name")
    episode_uri: str | None = msgspec.field(default=None, name="spotify_episode_uri")
    audiobook_title: str | None = None
    chapter_title: str | None = msgspec.field(default=None, name="audiobook_chapter_title")
    chapter_uri: str | None = msgspec.field(default=None, name="audiobook_chapter_uri")
    reason_start: str | None = None
    reason_end: str | None = None
    shuffle: _Flag = None
    skipped: _Flag = None
    offline: _Flag = None
    incognito_mode: _Flag = None


_READER = RowReader(msgspec.json.Decoder(list[_Row]), msgspec.json.Decoder(_Row))


class _Remembered(dict[str | None, str | None]):
    """A function of a text, remembered: a file says the same few thousand texts again and again."""

    most_texts = 20_000
    longest_text = 100  # so that a hostile file cannot fill the memory

    def __init__(self, function: Callable[[str | None], str | None]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, text: str | None) -> str | None:
        result = self._function(text)
        if text is None or len(text) <= self.longest_text:
            if len(self) >= self.most_texts:
                self.clear()
            self[text] = result
        return result


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are the start of such a history, whatever its name."""
    text = json_text(head)
    return text.startswith(b"[") and b'"ts"' in text and b'"ms_played"' in text


def rows(stream: Readable) -> Iterator[Play | LeftOut]:
    """One Play or LeftOut for each element of the list, in the file's order.

    `played_at` is when the stream ended. Raises Damaged midway where the text stops being JSON.
    """
    texts, track_ids = _Remembered(clean_text), _Remembered(partial(_id, _TRACK_URI))
    for piece in _READER.pieces(stream):
        for row in piece:
            yield _UNREADABLE if row is None else _play(row, texts, track_ids)


def _play(row: _Row, texts: _Remembered, track_ids: _Remembered) -> Play | LeftOut:
    heard = _heard(row, texts, track_ids)
    if heard is None:
        return LeftOut.NO_IDENTITY
    if not (EARLIEST <= row.ts < _LATEST and 0 <= row.ms_played <= _LONGEST_MS):
        return LeftOut.IMPOSSIBLE_TIME
    kind, spotify_id, title, artist, album = heard
    country = texts[row.conn_country]
    # The first by position: a call with 16 keywords is four times slower.
    return Play(
        _SOURCE,
        row.ts if row.ts.tzinfo is UTC else row.ts.astimezone(UTC),
        row.ms_played,
        kind,
        title,
        artist,
        album=album,
        spotify_id=spotify_id,
        reason_start=texts[row.reason_start],
        reason_end=texts[row.reason_end],
        shuffle=None if row.shuffle is None else row.shuffle == 1,
        skipped=None if row.skipped is None else row.skipped == 1,
        offline=None if row.offline is None else row.offline == 1,
        incognito=None if row.incognito_mode is None else row.incognito_mode == 1,
        platform=texts[row.platform],
        country=None if country == _UNKNOWN_COUNTRY else country,
    )


def _heard(
    row: _Row, texts: _Remembered, track_ids: _Remembered
) -> tuple[Kind, str | None, str, str | None, str | None] | None:
    """(kind, Spotify's id, title, artist, album) by an address or a title; None without both.

    An address without a title is kept under a stand-in: its id says what it is.
    """
    spotify_id, title = track_ids[row.track_uri], texts[row.track_title]
    if spotify_id is not None or title is not None:
        return _TRACK, spotify_id, title or "Unknown track", texts[row.artist], texts[row.album]
    spotify_id, title = _id(_CHAPTER_URI, row.chapter_uri), texts[row.chapter_title]
    if spotify_id is not None or title is not None:
        return _CHAPTER, spotify_id, title or "Unknown chapter", texts[row.audiobook_title], None
    spotify_id, title = _id(_EPISODE_URI, row.episode_uri), texts[row.episode_title]
    if spotify_id is not None or title is not None:
        return _EPISODE, spotify_id, title or "Unknown episode", texts[row.show], None
    return None


def _id(pattern: re.Pattern[str], uri: str | None) -> str | None:
    """The 22 characters of an address like `spotify:track:...`; None when it is malformed."""
    match = None if uri is None else pattern.fullmatch(uri)
    return match[1] if match else None
