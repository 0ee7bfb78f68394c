"""Spotify's extended streaming history, in every generation of its keys since 2020.

Knows what Spotify names things and which of them say what was heard; hides the differences of the
generations. What a play does not need is never read: addresses, user names, agents, places.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import compress, product
from operator import attrgetter, itemgetter
from typing import Annotated, Final, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..moments import to_millis
from ..plays import (
    EARLIEST,
    Kind,
    LeftOut,
    LeftOutRow,
    Source,
    TrackNames,
    clean_text,
    track_key,
)
from ..traits import (
    FALSE,
    NOT_TOLD,
    TRUE,
    Trait,
    country_bits,
    device_code,
    reason_code,
    values,
)
from .json_rows import RowReader
from .pieces import Piece
from .refusals import json_text
from .streams import Readable

name: Final = "spotify_extended"
title: Final = "Spotify's extended streaming history"

_EARLIEST, _LATEST = EARLIEST, datetime(2100, 1, 1, tzinfo=UTC)
_EARLIEST_MS, _LATEST_MS = to_millis(_EARLIEST), to_millis(_LATEST)
_LONGEST_MS = 7 * 24 * 3600 * 1000
_NO_STAMP = -2
_UNKNOWN_COUNTRY = "ZZ"
_FIRST_SECOND, _FIRST_MILLISECOND, _LAST_MILLISECOND = 10**8, 10**11, 10**13
# What is remembered is bounded, because a hostile file says something else in each row.
_MOST_TEXTS, _LONGEST_TEXT = 5_000, 300
_MOST_TRACKS = 65_536

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_SEPARATORS = [4, 7, 10, 13, 16, 19]
_SEPARATOR_SIGNS = np.frombuffer(b"--T::Z", np.uint8)
_DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
_TRACK_URI = re.compile(r"spotify:track:([0-9A-Za-z]{22})")
_EPISODE_URI = re.compile(r"spotify:episode:([0-9A-Za-z]{22})")
_CHAPTER_URI = re.compile(r"spotify:(?:chapter|episode):([0-9A-Za-z]{22})")

_Flag = Annotated[int, msgspec.Meta(ge=0, le=1)] | bool | None


class _Row(msgspec.Struct, gc=False):
    """The keys that are read; a key that a generation does not have stays None."""

    ts: str
    ms_played: int
    track_uri: str | None = msgspec.field(default=None, name="spotify_track_uri")
    platform: str | None = None
    conn_country: str | None = None
    reason_start: str | None = None
    reason_end: str | None = None
    shuffle: _Flag = None
    skipped: _Flag = None
    offline: _Flag = None
    incognito_mode: _Flag = None
    offline_timestamp: float | str | bool | None = None
    track_title: str | None = msgspec.field(default=None, name="master_metadata_track_name")
    artist: str | None = msgspec.field(default=None, name="master_metadata_album_artist_name")
    album: str | None = msgspec.field(default=None, name="master_metadata_album_album_name")
    episode_title: str | None = msgspec.field(default=None, name="episode_name")
    show: str | None = msgspec.field(default=None, name="episode_show_name")
    episode_uri: str | None = msgspec.field(default=None, name="spotify_episode_uri")
    audiobook_title: str | None = None
    chapter_title: str | None = msgspec.field(default=None, name="audiobook_chapter_title")
    chapter_uri: str | None = msgspec.field(default=None, name="audiobook_chapter_uri")


_READER = RowReader(msgspec.json.Decoder(list[_Row]), msgspec.json.Decoder(_Row))


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are the start of such a history, whatever its name."""
    text = json_text(head)
    return text.startswith(b"[") and b'"ts"' in text and b'"ms_played"' in text


def pieces(stream: Readable) -> Iterator[Piece]:
    """The rows in the file's order, column by column; stamps are when the streams ended.

    Raises Damaged midway where the text stops being JSON.
    """
    reading = _Reading()
    for rows in _READER.pieces(stream):
        if rows:
            yield reading.piece(rows)


class _Names(Mapping[str, TrackNames]):
    """What rows tell of tracks, read only when asked for: most were named by an earlier file."""

    def __init__(self, keys: set[str], rows: Mapping[str | None, _Row]) -> None:
        self._keys, self._rows = keys, rows

    def __getitem__(self, key: str) -> TrackNames:
        told = _heard(self._rows[key])
        assert told is not None  # a key was made of it
        return told

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class _Codes(dict[str | None, int]):
    """The bits of one trait by Spotify's text: a file says the same few again and again."""

    def __init__(self, trait: Trait, code: Callable[[str | None], int]) -> None:
        super().__init__()
        self._trait, self._code = trait, code

    def __missing__(self, text: str | None) -> int:
        bits = self._code(text) << self._trait
        if len(self) >= _MOST_TEXTS:
            self.clear()
        if text is None or len(text) < _LONGEST_TEXT:
            self[text] = bits
        return bits


_FLAG_BITS: dict[int | None, int] = {None: NOT_TOLD, 0: FALSE, 1: TRUE}
_FLAGS = {
    told: sum(
        _FLAG_BITS[each] << trait
        for each, trait in zip(
            told, (Trait.SHUFFLE, Trait.SKIPPED, Trait.OFFLINE, Trait.PRIVATE), strict=True
        )
    )
    for told in product((None, 0, 1), repeat=4)
}


class _Traits:
    """How the rows of a file were played, as `traits` packs it."""

    def __init__(self) -> None:
        self._codes = {
            "platform": _Codes(Trait.DEVICE, device_code),
            "conn_country": _Codes(Trait.COUNTRY, _country),
            "reason_start": _Codes(Trait.REASON_START, reason_code),
            "reason_end": _Codes(Trait.REASON_END, reason_code),
        }

    def of(self, rows: Sequence[_Row]) -> NDArray[np.int64]:
        """The traits of each row."""
        flags = map(attrgetter("shuffle", "skipped", "offline", "incognito_mode"), rows)
        bits = np.fromiter(map(_FLAGS.__getitem__, flags), np.int64, len(rows))
        for name, codes in self._codes.items():
            texts = map(attrgetter(name), rows)
            bits |= np.fromiter(map(codes.__getitem__, texts), np.int64, len(rows))
        return bits


def _country(text: str | None) -> int:
    return 0 if text == _UNKNOWN_COUNTRY else country_bits(text)


class _Reading:
    """One file on its way into pieces: how far it is, and what it named so far."""

    def __init__(self) -> None:
        self._done = 0
        self._named: set[str | None] = {None}
        self._traits = _Traits()

    def piece(self, rows: Sequence[_Row | None]) -> Piece:
        """The next piece."""
        start = self._done + 1
        self._done += len(rows)
        good = [row for row in rows if row is not None]
        if len(good) == len(rows):
            return self._columns(good, range(start, start + len(rows)), [])
        numbers, left_out = [], []
        for number, row in enumerate(rows, start):
            if row is None:
                left_out.append((number, LeftOutRow(LeftOut.UNREADABLE)))
            else:
                numbers.append(number)
        return self._columns(good, numbers, left_out)

    def _columns(
        self, rows: list[_Row], numbers: Sequence[int], left_out: list[tuple[int, LeftOutRow]]
    ) -> Piece:
        count = len(rows) + len(left_out)
        stamp, ms = _stamps([row.ts for row in rows]), _lengths([row.ms_played for row in rows])
        keys = _keys(rows)
        wanted = (stamp >= _EARLIEST_MS) & (stamp < _LATEST_MS) & (ms >= 0) & (ms <= _LONGEST_MS)
        if None in keys:
            wanted &= np.fromiter((key is not None for key in keys), np.bool_, len(keys))
        for place in np.flatnonzero(~wanted).tolist():
            reason = _reason(keys[place], int(stamp[place]))
            left_out.append((numbers[place], LeftOutRow(reason, _shown(rows[place]))))
        left_out.sort(key=itemgetter(0))
        traits = self._traits.of(rows)
        kept = list(compress(keys, wanted.tolist()))
        return Piece(
            rows=count,
            stamp=stamp[wanted],
            ms=ms[wanted],
            source=np.full(len(kept), int(Source.EXTENDED_HISTORY)),
            traits=traits[wanted],
            began=_began(rows, traits)[wanted],
            key=cast("list[str]", kept),  # what has no key is not wanted
            names=self._names(keys, rows),
            left_out=left_out,
        )

    def _names(self, keys: list[str | None], rows: list[_Row]) -> _Names:
        """The tracks that this piece is the first of the file to name."""
        new = set(keys) - self._named
        self._named |= new
        if len(self._named) > _MOST_TRACKS:
            self._named = {None}
        first = dict(zip(reversed(keys), reversed(rows), strict=True)) if new else {}
        return _Names(cast("set[str]", new), first)


def _keys(rows: list[_Row]) -> list[str | None]:
    """What names the track of each row, None for nothing.

    The address does as a rule; where it does not, the names do, row by row.
    """
    keys = list(map(_TRACK_KEYS.__getitem__, map(attrgetter("track_uri"), rows)))
    if None in keys:
        for place in [place for place, key in enumerate(keys) if key is None]:
            told = _heard(rows[place])
            keys[place] = None if told is None else told.key
    return keys


class _TrackKeys(dict[str | None, str | None]):
    """The key that an address gives: a history names the same tracks in every file."""

    def __missing__(self, uri: str | None) -> str | None:
        spotify_id = _id(_TRACK_URI, uri)
        key = None if spotify_id is None else track_key(Kind.TRACK, spotify_id, None, "")
        if len(self) >= _MOST_TRACKS:
            self.clear()  # a hostile one names a new one in each row
        if key is not None:
            self[uri] = key
        return key


_TRACK_KEYS = _TrackKeys()


def _stamps(texts: Sequence[str]) -> NDArray[np.int64]:
    """Moments like `2024-05-01T12:00:00Z` in ms since 1970; -1 for what is none."""
    joined = "".join(texts).encode("utf-8", "replace")
    if len(joined) == 20 * len(texts):
        signs = np.frombuffer(joined, np.uint8).reshape(-1, 20)
        stamps = _plain_stamps(signs)
        if stamps is not None:
            return stamps
    return np.array([_stamp(text) for text in texts], np.int64)


def _plain_stamps(signs: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """The usual form read from its characters all at once; None when one is of another form."""
    if (signs[:, _SEPARATORS] != _SEPARATOR_SIGNS).any():
        return None
    digits = signs[:, _DIGITS] - ord("0")
    if (digits > 9).any():
        return None
    pairs = (digits[:, 0::2] * 10 + digits[:, 1::2]).astype(np.int64)
    century, year, month, day, hour, minute, second = pairs.T
    if ((month < 1) | (month > 12) | (hour > 23) | (minute > 59) | (second > 59)).any():
        return None
    months = ((century * 100 + year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    after = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64)
    if ((day < 1) | (day > after - first)).any():
        return None
    seconds: NDArray[np.int64] = (((first + day - 1) * 24 + hour) * 60 + minute) * 60 + second
    return seconds * 1_000


def _stamp(text: str) -> int:
    try:
        moment = msgspec.convert(text, _Moment)
    except msgspec.ValidationError:
        return _NO_STAMP
    return to_millis(moment.astimezone(UTC)) if _EARLIEST < moment < _LATEST else -1


def _lengths(lengths: Sequence[int]) -> NDArray[np.int64]:
    try:
        return np.array(lengths, np.int64)
    except OverflowError:
        return np.array([ms if abs(ms) <= _LONGEST_MS else -1 for ms in lengths], np.int64)


def _began(rows: Sequence[_Row], traits: NDArray[np.int64]) -> NDArray[np.int64]:
    """When the device began to play, in ms, for rows played offline: 0 where it does not say.

    Old rows say 0 or 1, newer ones seconds or milliseconds: their size tells.
    """
    began = np.zeros(len(rows), np.int64)
    for place in np.flatnonzero(values(traits, Trait.OFFLINE) == TRUE).tolist():
        told = rows[place].offline_timestamp
        if isinstance(told, float) and _FIRST_SECOND < told < _LAST_MILLISECOND:
            began[place] = int(told if told > _FIRST_MILLISECOND else told * 1_000)
    return began


def _reason(key: str | None, stamp: int) -> LeftOut:
    if stamp == _NO_STAMP:
        return LeftOut.UNREADABLE
    return LeftOut.NO_IDENTITY if key is None else LeftOut.IMPOSSIBLE_TIME


def _shown(row: _Row) -> str:
    """What the person may recognise the row by."""
    title = clean_text(row.track_title or row.episode_title or row.chapter_title)
    said = (clean_text(row.ts[:40]), title, clean_text(row.artist or row.show))
    return ", ".join([*(text for text in said if text), f"{row.ms_played} ms"])


def _heard(row: _Row) -> TrackNames | None:
    """What was heard, by an address or a title; None without both.

    An address without a title is kept under a stand-in: its id says what it is.
    """
    spotify_id, title = _id(_TRACK_URI, row.track_uri), clean_text(row.track_title)
    if spotify_id is not None or title is not None:
        artist, album = clean_text(row.artist), clean_text(row.album)
        return TrackNames(Kind.TRACK, title or "Unknown track", artist, album, spotify_id)
    spotify_id, title = _id(_CHAPTER_URI, row.chapter_uri), clean_text(row.chapter_title)
    if spotify_id is not None or title is not None:
        book = clean_text(row.audiobook_title)
        return TrackNames(Kind.CHAPTER, title or "Unknown chapter", book, None, spotify_id)
    spotify_id, title = _id(_EPISODE_URI, row.episode_uri), clean_text(row.episode_title)
    if spotify_id is not None or title is not None:
        show = clean_text(row.show)
        return TrackNames(Kind.EPISODE, title or "Unknown episode", show, None, spotify_id)
    return None


def _id(pattern: re.Pattern[str], uri: str | None) -> str | None:
    """The 22 characters of an address like `spotify:track:...`; None when it is malformed."""
    match = None if uri is None else pattern.fullmatch(uri)
    return match[1] if match else None
