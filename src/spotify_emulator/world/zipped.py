"""A zip package written straight into a stream, member after member.

Knows the zip format as Spotify's packages use it: deflate, UTF-8 names, lengths after the data.
Hides the bytes. The standard library can't write a folder entry with content behind the files,
and Spotify's packages have one.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

_UTF8_AND_DESCRIPTOR = 0x808
_STORED, _DEFLATED = 0, 8
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a package; a name that ends in a slash is a folder."""

    name: str
    content: bytes


def zipped(members: Iterable[Member], made_at: datetime) -> Iterator[bytes]:
    """The package in pieces, the newest member in memory and no other."""
    directory: list[bytes] = []
    offset = 0
    day = (made_at.year - 1980) << 9 | made_at.month << 5 | made_at.day
    time = made_at.hour << 11 | made_at.minute << 5 | made_at.second // 2
    for member in members:
        name = member.name.encode()
        method = _STORED if member.name.endswith("/") else _DEFLATED
        data = member.content if method == _STORED else _deflate(member.content)
        sums = (zlib.crc32(member.content), len(data), len(member.content))
        common = (20, _UTF8_AND_DESCRIPTOR, method, time, day)
        header = struct.pack("<4s5H3I2H", b"PK\x03\x04", *common, 0, 0, 0, len(name), 0) + name
        descriptor = struct.pack("<4s3I", b"PK\x07\x08", *sums)
        entry = struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 20, *common, *sums, len(name), 0, 0, 0, 0, 0, offset
        )
        directory.append(entry + name)
        offset += len(header) + len(data) + len(descriptor)
        yield header
        yield data
        yield descriptor
    listing = b"".join(directory)
    count = len(directory)
    yield listing
    yield struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(listing), offset, 0)


def _deflate(content: bytes) -> bytes:
    machine = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    return machine.compress(content) + machine.flush()
