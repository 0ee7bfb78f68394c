"""A zip from a stranger, opened without trust: what is in it, and each file's bytes, bounded.

Knows how zips lie (sizes, counts, overlaps, passwords, links) and refuses before anything is
unpacked; hides `zipfile`. No path of the archive is used for anything but to be shown.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import refusals
from .streams import Damaged, Readable

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64_LOCATOR_SIGNATURE = b"PK\x06\x07"
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY_SIGNATURE = b"PK\x01\x02"
_LOCAL_HEADER_BYTES = 30
_LONGEST_COMMENT = 65_535
# What `zipfile` may say of a broken archive, at one point or another.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    UnicodeDecodeError,
    NotImplementedError,
)
_CUT_OFF = "is damaged or was not downloaded to its end"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is believed of an upload; sizes in bytes, unpacked unless said otherwise."""

    members: int = 10_000
    member_bytes: int = 512 * 1024**2
    total_bytes: int = 8 * 1024**3
    # A pretty-printed history packs 15 to 25 times; deflate cannot pass 1,032.
    ratio: int = 200
    free_bytes: int = 64 * 1024**2  # unpacked whatever the ratio
    directory_bytes: int = 8 * 1024**2  # the zip's table of contents, as it lies there
    zips: int = 50  # in one upload: each stays open


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an upload: its place in it, its name fit to show, its declared size in bytes."""

    position: int
    name: str
    size: int


class Archive:
    """An opened zip: every limit holds for what it declares, and reading never exceeds that."""

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        """Opens and checks; raises BadUpload or UploadTooLarge, and then holds nothing open."""
        with ExitStack() as stack:
            file = stack.enter_context(path.open("rb"))
            try:
                _check_directory(file, path.stat().st_size, name, limits)
                self._zip = stack.enter_context(zipfile.ZipFile(file))
            except (*_BROKEN, Damaged) as error:
                raise refusals.damaged(name, Damaged(_CUT_OFF)) from error
            self._infos = self._zip.infolist()
            self.members = tuple(_members(self._infos))
            _check_entries(self._zip, name, limits)
            self._open = stack.pop_all()

    @contextmanager
    def open(self, member: Member) -> Iterator[Readable]:
        """The unpacked bytes of one file; a read raises Damaged where the zip breaks its word."""
        try:
            stream = self._zip.open(self._infos[member.position])
        except _BROKEN as error:
            raise Damaged(_CUT_OFF) from error
        with stream:
            yield _Unpacking(stream)

    def close(self) -> None:
        """Lets go of the file."""
        self._open.close()


class _Unpacking:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except _BROKEN as error:
            raise Damaged(_CUT_OFF) from error


def _members(infos: list[zipfile.ZipInfo]) -> Iterator[Member]:
    for position, info in enumerate(infos):
        # Not `is_dir`, which Python 3.11 lets fail on an entry without a name.
        if not info.filename.endswith("/") and not stat.S_ISLNK(info.external_attr >> 16):
            yield Member(position, refusals.display_path(info.filename), info.file_size)


def _check_directory(file: IO[bytes], size: int, name: str, limits: Limits) -> None:
    """Bounds the table of contents before `zipfile` builds an object for each of its entries."""
    start, length = _directory(file, size)
    if start < 0:
        raise Damaged(_CUT_OFF)
    if length > limits.directory_bytes:
        raise refusals.too_many_files(name, limits.members)
    file.seek(start)
    # The count that a zip declares may lie; each entry that would be built carries this signature.
    if file.read(length).count(_ENTRY_SIGNATURE) > limits.members:
        raise refusals.too_many_files(name, limits.members)


def _directory(file: IO[bytes], size: int) -> tuple[int, int]:
    """(first byte, length) of the table of contents, where `zipfile` finds it."""
    tail_start = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(tail_start)
    tail = file.read(size - tail_start)
    end = len(tail) - _END.size
    if not (tail[end:].startswith(_END_SIGNATURE) and tail.endswith(b"\0\0")):
        end = tail.rfind(_END_SIGNATURE)
    if end < 0 or len(tail) - end < _END.size:
        raise Damaged(_CUT_OFF)
    _, _, _, _, _, length, _, _ = _END.unpack_from(tail, end)
    start = tail_start + end - length
    locator, record = end - _END64_LOCATOR.size, end - _END64_LOCATOR.size - _END64.size
    if record >= 0 and tail.startswith(_END64_LOCATOR_SIGNATURE, locator):
        _, _, _, _, _, _, _, _, length, _ = _END64.unpack_from(tail, record)
        start = tail_start + record - length
    return start, length


def _check_entries(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    infos = archive.infolist()
    if any(info.flag_bits & 0x1 for info in infos):
        raise refusals.locked(name)
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
        raise refusals.unusual_zip(name)
    largest = max(infos, key=lambda info: info.file_size, default=None)
    if largest is not None and largest.file_size > limits.member_bytes:
        shown = refusals.display_path(largest.filename)
        raise refusals.too_large_file(shown, largest.file_size, limits.member_bytes)
    if _overlap(infos, archive.start_dir):
        raise refusals.damaged(name, Damaged("is damaged: some of its files overlap"))
    unpacked = sum(info.file_size for info in infos)
    if unpacked > limits.total_bytes:
        raise refusals.too_large_zip(name, limits.total_bytes)
    packed = sum(info.compress_size for info in infos)
    if unpacked > limits.free_bytes and unpacked > packed * limits.ratio:
        raise refusals.too_dense_zip(name)


def _overlap(infos: list[zipfile.ZipInfo], end: int) -> bool:
    """Whether two entries share bytes, or one leaves the room before the table of contents."""
    free_from = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < free_from:
            return True
        free_from = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size
    return free_from > end
