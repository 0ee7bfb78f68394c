"""The least that an import can be: typed parse of a zip, and bulk insert of its plays.

One table of plays clustered as the product's, a bare table of tracks, track ids by one dict, one
transaction a file. No check of anything, nothing to resume, no second look at what is known.
"""

import argparse
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA cache_size=-16000;
CREATE TABLE tracks (id INTEGER PRIMARY KEY, uri TEXT NOT NULL, title TEXT) STRICT;
CREATE TABLE listens (
    account_id INTEGER NOT NULL,
    played_at INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    ms_played INTEGER NOT NULL,
    PRIMARY KEY (account_id, played_at, track_id, ms_played)
) STRICT, WITHOUT ROWID;
"""


class Row(msgspec.Struct, gc=False):
    """Of a row no more than goes into the two tables."""

    ts: datetime
    ms_played: int
    track: str | None = msgspec.field(name="spotify_track_uri")
    title: str | None = msgspec.field(name="master_metadata_track_name")
    episode: str | None = msgspec.field(name="spotify_episode_uri")
    episode_title: str | None = msgspec.field(name="episode_name")


def files(path: Path) -> Iterator[list[Row]]:
    decoder = msgspec.json.Decoder(list[Row])
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield decoder.decode(archive.read(name))


def main() -> None:
    options = argparse.ArgumentParser(description="Parse a history and insert it, no more.")
    options.add_argument("zip", type=Path)
    options.add_argument("database", type=Path)
    chosen = options.parse_args()
    ids: dict[str, int] = {}
    with closing(sqlite3.connect(chosen.database, isolation_level=None)) as connection:
        connection.executescript(SCHEMA)
        for rows in files(chosen.zip):
            plays, tracks = [], []
            for row in rows:
                uri = row.track or row.episode
                if uri is None:
                    continue
                track_id = ids.get(uri)
                if track_id is None:
                    track_id = ids[uri] = len(ids) + 1
                    tracks.append((track_id, uri, row.title or row.episode_title))
                plays.append((1, int(row.ts.timestamp()) * 1000, track_id, row.ms_played))
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO tracks VALUES (?, ?, ?)", tracks)
            connection.executemany("INSERT OR IGNORE INTO listens VALUES (?, ?, ?, ?)", plays)
            connection.execute("COMMIT")
        print(*connection.execute("SELECT count(*), sum(ms_played) FROM listens").fetchone())


if __name__ == "__main__":
    main()
