"""From the bytes of an answer to our values: tolerant of what decorates, strict on what identifies.

Knows the field names of all shapes of Spotify's, before and after February 2026. A decoration that
is missing or of another type is read as absent, a row without identity is left out and counted;
anything else that does not fit is Nonsense, and then nothing is returned.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from .errors import Nonsense
from .values import (
    Album,
    Artist,
    CurrentlyPlaying,
    FoundTracks,
    Image,
    Page,
    Play,
    Playlist,
    PlaylistItem,
    Profile,
    RankedArtists,
    RankedTracks,
    RecentlyPlayed,
    Tokens,
    Track,
)

Value = TypeVar("Value")

# One object of JSON, once it is known to be one.
_Fields = dict[str, object]

_LARGEST_NUMBER = 2**31 - 1
_LARGEST_CURSOR = 2**53


def read(body: bytes, shape: Callable[[object], Value]) -> Value:
    """What `shape` makes of the JSON in `body`, or Nonsense."""
    try:
        answer: object = msgspec.json.decode(body)
        # No database of ours takes a NUL, and no name needs one.
        return shape(_without_nul(answer) if b"\\u0000" in body else answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Nonsense(detail=f"not readable as JSON ({type(error).__name__})") from error


def _without_nul(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {str(_without_nul(key)): _without_nul(item) for key, item in value.items()}
    return value


# Shapes: each takes decoded JSON and gives a value, or raises Nonsense.


def profile(value: object) -> Profile:
    """GET /me."""
    fields = _object(value, "a profile")
    return Profile(
        account_id=_identity_if_told(fields, "account_id"),
        id=_identity(fields, "id"),
        display_name=_text(fields.get("display_name")),
        uri=_text(fields.get("uri")),
        images=_images(fields.get("images")),
    )


def artist(value: object) -> Artist:
    """An artist by itself, full or as named in a track."""
    fields = _object(value, "an artist")
    return Artist(
        id=_identity(fields, "id"),
        name=_name(fields),
        uri=_text(fields.get("uri")),
        url=_link(fields),
        images=_images(fields.get("images")),
        genres=tuple(genre for genre in _list(fields.get("genres")) if isinstance(genre, str)),
        raw=_raw(fields),
    )


def track(value: object) -> Track:
    """A track by itself; an episode or a local file is Nonsense here."""
    fields = _object(value, "a track")
    if _is_left_out(fields, "track"):
        raise Nonsense(detail="not a track of Spotify's")
    return Track(
        id=_identity(fields, "id"),
        name=_name(fields),
        uri=_text(fields.get("uri")),
        url=_link(fields),
        artists=_artists(fields.get("artists")),
        album=_album(fields.get("album")),
        duration_ms=_number(fields.get("duration_ms")),
        explicit=_flag(fields.get("explicit")),
        isrc=_text(_inside(fields, "external_ids").get("isrc")),
        disc_number=_number(fields.get("disc_number")),
        track_number=_number(fields.get("track_number")),
        raw=_raw(fields),
    )


def top_tracks(value: object) -> RankedTracks:
    """GET /me/top/tracks."""
    rows = _rows_of(value, "a top list")
    ranked = [(rank, track(row)) for rank, row in _kept(rows, "track")]
    return RankedTracks(
        items=tuple(item for _, item in ranked),
        ranks=tuple(rank for rank, _ in ranked),
        skipped=len(rows) - len(ranked),
    )


def top_artists(value: object) -> RankedArtists:
    """GET /me/top/artists."""
    rows = _rows_of(value, "a top list")
    ranked = [(rank, artist(row)) for rank, row in _kept(rows, "artist")]
    return RankedArtists(
        items=tuple(item for _, item in ranked),
        ranks=tuple(rank for rank, _ in ranked),
        skipped=len(rows) - len(ranked),
    )


def recently_played(value: object) -> RecentlyPlayed:
    """GET /me/player/recently-played."""
    fields = _object(value, "a page of plays")
    rows = _rows_of(fields, "a page of plays")
    plays = [_play(row) for row in rows if row is not None]
    kept = tuple(play for play in plays if play is not None)
    cursors = _inside(fields, "cursors")
    return RecentlyPlayed(
        items=kept,
        skipped=len(rows) - len(kept),
        after_ms=_cursor(cursors.get("after")),
        before_ms=_cursor(cursors.get("before")),
    )


def _play(value: object) -> Play | None:
    row = _object(value, "a play")
    heard = row.get("track") if row.get("track") is not None else row.get("item")
    if _is_left_out(heard, "track"):
        return None
    played_at = _moment(row.get("played_at"))
    if played_at is None:
        raise Nonsense(detail="a play has no readable played_at")
    return Play(
        track=track(heard),
        played_at=played_at,
        context_uri=_text(_inside(row, "context").get("uri")),
    )


def currently_playing(value: object) -> CurrentlyPlaying:
    """GET /me/player/currently-playing, when there is a body."""
    fields = _object(value, "what is playing")
    kind = _text(fields.get("currently_playing_type")) or "unknown"
    item = fields.get("item")
    return CurrentlyPlaying(
        kind=kind,
        track=None if kind in {"episode", "ad"} or _is_left_out(item, "track") else track(item),
        is_playing=_flag(fields.get("is_playing")) is True,
        progress_ms=_number(fields.get("progress_ms")),
        context_uri=_text(_inside(fields, "context").get("uri")),
    )


def found_tracks(value: object) -> FoundTracks:
    """GET /search?type=track."""
    rows = _rows_of(_object(value, "a search").get("tracks"), "a search")
    kept = tuple(track(row) for _, row in _kept(rows, "track"))
    return FoundTracks(items=kept, skipped=len(rows) - len(kept))


def playlist(value: object) -> Playlist:
    """A playlist, full or as a row of a list; its rows are read apart."""
    fields = _object(value, "a playlist")
    owner = _inside(fields, "owner")
    return Playlist(
        id=_identity(fields, "id"),
        name=_name(fields),
        description=_text(fields.get("description")),
        owner_id=_text(owner.get("id")),
        owner_name=_text(owner.get("display_name")),
        public=_flag(fields.get("public")),
        collaborative=_flag(fields.get("collaborative")),
        snapshot_id=_text(fields.get("snapshot_id")),
        total=_number((_inside(fields, "items") or _inside(fields, "tracks")).get("total")),
        uri=_text(fields.get("uri")),
        url=_link(fields),
        images=_images(fields.get("images")),
    )


def playlists_page(offset: int) -> Callable[[object], Page[Playlist]]:
    """One page of GET /me/playlists that began at `offset`."""

    def shape(value: object) -> Page[Playlist]:
        fields = _object(value, "a page of playlists")
        rows = _rows_of(fields, "a page of playlists")
        kept = tuple(playlist(row) for _, row in _kept(rows, "playlist"))
        return Page(rows=kept, size=len(rows), has_more=_has_more(fields, offset + len(rows)))

    return shape


def playlist_items_page(offset: int) -> Callable[[object], Page[PlaylistItem]]:
    """One page of GET /playlists/{id}/items that began at `offset`."""

    def shape(value: object) -> Page[PlaylistItem]:
        fields = _object(value, "a page of a playlist")
        rows = _rows_of(fields, "a page of a playlist")
        read_rows = [_playlist_item(offset + n, row) for n, row in enumerate(rows)]
        kept = tuple(row for row in read_rows if row is not None)
        return Page(rows=kept, size=len(rows), has_more=_has_more(fields, offset + len(rows)))

    return shape


def _playlist_item(position: int, value: object) -> PlaylistItem | None:
    if value is None:
        return None
    row = _object(value, "a row of a playlist")
    item = row.get("item") if row.get("item") is not None else row.get("track")
    if row.get("is_local") is True or _is_left_out(item, "track"):
        return None
    return PlaylistItem(position=position, track=track(item), added_at=_moment(row.get("added_at")))


def snapshot_id(value: object) -> str | None:
    """The version that a change of a playlist's rows left behind."""
    return _text(_object(value, "a change").get("snapshot_id"))


def truths(count: int) -> Callable[[object], tuple[bool, ...]]:
    """GET /me/library/contains for `count` URIs."""

    def shape(value: object) -> tuple[bool, ...]:
        answers = tuple(item for item in _list(value) if isinstance(item, bool))
        if not isinstance(value, list) or not len(value) == len(answers) == count:
            raise Nonsense(detail=f"not a list of {count} times true or false")
        return answers

    return shape


def tokens(value: object) -> Tokens:
    """The accounts service's answer to a refresh."""
    fields = _object(value, "a token")
    return Tokens(
        access_token=_identity(fields, "access_token"),
        expires_in=_number(fields.get("expires_in")) or 3600,
        refresh_token=_text(fields.get("refresh_token")) or None,
        scope=_text(fields.get("scope")),
    )


# Parts of shapes.


def _object(value: object, what: str) -> _Fields:
    if not isinstance(value, dict):
        raise Nonsense(detail=f"{what} is not an object")
    return value


def _identity(fields: _Fields, key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not value:
        raise Nonsense(detail=f"{key} is not there, or not a text")
    return value


def _identity_if_told(fields: _Fields, key: str) -> str | None:
    return None if fields.get(key) is None else _identity(fields, key)


def _name(fields: _Fields) -> str:
    """A name may be empty (a vanished title), but it is there."""
    value = fields.get("name")
    if not isinstance(value, str):
        raise Nonsense(detail="name is not there, or not a text")
    return value


def _rows_of(value: object, what: str) -> list[object]:
    rows = _object(value, what).get("items")
    if not isinstance(rows, list):
        raise Nonsense(detail=f"{what} has no list of items")
    return rows


def _kept(rows: list[object], kind: str) -> list[tuple[int, object]]:
    """The rows that are of this kind, each with its place, counted from 1."""
    return [(n, row) for n, row in enumerate(rows, start=1) if not _is_left_out(row, kind)]


def _is_left_out(value: object, kind: str) -> bool:
    """Whether a row is null, has no id (a local file), or is of another kind (an episode)."""
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    told = value.get("type")
    is_other = isinstance(told, str) and told != kind
    return is_other or value.get("id") is None or value.get("is_local") is True


def _has_more(fields: _Fields, read_so_far: int) -> bool:
    if "next" in fields:
        return fields["next"] is not None
    return read_so_far < (_number(fields.get("total")) or 0)


def _artists(value: object) -> tuple[Artist, ...]:
    return tuple(artist(row) for row in _list(value) if _is_named(row))


def _album(value: object) -> Album | None:
    """The album of a track, when it says which one it is."""
    if not isinstance(value, dict) or not _is_named(value):
        return None
    fields: _Fields = value
    return Album(
        id=_identity(fields, "id"),
        name=_name(fields),
        uri=_text(fields.get("uri")),
        url=_link(fields),
        album_type=_text(fields.get("album_type")),
        artists=_artists(fields.get("artists")),
        release_date=_text(fields.get("release_date")),
        release_date_precision=_text(fields.get("release_date_precision")),
        total_tracks=_number(fields.get("total_tracks")),
        images=_images(fields.get("images")),
        raw=_raw(fields),
    )


def _is_named(value: object) -> bool:
    """Whether something beside the thing asked for (a track's album) can be identified."""
    if not isinstance(value, dict):
        return False
    spotify_id = value.get("id")
    return isinstance(spotify_id, str) and spotify_id != "" and isinstance(value.get("name"), str)


def _images(value: object) -> tuple[Image, ...]:
    found = []
    for row in _list(value):
        fields = row if isinstance(row, dict) else {}
        url = _web_address(fields.get("url"))
        if url is not None:
            width, height = _number(fields.get("width")), _number(fields.get("height"))
            found.append(Image(url=url, width=width, height=height))
    return tuple(found)


def _link(fields: _Fields) -> str | None:
    return _web_address(_inside(fields, "external_urls").get("spotify"))


def _web_address(value: object) -> str | None:
    """An address that may stand in a page: no `javascript:`, no `data:`."""
    text = _text(value)
    return text if text is not None and text.startswith(("https://", "http://")) else None


def _inside(fields: _Fields, key: str) -> _Fields:
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object, largest: int = _LARGEST_NUMBER) -> int | None:
    """A whole number from 0 that fits a column; 215000.0 is one, true is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= largest else None


def _cursor(value: object) -> int | None:
    """Unix ms, which Spotify writes as a text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 16:
        value = int(value)
    return _number(value, _LARGEST_CURSOR)


def _moment(value: object) -> datetime | None:
    """An instant in UTC from ISO 8601 with its zone."""
    try:
        moment = datetime.fromisoformat(_text(value) or "")
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _raw(fields: _Fields) -> str:
    return msgspec.json.encode(fields).decode()
