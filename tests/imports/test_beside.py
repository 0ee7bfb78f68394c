"""A large upload is read by two processes, and comes out as if one had read it all."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from music_time_machine import reader
from music_time_machine.db import Database
from music_time_machine.formats import flat, open_upload
from music_time_machine.imports import beside
from music_time_machine.imports.beside import first_beside, reading_beside
from music_time_machine.imports.staging import build
from music_time_machine.models import Account, Track
from music_time_machine.moments import to_millis
from music_time_machine.plays import LeftOutRow, TrackNames
from tests.formats.other_samples import AT, json_lines, listen
from tests.formats.samples import extended_json, nameless_row
from tests.imports.archives import NOW, adds_up, bring, content, export, proceed, receive, rows

LATEST = to_millis(NOW)
ISRC = "DEXX12400001"


@pytest.fixture
def two_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small uploads are read by two processes, too."""
    monkeypatch.setattr(beside, "LEAST_BYTES", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@dataclass(frozen=True, slots=True)
class Staged:
    """All that comes of reading: the stage's files, the track of each play, what was left out.

    Not the tracks' numbers: within a piece of a file, those are in no order.
    """

    files: dict[str, bytes]
    tracks: set[TrackNames]
    plays: list[TrackNames]
    told_late: set[tuple[TrackNames, TrackNames]]
    left_out: list[tuple[str, int, LeftOutRow]]


def mixed() -> bytes:
    """Tracks that several files name, in another order; rows left out, repeated and cut off."""
    whole = extended_json(rows(30, start=90))
    unnamed, named = ([listen(AT + n, isrc=isrc) for n in range(3)] for isrc in (None, ISRC))
    other = [listen(AT + 9, spotify_id=None, isrc=None), listen(AT + 8, spotify_id=None)]
    return export(
        rows(30),
        [nameless_row(), *rows(25, start=5), nameless_row()],
        [*reversed(rows(40, start=50)), *rows(5), nameless_row()],
        others={
            "a.jsonl": json_lines(unnamed),
            "d.json": whole[: len(whole) * 3 // 4],
            "e.json": extended_json(rows(9, 200)),
            "f.jsonl": json_lines([*other, *named]),
        },
    )


def staged(folder: Path, sent: bytes) -> Staged:
    """The upload read in `folder`."""
    folder.mkdir()
    (folder / "sent.zip").write_bytes(sent)
    left_out: list[tuple[str, int, LeftOutRow]] = []

    def take(name: str, some: Sequence[tuple[int, LeftOutRow]]) -> None:
        left_out.extend((name, number, row) for number, row in some)

    with open_upload(folder / "sent.zip", "sent.zip") as upload:
        stage = build(upload, folder / "stage", LATEST, take, lambda _: None)
    assert sorted(path.name for path in folder.iterdir()) == ["sent.zip", "stage"]
    files = {path.name: path.read_bytes() for path in (folder / "stage").iterdir()}
    del files["track"], files["tracks.jsonl"], files["told_late.jsonl"]
    tracks = list(stage.tracks())
    plays = [tracks[number] for rows in stage.batches(0) for number in rows.track]
    assert len(set(tracks)) == len(tracks) == stage.summary.tracks
    told_late = {(tracks[number], names) for number, names in stage.told_late()}
    return Staged(files, set(tracks), plays, told_late, left_out)


def test_two_processes_read_what_one_would(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    one = staged(tmp_path / "one", mixed())
    request.getfixturevalue("two_read")
    assert staged(tmp_path / "two", mixed()) == one
    assert len(one.left_out) == 3
    assert [(track.isrc, names.isrc) for track, names in one.told_late] == [(None, ISRC)]
    assert [track.isrc for track in one.tracks if track.spotify_id is None] == [ISRC]


def test_the_other_process_reads_the_last_files(tmp_path: Path, two_read: None) -> None:
    path = tmp_path / "sent.zip"
    path.write_bytes(export(rows(30), rows(30, start=30), rows(20, start=60)))
    with open_upload(path, "sent.zip") as upload:
        first = first_beside(upload.files)
        with reading_beside(upload, first, tmp_path / "part", LATEST) as other:
            assert other.has_read(lambda: None)
    assert first == 2
    assert (tmp_path / "part" / "stamp").stat().st_size == 20 * 8


def test_what_a_killed_process_has_not_read_is_not_believed(tmp_path: Path, two_read: None) -> None:
    path = tmp_path / "sent.zip"
    path.write_bytes(export(rows(30), rows(30, start=30)))
    with (
        open_upload(path, "sent.zip") as upload,
        reading_beside(upload, 1, tmp_path / "part", LATEST) as other,
    ):
        assert other._process is not None
        other._process.kill()
        assert not other.has_read(lambda: None)


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere"])
def test_what_the_other_process_cannot_read_is_read_here(
    tmp_path: Path, two_read: None, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    two = staged(tmp_path / "two", mixed())
    monkeypatch.setattr(sys, "executable", program)
    assert staged(tmp_path / "one", mixed()) == two


def test_the_other_process_ends_when_the_import_is_killed(tmp_path: Path) -> None:
    path, part = tmp_path / "sent.zip", tmp_path / "part"
    path.write_bytes(export(rows(30), rows(30, start=30)))
    part.mkdir()
    with reader.take() as process:
        assert process.stdout is not None
        process.stdout.close()
        reader.tell(process, path, 0, part, LATEST)
        assert process.wait(60) != 0
    assert (part / "stamp").exists()
    assert not (part / "counts.json").exists()


class Stopped(Exception):
    """The import is to end."""


def test_an_import_that_is_stopped_stops_the_other_process_and_leaves_nothing(
    tmp_path: Path, two_read: None
) -> None:
    def stop(_done: int) -> None:
        raise Stopped

    (tmp_path / "sent.zip").write_bytes(mixed())
    with open_upload(tmp_path / "sent.zip", "sent.zip") as upload, pytest.raises(Stopped):
        build(upload, tmp_path / "stage", LATEST, lambda *_: None, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["sent.zip"]


def test_an_import_read_by_two_processes_brings_what_one_brings(
    db: Database, alice: Account, bob: Account, request: pytest.FixtureRequest
) -> None:
    one = bring(db, alice, mixed())
    request.getfixturevalue("two_read")
    two = bring(db, bob, mixed())
    assert content(db, alice) == content(db, bob)
    assert (two.rows, two.added, two.known, two.skipped, two.problem) == (
        one.rows,
        one.added,
        one.known,
        one.skipped,
        one.problem,
    )
    assert adds_up(two)


def test_what_waits_for_the_other_process_is_given_the_first_tracks(
    tmp_path: Path, two_read: None
) -> None:
    (tmp_path / "sent.zip").write_bytes(mixed())
    filed: list[TrackNames] = []
    with open_upload(tmp_path / "sent.zip", "sent.zip") as upload:
        stage = build(
            upload, tmp_path / "stage", LATEST, lambda *_: None, lambda _: None, filed.extend
        )
    assert filed
    assert filed == list(stage.tracks())[: len(filed)]


def test_a_check_read_by_two_processes_files_no_track(
    db: Database, alice: Account, two_read: None
) -> None:
    view = proceed(db, alice, receive(db, alice, mixed(), check_first=True))
    assert view.can_start
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Track)) == 0


def test_too_many_tracks_are_told_whoever_reads_them(
    db: Database, alice: Account, two_read: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat, "MOST_TRACKS", 30)
    view = bring(db, alice, export(rows(20), rows(20, start=20)))
    assert view.state == "failed"
    assert view.problem is not None
    assert "more than 30 different tracks" in view.problem
    assert adds_up(view)
    assert view.added == 20
