"""A corpus of hostile uploads, each opened and read to its end in a child process.

`python -m tests.formats.hostile_corpus` prints what each costs.
"""

import gzip
import io
import json
import os
import resource
import struct
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from music_time_machine.errors import BadUpload
from music_time_machine.formats import open_upload
from tests.formats import hostile
from tests.formats.other_samples import (
    AT,
    HEADER,
    HEADLESS_ROW,
    TABLES,
    TRACK_ROW,
    account_row,
    database,
    headed_csv,
    headed_row,
    headless_csv,
    json_lines,
    listen,
    maloja_json,
    maloja_scrobble,
    page,
    scrobble,
)
from tests.formats.samples import extended_json, extended_row

# What may come of one: told at once, told while it is read, or read without harm.
REFUSED, TOO_LARGE, DAMAGED, READ = "refused", "too large", "damaged", "read"
MEGABYTE = 1024**2
MOST_MEGABYTES = 64  # beyond what the process had before, of address space: more is not to be had
MOST_SECONDS = 3  # of CPU, then it is killed: one on a quiet machine, and others may be busy here

HISTORY = extended_json([extended_row()] * 20)
ROW = json.dumps(extended_row()).encode()


@dataclass(frozen=True, slots=True)
class Hostile:
    """An upload nobody honest sends; `words` are of the sentence with which it ends."""

    make: Callable[[], bytes]
    outcome: str
    words: str = ""


class Cost(msgspec.Struct):
    """How it ended, in what sentence, CPU seconds, megabytes beyond idle, rows."""

    name: str
    outcome: str
    sentence: str = ""
    seconds: float = 0
    megabytes: float = 0
    rows: int = 0

    @property
    def fault(self) -> str:
        """What is wrong with this end; nothing when it is the expected one."""
        expected = CORPUS[self.name]
        is_right = self.outcome == expected.outcome and expected.words in self.sentence
        return "" if is_right else f"{self}, expected {expected.outcome}, {expected.words!r}"


def costs(kind: str = "") -> Iterator[Cost]:
    """What each upload of a kind, or of all kinds, costs: each is made and read in a child."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "upload")
        for name, each in CORPUS.items():
            if name.startswith(kind):
                _in_child(lambda make=each.make: bytes([path.write_bytes(make()) and 0]))
                answer = _in_child(lambda name=name: msgspec.json.encode(_cost(name, path)))
                yield msgspec.json.decode(answer, type=Cost) if answer else Cost(name, "killed")


def _in_child(work: Callable[[], bytes]) -> bytes:
    """What a forked child makes of it; nothing when it dies."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, work())
        finally:
            traceback.print_exception(sys.exception())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def _cost(name: str, path: Path) -> Cost:
    cost = Cost(name, READ)
    seconds, idle = time.process_time(), _address_space("VmSize")
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    if idle:
        most = int((idle + MOST_MEGABYTES) * MEGABYTE)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        with open_upload(path, "upload.bin") as upload:
            cost.outcome = DAMAGED
            for file in upload.files:
                cost.rows += sum(piece.rows for piece in upload.pieces(file))
            cost.outcome = READ
    except BadUpload as error:
        if cost.outcome == READ:
            cost.outcome = TOO_LARGE if error.status == 413 else REFUSED
        cost.sentence = str(error)
    cost.seconds = time.process_time() - seconds
    cost.megabytes = _address_space("VmPeak") - idle
    return cost


def _address_space(line: str) -> float:
    """Megabytes as Linux tells them; 0 elsewhere, where nothing limits them either."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(each.split()[1]) / 1024 for each in lines if each.startswith(line)), 0)


def _zip(content: bytes = HISTORY, name: str = "endsong_0.json") -> bytes:
    return hostile.zip_of({name: content})


def _patched(signature: bytes, offset: int, form: str, value: int) -> Callable[[], bytes]:
    """A zip of a history with one number of its first such record changed."""

    def make() -> bytes:
        packed = bytearray(_zip())
        struct.pack_into(form, packed, packed.index(signature) + offset, value)
        return bytes(packed)

    return make


def _nested_quine() -> bytes:
    """Each entry's bytes hold the next entry, header and all: little is unpacked very often."""
    inner = hostile.zip_of({"endsong_0.json": HISTORY}, zipfile.ZIP_STORED)
    packed = hostile.zip_of({"endsong_1.json": inner}, zipfile.ZIP_STORED)
    entry = packed[packed.rindex(b"PK\x01\x02") : packed.rindex(b"PK\x05\x06")]
    start = packed.index(b"PK\x03\x04", 4)
    within = bytearray(inner[inner.rindex(b"PK\x01\x02") : inner.rindex(b"PK\x05\x06")])
    struct.pack_into("<L", within, 42, start)
    directory = entry + bytes(within)
    at = packed.rindex(b"PK\x01\x02")
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), at, 0)
    return packed[:at] + directory + end


def _method(number: int) -> Callable[[], bytes]:
    def make() -> bytes:
        packed = bytearray(_zip())
        struct.pack_into("<H", packed, 8, number)
        struct.pack_into("<H", packed, packed.rindex(b"PK\x01\x02") + 10, number)
        return bytes(packed)

    return make


def _names(*names: str) -> Callable[[], bytes]:
    return lambda: hostile.zip_of(dict.fromkeys(names, HISTORY))


def _after_a_row(text: bytes, end: bytes = b"]") -> Callable[[], bytes]:
    """A history whose first row is honest."""
    return lambda: b"[" + ROW + b"," + text + end


def _in_sqlite(before: str, after: str = "", tables: str = TABLES) -> Callable[[], bytes]:
    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.db")
            is_ours = tables is TABLES
            rows = [TRACK_ROW] if is_ours else []
            return database(path, (), rows, tables, before=before, after=after)

    return make


def _many(count: int, columns: str) -> str:
    return (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
        f"INSERT INTO snapshots SELECT {columns} FROM n;"
    )


def _broken_pages() -> bytes:
    content = bytearray(_in_sqlite("", _many(5000, "i, '2024-03-05', 'short_term', 1"))())
    for place in range(9000, len(content), 97):
        content[place] ^= 0x5A
    return bytes(content)


def _page_in_itself() -> bytes:
    """An inner page of the table is its own child."""
    content = bytearray(_in_sqlite("", _many(20_000, "i, '2024-03-05', 'short_term', 1"))())
    inner = [at for at in range(4096, len(content), 4096) if content[at] == 5]
    for at in inner:
        number = at // 4096 + 1
        struct.pack_into(">L", content, at + 8, number)
        (cells,) = struct.unpack_from(">H", content, at + 3)
        for cell in range(cells):
            (place,) = struct.unpack_from(">H", content, at + 12 + 2 * cell)
            struct.pack_into(">L", content, at + place, number)
    return bytes(content)


def _wal_header() -> bytes:
    content = bytearray(_in_sqlite("", _many(10, "i, '2024-03-05', 'short_term', i"))())
    content[18:20] = b"\x02\x02"
    return bytes(content)


def _png_and_zip() -> bytes:
    return hostile.PNG + _zip()


_VIEW = (
    "CREATE TABLE t (snapshots);"
    "CREATE VIEW snapshots AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT 'x' AS track_id, '' AS snapshot_date, '' AS time_range, i AS rank FROM n;"
    "CREATE TABLE tracks (track_id, name, artist_name, album_name, duration_ms, raw_json, url);"
)
_COMPUTED = TABLES.replace(
    "rank INTEGER", "rank INTEGER, more TEXT AS (hex(zeroblob(400000000))) VIRTUAL"
)
_VIRTUAL = (
    "CREATE VIRTUAL TABLE tracks USING fts5(track_id, name, artist_name, album_name, duration_ms,"
    " raw_json, url); CREATE TABLE snapshots (track_id, snapshot_date, time_range, rank);"
)
_TRIGGERS = (
    "CREATE TRIGGER t AFTER INSERT ON snapshots BEGIN DELETE FROM tracks; END;"
    "CREATE TRIGGER u INSTEAD OF INSERT ON v BEGIN SELECT 1; END;"
)

ZIPS = {
    "blanks packed a thousand times": Hostile(
        lambda: _zip(b" " * (65 * MEGABYTE)), TOO_LARGE, "far more than"
    ),
    "a size declared too large": Hostile(
        lambda: hostile.declaring(1 << 30, HISTORY), TOO_LARGE, "takes 1.0 GB"
    ),
    "a size declared too small": Hostile(
        lambda: hostile.declaring(100, b"[" + b" " * 50 * MEGABYTE), REFUSED, "damaged"
    ),
    "sixty thousand files": Hostile(lambda: hostile.crowded(60_000), TOO_LARGE, "10,000 files"),
    "sixty thousand files that claim to be one": Hostile(
        lambda: hostile.crowded(60_000, 1), TOO_LARGE, "10,000 files"
    ),
    "sixty thousand files in zip64": Hostile(
        lambda: hostile.in_zip64(hostile.crowded(60_000)), TOO_LARGE, "10,000 files"
    ),
    "endless names": Hostile(
        lambda: hostile.zip_of({f"{n}{'x' * 60_000}": b"" for n in range(150)}), TOO_LARGE
    ),
    "ten thousand empty files": Hostile(lambda: hostile.crowded(10_000), REFUSED, "no listening"),
    "all files the same bytes": Hostile(
        lambda: hostile.overlapping(HISTORY, 50), REFUSED, "overlap"
    ),
    "a file within another's bytes": Hostile(_nested_quine, REFUSED, "overlap"),
    "a zip in a zip in a zip": Hostile(
        lambda: _zip(_zip(_zip(), "b.zip"), "a.zip"), REFUSED, "unpack it once"
    ),
    "sixteen zips of bombs": Hostile(
        lambda: hostile.zip_of(
            {f"{n}.zip": _zip(b"[" + b" " * MEGABYTE) for n in range(16)}, zipfile.ZIP_STORED
        ),
        REFUSED,
        "unpack it once",
    ),
    "paths upwards": Hostile(_names("../../../etc/passwd", "..\\..\\a", "x/../../b"), READ),
    "absolute paths": Hostile(_names("/etc/passwd", "C:\\Windows\\a", "\\\\server\\a"), READ),
    "names of devices": Hostile(_names("NUL", "CON.json", "/dev/zero", "aux", "a:b"), READ),
    "names of control characters": Hostile(_names("\x1b[2J", "\u202egnp.a", "a\nb", "\x7f"), READ),
    "our own file of names": Hostile(_names("names.json", "0", "1"), READ),
    "a link": Hostile(lambda: hostile.linked("/etc/passwd"), REFUSED, "no file in it"),
    "a password": Hostile(lambda: hostile.locked(HISTORY), REFUSED, "password"),
    "packed by LZMA": Hostile(
        lambda: hostile.zip_of({"a": b" " * MEGABYTE}, zipfile.ZIP_LZMA), REFUSED, "packed in a way"
    ),
    "packed by BZIP2": Hostile(
        lambda: hostile.zip_of({"a": b" " * MEGABYTE}, zipfile.ZIP_BZIP2),
        REFUSED,
        "packed in a way",
    ),
    "packed by deflate64": Hostile(_method(9), REFUSED, "packed in a way"),
    "packed by an AES wrapper": Hostile(_method(99), REFUSED, "packed in a way"),
    "packed by nothing known": Hostile(_method(60_000), REFUSED, "packed in a way"),
    "stored, says the inside; packed, says the table": Hostile(
        _patched(b"PK\x03\x04", 8, "<H", 0), READ
    ),
    "cut in the middle": Hostile(lambda: _zip()[:200], REFUSED, "not downloaded"),
    "cut in the table": Hostile(lambda: _zip()[:-40], REFUSED, "not downloaded"),
    "an end and nothing else": Hostile(
        lambda: b"PK\x05\x06" + b"\xff" * 18, REFUSED, "not downloaded"
    ),
    "a table that begins beyond the file": Hostile(
        _patched(b"PK\x05\x06", 16, "<L", 0xFFFFFFF0), REFUSED, "damaged"
    ),
    "a table longer than the file": Hostile(
        _patched(b"PK\x05\x06", 12, "<L", 0x7FFFFFFF), REFUSED, "not downloaded"
    ),
    "a file that begins beyond the zip": Hostile(
        _patched(b"PK\x01\x02", 42, "<L", 0x7FFFFFFF), REFUSED, ""
    ),
    "a wrong check sum": Hostile(_patched(b"PK\x01\x02", 16, "<L", 0xDEADBEEF), DAMAGED, "damaged"),
    "a name that is not UTF-8": Hostile(
        lambda: _zip(name="ä" * 20).replace("ä".encode(), b"\xff\xff"), REFUSED, "not downloaded"
    ),
    "a zip behind a picture": Hostile(_png_and_zip, REFUSED, "a picture"),
    "a zip behind a history": Hostile(lambda: HISTORY + _zip(), REFUSED, "cut off"),
    "five hundred files of one name": Hostile(lambda: _same_names(500), READ),
    "a picture in front of nothing": Hostile(lambda: hostile.PNG * 10_000, REFUSED, "a picture"),
    "gzip of gigabytes": Hostile(
        lambda: gzip.compress(b" " * (64 * MEGABYTE)), REFUSED, "another way than zip"
    ),
}


def _same_names(count: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo("endsong_0.json"), HISTORY)
            archive.filelist[number].filename = "endsong_0.json"
            archive.NameToInfo.clear()
    return buffer.getvalue()


JSONS = {
    "a text of fifty megabytes": Hostile(
        _after_a_row(b'"' + b"a" * 50 * MEGABYTE + b'"'), DAMAGED, "far longer"
    ),
    "lists two hundred thousand deep": Hostile(
        _after_a_row(b"[" * 200_000 + b"]" * 200_000), DAMAGED, "nested"
    ),
    "objects a hundred thousand deep": Hostile(
        _after_a_row(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), DAMAGED, "nested"
    ),
    "a row nested deeply": Hostile(
        _after_a_row(ROW[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}"), DAMAGED, "nested"
    ),
    "five million numbers": Hostile(_after_a_row(b"1," * 5_000_000 + b"1"), DAMAGED, "too short"),
    "two million empty objects": Hostile(
        _after_a_row(b"{}," * 2_000_000 + b"{}"), DAMAGED, "too short"
    ),
    "five megabytes of blanks": Hostile(_after_a_row(b" " * 5 * MEGABYTE + b"1"), DAMAGED),
    "a list that never ends": Hostile(lambda: b"[" + (ROW + b",") * 2000, REFUSED, "cut off"),
    "no numbers": Hostile(_after_a_row(b'{"ts":NaN,"ms_played":Infinity}'), DAMAGED, "not valid"),
    "numbers beyond all measure": Hostile(
        _after_a_row(b'{"ts":1e999,"ms_played":' + b"9" * 5000 + b"}"), READ
    ),
    "halves of characters": Hostile(
        _after_a_row(ROW.replace(b"Paper", rb"\ud800\udfff\ud800")), READ
    ),
    "escaped nothing": Hostile(_after_a_row(ROW.replace(b"Paper", rb"\u0000\u001b[2J")), READ),
    "plain nothing": Hostile(_after_a_row(ROW.replace(b"Paper", b"\0\0\0")), DAMAGED, "not valid"),
    "bytes that are no text": Hostile(_after_a_row(ROW.replace(b"Paper", b"\xc0\x80\xff")), READ),
    "UTF-16": Hostile(lambda: HISTORY.decode().encode("utf-16"), REFUSED, "UTF-16"),
    "two byte order marks": Hostile(lambda: b"\xef\xbb\xbf" * 2 + HISTORY, REFUSED),
    "a hundred thousand keys": Hostile(
        _after_a_row(ROW[:-1] + b"".join(b',"k%d":1' % number for number in range(60_000)) + b"}"),
        READ,
    ),
    "one key sixty thousand times": Hostile(
        _after_a_row(ROW[:-1] + b',"ts":"x"' * 60_000 + b"}"), READ
    ),
    "titles that never come twice": Hostile(
        lambda: extended_json(
            [extended_row(track=f"{n} {'x' * 400}", uri=None, album=f"{n}") for n in range(3000)]
        ),
        READ,
    ),
    "text after the list": Hostile(lambda: HISTORY + b"[]" * 1000, DAMAGED, "not valid"),
    "a web page": Hostile(lambda: b"<script>" * 10_000, REFUSED, "a web page"),
    "nothing at all": Hostile(lambda: b"", REFUSED, "empty"),
    "zeros": Hostile(lambda: bytes(MEGABYTE), REFUSED, "no listening history"),
    "a line of fifty megabytes": Hostile(
        lambda: json_lines([listen()]) + b'{"x":"' + b"a" * 50 * MEGABYTE + b'"}\n',
        DAMAGED,
        "far longer",
    ),
    "two million empty lines": Hostile(
        lambda: json_lines([listen()]) + b"\n" * 2_000_000 + b"{}", DAMAGED, "too short"
    ),
    "a million numbers on lines": Hostile(
        lambda: json_lines([listen()]) + b"7\n" * 1_000_000 + b"{}", DAMAGED, "too short"
    ),
    "a deep line": Hostile(
        lambda: json_lines([listen()]) + b'{"a":' * 40_000 + b"}" * 40_000 + b"\n", READ
    ),
    "a page of five million numbers": Hostile(
        lambda: (
            json.dumps([page([scrobble()])]).encode()[:-1]
            + b',{"track":['
            + b"1," * 5_000_000
            + b"1]}]"
        ),
        DAMAGED,
        "too short",
    ),
    "a million empty pages": Hostile(
        lambda: json.dumps([page([scrobble()])]).encode()[:-1] + b",{}" * 1_000_000 + b"]",
        DAMAGED,
        "too short",
    ),
    "a million short pages": Hostile(
        lambda: (
            json.dumps([page([scrobble()])]).encode()[:-1] + b',{"track":[{}]}' * 1_000_000 + b"]"
        ),
        DAMAGED,
        "too short",
    ),
    "a page of a million keys": Hostile(
        lambda: (
            b'{"track":[' + json.dumps(scrobble()).encode() + b"]" + b',"a":1' * 1_000_000 + b"}"
        ),
        DAMAGED,
        "too short",
    ),
    "a Maloja export with a giant before its list": Hostile(
        lambda: b'{"maloja":"scrobbles", "scrobbles":[], "x":"' + b"a" * 2 * MEGABYTE + b'"}',
        DAMAGED,
        "far longer",
    ),
    "a Maloja export with its list twice": Hostile(
        lambda: maloja_json([maloja_scrobble()])[:-1] + b',"scrobbles":[{}]}', READ
    ),
    "our own export from the future": Hostile(
        lambda: b'{"name":"music-time-machine","version":999,"plays":[]}', DAMAGED, "newer"
    ),
    "our own export of no version": Hostile(
        lambda: b'{"name":"music-time-machine","plays":[],"version":1}', DAMAGED, "version"
    ),
    "our own export of an endless version": Hostile(
        lambda: b'{"name":"music-time-machine","version":1' + b"0" * 400 + b',"plays":[]}',
        DAMAGED,
        "newer",
    ),
    "account data of impossible times": Hostile(
        lambda: json.dumps(
            [account_row(f"{year:04d}-12-31 23:59", msPlayed=10**18) for year in range(10_000)]
        ).encode(),
        READ,
    ),
}

TABLES_OF_TEXT = {
    "a field of five megabytes": Hostile(
        lambda: headed_csv([headed_row()]) + b'"' + b"a" * 5 * MEGABYTE + b'"\n', DAMAGED, "longer"
    ),
    "a field of two hundred thousand characters": Hostile(
        lambda: headed_csv([headed_row(), headed_row(track="a" * 200_000)]), DAMAGED, "CSV"
    ),
    "a quote that is never closed": Hostile(
        lambda: headed_csv([headed_row()]) + b'"' + b"on and on and on and on\n" * 500_000, DAMAGED
    ),
    "a line of fifty megabytes of commas": Hostile(
        lambda: headless_csv([HEADLESS_ROW]) + b"," * 50 * MEGABYTE, DAMAGED, "longer"
    ),
    "two hundred thousand columns": Hostile(
        lambda: headless_csv([HEADLESS_ROW]) + (b"," * 200_000 + b"\n") * 20, READ
    ),
    "five million lines": Hostile(
        lambda: headless_csv([HEADLESS_ROW] * 30) + b"a\n" * 5_000_000, DAMAGED, "too short"
    ),
    "lines of zeros": Hostile(
        lambda: headless_csv([HEADLESS_ROW] * 30) + (b"\0" * 100 + b"\n") * 1000, READ
    ),
    "formulas": Hostile(
        lambda: headless_csv([("=cmd|' /C calc'!A0", "@x", "+1", HEADLESS_ROW[3])] * 10), READ
    ),
    "a header of sixty thousand words": Hostile(
        lambda: headed_csv([], (*HEADER, *map(str, range(60_000)))), REFUSED
    ),
    "times beyond all measure": Hostile(
        lambda: headed_csv([headed_row(f"{AT}{'0' * n}") for n in range(400)]), READ
    ),
}

DATABASES = {
    "an endless view": Hostile(_in_sqlite("", tables=_VIEW), DAMAGED, "not the teaching project's"),
    "a column computed when it is read": Hostile(
        _in_sqlite("", tables=_COMPUTED), DAMAGED, "not the teaching project's"
    ),
    "a virtual table": Hostile(
        _in_sqlite("", tables=_VIRTUAL), DAMAGED, "not the teaching project's"
    ),
    "triggers": Hostile(_in_sqlite("", "CREATE VIEW v AS SELECT 1;" + _TRIGGERS), READ),
    "broken pages": Hostile(_broken_pages, DAMAGED, "not a whole SQLite database"),
    "a page in itself": Hostile(_page_in_itself, DAMAGED),
    "the header of a write-ahead log": Hostile(_wal_header, READ),
    "sixty thousand rows of nothing": Hostile(_in_sqlite("", _many(60_000, "i, '', '', i")), READ),
    "a value of five megabytes": Hostile(
        _in_sqlite("", _many(1, "zeroblob(5000000), '', '', i")), DAMAGED
    ),
    "values that are no text": Hostile(
        _in_sqlite("", _many(1000, "randomblob(100), CAST(randomblob(50) AS TEXT), x'ff', i")), READ
    ),
    "cut in the middle": Hostile(lambda: _in_sqlite("")()[:9000], DAMAGED),
    "a header and noise": Hostile(
        lambda: b"SQLite format 3\0" + b"tracks snapshots" * 10_000, DAMAGED
    ),
    "a schema that goes on and on": Hostile(
        _in_sqlite(
            "".join(
                f"CREATE TABLE t{n} ({','.join(f'c{c}' for c in range(300))});" for n in range(400)
            )
        ),
        REFUSED,
    ),
    "pages of 64 KB": Hostile(_in_sqlite("PRAGMA page_size = 65536;"), REFUSED, "SQLite"),
    "another program's database": Hostile(
        _in_sqlite("", tables="CREATE TABLE cookies (value);"), REFUSED, "SQLite"
    ),
}

CORPUS = {
    f"{kind}: {name}": each
    for kind, some in (
        ("zip", ZIPS),
        ("json", JSONS),
        ("csv", TABLES_OF_TEXT),
        ("sqlite", DATABASES),
    )
    for name, each in some.items()
}


def main() -> None:
    """A table of all; with the name of a kind, JSON lines of that kind."""
    if len(sys.argv) > 1:
        for cost in costs(sys.argv[1]):
            print(msgspec.json.encode(cost).decode(), flush=True)
        return
    print("| upload | outcome | CPU s | MB | rows | sentence |\n|---|---|---|---|---|---|")
    for cost in costs():
        figures = f"{cost.seconds:.2f} | {cost.megabytes:.0f} | {cost.rows}"
        print(f"| {cost.name} | {cost.outcome} | {figures} | {cost.sentence} |{cost.fault}")


if __name__ == "__main__":
    main()
