"""An upload, opened and checked: which of its files are a listening history, and their rows.

Knows the formats there are; hides whether it came as a zip or as one loose file. What a file is
shows in its first bytes, never in its name.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ..plays import LeftOut, Play
from . import refusals, spotify_extended
from .archive import Archive, Limits, Member
from .refusals import Stranger
from .streams import Damaged, Readable

_HEAD_BYTES = 8192  # room for the first few rows of a history
_TAIL_BYTES = 4096  # a hand-edited file may end in blanks
_USUAL = Limits()
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")


class Format(Protocol):
    """What each module of a format offers."""

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

    def rows(self, stream: Readable, /) -> Iterator[Play | LeftOut]:
        """One thing for each row of the file; raises Damaged midway."""
        ...


FORMATS: tuple[Format, ...] = (spotify_extended,)


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """One file of plays: its place in the order of reading, a name fit to show, bytes unpacked."""

    index: int
    name: str
    size: int


class Upload:
    """An opened upload. Use it in `with`, and read each file with `rows`.

    `format` is the format of its first file, `size` the bytes of all files unpacked, and `ignored`
    names what else was in it.
    """

    def __init__(self, name: str, box: "_Box", found: list[tuple[Member, Format]]) -> None:
        found = sorted(found, key=lambda each: (each[0].name, each[0].position))
        self._name = name
        self._box = box
        self._found = found
        self.format = found[0][1]
        self.files = tuple(
            HistoryFile(index, member.name, member.size) for index, (member, _) in enumerate(found)
        )
        self.size = sum(file.size for file in self.files)
        positions = {member.position for member, _ in found}
        self.ignored = tuple(
            member.name for member in box.members if member.position not in positions
        )

    def rows(self, file: HistoryFile) -> Iterator[Play | LeftOut]:
        """One Play or LeftOut for each row of a file, always in the same order, in bounded memory.

        Raises BadUpload where the file turns out to be damaged, and that may be after any number
        of rows: what was read before it was good.
        """
        member, file_format = self._found[file.index]
        try:
            with self._box.open(member) as stream:
                yield from file_format.rows(stream)
        except Damaged as error:
            raise refusals.damaged(file.name, str(error)) from error

    def close(self) -> None:
        """Lets go of the uploaded file."""
        self._box.close()

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
    """Opens what lies at `path` and was sent as `name`, a zip or one JSON file, found by content.

    Raises BadUpload, or UploadTooLarge, with the sentence to show; nothing stays open then.
    """
    shown = refusals.display_name(name)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise refusals.empty(shown)
    with ExitStack() as stack:
        if head.startswith(_ZIP_STARTS):
            box: _Box = Archive(path, shown, limits)
            stack.callback(box.close)
            found = _found_in_zip(box, shown)
        else:
            box = _LooseFile(path, shown)
            found = [(box.members[0], _format_of_file(path, head, shown, limits))]
        upload = Upload(shown, box, found)
        stack.pop_all()
    return upload


def _found_in_zip(box: "_Box", name: str) -> list[tuple[Member, Format]]:
    if not box.members:
        raise refusals.empty_zip(name)
    found: list[tuple[Member, Format]] = []
    empty_lists: list[Member] = []
    strangers: set[Stranger] = set()
    for member in box.members:
        head = _head(box, member, name)
        if file_format := _recognised(head):
            found.append((member, file_format))
        elif (stranger := refusals.guess(head)) is Stranger.NO_PLAYS:
            empty_lists.append(member)
            strangers.add(stranger)
        elif stranger is not None:
            strangers.add(stranger)
    if not found:
        raise refusals.strange_zip(name, strangers)
    # Beside a history, `[]` is a year in which nothing was heard.
    return found + [(member, found[0][1]) for member in empty_lists]


def _format_of_file(path: Path, head: bytes, name: str, limits: Limits) -> Format:
    size = path.stat().st_size
    file_format = _recognised(head)
    if file_format is None:
        stranger = refusals.guess(head)
        if stranger is None:
            raise refusals.no_zip_no_json(name)
        if stranger is Stranger.LIST and not _is_closed(path, size):
            raise refusals.damaged(name, "is cut off: its JSON stops in the middle")
        raise refusals.strange_file(name, stranger)
    if size > limits.member_bytes:
        raise refusals.too_large_file(name, size, limits.member_bytes)
    if not _is_closed(path, size):
        raise refusals.damaged(name, "is cut off: its JSON stops in the middle")
    return file_format


def _is_closed(path: Path, size: int) -> bool:
    """Whether a JSON list ends: a broken download is told before anything of it is stored."""
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        return file.read().rstrip().endswith(b"]")


def _recognised(head: bytes) -> Format | None:
    return next((each for each in FORMATS if each.recognises(head)), None)


def _head(box: "_Box", member: Member, name: str) -> bytes:
    try:
        with box.open(member) as stream:
            return stream.read(_HEAD_BYTES)
    except Damaged as error:
        raise refusals.damaged(name, str(error)) from error


class _Box(Protocol):
    """Where files lie: a zip, or a loose file that is its own only member."""

    members: tuple[Member, ...]

    def open(self, member: Member, /) -> AbstractContextManager[Readable]: ...

    def close(self) -> None: ...


class _LooseFile:
    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self.members: tuple[Member, ...] = (Member(0, name, path.stat().st_size),)

    @contextmanager
    def open(self, member: Member) -> Iterator[Readable]:
        with self._path.open("rb") as stream:
            yield stream

    def close(self) -> None:
        """Nothing is held open between two reads."""
