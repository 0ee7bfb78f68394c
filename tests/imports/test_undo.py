"""Undoing an import: the archive is what it would be had this import never been."""

from datetime import date
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from sqlalchemy import update

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.errors import Conflict
from music_time_machine.models import Account, Import
from music_time_machine.plays import Kind, Play, Source
from tests.formats.other_samples import AT, PLACE_ROW, database, headed_csv
from tests.formats.samples import TRACK_ID, extended_json, extended_row
from tests.imports.archives import (
    NOTHING,
    NOW,
    File,
    adds_up,
    bring,
    brought_by,
    content,
    emptied,
    export,
    in_small_batches,
    leftovers,
    proceed,
    receive,
    rows,
    tell,
    undo,
    uploads,
)
from tests.imports.figures import fill
from tests.imports.rendering import life
from tests.recognition.truth import View

EXPORT: File = ("export.json", extended_json([extended_row()]))
SCROBBLES: File = (
    "lastfm.csv",
    headed_csv([(str(AT - 187), "", "The Hollow Orchard", "", "", "", "Paper Lanterns", "")]),
)


@pytest.mark.parametrize("seed", range(5))
def test_it_removes_exactly_what_it_added_whatever_else_was_told(
    db: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    in_small_batches(monkeypatch, random.choice((15, 60, 20_000)))
    true = life([seed, seed + 3_000], list(View))
    order = list(View)
    random.shuffle(order)
    files = [view for view in order if view is not View.RECENT]
    undone = random.sample(files, random.randint(1, 4))
    account = emptied(db)
    fill(db, account, true, order)
    for view in undone:
        number = files.index(view) + 1
        assert undo(db, account, number).state == "undone"
        assert leftovers(db, account, number) == 0
    left = content(db, account)
    kept = [view for view in order if view not in undone]
    assert left == fill(db, emptied(db), true, kept)


def test_undoing_everything_leaves_nothing(db: Database, alice: Account, tmp_path: Path) -> None:
    mine = ("mine.db", database(tmp_path / "mine.db"))
    for files in ([EXPORT], [SCROBBLES, mine], [("again.zip", export(rows(30))), EXPORT]):
        bring(db, alice, *files)
    for import_id in (2, 3, 1):
        view = undo(db, alice, import_id)
        assert (view.state, view.has_upload) == ("undone", False)
        assert view.finished_at is not None
    assert content(db, alice) == NOTHING
    assert uploads(db) == []


@pytest.mark.parametrize("first", [1, 2])
def test_of_two_imports_of_one_file_either_may_go(
    db: Database, alice: Account, first: int, tmp_path: Path
) -> None:
    sent = [("a.zip", export(rows(30))), ("mine.db", database(tmp_path / "mine.db"))]
    bring(db, alice, *sent)
    bring(db, alice, *sent)
    before = content(db, alice)
    undo(db, alice, first)
    assert content(db, alice) == before
    assert brought_by(db, alice) == {3 - first: 30}
    undo(db, alice, 3 - first)
    assert content(db, alice) == NOTHING


def test_of_three_imports_of_overlapping_files_the_last_one_that_knows_a_play_keeps_it(
    db: Database, alice: Account
) -> None:
    for start, end in ((0, 30), (10, 40), (20, 50)):
        bring(db, alice, export(rows(end - start, start=start)))
    undo(db, alice, 1)
    assert brought_by(db, alice) == {2: 30, 3: 10}
    undo(db, alice, 2)
    assert brought_by(db, alice) == {3: 30}
    undo(db, alice, 3)
    assert content(db, alice) == NOTHING


def test_an_undone_file_can_be_sent_again(db: Database, alice: Account) -> None:
    first = bring(db, alice, export(rows(30)))
    before = content(db, alice)
    undo(db, alice, first.id)
    again = bring(db, alice, export(rows(30)))
    assert (again.added, again.known) == (30, 0)
    assert content(db, alice) == before


def test_what_the_api_knows_too_stays(db: Database, alice: Account) -> None:
    listed = Play(
        Source.RECENTLY_PLAYED, NOW, None, Kind.TRACK, "Paper Lanterns", "The Hollow Orchard",
        spotify_id=TRACK_ID, duration_ms=187_000,
    )  # fmt: skip
    tell(db, alice, [listed])
    before = content(db, alice)
    told_again = extended_json([extended_row(f"{NOW:%Y-%m-%dT%H:%M:%SZ}")])
    view = bring(db, alice, ("export.json", told_again))
    assert (view.added, view.known) == (0, 1)
    assert content(db, alice) != before
    undo(db, alice, view.id)
    assert content(db, alice) == before


@pytest.mark.parametrize("order", [(EXPORT, SCROBBLES), (SCROBBLES, EXPORT)])
def test_an_echo_becomes_the_play_when_its_listen_goes(
    db: Database, alice: Account, order: tuple[File, File]
) -> None:
    for file in order:
        bring(db, alice, file)
    both = content(db, alice)
    assert (len(both.listens), len(both.echoes)) == (1, 1)
    undo(db, alice, order.index(EXPORT) + 1)
    alone = content(db, alice)
    assert [one.source for one in alone.listens] == [Source.LASTFM]
    assert alone.echoes == frozenset()


def test_an_echo_alone_goes_without_its_listen(db: Database, alice: Account) -> None:
    bring(db, alice, EXPORT)
    before = content(db, alice)
    bring(db, alice, SCROBBLES)
    undo(db, alice, 2)
    assert content(db, alice) == before


def test_while_another_import_runs(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch, 20)
    account = emptied(db)
    bring(db, account, export(rows(200, start=100)))
    expected = content(db, account)
    account = emptied(db)
    bring(db, account, export(rows(200)))
    coming = receive(db, account, export(rows(200, start=100)))

    def undo_the_first(view: imports.ImportView) -> None:
        if view.added + view.known == 60:
            undo(db, account, 1)

    view = imports.proceed(db, account, coming, "w2", lambda: NOW, on_progress=undo_the_first)
    assert (view.state, adds_up(view)) == ("completed", True)
    assert content(db, account) == expected
    assert brought_by(db, account) == {coming: 200}


@pytest.mark.parametrize("seed", range(3))
def test_at_the_same_moment_as_another_import(
    db: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch, 25)
    true = life([seed, seed + 10, seed + 20], [View.EXTENDED, View.ACCOUNT, View.LASTFM])
    account = emptied(db)
    bring(db, account, true.files[View.EXTENDED], true.files[View.LASTFM])
    coming = receive(db, account, true.files[View.EXTENDED], true.files[View.ACCOUNT])
    imports.undo(db, account, 1, NOW)
    workers = [
        Thread(target=proceed, args=(db, account, import_id, f"w{import_id}"))
        for import_id in (1, coming)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    left = content(db, account)
    assert [imports.find(db, account, n).state for n in (1, coming)] == ["undone", "completed"]
    assert left == fill(db, emptied(db), true, [View.ACCOUNT, View.EXTENDED])


def test_snapshots_of_the_teaching_project_go_too(
    db: Database, alice: Account, tmp_path: Path
) -> None:
    days = ("2024-03-05", "2024-03-06", "2024-03-07")
    first = database(tmp_path / "a.db", [(TRACK_ID, day, "short_term", 1) for day in days[:2]])
    second = database(tmp_path / "b.db", [(TRACK_ID, day, "short_term", 2) for day in days[1:]])
    bring(db, alice, ("a.db", first))
    one = content(db, alice)
    view = bring(db, alice, ("b.db", second))
    assert (view.added, view.known, view.snapshots_added) == (1, 1, 1)
    undo(db, alice, view.id)
    assert content(db, alice) == one
    bring(db, alice, ("b.db", second))
    undo(db, alice, 1)
    assert content(db, alice).days == {date(2024, 3, 6), date(2024, 3, 7)}
    undo(db, alice, 3)
    assert content(db, alice) == NOTHING


def test_a_snapshot_that_spotify_gave_stays(db: Database, alice: Account, tmp_path: Path) -> None:
    from music_time_machine import rankings

    with db.write() as session:
        rankings.keep(session, alice, date.fromisoformat(str(PLACE_ROW[1])), NOW, {}, {})
    before = content(db, alice)
    view = bring(db, alice, ("mine.db", database(tmp_path / "mine.db")))
    assert (view.added, view.known) == (0, 1)
    undo(db, alice, view.id)
    assert content(db, alice) == before


def test_only_once_and_only_when_it_has_ended(db: Database, alice: Account) -> None:
    waiting = receive(db, alice, export(rows(5)))
    with pytest.raises(Conflict):
        imports.undo(db, alice, waiting, NOW)
    proceed(db, alice, waiting)
    undo(db, alice, waiting)
    with pytest.raises(Conflict):
        imports.undo(db, alice, waiting, NOW)


def test_a_failed_import_can_be_undone(db: Database, alice: Account) -> None:
    whole = extended_json(rows(60))
    view = bring(db, alice, export(rows(10), others={"b.json": whole[: len(whole) // 2]}))
    assert view.state == "failed"
    assert len(content(db, alice).listens) > 10
    undo(db, alice, view.id)
    assert content(db, alice) == NOTHING


def test_bobs_plays_are_not_touched(db: Database, alice: Account, bob: Account) -> None:
    for account in (alice, bob):
        bring(db, account, EXPORT, SCROBBLES)
    before = content(db, bob)
    undo(db, alice, 1)
    assert content(db, alice) == NOTHING
    assert content(db, bob) == before


def left_in_the_middle(db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import of a hundred plays, and an undo of it whose worker stops after twenty."""
    in_small_batches(monkeypatch, 20)
    bring(db, alice, export(rows(100)))
    imports.undo(db, alice, 1, NOW)

    def stop(_: imports.ImportView) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.proceed(db, alice, 1, "w1", lambda: NOW, on_progress=stop)


def test_an_undo_that_its_worker_left_is_taken_up_again(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_in_the_middle(db, alice, monkeypatch)
    assert 0 < len(content(db, alice).listens) < 100
    with db.write() as session:
        session.execute(update(Import).values(heartbeat_at=NOW.replace(year=2025)))
    assert imports.unattended(db, NOW) == [(alice.id, 1)]
    assert proceed(db, alice, 1, "w2").state == "undone"
    assert content(db, alice) == NOTHING


def test_what_an_undo_would_take_is_what_it_takes_whoever_came_first(
    db: Database, alice: Account, tmp_path: Path
) -> None:
    sent = [("a.zip", export(rows(30))), ("mine.db", database(tmp_path / "mine.db"))]
    bring(db, alice, *sent)
    bring(db, alice, export(rows(20)))
    bring(db, alice, SCROBBLES, EXPORT)
    bring(db, alice, SCROBBLES)
    for import_id, plays, snapshots in ((1, 10, 1), (2, 20, 0), (3, 0, 0), (4, 1, 0)):
        before = content(db, alice)
        stake = imports.at_stake(db, alice, import_id)
        view = undo(db, alice, import_id)
        after = content(db, alice)
        gone = len(before.listens) - len(after.listens)
        assert (stake.plays, stake.snapshots) == (gone, len(before.days) - len(after.days))
        assert (gone, stake.snapshots) == (plays, snapshots)
        assert view.added == gone + len(before.places) - len(after.places)
        assert adds_up(view)
    assert content(db, alice) == NOTHING


def test_an_undo_that_broke_counts_on_when_it_is_asked_again(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_in_the_middle(db, alice, monkeypatch)
    imports.fail(db, alice, 1, "w1", "It broke.", NOW)
    assert (undo(db, alice, 1).added, content(db, alice)) == (100, NOTHING)
