"""The sentences a refused upload ends with: what it is instead, and what to send.

Knows the looks of files that are often sent by mistake, found by content; hides the guessing.
Every sentence names the file as its owner knows it, and nothing else of it.
"""

import re
from enum import Enum

from ..errors import BadUpload, UploadTooLarge

_LONGEST_NAME = 80
_REQUEST = (
    'request "Extended streaming history" at spotify.com/account/privacy'
    " and send the zip that Spotify gives you"
)
_SEND = "send the zip that Spotify gave you, or the JSON files in it"


class Stranger(Enum):
    """A file that is no listening history we read; the value finishes `"name" is ...`.

    The order counts: of several in one zip the first one listed is the one told.
    """

    ACCOUNT_DATA = f"Spotify's account data, not the extended streaming history: {_REQUEST}."
    LISTENBRAINZ = f"a ListenBrainz export, which cannot be read yet: {_REQUEST}."
    MALOJA = f"a Maloja export, which cannot be read yet: {_REQUEST}."
    LASTFM = f"a Last.fm export, which cannot be read yet: {_REQUEST}."
    UTF16 = f"written as UTF-16, not as UTF-8: {_SEND}, unchanged."
    NO_PLAYS = f"a history without a single play: {_REQUEST}."
    ZIP = "another zip, packed inside: unpack it once and send the zip that comes out."
    OBJECT = f"a JSON object, where a listening history is a list of plays: {_REQUEST}."
    LIST = f"a JSON list, but not of plays: {_REQUEST}."
    PDF = f"a PDF, not a listening history: {_SEND}."
    PICTURE = f"a picture, not a listening history: {_SEND}."
    PACKED = "packed in another way than zip: unpack it and send the JSON files in it."
    WEB_PAGE = f"a web page, not a listening history: {_SEND}."


_MAGIC = (
    (b"PK\x03\x04", Stranger.ZIP),
    (b"PK\x05\x06", Stranger.ZIP),
    (b"%PDF-", Stranger.PDF),
    (b"\x89PNG\r\n", Stranger.PICTURE),
    (b"\xff\xd8\xff", Stranger.PICTURE),
    (b"GIF8", Stranger.PICTURE),
    (b"RIFF", Stranger.PICTURE),
    (b"\x1f\x8b", Stranger.PACKED),
    (b"7z\xbc\xaf", Stranger.PACKED),
    (b"Rar!", Stranger.PACKED),
    (b"BZh", Stranger.PACKED),
    (b"\xfd7zXZ", Stranger.PACKED),
    (b"\xff\xfe", Stranger.UTF16),
    (b"\xfe\xff", Stranger.UTF16),
    (b"[\0", Stranger.UTF16),
    (b"\0[", Stranger.UTF16),
    (b"<", Stranger.WEB_PAGE),
)
_JSON_OF_OTHERS = (
    (re.compile(rb'"endTime"\s*:'), re.compile(rb'"msPlayed"\s*:'), Stranger.ACCOUNT_DATA),
    (re.compile(rb'"listened_at"\s*:'), re.compile(rb'"track_metadata"'), Stranger.LISTENBRAINZ),
    (re.compile(rb'"maloja"\s*:'), re.compile(rb'"export_time"\s*:'), Stranger.MALOJA),
    (re.compile(rb'"#text"\s*:'), re.compile(rb'"artist"\s*:'), Stranger.LASTFM),
)


def guess(head: bytes) -> Stranger | None:
    """What a file that no format recognised may be, by its first bytes; None if nobody can say."""
    text = json_text(head)
    if not text.startswith((b"[", b"{")) or text.startswith(b"[\0"):
        return next((stranger for magic, stranger in _MAGIC if text.startswith(magic)), None)
    for first, second, stranger in _JSON_OF_OTHERS:
        if first.search(text) and second.search(text):
            return stranger
    if text.startswith(b"{"):
        return Stranger.OBJECT
    return Stranger.NO_PLAYS if is_empty_list(text) else Stranger.LIST


def json_text(head: bytes) -> bytes:
    """The first bytes without what may stand before JSON: a byte order mark and white space."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def is_empty_list(head: bytes) -> bool:
    """Whether a whole small file is `[]`, however it is spaced."""
    return b"".join(head.removeprefix(b"\xef\xbb\xbf").split()) == b"[]"


def display_name(path: str) -> str:
    """The last part of a path from outside, fit to show: no folder, no control character."""
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(character for character in name if character.isprintable()).strip()
    if len(shown) > _LONGEST_NAME:
        shown = shown[: _LONGEST_NAME - 10] + "..." + shown[-7:]
    return shown or "unnamed file"


def empty(name: str) -> BadUpload:
    """Nothing was sent: a file of 0 bytes."""
    return BadUpload(f'"{name}" is empty: {_SEND}.')


def no_zip_no_json(name: str) -> BadUpload:
    """Neither kind that is read, and nothing that can be named."""
    return BadUpload(f'"{name}" is neither a zip nor a JSON file: {_SEND}.')


def strange_file(name: str, stranger: Stranger) -> BadUpload:
    """A loose file of a kind that is not read."""
    return BadUpload(f'"{name}" is {stranger.value}')


def strange_zip(name: str, strangers: set[Stranger]) -> BadUpload:
    """A zip in which no file is a listening history."""
    telling = [stranger for stranger in _TOLD_OF_A_ZIP if stranger in strangers]
    if telling:
        return BadUpload(f'What is in "{name}" is {telling[0].value}')
    return BadUpload(f'"{name}" holds no listening history: {_REQUEST}.')


# Other people's zips are full of pictures, PDFs and small JSON files: naming one of them would
# tell less than "holds no listening history".
_TOLD_OF_A_ZIP = (
    Stranger.ACCOUNT_DATA,
    Stranger.LISTENBRAINZ,
    Stranger.MALOJA,
    Stranger.LASTFM,
    Stranger.UTF16,
    Stranger.NO_PLAYS,
    Stranger.ZIP,
)


def empty_zip(name: str) -> BadUpload:
    """A zip without a file in it."""
    return BadUpload(f'"{name}" is a zip with no file in it: {_SEND}.')


def damaged(name: str, predicate: str) -> BadUpload:
    """A file that cannot be read to its end; `predicate` says how it shows."""
    return BadUpload(f'"{name}" {predicate}: download it from Spotify again and send it unchanged.')


def locked(name: str) -> BadUpload:
    """A zip that asks for a password."""
    return BadUpload(
        f'"{name}" is protected by a password: unpack it and send the JSON files in it.'
    )


def unusual_zip(name: str) -> BadUpload:
    """A zip packed by a method that Spotify does not use."""
    return BadUpload(
        f'"{name}" is packed in a way that is not read here:'
        " unpack it and send the JSON files in it."
    )


def too_many_files(name: str, most: int) -> UploadTooLarge:
    """More members than are looked at."""
    return UploadTooLarge(
        f'"{name}" holds more than {most:,} files: send the zip exactly as Spotify made it.'
    )


def too_large_file(name: str, size: int, most: int) -> UploadTooLarge:
    """One file, loose or in a zip, beyond the limit; sizes in bytes."""
    return UploadTooLarge(
        f'"{name}" takes {_amount(size)} unpacked, and {_amount(most)} is the most for one file:'
        " send the files exactly as Spotify made them."
    )


def too_large_zip(name: str, most: int) -> UploadTooLarge:
    """All files together beyond the limit, in bytes."""
    return UploadTooLarge(
        f'"{name}" unpacks to more than {_amount(most)}: send the JSON files in smaller portions.'
    )


def too_dense_zip(name: str) -> UploadTooLarge:
    """A zip that unpacks to so many times its size that it must be a trap."""
    return UploadTooLarge(
        f'"{name}" unpacks to far more than a listening history can:'
        " send the zip exactly as Spotify made it."
    )


def _amount(size: int) -> str:
    megabytes = size / 1_048_576
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
