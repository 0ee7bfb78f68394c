"""What the benches work on: a history that lies ready as a zip, and an archive to import it into.

Knows what each must hold, and drives the product by its command alone. Imports nothing heavy, for
the reason that `processes` gives.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from processes import Done, run

HERE = Path(__file__).resolve().parent
SECRET_KEY = "a key for benches alone, signing nothing of worth"
ACCOUNT, ZONE = "Alice", "Europe/Berlin"
RANGES = ("long_term", "medium_term", "short_term")
LISTED = 50
# For each kind of list: by how many numbers it moves on a day, and how many there are.
DRIFTS = (("snapshot_tracks", 7, 5_000), ("snapshot_artists", 1, 900))


@dataclass(frozen=True, slots=True)
class Truth:
    """What is in a history, counted by who invented it.

    `listens` are the different plays of all kinds and `ms` their sum, `music` those of tracks,
    `tracks` the different tracks among these; `known` and `nameless` are the rows that add nothing.
    """

    rows: int
    files: int
    listens: int
    music: int
    tracks: int
    known: int
    nameless: int
    ms: int
    unpacked_bytes: int


@dataclass(frozen=True, slots=True)
class History:
    """A zip that lies ready, and what is in it."""

    path: Path
    truth: Truth


def history(plays: int, until: date, folder: Path) -> History:
    """The history of so many rows that ends the day before `until`; made once a folder."""
    path = folder.absolute() / f"history-{plays}-{until:%Y%m%d}.zip"
    beside = path.with_suffix(".json")
    if not beside.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        options = ["--plays", str(plays), "--until", until.isoformat(), "--output", str(path)]
        command = [sys.executable, str(HERE / "histories.py"), *options]
        made = subprocess.run(command, check=True, capture_output=True, text=True)
        beside.write_text(made.stdout)
    return History(path, Truth(**json.loads(beside.read_text())))


class Archive:
    """An archive of one local account in a folder of its own, reached by `mtm` and by SQL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.database = self.data_dir / "music_time_machine.db"
        folder.mkdir()
        self.mtm("account", "add", ACCOUNT, "--time-zone", ZONE)

    @property
    def environment(self) -> Mapping[str, str]:
        """This machine's, but for the product's own settings."""
        ours = {"SECRET_KEY": SECRET_KEY, "DATA_DIR": str(self.data_dir), "DATABASE_URL": ""}
        return {**os.environ, **ours, "LOG_LEVEL": "WARNING"}

    def mtm(self, *arguments: str) -> Done:
        """What `mtm` says, and what it cost."""
        command = [sys.executable, "-m", "music_time_machine", *arguments]
        return run(command, self.folder, self.environment)

    def take(self, source: History) -> Done:
        """Import a history by the product's own command; ends everything when it is not exact."""
        done = self.mtm("import", str(source.path), "--account", ACCOUNT, "--json")
        truth = source.truth
        expected = {
            "files": truth.files,
            "rows": truth.rows,
            "added": truth.listens,
            "known": truth.known,
            "skipped": {"no_identity": truth.nameless},
        }
        told = {key: told for key, told in json.loads(done.output).items() if key in expected}
        stored = self.ask("SELECT count(*), sum(ms_played) FROM listens")
        if (told, stored) != (expected, (truth.listens, truth.ms)):
            sys.exit(f"The archive is not the file's: {told}, {stored} instead of {truth}.")
        return done

    def play_one(self, number: int) -> None:
        """One more play, newer than all before it, of a track that is new; number them upwards."""
        moment = datetime.now(UTC) - timedelta(minutes=10 - number)
        row = {
            "ts": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "ms_played": 180_000,
            "master_metadata_track_name": f"Another {number}",
            "master_metadata_album_artist_name": "Another One",
            "master_metadata_album_album_name": "One More",
            "spotify_track_uri": f"spotify:track:{number:022}",
            "reason_start": "trackdone",
            "reason_end": "trackdone",
            "skipped": False,
        }
        path = self.folder / f"Streaming_History_Audio_{number}.json"
        path.write_text(json.dumps([row]))
        told = json.loads(self.mtm("import", str(path), "--account", ACCOUNT, "--json").output)
        if told["added"] != 1:
            sys.exit(f"One play more was none: {told}")

    def list_daily(self, days: int) -> None:
        """A snapshot on each of the last so many days: three lists of 50 that drift."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            for back in range(days):
                taken = datetime.now(UTC) - timedelta(days=back)
                day = taken.date().isoformat()
                snapshot = (1, day, int(taken.timestamp() * 1000), None)
                connection.execute("INSERT INTO snapshots VALUES (?, ?, ?, ?)", snapshot)
                for table, step, most in DRIFTS:
                    rows = [
                        (1, day, name, rank, 1 + (back * step + rank * (place + 1)) % most)
                        for place, name in enumerate(RANGES)
                        for rank in range(LISTED)
                    ]
                    connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)", rows)

    def ask(self, question: str) -> tuple[object, ...]:
        """The first row of an SQL question."""
        with closing(sqlite3.connect(self.database)) as connection:
            row: tuple[object, ...] = connection.execute(question).fetchone()
            return row

    def bytes(self) -> tuple[int, int]:
        """Bytes on disk of the database, its log written back, and of the columns, built first."""
        run([sys.executable, str(HERE / "columns.py")], self.folder, self.environment)
        self.ask("PRAGMA wal_checkpoint(TRUNCATE)")
        built = (self.data_dir / "columns").rglob("*.columns")
        return self.database.stat().st_size, sum(path.stat().st_size for path in built)
