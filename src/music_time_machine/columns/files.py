"""One build of an account's columns as one file: a header, then the arrays, mapped when read.

Knows how to tell a whole file from a damaged one; a file appears under its name only when all of it
is on the disk. Hides the layout: magic, length and checksum of the header, header, arrays.
"""

import mmap
import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from .arrays import DTYPES, Columns, Listens
from .zones import Offsets, offsets

MAGIC = b"MTMCOL03"
PREFIX = struct.Struct("<8sII")
ALIGNMENT = 64


class Unusable(Exception):
    """The file is not a whole build of this format in this time zone; the text says why."""


class Header(msgspec.Struct, frozen=True):
    """What a build was made from: the archive's version, and the zone's offsets as they were then.

    `first` and `last` are the seconds of the outermost plays, `offsets` those between. `lengths`
    are those of the arrays in the order of `Listens.arrays`, music before what was spoken; `size`
    is that of all in bytes.
    """

    version: int
    first: int
    last: int
    offsets: Offsets
    lengths: tuple[int, ...]
    size: int
    checksum: int


class Build(msgspec.Struct, frozen=True):
    """A file that was read: the archive's version it was made from, and its columns, mapped."""

    version: int
    columns: Columns


def write(path: Path, version: int, columns: Columns) -> None:
    """Write the build and give it its name once it is whole; readable by its owner alone."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        _write_all(part, _packed(version, columns))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def read(path: Path, zone: ZoneInfo) -> Build:
    """The build in the file, checked from end to end; raises FileNotFoundError or Unusable."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < PREFIX.size:
            raise Unusable("it is too short")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    header, start = _header(data)
    if len(data) != start + header.size:
        raise Unusable("its size is not what it says")
    if zlib.crc32(memoryview(data)[start:]) != header.checksum:
        raise Unusable("its checksum does not fit")
    # Not the zone's name: laws change what it means, and two names may mean the same.
    if header.offsets != offsets(zone, header.first, header.last):
        raise Unusable("its local times are of another zone")
    body = _Body(data, start, iter(header.lengths))
    return Build(header.version, Columns(zone, body.take_listens(), body.take_listens()))


class _Body:
    """The arrays of a file, taken one after another."""

    def __init__(self, data: mmap.mmap, start: int, lengths: Iterator[int]) -> None:
        self._data = data
        self._at = start
        self._lengths = lengths

    def take_listens(self) -> Listens:
        """The next arrays that make one `Listens`."""
        places = list(zip(DTYPES, self._places(), strict=True))
        return Listens(*(np.frombuffer(self._data, dtype, *place) for dtype, place in places))

    def _places(self) -> Iterator[tuple[int, int]]:
        """How many numbers each of the next arrays has, and at which byte it begins."""
        for dtype in DTYPES:
            length, at = next(self._lengths), self._at
            self._at += _aligned(np.dtype(dtype).itemsize * length)
            yield length, at


def _header(data: mmap.mmap) -> tuple[Header, int]:
    magic, length, checksum = PREFIX.unpack_from(data)
    text = data[PREFIX.size : PREFIX.size + length]
    if magic != MAGIC or len(text) != length or zlib.crc32(text) != checksum:
        raise Unusable("its header does not fit")
    try:
        return msgspec.json.decode(text, type=Header), PREFIX.size + length
    except msgspec.DecodeError as error:
        raise Unusable("its header is of another form") from error


def _packed(version: int, columns: Columns) -> Iterator[bytes | memoryview]:
    """The file's content, piece by piece."""
    parts = (columns.music, columns.spoken)
    arrays = [array for part in parts for array in part.arrays()]
    checksum = 0
    for piece in _pieces(arrays):
        checksum = zlib.crc32(piece, checksum)
    ends = [int(part.when[at]) for part in parts if len(part) for at in (0, -1)] or [0]
    header = Header(
        version=version,
        first=min(ends),
        last=max(ends),
        offsets=offsets(columns.zone, min(ends), max(ends)),
        lengths=tuple(len(array) for array in arrays),
        size=sum(_aligned(array.nbytes) for array in arrays),
        checksum=checksum,
    )
    text = msgspec.json.encode(header)
    # The blanks that bring the arrays to their place belong to the header, so they are checked too.
    text = text.ljust(_aligned(PREFIX.size + len(text)) - PREFIX.size)
    yield PREFIX.pack(MAGIC, len(text), zlib.crc32(text))
    yield text
    yield from _pieces(arrays)


def _pieces(arrays: list[NDArray[np.generic]]) -> Iterator[bytes | memoryview]:
    for array in arrays:
        yield array.data.cast("B") if len(array) else b""
        yield bytes(_aligned(array.nbytes) - array.nbytes)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _write_all(path: Path, pieces: Iterator[bytes | memoryview]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows knows no fsync of a folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
