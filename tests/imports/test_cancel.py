"""Stopping an import, in every state that it can be in: then it is as if it had never been sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.errors import Conflict, NotFound
from music_time_machine.models import Account
from tests.formats.other_samples import database
from tests.imports.archives import (
    NOW,
    Content,
    File,
    bring,
    brought_by,
    content,
    export,
    in_small_batches,
    leftovers,
    proceed,
    receive,
    rows,
    uploads,
)
from tests.stage import Clock


@pytest.fixture
def before(db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch) -> Content:
    """What was there: a part of what is then sent."""
    in_small_batches(monkeypatch, 20)
    bring(db, alice, export(rows(60)))
    return content(db, alice)


def sent(folder: Path) -> list[File]:
    """Plays and a snapshot."""
    return [
        ("export.zip", export(rows(100, start=20), rows(100, start=120))),
        ("mine.db", database(folder / "mine.db")),
    ]


def is_as_before(db: Database, account: Account, import_id: int, before: Content) -> bool:
    view = imports.find(db, account, import_id)
    return (
        (view.state, view.is_ended, view.has_upload) == ("cancelled", True, False)
        and view.finished_at is not None
        and content(db, account) == before
        and brought_by(db, account) == {1: len(before.told)}
        and leftovers(db, account, import_id) == 0
        and uploads(db) == []
    )


def cancel_when(
    db: Database, account: Account, files: list[File], when: Callable[[imports.ImportView], bool]
) -> int:
    """Its person cancels it as soon as its worker tells of this state; the id."""
    import_id = receive(db, account, *files)
    clock = Clock(NOW)

    def ticking() -> datetime:
        clock.pass_by(seconds=2)
        return clock.now

    def watch(view: imports.ImportView) -> None:
        if view.aim == "keep" and when(view):
            imports.cancel(db, account, import_id, NOW)

    imports.proceed(
        db, account, import_id, "w", ticking, lease=timedelta(hours=1), on_progress=watch
    )
    return import_id


def test_one_that_waits_for_a_worker(
    db: Database, alice: Account, before: Content, tmp_path: Path
) -> None:
    import_id = receive(db, alice, *sent(tmp_path))
    imports.cancel(db, alice, import_id, NOW)
    assert is_as_before(db, alice, import_id, before)
    assert imports.unattended(db, NOW) == []


def test_one_that_waits_for_its_person(
    db: Database, alice: Account, before: Content, tmp_path: Path
) -> None:
    import_id = receive(db, alice, *sent(tmp_path), check_first=True)
    proceed(db, alice, import_id)
    imports.cancel(db, alice, import_id, NOW)
    assert is_as_before(db, alice, import_id, before)


def test_one_that_is_being_read(
    db: Database, alice: Account, before: Content, tmp_path: Path
) -> None:
    def is_reading(view: imports.ImportView) -> bool:
        return view.state == "checking" and view.rows == 0

    import_id = cancel_when(db, alice, sent(tmp_path), is_reading)
    assert imports.find(db, alice, import_id).checked_at is None
    assert is_as_before(db, alice, import_id, before)


@pytest.mark.parametrize("added", [1, 40, 140])
def test_one_that_is_being_stored(
    db: Database, alice: Account, before: Content, tmp_path: Path, added: int
) -> None:
    import_id = cancel_when(db, alice, sent(tmp_path), lambda view: view.added >= added)
    assert is_as_before(db, alice, import_id, before)


def test_one_whose_worker_has_died(
    db: Database, alice: Account, before: Content, tmp_path: Path
) -> None:
    import_id = receive(db, alice, *sent(tmp_path))

    def die(view: imports.ImportView) -> None:
        if view.added:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.proceed(db, alice, import_id, "w1", lambda: NOW, on_progress=die)
    imports.cancel(db, alice, import_id, NOW)
    later = NOW + timedelta(minutes=1)
    assert imports.unattended(db, later) == [(alice.id, import_id)]
    imports.proceed(db, alice, import_id, "w2", lambda: later)
    assert is_as_before(db, alice, import_id, before)


def test_one_that_is_tried_again(
    db: Database, alice: Account, before: Content, tmp_path: Path
) -> None:
    import_id = receive(db, alice, *sent(tmp_path))

    def stop(view: imports.ImportView) -> None:
        if view.added:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.proceed(db, alice, import_id, "w1", lambda: NOW, on_progress=stop)
    imports.fail(db, alice, import_id, "w1", "It broke.", NOW)
    imports.retry(db, alice, import_id, NOW)
    imports.cancel(db, alice, import_id, NOW)
    proceed(db, alice, import_id, "w2")
    assert is_as_before(db, alice, import_id, before)


def test_one_of_snapshots_alone_that_is_tried_again(
    db: Database, alice: Account, before: Content, tmp_path: Path
) -> None:
    import_id = receive(db, alice, ("mine.db", database(tmp_path / "mine.db")))
    readings = 0

    def clock() -> datetime:
        nonlocal readings
        readings += 1
        if content(db, alice).days:
            raise KeyboardInterrupt
        return NOW

    with pytest.raises(KeyboardInterrupt):
        imports.proceed(db, alice, import_id, "w1", clock)
    imports.fail(db, alice, import_id, "w1", "It broke.", NOW)
    imports.retry(db, alice, import_id, NOW)
    imports.cancel(db, alice, import_id, NOW)
    if not imports.find(db, alice, import_id).is_ended:
        proceed(db, alice, import_id, "w2")
    assert is_as_before(db, alice, import_id, before)


def test_what_has_ended_can_no_longer_be_cancelled(db: Database, alice: Account) -> None:
    done = bring(db, alice, export(rows(5)))
    stopped = receive(db, alice, export(rows(5)))
    imports.cancel(db, alice, stopped, NOW)
    for import_id in (done.id, stopped):
        with pytest.raises(Conflict):
            imports.cancel(db, alice, import_id, NOW)
        with pytest.raises(Conflict):
            imports.retry(db, alice, import_id, NOW)
    with pytest.raises(Conflict):
        imports.undo(db, alice, stopped, NOW)


def test_what_is_being_undone_is_not_cancelled(db: Database, alice: Account) -> None:
    done = bring(db, alice, export(rows(5)))
    imports.undo(db, alice, done.id, NOW)
    with pytest.raises(Conflict):
        imports.cancel(db, alice, done.id, NOW)


def test_after_a_cancel_the_same_file_is_new_again(db: Database, alice: Account) -> None:
    first = receive(db, alice, export(rows(30)))
    imports.cancel(db, alice, first, NOW)
    assert bring(db, alice, export(rows(30))).added == 30


def test_bobs_import_cannot_be_touched_by_alice(db: Database, alice: Account, bob: Account) -> None:
    import_id = receive(db, bob, export(rows(5)))
    for touch in (imports.start, imports.undo, imports.retry):
        with pytest.raises(NotFound):
            touch(db, alice, import_id, NOW)
    assert imports.find(db, bob, import_id).state == "waiting"
