"""`kill -9` at any moment of an import and of its undoing: the archive is exact after every life.

A life: an archive that knows a part already, an upload of several kinds, its check, its storing,
its undoing, with a worker killed again and again in each.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.models import Account
from tests.formats.other_samples import database, headed_csv
from tests.formats.samples import TRACK_ID, nameless_row
from tests.imports.archives import (
    FIRST,
    NOW,
    Content,
    File,
    adds_up,
    bring,
    brought_by,
    content,
    emptied,
    export,
    leftovers,
    receive,
    rows,
    uploads,
)
from tests.imports.worker_process import hatch

PLAYS, APART = 8_000, 300  # minutes
PARTS, KILLS_A_PART = 8, 16  # on SQLite
KILLS_ON_POSTGRESQL = 16
MOST_IN_A_ROW = 5
assert PARTS * KILLS_A_PART + KILLS_ON_POSTGRESQL >= 140


@dataclass(frozen=True, slots=True)
class Story:
    """What is there, what is sent, and what must come of it."""

    there: list[File]
    sent: list[File]
    before: Content
    after: Content
    figures: tuple[object, ...]
    left_out: list[imports.LeftOutLine]


@dataclass(slots=True)
class Stopwatch:
    """How long a worker takes for a stage when nobody kills it, in seconds."""

    longest: float = 0.6


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Story:
    """Told once without any kill, in this process."""
    folder = tmp_path_factory.mktemp("story")
    scrobbles = [scrobble(n) for n in range(0, PLAYS, 10)]
    half = PLAYS // 2
    first, second = rows(half, minutes=APART), rows(half, start=half, minutes=APART)
    nameless = [nameless_row()] * 50
    places = [(TRACK_ID, f"2024-03-{day:02d}", "short_term", 1) for day in range(1, 29)]
    there: list[File] = [
        ("before.zip", export(rows(1_500, start=1_000, minutes=APART))),
        ("lastfm.csv", headed_csv(scrobbles[:300])),
    ]
    sent: list[File] = [
        ("export.zip", export([*first, *nameless], second)),
        ("lastfm.csv", headed_csv(scrobbles)),
        ("mine.db", database(folder / "mine.db", places)),
    ]  # fmt: skip
    with opened(folder, migrated_sqlite) as db:
        account = emptied(db)
        bring(db, account, *there)
        before = content(db, account)
        view = bring(db, account, *sent)
        return Story(
            there, sent, before, content(db, account), figures(view),
            list(imports.left_out(db, account, 2)),
        )  # fmt: skip


def scrobble(nth: int) -> tuple[str, ...]:
    """When that play of the export began, to a few seconds."""
    began = FIRST + timedelta(minutes=APART * nth, seconds=-100)
    return (
        str(int(began.timestamp())),
        "",
        "The Hollow Orchard",
        "",
        "",
        "",
        f"Track {nth % 40}",
        "",
    )


@contextmanager
def opened(folder: Path, template: Path) -> Iterator[Database]:
    (folder / "archive.db").write_bytes(template.read_bytes())
    db = Database(f"sqlite:///{folder / 'archive.db'}", folder / "data")
    yield db
    db.close()


def figures(view: imports.ImportView) -> tuple[object, ...]:
    return (
        view.state, view.problem, view.rows, view.added, view.known, view.skipped,
        view.snapshots_added, view.first_played_at, view.last_played_at,
    )  # fmt: skip


@pytest.mark.parametrize("part", range(PARTS))
def test_a_killed_import_ends_exact_and_is_undone_exactly(
    part: int, story: Story, tmp_path: Path, migrated_sqlite: Path
) -> None:
    with opened(tmp_path, migrated_sqlite) as db:
        assert lives(db, story, Random(part), KILLS_A_PART) >= KILLS_A_PART


def test_a_killed_import_ends_exact_on_postgresql_too(
    story: Story, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue("migrated_postgres")
    with request.getfixturevalue("postgres").database(template) as url:
        db = Database(url, tmp_path / "data")
        assert lives(db, story, Random(99), KILLS_ON_POSTGRESQL) >= KILLS_ON_POSTGRESQL
        db.close()


def lives(db: Database, story: Story, random: Random, wanted: int) -> int:
    """Live until that many workers were killed; how many it were."""
    watch = Stopwatch()
    kills = 0
    while kills < wanted:
        account = emptied(db)
        bring(db, account, *story.there)
        kills += live(db, account, story, random, watch)
        # Who is killed between its last word and the upload's removal leaves that to the sweep.
        imports.sweep_strays(db, datetime.now(UTC) + timedelta(hours=2))
        assert uploads(db) == []
    return kills


def live(db: Database, account: Account, story: Story, random: Random, watch: Stopwatch) -> int:
    """One life of an import; how many workers were killed in it."""
    is_checked_first = random.random() < 0.5
    receive(db, account, *story.sent, check_first=is_checked_first)
    kills = kill_until_done(db, account, story, random, watch)
    if is_checked_first:
        assert content(db, account) == story.before
        imports.start(db, account, 2, NOW)
        kills += kill_until_done(db, account, story, random, watch)
    view = imports.find(db, account, 2)
    assert adds_up(view)
    assert figures(view) == story.figures
    if is_checked_first:
        assert view.forecast is not None
        assert (view.forecast.added, view.forecast.known) == (view.added, view.known)
    assert content(db, account) == story.after
    assert list(imports.left_out(db, account, 2)) == story.left_out
    imports.undo(db, account, 2, NOW)
    kills += kill_until_done(db, account, story, random, watch)
    assert imports.find(db, account, 2).state == "undone"
    assert content(db, account) == story.before
    assert set(brought_by(db, account)) == {1}
    assert leftovers(db, account, 2) == 0
    return kills


def kill_until_done(
    db: Database, account: Account, story: Story, random: Random, watch: Stopwatch
) -> int:
    """Start workers and kill them, each at a moment of its own; the last one may finish."""
    kills = 0
    while imports.unattended(db, datetime.now(UTC) + timedelta(minutes=1)):
        process = hatch(db.url, db.data_dir)
        began = time.monotonic()
        is_spared = kills == MOST_IN_A_ROW
        process.join(None if is_spared else random.uniform(0, watch.longest))
        process.kill()
        process.join()
        if process.exitcode == -signal.SIGKILL:
            kills += 1
            assert content(db, account).told <= story.after.told, "nothing but what was sent"
        else:
            assert process.exitcode == 0
            watch.longest = time.monotonic() - began
    return kills
