"""The rows of a file that are left out: each with its reason, its place, and what it said."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.imports import running
from music_time_machine.models import Account
from music_time_machine.plays import LeftOut
from tests.formats.other_samples import headed_csv, headed_row, page, playing_scrobble, scrobble
from tests.formats.samples import Json, extended_json, extended_row, extended_zip, nameless_row
from tests.imports.archives import NOW, adds_up, bring, export, receive, rows, undo
from tests.stage import Clock


def told(db: Database, account: Account, import_id: int = 1) -> list[tuple[str, int, LeftOut]]:
    return [
        (line.file_name.rpartition("/")[2], line.row, line.reason)
        for line in imports.left_out(db, account, import_id)
    ]


def test_each_says_its_file_its_row_and_its_reason(db: Database, alice: Account) -> None:
    first = [*rows(2), nameless_row(), *rows(1, start=2), {"ts": 5}]
    second = [extended_row("1971-01-01T00:00:00Z"), *rows(1, start=3), extended_row(ms_played=-1)]
    sent = extended_zip({"a.json": first, "b.json": second})
    lastfm = extended_json([page([scrobble(), playing_scrobble()])])[1:-1]
    csv = headed_csv([headed_row(), headed_row("soon")])
    view = bring(db, alice, ("x.zip", sent), ("pages.json", lastfm), ("list.csv", csv))
    assert sorted(told(db, alice)) == [
        ("a.json", 3, LeftOut.NO_IDENTITY),
        ("a.json", 5, LeftOut.UNREADABLE),
        ("b.json", 1, LeftOut.IMPOSSIBLE_TIME),
        ("b.json", 3, LeftOut.IMPOSSIBLE_TIME),
        ("list.csv", 2, LeftOut.UNREADABLE),
        ("pages.json", 2, LeftOut.STILL_PLAYING),
    ]
    assert dict(view.skipped) == {
        LeftOut.NO_IDENTITY: 1, LeftOut.UNREADABLE: 2, LeftOut.IMPOSSIBLE_TIME: 2,
        LeftOut.STILL_PLAYING: 1,
    }  # fmt: skip
    assert adds_up(view)


def test_a_play_of_the_future_is_none_whatever_the_format(db: Database, alice: Account) -> None:
    now, soon, late = NOW, NOW + timedelta(hours=23), NOW + timedelta(hours=25)
    times = (late, now, soon)
    export_rows = [extended_row(f"{at:%Y-%m-%dT%H:%M:%SZ}") for at in times]
    scrobbles = [headed_row(int((at - timedelta(hours=3)).timestamp())) for at in times]
    scrobbles[0] = headed_row(int(late.timestamp()))
    sent = extended_zip({"a.json": [nameless_row(), *export_rows]})
    view = bring(db, alice, ("x.zip", sent), ("list.csv", headed_csv(scrobbles)))
    assert sorted(told(db, alice)) == [
        ("a.json", 1, LeftOut.NO_IDENTITY),
        ("a.json", 2, LeftOut.IMPOSSIBLE_TIME),
        ("list.csv", 1, LeftOut.IMPOSSIBLE_TIME),
    ]
    assert view.last_played_at == soon
    assert adds_up(view)
    assert "Paper Lanterns" in "".join([line.text for line in imports.left_out(db, alice, 1)])


def test_it_says_what_the_row_said(db: Database, alice: Account) -> None:
    bring(db, alice, export([*rows(1), extended_row("1971-01-01T00:00:00Z")]))
    (line,) = imports.left_out(db, alice, 1)
    assert "Paper Lanterns" in line.text
    assert "1971" in line.text


def test_they_stay_after_an_undo(db: Database, alice: Account) -> None:
    bring(db, alice, export([*rows(5), nameless_row()]))
    undo(db, alice, 1)
    assert len(told(db, alice)) == 1


def many(count: int) -> list[Json]:
    return [nameless_row() if n % 2 else row for n, row in enumerate(rows(count))]


def test_a_check_that_was_stopped_midway_tells_each_of_them_once(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TRACKS_AT_ONCE", 10)
    import_id = receive(db, alice, export(many(40), many(40)), check_first=True)
    clock = Clock(NOW)
    for beats in range(1, 4):
        with pytest.raises(KeyboardInterrupt):
            imports.proceed(db, alice, import_id, "w", ticking(clock), on_progress=after(beats))
    assert imports.find(db, alice, import_id).checked_at is None
    view = imports.proceed(db, alice, import_id, "w", ticking(clock))
    assert (view.state, view.left_out) == ("waiting", 40)
    assert [(name[-6:], row) for name, row, _ in told(db, alice)] == [
        (f"{file}.json", row) for file in range(2) for row in range(2, 41, 2)
    ]


def ticking(clock: Clock) -> Callable[[], datetime]:
    def tick() -> datetime:
        clock.pass_by(seconds=2)
        return clock.now

    return tick


def after(beats: int) -> Callable[[imports.ImportView], None]:
    left = beats

    def watch(_: imports.ImportView) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt

    return watch


def test_a_hundred_thousand_are_kept_and_all_are_counted(db: Database, alice: Account) -> None:
    nameless = [{"ts": "2024-03-05T18:04:09Z", "ms_played": 1}] * 60_000
    view = bring(db, alice, export([*rows(1), *nameless], nameless))
    assert (view.rows, view.added, view.left_out) == (120_001, 1, 120_000)
    assert sum(1 for _ in imports.left_out(db, alice, 1)) == 100_000
