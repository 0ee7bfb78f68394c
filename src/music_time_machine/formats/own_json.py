"""Our own export: everything an archive was told, in one JSON file that anybody can read.

Knows version 1, both ways: `write` makes what `rows` reads, and reading gives back equal values.
One object with two lists, one element a line: `plays`, a row for each thing that any source told,
and `placings`, the places in the snapshots' lists. What was not told is not there; a play whose
`ms_played` is not there is taken to be as long as its `duration_ms`.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

from ..plays import (
    AlbumDetails,
    ArtistDetails,
    Kind,
    LeftOut,
    LeftOutRow,
    Placing,
    Play,
    Source,
    TrackDetails,
)
from .json_rows import JsonText, RowReader, has_keys
from .placings import placing
from .refusals import json_text
from .streams import Damaged, NotForUs, Readable
from .values import is_possible, json_object, left_out, length, spotify_id, text

name: Final = "music-time-machine"
title: Final = "Music Time Machine"
VERSION: Final = 1
MOST_REPEATS: Final = 32_767

_HEADER = b'{"name":"%s","version":%d,"plays":[' % (name.encode(), VERSION)
_SOURCES = {source.name.lower(): source for source in Source}
_OLD = "is damaged: its version comes after its plays, or is no number"
_NEWER = "was written by a newer Music Time Machine: update this one, then send it again"

_Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class _Play(msgspec.Struct, omit_defaults=True, gc=False):
    source: str
    played_at: _Aware
    kind: Kind
    title: str
    artist: str | None = None
    album: str | None = None
    ms_played: int | None = None
    duration_ms: int | None = None
    spotify_id: str | None = None
    isrc: str | None = None
    began_at: _Aware | None = None
    reason_start: str | None = None
    reason_end: str | None = None
    shuffle: bool | None = None
    skipped: bool | None = None
    offline: bool | None = None
    private: bool | None = None
    device: str | None = None
    country: str | None = None
    nth: Annotated[int, msgspec.Meta(ge=0, le=MOST_REPEATS)] | None = None


class _Artist(msgspec.Struct, omit_defaults=True):
    name: str
    spotify_id: str | None = None
    image_url: str | None = None
    raw: str | None = None


class _Album(msgspec.Struct, omit_defaults=True):
    name: str
    spotify_id: str | None = None
    release_date: str | None = None
    image_url: str | None = None
    raw: str | None = None


class _Track(msgspec.Struct, omit_defaults=True):
    spotify_id: str
    title: str
    artist: _Artist
    album: _Album | None = None
    duration_ms: int | None = None
    is_explicit: bool | None = None
    isrc: str | None = None
    raw: str | None = None


class _Placing(msgspec.Struct, omit_defaults=True):
    local_date: str
    time_range: str
    rank: int
    track: _Track


_PLAYS = RowReader(msgspec.json.Decoder(list[_Play]), msgspec.json.Decoder(_Play))
_PLACINGS = RowReader(msgspec.json.Decoder(list[_Placing]), msgspec.json.Decoder(_Placing))
_ENCODER = msgspec.json.Encoder()


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are the start of our own export, whatever its name."""
    is_ours = b'"%s"' % name.encode() in head
    return is_ours and json_text(head).startswith(b"{") and has_keys(head, "name", "version")


def write(plays: Iterable[Play], placings: Iterable[Placing]) -> Iterator[bytes]:
    """The export as bytes, a row at a time."""
    yield _HEADER
    yield from _listed(map(_row_of_play, plays))
    yield b'\n],"placings":['
    yield from _listed(map(_row_of_placing, placings))
    yield b"\n]}\n"


def rows(stream: Readable) -> Iterator[Play | LeftOutRow | Placing]:
    """One thing for each row, in the file's order. Raises Damaged midway, NotForUs when newer."""
    export = JsonText(stream)
    version = 0
    for key in export.members():
        if key == "version":
            version = _version(export.value())
        elif key == "plays":
            _check(version)
            for play in export.rows(_PLAYS):
                yield _play(play)
        elif key == "placings":
            _check(version)
            for place in export.rows(_PLACINGS):
                yield _placing(place)
        else:
            export.value()
    export.end()


def _version(value: bytes) -> int:
    try:
        return msgspec.json.decode(value, type=int)
    except ValueError as error:
        raise Damaged(_OLD) from error


def _check(version: int) -> None:
    if version > VERSION:
        raise NotForUs(_NEWER)
    if version < 1:
        raise Damaged(_OLD)


def _listed(each: Iterable[_Play | _Placing]) -> Iterator[bytes]:
    separator = b"\n"
    for row in each:
        yield separator + _ENCODER.encode(row)
        separator = b",\n"


def _row_of_play(play: Play) -> _Play:
    return _Play(
        source=play.source.name.lower(),
        played_at=play.played_at,
        kind=play.kind,
        title=play.title,
        artist=play.artist,
        album=play.album,
        ms_played=play.ms_played,
        duration_ms=play.duration_ms,
        spotify_id=play.spotify_id,
        isrc=play.isrc,
        began_at=play.began_at,
        reason_start=play.reason_start,
        reason_end=play.reason_end,
        shuffle=play.shuffle,
        skipped=play.skipped,
        offline=play.offline,
        private=play.incognito,
        device=play.platform,
        country=play.country,
        nth=play.nth,
    )


def _play(row: _Play | None) -> Play | LeftOutRow:
    if row is None or row.source not in _SOURCES:
        return left_out(LeftOut.UNREADABLE)
    artist, heard = text(row.artist), text(row.title)
    if heard is None:
        return left_out(LeftOut.NO_IDENTITY, row.played_at, artist)
    ms_played = length(row.ms_played)
    if ms_played != row.ms_played or not is_possible(row.played_at):
        return left_out(LeftOut.IMPOSSIBLE_TIME, row.played_at, artist, heard)
    return Play(
        source=_SOURCES[row.source],
        played_at=row.played_at.astimezone(UTC),
        ms_played=ms_played,
        kind=row.kind,
        title=heard,
        artist=artist,
        album=text(row.album),
        spotify_id=spotify_id(row.spotify_id),
        reason_start=text(row.reason_start),
        reason_end=text(row.reason_end),
        shuffle=row.shuffle,
        skipped=row.skipped,
        offline=row.offline,
        incognito=row.private,
        platform=text(row.device),
        country=text(row.country),
        duration_ms=length(row.duration_ms),
        isrc=text(row.isrc),
        began_at=_possible(row.began_at),
        nth=row.nth,
    )


def _possible(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None and is_possible(at) else None


def _row_of_placing(place: Placing) -> _Placing:
    track = place.track
    artist = _Artist(
        name=track.artist.name,
        spotify_id=track.artist.spotify_id,
        image_url=track.artist.image_url,
        raw=track.artist.raw,
    )
    album = (
        None
        if track.album is None
        else _Album(
            name=track.album.name,
            spotify_id=track.album.spotify_id,
            release_date=track.album.release_date,
            image_url=track.album.image_url,
            raw=track.album.raw,
        )
    )
    row = _Track(
        spotify_id=track.spotify_id,
        title=track.title,
        artist=artist,
        album=album,
        duration_ms=track.duration_ms,
        is_explicit=track.is_explicit,
        isrc=track.isrc,
        raw=track.raw,
    )
    return _Placing(place.local_date.isoformat(), place.time_range, place.rank, row)


def _placing(row: _Placing | None) -> Placing | LeftOutRow:
    if row is None:
        return left_out(LeftOut.UNREADABLE)
    told = row.track
    track = TrackDetails(
        spotify_id=told.spotify_id,
        title=text(told.title) or "",
        artist=_artist(told.artist),
        album=None if told.album is None else _album(told.album),
        duration_ms=length(told.duration_ms),
        is_explicit=told.is_explicit,
        isrc=text(told.isrc),
        raw=json_object(told.raw),
    )
    return placing(row.local_date, row.time_range, row.rank, track)


def _artist(told: _Artist) -> ArtistDetails:
    return ArtistDetails(
        spotify_id=text(told.spotify_id),
        name=text(told.name) or "",
        image_url=text(told.image_url),
        raw=json_object(told.raw),
    )


def _album(told: _Album) -> AlbumDetails:
    return AlbumDetails(
        spotify_id=text(told.spotify_id),
        name=text(told.name) or "",
        release_date=text(told.release_date),
        image_url=text(told.image_url),
        raw=json_object(told.raw),
    )
