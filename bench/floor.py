"""The least that an import can be: typed parse of a zip, and bulk insert of what it tells.

Into the product's own tables, made empty by the product, and into no other: the same keys, the same
columns. But no check of anything, no second look at what is known or alike, no dry run, nothing to
resume, no document; one transaction a file, foreign keys not looked at.
"""

import argparse
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;"
Flag = bool | None


class Row(msgspec.Struct, gc=False):
    """What the product keeps of a row, and no more."""

    ts: datetime
    ms_played: int
    platform: str | None
    country: str | None = msgspec.field(name="conn_country")
    track: str | None = msgspec.field(name="spotify_track_uri")
    title: str | None = msgspec.field(name="master_metadata_track_name")
    artist: str | None = msgspec.field(name="master_metadata_album_artist_name")
    album: str | None = msgspec.field(name="master_metadata_album_album_name")
    episode: str | None = msgspec.field(name="spotify_episode_uri")
    episode_title: str | None = msgspec.field(name="episode_name")
    show: str | None = msgspec.field(name="episode_show_name")
    reason_start: str | None
    reason_end: str | None
    shuffle: Flag
    skipped: Flag
    offline: Flag
    private: Flag = msgspec.field(name="incognito_mode")


class Numbers(dict[object, int]):
    """A number for each thing, from 1 on, in the order in which they are asked for."""

    def __missing__(self, thing: object) -> int:
        number = self[thing] = len(self) + 1
        return number


def files(path: Path) -> Iterator[list[Row]]:
    decoder = msgspec.json.Decoder(list[Row])
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield decoder.decode(archive.read(name))


class Catalogue:
    """The tracks, artists and albums met so far, and the rows of those that are new."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.artist_ids, self.album_ids = Numbers(), Numbers()
        self.tracks: list[tuple[object, ...]] = []
        self.artists: list[tuple[object, ...]] = []
        self.albums: list[tuple[object, ...]] = []

    def id_of(self, uri: str, row: Row) -> int:
        known = self.ids.get(uri)
        if known is not None:
            return known
        number = self.ids[uri] = len(self.ids) + 1
        artists, albums = len(self.artist_ids), len(self.album_ids)
        artist, album = row.artist or row.show, (row.artist, row.album)
        artist_id, album_id = self.artist_ids[artist], self.album_ids[album]
        if len(self.artist_ids) > artists:
            self.artists.append((artist_id, f"{artist}", f"{artist}"))
        if len(self.album_ids) > albums:
            self.albums.append((album_id, f"{album}", f"{row.album}", artist_id))
        title, kind = row.title or row.episode_title, "track" if row.track else "episode"
        spotify_id = uri.rpartition(":")[2]
        names = hash((artist, title)) >> 1
        self.tracks.append((number, uri, kind, spotify_id, title, artist_id, album_id, names))
        return number

    def store(self, connection: sqlite3.Connection) -> None:
        for table, columns, rows in (
            ("artists", "id, key, name", self.artists),
            ("albums", "id, key, name, artist_id", self.albums),
            (
                "tracks",
                "id, key, kind, spotify_id, title, artist_id, album_id, recording",
                self.tracks,
            ),
        ):
            marks = ", ".join("?" * (columns.count(",") + 1))
            connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
            rows.clear()


def main() -> None:
    options = argparse.ArgumentParser(description="Parse a history and insert it, no more.")
    options.add_argument("zip", type=Path)
    options.add_argument("database", type=Path, help="the product's own, with one account")
    chosen = options.parse_args()
    catalogue, traits = Catalogue(), Numbers()
    with closing(sqlite3.connect(chosen.database, isolation_level=None)) as connection:
        connection.executescript(PRAGMAS)
        for rows in files(chosen.zip):
            plays = []
            for row in rows:
                uri = row.track or row.episode
                if uri is None:
                    continue
                how = (row.platform, row.country, row.reason_start, row.reason_end)
                flags = (row.shuffle, row.skipped, row.offline, row.private)
                played_at, track_id = int(row.ts.timestamp()) * 1000, catalogue.id_of(uri, row)
                packed = traits[how] << 8 | traits[flags]
                plays.append((1, played_at, track_id, row.ms_played, 0, 1, 1, packed))
            connection.execute("BEGIN IMMEDIATE")
            catalogue.store(connection)
            connection.executemany(
                "INSERT OR IGNORE INTO listens (account_id, played_at, track_id, ms_played, nth, "
                "source, import_id, traits) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                plays,
            )
            connection.execute("COMMIT")
        print(*connection.execute("SELECT count(*), sum(ms_played) FROM listens").fetchone())


if __name__ == "__main__":
    main()
