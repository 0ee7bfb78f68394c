"""The sentences a refused upload ends with: what it is instead, and what to send.

Knows the looks of files that are often sent by mistake, found by content; hides the guessing.
Every sentence names the file as its owner knows it, and nothing else of it.
"""

import re
from collections.abc import Sequence
from enum import Enum

from ..errors import BadUpload, UploadTooLarge
from .streams import Damaged, NotForUs

_LONGEST_NAME = 80
_LONGEST_PATH = 120
_MOST_SENTENCES = 5
_KINDS = "Spotify, Last.fm, ListenBrainz, Maloja or Music Time Machine"
_SEND = f"send an export of {_KINDS}"
_REQUEST = f'{_SEND}, or request "Extended streaming history" at spotify.com/account/privacy'


class NoHistory(BadUpload):
    """A file that is sound and simply no listening history: beside one it is only named."""


class Stranger(Enum):
    """A file that is no listening history we read; the value finishes `"name" is ...`.

    The order counts: of several in one zip the first one listed is the one told.
    """

    UTF16 = "written as UTF-16, not as UTF-8: send it exactly as it was exported."
    NO_PLAYS = f"a history without a single play: {_REQUEST}."
    ZIP = "another zip, packed inside: unpack it once and send the zip that comes out."
    OBJECT = f"JSON, but not a listening history: {_REQUEST}."
    LIST = f"a JSON list, but not of plays: {_REQUEST}."
    DATABASE = (
        "an SQLite database, but not one of the snapshots that music_time_machine.db holds:"
        f" {_SEND}."
    )
    PDF = f"a PDF, not a listening history: {_SEND}."
    PICTURE = f"a picture, not a listening history: {_SEND}."
    PACKED = "packed in another way than zip: unpack it and send the files in it."
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
    (b"{\0", Stranger.UTF16),
    (b"\0{", Stranger.UTF16),
    (b"SQLite format 3\0", Stranger.DATABASE),
    (b"<", Stranger.WEB_PAGE),
)


def guess(head: bytes) -> Stranger | None:
    """What a file that no format recognised may be, by its first bytes; None if nobody can say."""
    text = json_text(head)
    if not text.startswith((b"[", b"{")) or text.startswith((b"[\0", b"{\0")):
        return next((stranger for magic, stranger in _MAGIC if text.startswith(magic)), None)
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
    return _shortened(shown, _LONGEST_NAME) or "unnamed file"


def display_path(path: str) -> str:
    """A path inside a zip, fit to show: folders as they are named, nothing that leads upwards."""
    parts = [display_name(part) for part in re.split(r"[/\\]", path) if part.strip(". ")]
    drive_free = [part for part in parts if not re.fullmatch("[A-Za-z]:", part)]
    return _shortened("/".join(drive_free), _LONGEST_PATH) or "unnamed file"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 10] + "..." + text[-7:]


def empty(name: str) -> BadUpload:
    """Nothing was sent: a file of 0 bytes."""
    return NoHistory(f'"{name}" is empty: {_SEND}.')


def strange_file(name: str, stranger: Stranger | None) -> BadUpload:
    """A loose file of a kind that is not read; `stranger` is None for one nobody can name."""
    if stranger is None:
        return NoHistory(f'"{name}" is no listening history that can be read here: {_REQUEST}.')
    kind = BadUpload if stranger is Stranger.UTF16 else NoHistory
    return kind(f'"{name}" is {stranger.value}')


def strange_zip(name: str, strangers: set[Stranger]) -> BadUpload:
    """A zip in which no file is a listening history."""
    telling = [stranger for stranger in _TOLD_OF_A_ZIP if stranger in strangers]
    if telling:
        return BadUpload(f'What is in "{name}" is {telling[0].value}')
    return BadUpload(f'"{name}" holds no listening history: {_REQUEST}.')


# Other people's zips are full of pictures, PDFs and small JSON files: naming one of them would
# tell less than "holds no listening history".
_TOLD_OF_A_ZIP = (Stranger.UTF16, Stranger.NO_PLAYS, Stranger.ZIP)


def none_of_use(errors: Sequence[BadUpload]) -> BadUpload:
    """Of several uploaded files none can be used: what is wrong with each of the first."""
    if len(errors) == 1:
        return errors[0]
    return BadUpload(" ".join(sentences(errors)) or f"Nothing was sent: {_SEND}.")


def sentences(errors: Sequence[BadUpload]) -> tuple[str, ...]:
    """What is wrong with each of several files, or with the first few."""
    told = tuple(str(error) for error in errors[:_MOST_SENTENCES])
    more = len(errors) - len(told)
    return (*told, f"{more} more of these files cannot be used either.") if more else told


def empty_zip(name: str) -> BadUpload:
    """A zip without a file in it."""
    return NoHistory(f'"{name}" is a zip with no file in it: {_SEND}.')


def damaged(name: str, error: Damaged) -> BadUpload:
    """A file that cannot be read to its end; the error says how it shows."""
    advice = "." if isinstance(error, NotForUs) else ": export or download it once more, unchanged."
    return BadUpload(f'"{name}" {error}{advice}')


def locked(name: str) -> BadUpload:
    """A zip that asks for a password."""
    return BadUpload(f'"{name}" is protected by a password: unpack it and send the files in it.')


def unusual_zip(name: str) -> BadUpload:
    """A zip packed by a method that no export uses."""
    return BadUpload(
        f'"{name}" is packed in a way that is not read here: unpack it and send the files in it.'
    )


def too_many_zips(name: str, most: int) -> UploadTooLarge:
    """More zips at once than are opened."""
    return UploadTooLarge(f'"{name}" is one zip too many: send at most {most} at once.')


def too_many_files(name: str, most: int) -> UploadTooLarge:
    """More members than are looked at."""
    return UploadTooLarge(
        f'"{name}" holds more than {most:,} files: send the zip exactly as it was exported.'
    )


def too_large_file(name: str, size: int, most: int) -> UploadTooLarge:
    """One file, loose or in a zip, beyond the limit; sizes in bytes."""
    return UploadTooLarge(
        f'"{name}" takes {_amount(size)} unpacked, and {_amount(most)} is the most for one file:'
        " send the files exactly as they were exported."
    )


def too_large_zip(name: str, most: int) -> UploadTooLarge:
    """All files together beyond the limit, in bytes."""
    return UploadTooLarge(
        f'"{name}" unpacks to more than {_amount(most)}: send the files in smaller portions.'
    )


def too_dense_zip(name: str) -> UploadTooLarge:
    """A zip that unpacks to so many times its size that it must be a trap."""
    return UploadTooLarge(
        f'"{name}" unpacks to far more than a listening history can:'
        " send the zip exactly as it was exported."
    )


def _amount(size: int) -> str:
    megabytes = size / 1_048_576
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
