"""A worker that stops at each step that it takes, one after the other: nothing is ever counted
twice, and nothing missing. The clock is read at every step, so that is where it stops.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.models import Account
from tests.formats.other_samples import PLACE_ROW, database
from tests.formats.samples import nameless_row
from tests.imports.archives import (
    NOW,
    Content,
    File,
    adds_up,
    bring,
    brought_by,
    content,
    emptied,
    export,
    in_small_batches,
    leftovers,
    receive,
    rows,
    uploads,
)
from tests.imports.rendering import life
from tests.recognition.truth import View

TRUE = life([3], [View.EXTENDED, View.LASTFM])


class Stopped(BaseException):
    """The worker is gone."""


def stopping_at(step: int) -> Callable[[], datetime]:
    """A clock that ends its reader at the n-th reading."""
    readings = 0

    def clock() -> datetime:
        nonlocal readings
        readings += 1
        if readings == step:
            raise Stopped
        return NOW

    return clock


def reaches(db: Database, account: Account, import_id: int, step: int) -> bool:
    """Whether a worker got as far as that step, where it stopped; else it has finished."""
    try:
        imports.proceed(db, account, import_id, "w", stopping_at(step))
    except Stopped:
        return True
    return False


@pytest.fixture
def sent(tmp_path: Path) -> list[File]:
    """Some plays that are known already, some that another source tells of, a snapshot."""
    places = [PLACE_ROW, (PLACE_ROW[0], "2024-03-06", "short_term", 1)]
    return [
        ("export.zip", export([*rows(12, start=6), nameless_row()])),
        TRUE.files[View.LASTFM],
        ("mine.db", database(tmp_path / "mine.db", places)),
    ]


def begin(db: Database) -> Account:
    account = emptied(db)
    bring(db, account, ("before.zip", export(rows(12))), TRUE.files[View.EXTENDED])
    return account


def figures(view: imports.ImportView) -> tuple[object, ...]:
    return (
        view.state, view.problem, view.rows, view.added, view.known, view.skipped, view.forecast,
        view.snapshots_added,
    )  # fmt: skip


@pytest.fixture
def whole(
    db: Database, sent: list[File], monkeypatch: pytest.MonkeyPatch
) -> tuple[tuple[object, ...], Content]:
    """What comes of it when nobody stops."""
    in_small_batches(monkeypatch, 20)
    account = begin(db)
    view = bring(db, account, *sent)
    assert view.state == "completed"
    return figures(view), content(db, account)


def test_an_import_that_stopped_at_any_step_ends_as_one_that_never_did(
    db: Database, sent: list[File], whole: tuple[tuple[object, ...], Content]
) -> None:
    step = 0
    has_stopped = True
    while has_stopped:
        step += 1
        account = begin(db)
        import_id = receive(db, account, *sent)
        has_stopped = reaches(db, account, import_id, step)
        if not imports.find(db, account, import_id).is_ended:
            reaches(db, account, import_id, 10_000)
        view = imports.find(db, account, import_id)
        assert (figures(view), content(db, account)) == whole, step
        assert adds_up(view)
        imports.sweep_strays(db, NOW.replace(year=2099))
        assert uploads(db) == []
    assert step > 8


def test_one_that_stops_at_every_step_still_comes_to_its_end(
    db: Database, sent: list[File], whole: tuple[tuple[object, ...], Content]
) -> None:
    account = begin(db)
    import_id = receive(db, account, *sent)
    step = 1
    while reaches(db, account, import_id, step):
        step += 1
    view = imports.find(db, account, import_id)
    assert (figures(view), content(db, account)) == whole


@pytest.mark.parametrize("ask", [imports.undo, None])
def test_taking_back_that_stopped_at_any_step_leaves_nothing(
    db: Database,
    sent: list[File],
    ask: Callable[[Database, Account, int, datetime], None] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both ways: undone when it has ended, and cancelled while its worker is on it."""
    in_small_batches(monkeypatch, 20)
    step = 0
    has_stopped = True
    while has_stopped:
        step += 1
        account = begin(db)
        before = content(db, account)
        import_id = receive(db, account, *sent)
        if ask is None:
            assert reaches(db, account, import_id, 8)
            imports.cancel(db, account, import_id, NOW)
        else:
            reaches(db, account, import_id, 10_000)
            ask(db, account, import_id, NOW)
        has_stopped = reaches(db, account, import_id, step)
        if not imports.find(db, account, import_id).is_ended:
            reaches(db, account, import_id, 10_000)
        view = imports.find(db, account, import_id)
        assert view.state == ("cancelled" if ask is None else "undone")
        assert content(db, account) == before, step
        assert set(brought_by(db, account)) == {1}
        assert leftovers(db, account, import_id) == 0
    assert step > 4
