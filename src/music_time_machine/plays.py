"""What the outside world says was heard, before it is ours: `Play`, and why a row was left out.

Knows the kinds, the sources and how a track is recognised by its `track_key`; pure values, no
table, no file. Text is made safe here, once, so that SQLite and PostgreSQL accept the same things.
"""

import json
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from functools import lru_cache
from hashlib import blake2b

import msgspec

LONGEST_TEXT = 500
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """What was heard. Only tracks are music; the others are kept apart from every music figure."""

    TRACK = "track"
    EPISODE = "episode"
    CHAPTER = "chapter"


class Source(IntEnum):
    """Where a play came from, and so what its stamp means. Stored: never renumber."""

    EXTENDED_HISTORY = 1  # Spotify's export: to the second, stamped at the end
    RECENTLY_PLAYED = 2  # Spotify's API: to the millisecond, length not told


class LeftOut(StrEnum):
    """Why a row of a file is not a play. The value is what JSON and the database say."""

    NO_IDENTITY = "no_identity"
    UNREADABLE = "unreadable"
    IMPOSSIBLE_TIME = "impossible_time"

    @property
    def sentence(self) -> str:
        """The reason in words, for a page or a terminal, after a count of rows."""
        return _REASONS[self]


_REASONS = {
    LeftOut.NO_IDENTITY: "naming neither a track nor an episode (removed titles, old local files)",
    LeftOut.UNREADABLE: "not in the shape Spotify writes (a wrong type or a missing time)",
    LeftOut.IMPOSSIBLE_TIME: "with an impossible time or length",
}


class Play(msgspec.Struct, frozen=True, gc=False):
    """One play as a source tells it.

    `played_at` is aware UTC, as the source stamps it (an export: when the stream ended).
    `ms_played` is None where the source does not tell. `spotify_id` is Spotify's 22 characters.
    The flags are None where unknown.
    """

    source: Source
    played_at: datetime
    ms_played: int | None
    kind: Kind
    title: str
    artist: str | None
    album: str | None = None
    spotify_id: str | None = None
    reason_start: str | None = None
    reason_end: str | None = None
    shuffle: bool | None = None
    skipped: bool | None = None
    offline: bool | None = None
    incognito: bool | None = None
    platform: str | None = None
    country: str | None = None

    @property
    def track_key(self) -> str:
        """The identity of what was heard: Spotify's id when told, else artist and title."""
        return track_key(self.kind, self.spotify_id, self.artist, self.title)


class ArtistDetails(msgspec.Struct, frozen=True):
    """What Spotify's API says of an artist; `raw` is its JSON text as sent."""

    spotify_id: str | None
    name: str
    image_url: str | None = None
    raw: str | None = None


class AlbumDetails(msgspec.Struct, frozen=True):
    """What Spotify's API says of an album; `release_date` is as precise as it is: `1981`."""

    spotify_id: str | None
    name: str
    release_date: str | None = None
    image_url: str | None = None
    raw: str | None = None


class TrackDetails(msgspec.Struct, frozen=True):
    """What Spotify's API says of a track; `artist` is the first one named."""

    spotify_id: str
    title: str
    artist: ArtistDetails
    album: AlbumDetails | None
    duration_ms: int | None
    is_explicit: bool | None = None
    isrc: str | None = None
    raw: str | None = None

    @property
    def track_key(self) -> str:
        """The same identity that a play of this track has."""
        return track_key(Kind.TRACK, self.spotify_id, self.artist.name, self.title)


def track_key(kind: Kind, spotify_id: str | None, artist: str | None, title: str) -> str:
    """A short, bounded text that is equal for the same track and differs for another."""
    if spotify_id is not None:
        return f"{kind}:{spotify_id}"
    return f"{kind}:~{_digest((name_key(artist or ''), name_key(title)))}"


def album_key(artist: str | None, name: str) -> str:
    """The identity of an album known by its names alone."""
    return _digest((name_key(artist or ""), name_key(name)))


@lru_cache(maxsize=4_096)
def name_key(name: str) -> str:
    """A name folded so that spellings that look the same are the same: `Björk ` is `björk`."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:LONGEST_TEXT]


def clean_text(text: str | None) -> str | None:
    """`text` without control characters and lone surrogates, bounded; None when nothing is left."""
    if text is None:
        return None
    if not text.isprintable():
        text = "".join(c for c in text if c == " " or not _is_unstorable(c))
    return text[:LONGEST_TEXT].strip() or None


def storable_json(raw: str | None) -> str | None:
    """JSON text as both databases accept it: PostgreSQL takes neither NUL nor a lone surrogate."""
    if raw is None or "\\u" not in raw:
        return raw
    text = json.dumps(_without_unstorable(json.loads(raw)), ensure_ascii=False)
    return text.encode("utf-8", "ignore").decode()


def _without_unstorable(value: object) -> object:
    if isinstance(value, str):
        return "".join(c for c in value if c != "\0" and unicodedata.category(c) != "Cs")
    if isinstance(value, list):
        return [_without_unstorable(item) for item in value]
    if isinstance(value, dict):
        return {_without_unstorable(k): _without_unstorable(v) for k, v in value.items()}
    return value


def _is_unstorable(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"}


def _digest(parts: Iterable[str]) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
