"""Uploads that nobody honest sends, made on the spot: small to keep, large or wrong to read."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_LOCATOR = struct.Struct("<4sLQL")

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def zip_of(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An ordinary zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def declaring(size: int, content: bytes, name: str = "endsong_0.json") -> bytes:
    """A zip of one file whose table of contents says another size than it unpacks to."""
    packed = bytearray(zip_of({name: content}))
    entry = packed.rindex(b"PK\x01\x02")
    struct.pack_into("<L", packed, entry + 24, size)
    return bytes(packed)


def locked(content: bytes) -> bytes:
    """A zip that says its one file asks for a password."""
    packed = bytearray(zip_of({"endsong_0.json": content}))
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def linked(target: str) -> bytes:
    """A zip whose one entry is a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("endsong_0.json")
        entry.create_system = 3
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, target)
    return buffer.getvalue()


def crowded(count: int, declared: int | None = None, name: bytes = b"a.json") -> bytes:
    """A zip of so many empty files of one name; `declared` is the number it admits to."""
    local = _LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0) + name
    directory = b"".join(
        _CENTRAL.pack(
            b"PK\x01\x02",
            20,
            20,
            0,
            0,
            0,
            33,
            0,
            0,
            0,
            len(name),
            0,
            0,
            0,
            0,
            0,
            index * len(local),
        )
        + name
        for index in range(count)
    )
    admitted = min(count if declared is None else declared, 0xFFFF)
    end = _END.pack(b"PK\x05\x06", 0, 0, admitted, admitted, len(directory), count * len(local), 0)
    return local * count + directory + end


def overlapping(content: bytes, times: int) -> bytes:
    """A zip whose entries are all the same bytes."""
    packed = zip_of({"endsong_0.json": content})
    start = packed.rindex(b"PK\x01\x02")
    end = packed.rindex(b"PK\x05\x06")
    directory = packed[start:end] * times
    return (
        packed[:start]
        + directory
        + _END.pack(b"PK\x05\x06", 0, 0, times, times, len(directory), start, 0)
    )


def in_zip64(packed: bytes) -> bytes:
    """The same zip, its table of contents told by the record that large zips have."""
    end = packed.rindex(b"PK\x05\x06")
    _, _, _, _, count, length, start, _ = _END.unpack_from(packed, end)
    return b"".join(
        (
            packed[:end],
            _END64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, start),
            _END64_LOCATOR.pack(b"PK\x06\x07", 0, end, 1),
            _END.pack(b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0),
        )
    )


@contextmanager
def memory_within(megabytes: int) -> Iterator[None]:
    """Fails where the block holds more memory at once than this beyond what there was."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= megabytes * 1024**2, f"{peak / 1024**2:.0f} MB"
