"""What goes wrong around an import: it ends in a sentence and keeps what is good."""

import shutil

import pytest

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.errors import Conflict
from music_time_machine.formats import flat
from music_time_machine.models import Account
from tests.formats.samples import extended_json
from tests.imports.archives import (
    NOTHING,
    NOW,
    adds_up,
    bring,
    content,
    export,
    in_small_batches,
    proceed,
    receive,
    rows,
    undo,
    uploads,
)


def test_more_tracks_than_anybody_hears_end_it(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat, "MOST_TRACKS", 30)
    view = bring(db, alice, export(rows(100)))
    assert view.state == "failed"
    assert view.problem is not None
    assert "more than 30 different tracks" in view.problem
    assert adds_up(view)
    assert content(db, alice) == NOTHING
    assert uploads(db) == []


def test_a_file_damaged_midway_keeps_what_could_be_read_and_every_other_file(
    db: Database, alice: Account
) -> None:
    whole = extended_json(rows(30, start=30))
    sent = export(rows(30), rows(5, start=60), others={"c.json": whole[: len(whole) * 3 // 4]})
    view = bring(db, alice, sent)
    assert view.state == "failed"
    assert view.problem is not None
    assert "c.json" in view.problem
    assert adds_up(view)
    assert view.added == len(content(db, alice).listens) >= 30 + 5 + 15
    assert uploads(db) == []


def test_a_damaged_file_is_told_after_the_check_and_then_may_be_started(
    db: Database, alice: Account
) -> None:
    whole = extended_json(rows(30, start=30))
    sent = export(rows(30), others={"c.json": whole[: len(whole) * 3 // 4]})
    view = proceed(db, alice, receive(db, alice, sent, check_first=True))
    assert (view.state, view.can_start) == ("waiting", True)
    assert view.problem is not None
    assert "c.json" in view.problem
    imports.start(db, alice, view.id, NOW)
    ended = proceed(db, alice, view.id)
    assert (ended.state, ended.problem, adds_up(ended)) == ("failed", view.problem, True)
    undo(db, alice, view.id)
    assert content(db, alice) == NOTHING


@pytest.mark.parametrize("is_checked", [False, True])
def test_an_upload_that_is_gone_ends_it_with_what_to_do(
    db: Database, alice: Account, is_checked: bool
) -> None:
    import_id = receive(db, alice, export(rows(5)), check_first=is_checked)
    if is_checked:
        proceed(db, alice, import_id)
        imports.start(db, alice, import_id, NOW)
    shutil.rmtree(db.data_dir / "uploads" / uploads(db)[0])
    view = proceed(db, alice, import_id)
    assert view.state == "failed"
    assert view.problem is not None
    assert "upload it once more" in view.problem
    assert content(db, alice) == NOTHING
    with pytest.raises(Conflict):
        imports.retry(db, alice, import_id, NOW)


def test_an_order_that_is_gone_is_made_again(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch, 10)
    import_id = receive(db, alice, export(rows(50)), check_first=True)
    proceed(db, alice, import_id)
    shutil.rmtree(next((db.data_dir / "uploads").glob("*/stage")))
    imports.start(db, alice, import_id, NOW)
    view = proceed(db, alice, import_id)
    assert (view.state, view.added, adds_up(view)) == ("completed", 50, True)
