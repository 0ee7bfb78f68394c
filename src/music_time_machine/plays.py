"""What the outside world says was heard, before it is ours: `Play`, and why a row was left out.

Knows the kinds, the sources and how a track is recognised by its `track_key`; pure values, no
table, no file. Text is made safe here, once, so that SQLite and PostgreSQL accept the same things.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
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
    RECENTLY_PLAYED = 2  # Spotify's API: to the millisecond, start or end, length not told
    ACCOUNT_DATA = 3  # Spotify's export of a year: to the minute, stamped at the end, no ids
    LISTENBRAINZ = 4  # to the second, stamped at the start as a rule
    LASTFM = 5  # to the second, stamped at the start, length not told
    LASTFM_MINUTES = 6  # the same from a list that only tells the minute
    MALOJA = 7  # to the second, as whatever fed it stamped


class LeftOut(StrEnum):
    """Why a row of a file is not a play. The value is what JSON and the database say."""

    NO_IDENTITY = "no_identity"
    UNREADABLE = "unreadable"
    IMPOSSIBLE_TIME = "impossible_time"
    STILL_PLAYING = "still_playing"

    @property
    def sentence(self) -> str:
        """The reason in words, for a page or a terminal, after a count of rows."""
        return _REASONS[self]


_REASONS = {
    LeftOut.NO_IDENTITY: "naming neither a track nor an episode (removed titles, old local files)",
    LeftOut.UNREADABLE: "not in the shape of their format (a wrong type or a missing time)",
    LeftOut.IMPOSSIBLE_TIME: "with an impossible time or length",
    LeftOut.STILL_PLAYING: "still playing when the list was made, so without a time",
}


class LeftOutRow(msgspec.Struct, frozen=True, gc=False):
    """A row of a file that is not a play: why, and in short what it said.

    `text` is for the person to recognise the row by; never an address, an agent or a place.
    """

    reason: LeftOut
    text: str = ""


class TrackNames(msgspec.Struct, frozen=True, gc=False):
    """What a source tells of a track besides its plays; what it does not tell is None."""

    kind: Kind
    title: str
    artist: str | None = None
    album: str | None = None
    spotify_id: str | None = None
    isrc: str | None = None
    duration_ms: int | None = None

    @property
    def key(self) -> str:
        """The identity of what was heard: Spotify's id when told, else artist and title."""
        return track_key(self.kind, self.spotify_id, self.artist, self.title)


class Play(msgspec.Struct, frozen=True, gc=False):
    """One play as a source tells it.

    `played_at` is aware UTC, as the source stamps it (an export: when the stream ended).
    `ms_played` is None where the source does not tell; `duration_ms` is the track's own length,
    told by some sources. `spotify_id` is Spotify's 22 characters. The flags are None where unknown.
    `began_at` is a second stamp that some rows carry: when the device began to play. `nth` numbers
    the true repeats that share all the rest; None where the source leaves them to be counted.
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
    duration_ms: int | None = None
    isrc: str | None = None
    began_at: datetime | None = None
    nth: int | None = None

    @property
    def names(self) -> TrackNames:
        """What it tells of its track."""
        return TrackNames(
            self.kind,
            self.title,
            self.artist,
            self.album,
            self.spotify_id,
            self.isrc,
            self.duration_ms,
        )


class Placing(msgspec.Struct, frozen=True):
    """One place of a list in somebody's snapshot of a day, as a file tells it.

    `time_range` is `short_term`, `medium_term` or `long_term`; `rank` counts from 1.
    """

    local_date: date
    time_range: str
    rank: int
    track: "TrackDetails"


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
    # Music has no word before it: its keys are most of the catalogue, and are stored twice.
    of_kind = "" if kind is Kind.TRACK else f"{kind}:"
    if spotify_id is not None:
        return f"{of_kind}{spotify_id}"
    return f"{of_kind}~{_digest((name_key(artist or ''), name_key(title)))}"


def album_key(artist: str | None, name: str) -> str:
    """The identity of an album known by its names alone."""
    # Half a digest: among ten million albums two meet by chance once in 400,000 such catalogues.
    return _digest((name_key(artist or ""), name_key(name)))[:16]


def recording_key(artist: str | None, title: str) -> int:
    """A number that is equal for the same recording under several ids, spellings or editions.

    Folds case, accents and punctuation, takes the first of several artists, and drops what a title
    says of its edition (`- Remastered 2011`, `(feat. ...)`), but not `Live`, which is another one.
    The kind is no part of it: account data may tell an episode like a track of its show.
    From 63 bits of a digest: among ten million recordings two meet by chance once in 200,000.
    """
    return _number(f"{_plain_artist(artist or '')}\n{_plain(_without_edition(title))}")


def key_number(key: str) -> int:
    """A number for a `TrackNames.key` that is the same in every archive, for a fixed order."""
    return _number(key)


# What stands between two artists of one credit. "Tyler, The Creator" loses his end in every source
# alike, so he is still himself.
_NEXT_ARTIST = re.compile(
    r"[,;]\s|\s(?:/|&|\+|(?:feat|ft|vs)\.?|featuring|with|and|x)\s", re.IGNORECASE
)
_EDITION = re.compile(
    r"""\s*(?:
        [(\[]\s*(?:feat|ft|featuring|with)\b[^)\]]*[)\]]
      | [(\[][^)\]]*\bremaster(?:ed)?\b[^)\]]*[)\]]
      | \s-\s[^-]*\bremaster(?:ed)?\b.*$
      | [(\[](?:single|album|mono|stereo|explicit|clean|original)(?:\s+(?:version|mix|edit))?[)\]]
      | \s-\s(?:single|album|mono|stereo|explicit|clean|original)(?:\s+(?:version|mix))?\s*$
      | \s(?:feat|ft)\.\s.*$
    )""",
    re.IGNORECASE | re.VERBOSE,
)


# Many tracks have the same artist; few have the same title.
@lru_cache(maxsize=4_096)
def _plain_artist(credit: str) -> str:
    return _plain(_NEXT_ARTIST.split(credit, maxsplit=1)[0] or credit)


def _without_edition(title: str) -> str:
    # Most titles have none of what an edition is told by, and need no closer look.
    return _EDITION.sub("", title) or title if _MAY_BE_EDITION(title) else title


def _plain(text: str) -> str:
    """Letters and digits alone, without case and accents; other signs where nothing is left."""
    if text.isascii():
        return text.lower().translate(_NO_LETTERS) or name_key(text)
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(filter(str.isalnum, folded)) or name_key(text)


_MAY_BE_EDITION = re.compile(r"[(\[]|\s-\s|\s(?:feat|ft)\.", re.IGNORECASE).search
_NO_LETTERS = {code: None for code in range(128) if not chr(code).isalnum()}


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


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 1


def _digest(parts: Iterable[str]) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
