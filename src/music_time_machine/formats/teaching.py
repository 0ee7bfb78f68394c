"""The SQLite file of the teaching project, `music_time_machine.db`: its snapshots, place by place.

Knows its two tables; hides SQLite. A stranger's database is a stranger's program: it is copied
aside, opened for reading alone, only two plain tables are asked, and the work is bounded.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from ..plays import AlbumDetails, ArtistDetails, LeftOut, LeftOutRow, Placing, TrackDetails
from .placings import placing
from .streams import PIECE_BYTES, Damaged, NotForUs, Readable
from .values import json_object, left_out, length, text

name: Final = "teaching"
title: Final = "the teaching project's music_time_machine.db"

MOST_BYTES = 256 * 1024**2
_MAGIC = b"SQLite format 3\0"
_COLUMNS = {
    "tracks": {"track_id", "name", "artist_name", "album_name", "duration_ms", "raw_json"},
    "snapshots": {"track_id", "snapshot_date", "time_range", "rank"},
}
_PLACES = """
    SELECT snapshot_date, time_range, rank, snapshots.track_id, tracks.track_id IS NOT NULL,
        name, artist_name, album_name, duration_ms, raw_json
    FROM main.snapshots LEFT JOIN main.tracks ON tracks.track_id = snapshots.track_id"""
_DOUBLED = "SELECT 1 FROM main.tracks NOT INDEXED GROUP BY track_id HAVING count(*) > 1 LIMIT 1"
_TURN = 10_000  # steps of SQLite's machine between two looks at what it has done
_FREE_TURNS = 50
_BYTES_A_TURN = 10_000  # so a step a byte: an honest file takes a third of that
_BROKEN = "is damaged: it is not a whole SQLite database"
_TOO_MUCH = "is damaged: reading it takes far more work than its size deserves"
_TOO_LARGE = "is far larger than a database of snapshots: it cannot be read here"
_TWICE = "is damaged: it lists a track more than once"
_FOREIGN = (
    "is an SQLite database, but not the teaching project's: that one has the tables tracks and"
    " snapshots"
)


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are a database that names the two tables.

    SQLite lists its tables on the first page. What these really are shows when it is opened.
    """
    return head.startswith(_MAGIC) and all(table.encode() in head for table in _COLUMNS)


def rows(stream: Readable) -> Iterator[Placing | LeftOutRow]:
    """One Placing or LeftOutRow for each row of `snapshots`, in the table's order.

    Raises Damaged midway, and NotForUs for another database that looked like this one.
    """
    with _copied(stream) as path:
        try:
            with closing(_opened(path)) as database:
                # An opened file needs no name, and a process that is killed leaves none behind.
                with suppress(PermissionError):  # but on Windows
                    path.unlink()
                _check(database)
                yield from _placings(database)
        except sqlite3.OperationalError as error:
            is_stopped = error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
            raise Damaged(_TOO_MUCH if is_stopped else _BROKEN) from error
        # A name in SQLite's message may be no text, and then Python raises the second.
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise Damaged(_BROKEN) from error


@contextmanager
def _copied(stream: Readable) -> Iterator[Path]:
    """The database as a file of its own, for nobody else to read; gone afterwards."""
    descriptor, path = tempfile.mkstemp(prefix="music-time-machine-", suffix=".db")
    try:
        with os.fdopen(descriptor, "wb") as file:
            while piece := stream.read(PIECE_BYTES):
                if file.tell() + len(piece) > MOST_BYTES:
                    raise NotForUs(_TOO_LARGE)
                file.write(piece)
        yield Path(path)
    finally:
        with suppress(FileNotFoundError):
            Path(path).unlink()


def _opened(path: Path) -> sqlite3.Connection:
    # Immutable: SQLite then looks for no journal and takes no lock.
    database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, PIECE_BYTES)
    database.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, PIECE_BYTES)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    allowed = _FREE_TURNS + path.stat().st_size // _BYTES_A_TURN
    done = 0

    def has_done_too_much() -> bool:
        nonlocal done
        done += 1
        return done > allowed

    database.set_progress_handler(has_done_too_much, _TURN)
    for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        database.execute(f"PRAGMA {setting}")
    return database


def _check(database: sqlite3.Connection) -> None:
    """Raises NotForUs unless both are plain tables: no views, no virtual tables, no columns that
    are computed while they are read.
    """
    for table, columns in _COLUMNS.items():
        is_plain = database.execute(
            "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ? AND rootpage > 1",
            (table,),
        ).fetchone()
        found = {
            each: hidden
            for _, each, _, _, _, _, hidden in database.execute(f"PRAGMA main.table_xinfo({table})")
        }
        if not is_plain or not columns <= found.keys() or any(found.values()):
            raise NotForUs(_FOREIGN)
    if database.execute(_DOUBLED).fetchone():
        raise Damaged(_TWICE)  # or each of its places would come out several times


def _placings(database: sqlite3.Connection) -> Iterator[Placing | LeftOutRow]:
    track = lru_cache(maxsize=500)(_track)  # the same few are listed day after day
    for day, time_range, rank, track_id, is_known, *told in database.execute(_PLACES):
        if not isinstance(track_id, str):
            yield left_out(LeftOut.UNREADABLE, day, time_range)
        else:
            yield placing(day, time_range, rank, track(track_id, *told) if is_known else None)


def _track(
    track_id: str, title: object, artist: object, album: object, duration_ms: object, raw: object
) -> TrackDetails:
    album_name = text(album)
    return TrackDetails(
        spotify_id=track_id,
        title=text(title) or "",
        artist=ArtistDetails(None, text(artist) or ""),
        album=AlbumDetails(None, album_name) if album_name else None,
        duration_ms=length(duration_ms),
        raw=json_object(raw),
    )
