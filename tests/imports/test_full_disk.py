"""A disk that fills up while an upload is brought into order: told, undone, and tried again."""

import os
import subprocess
import sys
from pathlib import Path

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.models import Account
from tests.imports.archives import (
    NOW,
    adds_up,
    bring,
    content,
    export,
    proceed,
    receive,
    rows,
    uploads,
)

LONG = "as long as the titles of some pieces of chamber music are, with all of their movements"


def test_a_full_disk_ends_it_with_a_sentence_and_later_it_goes_on(
    db: Database, alice: Account
) -> None:
    bring(db, alice, export(rows(10)))
    before = content(db, alice)
    # Distinct titles, so that the list of tracks alone is longer than the limit.
    named = [
        row | {"master_metadata_track_name": f"{n} {LONG}", "spotify_track_uri": None}
        for n, row in enumerate(rows(2_000, start=20))
    ]
    import_id = receive(db, alice, export(named))
    work_on_a_full_disk(db, most_bytes=300_000)
    view = imports.find(db, alice, import_id)
    assert (view.state, view.can_retry) == ("failed", True)
    assert view.problem
    assert content(db, alice) == before
    kept = sorted(path.name for path in (db.data_dir / "uploads").glob("*/*"))
    assert kept == ["0", "names.json"], "the upload itself, and nothing half done"
    imports.retry(db, alice, import_id, NOW)
    view = proceed(db, alice, import_id)
    assert (view.state, view.problem, view.added, adds_up(view)) == ("completed", None, 2_000, True)
    assert uploads(db) == []


def work_on_a_full_disk(db: Database, most_bytes: int) -> None:
    """Let a worker take up what waits that may write no file longer than that."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.imports.filling_disk"]
    done = subprocess.run(
        [*command, db.url, str(db.data_dir), str(most_bytes)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
