"""An upload, opened and checked: which of its files are a listening history, and their rows.

Knows the formats there are; hides whether it came as zips, as loose files or as a mixture of both.
What a file is shows in its first bytes, never in its name.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from ..errors import BadUpload
from . import (
    lastfm_csv,
    lastfm_json,
    listenbrainz,
    maloja,
    own_json,
    refusals,
    spotify_account,
    spotify_extended,
    teaching,
)
from .archive import Archive, Limits, Member
from .pieces import ROWS, Piece, Row, gathered
from .refusals import Stranger
from .streams import Damaged, Readable

NAMES = "names.json"  # beside several uploaded files: how their sender called them
_HEAD_BYTES = 8192  # room for the first few rows of a history
_TAIL_BYTES = 4096  # a hand-edited file may end in blanks
_USUAL = Limits()
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_CUT_OFF = "is cut off: its JSON stops in the middle"


class _Known(Protocol):
    @property
    def name(self) -> str:
        """How the format is called in tables and JSON."""
        ...

    @property
    def title(self) -> str:
        """How the format is called in a sentence."""
        ...

    def recognises(self, head: bytes, /) -> bool:
        """Whether the first 8 KB of a file are the start of this format."""
        ...


class Format(_Known, Protocol):
    """What is needed of each format."""

    def pieces(self, stream: Readable, /) -> Iterator[Piece]:
        """The rows of the file, some thousands at a time; raises Damaged midway."""
        ...


class RowFormat(_Known, Protocol):
    """What each module of a format offers that gives one value a row."""

    def rows(self, stream: Readable, /) -> Iterator[Row]:
        """One thing for each row of the file; raises Damaged midway."""
        ...


class _Gathered:
    """A format of rows as one of pieces; a piece has `size` rows."""

    def __init__(self, rows: RowFormat, size: int = ROWS) -> None:
        self.name, self.title, self.recognises = rows.name, rows.title, rows.recognises
        self._rows, self._size = rows.rows, size

    def pieces(self, stream: Readable) -> Iterator[Piece]:
        return gathered(self._rows(stream), self._size)


_PLACINGS = 250  # in a piece: each may carry all that Spotify's API says of its track
FORMATS: tuple[Format, ...] = (
    spotify_extended,
    _Gathered(spotify_account),
    _Gathered(listenbrainz),
    _Gathered(lastfm_json),
    _Gathered(lastfm_csv),
    _Gathered(maloja),
    _Gathered(own_json, _PLACINGS),
    _Gathered(teaching, _PLACINGS),
)


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """One file of plays: its place in the order of reading, a name fit to show, bytes unpacked.

    `format` is its format's title.
    """

    index: int
    name: str
    size: int
    format: str


class Upload:
    """An opened upload. Use it in `with`, and read each file with `pieces`.

    `formats` are the titles of what was found, in the order of the files, `size` the bytes of all
    files unpacked; `ignored` names what else was in it, and `refused` says in a sentence each what
    of several uploaded files cannot be used.
    """

    def __init__(self, path: Path, contents: "_Contents", opened: ExitStack) -> None:
        self.path = path
        found = sorted(contents.found, key=lambda each: each.member.name)  # else as they were sent
        self._found = found
        self._opened = opened
        self.files = tuple(
            HistoryFile(index, each.member.name, each.member.size, each.format.title)
            for index, each in enumerate(found)
        )
        self.formats = tuple(dict.fromkeys(file.format for file in self.files))
        self.size = sum(file.size for file in self.files)
        self.ignored = tuple(contents.ignored)
        self.refused = refusals.sentences(
            [error for error in contents.refused if not isinstance(error, refusals.NoHistory)]
        )

    def pieces(self, file: HistoryFile) -> Iterator[Piece]:
        """The rows of a file some thousands at a time, always in the same order, in bounded memory.

        Raises BadUpload where the file turns out to be damaged, and that may be after any number
        of rows: what was read before it was good.
        """
        found = self._found[file.index]
        try:
            with found.box.open(found.member) as stream:
                yield from found.format.pieces(stream)
        except Damaged as error:
            raise refusals.damaged(file.name, error) from error

    def close(self) -> None:
        """Lets go of the uploaded files."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_upload(path: Path, name: str, limits: Limits = _USUAL) -> Upload:
    """Opens what lies at `path` and was sent as `name`, found by content.

    That is one file, or a folder of files called `0`, `1`... with `names.json`, the list of the
    names they were sent under; each is a zip or a loose file, and the limits hold for all together.
    Raises BadUpload, or UploadTooLarge, when none of it is of use; nothing stays open then.
    """
    with ExitStack() as opened:
        sent = _several(path) if path.is_dir() else [(path, name)]
        contents = _contents(sent, limits, opened)
        return Upload(path, contents, opened.pop_all())


def check_files(paths: Sequence[Path], limits: Limits = _USUAL) -> None:
    """Raises what `open_upload` would of these files together, where they lie."""
    with ExitStack() as opened:
        _contents([(path, path.name) for path in paths], limits, opened)


def _contents(sent: Sequence[tuple[Path, str]], limits: Limits, opened: ExitStack) -> "_Contents":
    contents = _Contents()
    room = _Room(limits)
    for path, name in sent:
        _look_into(path, refusals.display_name(name), room, opened, contents)
    if not contents.found:
        raise refusals.none_of_use(contents.refused)
    return contents


def _several(folder: Path) -> list[tuple[Path, str]]:
    names = msgspec.json.decode((folder / NAMES).read_bytes(), type=list[str])
    return [(folder / str(number), name) for number, name in enumerate(names)]


@dataclass(frozen=True, slots=True)
class _Found:
    box: "_Box"
    member: Member
    format: Format


@dataclass(frozen=True, slots=True)
class _Contents:
    """What was found so far: histories, names of other files, and what cannot be used."""

    found: list[_Found] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    refused: list[BadUpload] = field(default_factory=list)


class _Room:
    """What the limits leave for all the files of an upload together."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._zips = self._members = self._bytes = 0

    def take(self, box: "_Box", name: str) -> None:
        """Counts one uploaded file; raises UploadTooLarge for one that no longer fits."""
        members = self._members + len(box.members)
        unpacked = self._bytes + sum(member.size for member in box.members)
        if members > self.limits.members:
            raise refusals.too_many_files(name, self.limits.members)
        if unpacked > self.limits.total_bytes:
            raise refusals.too_large_zip(name, self.limits.total_bytes)
        self._members, self._bytes = members, unpacked

    def take_zip(self, name: str) -> None:
        """Counts a zip before it is opened: each stays open."""
        if self._zips >= self.limits.zips:
            raise refusals.too_many_zips(name, self.limits.zips)
        self._zips += 1


def _look_into(path: Path, name: str, room: _Room, opened: ExitStack, contents: _Contents) -> None:
    """Adds what one uploaded file holds; what is wrong with it harms no other file."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if not head:
            raise refusals.empty(name)
        if head.startswith(_ZIP_STARTS):
            room.take_zip(name)
            archive = opened.enter_context(closing(Archive(path, name, room.limits)))
            room.take(archive, name)
            _look_into_zip(archive, name, contents)
        else:
            file_format = _format_of_file(path, head, name, room.limits)
            box = _LooseFile(path, name)
            room.take(box, name)
            contents.found.append(_Found(box, box.members[0], file_format))
    except BadUpload as error:
        if isinstance(error, refusals.NoHistory):
            contents.ignored.append(name)
        contents.refused.append(error)


def _look_into_zip(archive: Archive, name: str, contents: _Contents) -> None:
    if not archive.members:
        raise refusals.empty_zip(name)
    found: list[_Found] = []
    ignored: list[str] = []
    broken: list[BadUpload] = []
    strangers: set[Stranger] = set()
    for member in archive.members:
        try:
            with archive.open(member) as stream:
                head = stream.read(_HEAD_BYTES)
        except Damaged as error:
            broken.append(refusals.damaged(member.name, error))
            continue
        if file_format := _recognised(head):
            found.append(_Found(archive, member, file_format))
            continue
        ignored.append(member.name)
        if stranger := refusals.guess(head):
            strangers.add(stranger)
    if not found and not broken:
        raise refusals.strange_zip(name, strangers)
    contents.found.extend(found)
    contents.ignored.extend(ignored)
    contents.refused.extend(broken)


def _format_of_file(path: Path, head: bytes, name: str, limits: Limits) -> Format:
    size = path.stat().st_size
    file_format = _recognised(head)
    is_closed = _is_closed(path, head, size)
    if file_format is None:
        stranger = refusals.guess(head)
        if stranger is Stranger.LIST and not is_closed:
            raise refusals.damaged(name, Damaged(_CUT_OFF))
        raise refusals.strange_file(name, stranger)
    if size > limits.member_bytes:
        raise refusals.too_large_file(name, size, limits.member_bytes)
    if not is_closed:
        raise refusals.damaged(name, Damaged(_CUT_OFF))
    return file_format


def _is_closed(path: Path, head: bytes, size: int) -> bool:
    """Whether JSON ends: a broken download is told before anything of it is stored."""
    ending = {b"[": b"]", b"{": b"}"}.get(refusals.json_text(head)[:1], b"")
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        return file.read().rstrip().endswith(ending)


def _recognised(head: bytes) -> Format | None:
    return next((each for each in FORMATS if each.recognises(head)), None)


class _Box(Protocol):
    """Where files lie: a zip, or a loose file that is its own only member."""

    @property
    def members(self) -> tuple[Member, ...]: ...

    def open(self, member: Member, /) -> AbstractContextManager[Readable]: ...


class _LooseFile:
    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self.members: tuple[Member, ...] = (Member(0, name, path.stat().st_size),)

    @contextmanager
    def open(self, member: Member) -> Iterator[Readable]:
        with self._path.open("rb") as stream:
            yield stream
