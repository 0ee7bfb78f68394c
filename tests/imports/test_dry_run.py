"""The dry run: it says to the row what an import would come to, and changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.errors import Conflict
from music_time_machine.models import Account
from music_time_machine.plays import LeftOut
from tests.formats.other_samples import (
    ADDRESS,
    AT,
    PLACE_ROW,
    database,
    headed_csv,
    json_lines,
    named_listen,
)
from tests.formats.samples import episode_row, extended_json, extended_row, nameless_row
from tests.imports.archives import (
    FIRST,
    NOTHING,
    NOW,
    File,
    adds_up,
    bring,
    content,
    emptied,
    export,
    in_small_batches,
    proceed,
    receive,
    rows,
    tell,
    uploads,
)
from tests.imports.rendering import Life, life
from tests.recognition.truth import View


def check(db: Database, account: Account, *files: File | bytes) -> imports.ImportView:
    return proceed(db, account, receive(db, account, *files, check_first=True))


def start(db: Database, account: Account, import_id: int) -> imports.ImportView:
    imports.start(db, account, import_id, NOW)
    return proceed(db, account, import_id)


def test_it_says_what_would_be_added_what_is_known_and_what_is_left_out(
    db: Database, alice: Account, tmp_path: Path
) -> None:
    bring(db, alice, export(rows(10)))
    before = content(db, alice)
    mixed = [*rows(15), *rows(2), nameless_row(), {"ts": 5}, episode_row()]
    places = [PLACE_ROW, (PLACE_ROW[0], "2024-03-06", "short_term", 1)]
    view = check(db, alice, export(mixed), ("mine.db", database(tmp_path / "mine.db", places)))
    assert (view.state, view.can_start, view.percent, view.problem) == ("waiting", True, 100, None)
    assert view.rows == 22
    assert view.forecast is not None
    assert (view.forecast.added, view.forecast.known, view.forecast.snapshots) == (8, 12, 2)
    assert view.skipped == ((LeftOut.NO_IDENTITY, 1), (LeftOut.UNREADABLE, 1))
    assert view.first_played_at == FIRST
    assert view.last_played_at == datetime(2024, 3, 5, 19, 30, tzinfo=UTC)
    assert view.formats == (
        "Spotify's extended streaming history",
        "the teaching project's music_time_machine.db",
    )
    assert content(db, alice) == before
    assert len(uploads(db)) == 1


def test_what_was_foretold_is_what_happens(db: Database, alice: Account, tmp_path: Path) -> None:
    bring(db, alice, export(rows(10)))
    foretold = check(db, alice, export(rows(15)), ("mine.db", database(tmp_path / "mine.db")))
    view = start(db, alice, foretold.id)
    assert view.state == "completed"
    assert adds_up(view)
    assert foretold.forecast is not None
    assert (view.added, view.known) == (foretold.forecast.added, foretold.forecast.known)
    assert view.snapshots_added == foretold.forecast.snapshots == 1


def test_it_waits_for_its_person_as_long_as_that_takes(db: Database, alice: Account) -> None:
    view = check(db, alice, export(rows(5)))
    assert imports.unattended(db, datetime(2099, 1, 1, tzinfo=UTC)) == []
    imports.start(db, alice, view.id, NOW)
    assert imports.unattended(db, datetime(2099, 1, 1, tzinfo=UTC)) == [(alice.id, view.id)]


def test_only_what_waits_for_its_person_can_be_started(db: Database, alice: Account) -> None:
    unchecked = receive(db, alice, export(rows(5)), check_first=True)
    ended = bring(db, alice, export(rows(5)))
    for import_id in (unchecked, ended.id):
        with pytest.raises(Conflict):
            imports.start(db, alice, import_id, NOW)


def test_what_came_in_after_the_check_is_known_when_it_starts(db: Database, alice: Account) -> None:
    parked = check(db, alice, export(rows(20)))
    bring(db, alice, export(rows(10)))
    view = start(db, alice, parked.id)
    assert (view.added, view.known) == (10, 10)


def test_a_play_whose_records_fall_into_two_batches_is_foretold_once(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (7, 8, 9):
        in_small_batches(monkeypatch, size)
        account = emptied(db)
        heard = rows(30)
        began = [
            int((FIRST + timedelta(minutes=4 * n, milliseconds=-100_000 - n)).timestamp())
            for n in range(30)
        ]
        scrobbles = [
            (str(at), "", "The Hollow Orchard", "", "", "", f"Track {n}", "")
            for n, at in enumerate(began)
            if n != size
        ]
        view = check(db, account, export(heard), ("lastfm.csv", headed_csv(scrobbles)))
        assert view.forecast is not None
        assert (view.forecast.added, view.forecast.known) == (30, 29)


@pytest.mark.parametrize("seed", range(10))
def test_figures_come_true_over_any_overlap_of_several_kinds(
    db: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    in_small_batches(monkeypatch, random.choice((5, 40, 20_000)))
    true = life([seed, seed + 500], list(View))
    account = emptied(db)
    tell(db, account, random.sample(true.listed, len(true.listed) // 2))
    files = [part for view in true.files for part in _parts(true, view, random)]
    random.shuffle(files)
    while files:
        sent = [files.pop() for _ in range(min(len(files), random.randint(1, 3)))]
        before = content(db, account)
        view = check(db, account, *sent)
        assert content(db, account) == before
        assert view.forecast is not None
        foretold = (view.rows, view.forecast.added, view.forecast.known, view.left_out)
        view = start(db, account, view.id)
        assert foretold == (view.rows, view.added, view.known, view.left_out)
        assert adds_up(view)
        assert len(content(db, account).listens) >= len(before.listens)


def _parts(true: Life, view: View, random: Random) -> list[File]:
    """Two files of a view that may overlap, each of a span of its own."""
    records = true.told[view]
    stamps = [record.stamp for record in records] or [0]
    parts = []
    for _ in range(2):
        first, last = sorted((random.choice(stamps), random.choice(stamps)))
        parts.append([record for record in records if first <= record.stamp <= last])
    return [Life(true.plays, {view: part}).files[view] for part in parts if part]


@pytest.mark.parametrize("before", [False, True])
def test_two_names_that_an_isrc_of_the_upload_makes_one_are_foretold_as_one(
    db: Database, alice: Account, before: bool
) -> None:
    """One play under two names, and two listens of months before that tell they are one."""
    other = "Paper Lanterns (Alternate)"
    sent: list[File] = [
        ("export.json", extended_json([extended_row(track="Paper Lanterns")])),
        (
            "lastfm.csv",
            headed_csv([(str(AT - 187), "", "The Hollow Orchard", *[""] * 3, other, "")]),
        ),
        (
            "a.jsonl",
            json_lines([named_listen("Paper Lanterns", ADDRESS), named_listen(other, None)]),
        ),
    ]
    if before:
        bring(db, alice, sent.pop(0))
    view = check(db, alice, *sent)
    assert view.forecast is not None
    foretold = (view.forecast.added, view.forecast.known)
    view = start(db, alice, view.id)
    assert foretold == (view.added, view.known) == ((2, 1) if before else (3, 1))


def test_a_check_of_nothing_new_adds_nothing(db: Database, alice: Account) -> None:
    content_before = export(rows(5))
    bring(db, alice, content_before)
    view = check(db, alice, content_before)
    assert view.forecast is not None
    assert (view.forecast.added, view.forecast.known) == (0, 5)


def test_a_check_stores_no_track(db: Database) -> None:
    account = emptied(db)
    check(db, account, ("export.json", extended_json([extended_row()])))
    assert content(db, account) == NOTHING
    view = imports.find(db, account, 1)
    assert (view.added, view.known, view.started_at) == (0, 0, None)


def test_one_that_was_only_checked_can_be_forgotten(db: Database, alice: Account) -> None:
    view = check(db, alice, export([*rows(5), nameless_row()]))
    imports.forget(db, alice, view.id)
    assert (imports.recent(db, alice), uploads(db)) == ([], [])
    done = bring(db, alice, export(rows(5)))
    with pytest.raises(Conflict):
        imports.forget(db, alice, done.id)
