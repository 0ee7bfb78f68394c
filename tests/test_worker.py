"""The worker: what the timetable does for everybody while nobody looks."""

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from music_time_machine import accounts, db, imports, listens, search, worker
from music_time_machine.config import Settings
from music_time_machine.imports import running
from music_time_machine.models import Listen, Snapshot
from tests.cast import NOW, SECRET
from tests.formats.samples import extended_row, extended_zip
from tests.stage import ALICE, BOB, Stage


@pytest.fixture
def both(stage: Stage) -> Stage:
    """Alice and Bob are both connected."""
    for listener in (ALICE, BOB):
        stage.visitor().sign_in(listener)
    return stage


def taken(stage: Stage) -> list[tuple[int, date]]:
    with stage.db.read() as session:
        rows = session.execute(select(Snapshot.account_id, Snapshot.local_date))
        return sorted((account_id, day) for account_id, day in rows)


def test_everybody_gets_one_snapshot_a_day(both: Stage) -> None:
    jobs = both.jobs()
    for _ in range(3):
        jobs.snapshot_everyone()
        both.clock.pass_by(hours=3)
    today = both.clock.now.date()
    assert len({account for account, _ in taken(both)}) == 2
    assert len(taken(both)) == len(set(taken(both)))
    both.clock.pass_by(days=1)
    jobs.snapshot_everyone()
    assert (1, today + timedelta(days=1)) in taken(both)


def test_a_limited_app_waits_as_long_as_spotify_says(both: Stage) -> None:
    jobs = both.jobs()
    both.break_spotify(
        {"path": "/v1/me/top/*", "status": 429, "headers": {"Retry-After": "3600"}, "times": 1}
    )
    jobs.snapshot_everyone()
    assert taken(both) == []
    requests.delete(f"{both.spotify.url}/_emulator/calls", timeout=10)
    both.clock.pass_by(minutes=59)
    jobs.snapshot_everyone()
    assert both.calls() == {}
    both.clock.pass_by(minutes=2)
    jobs.snapshot_everyone()
    assert len(taken(both)) == 2


def test_an_ended_consent_is_skipped_and_the_others_go_on(both: Stage) -> None:
    requests.post(
        f"{both.spotify.url}/_emulator/revoke", json={"listener": ALICE}, timeout=10
    ).raise_for_status()
    both.clock.pass_by(hours=2)
    both.jobs().snapshot_everyone()
    assert [account for account, _ in taken(both)] == [2]
    requests.delete(f"{both.spotify.url}/_emulator/calls", timeout=10)
    both.clock.pass_by(hours=2)
    both.jobs().snapshot_everyone()
    assert "POST /api/token refresh_token" not in both.calls()


def test_an_outage_for_one_does_not_stop_the_others(both: Stage) -> None:
    both.break_spotify({"path": "/v1/me/top/*", "status": 400, "times": 1})
    both.jobs().snapshot_everyone()
    assert len(taken(both)) == 1


def test_a_locked_database_only_interrupts_an_import(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    visitor.upload(
        extended_zip({"a.json": [extended_row()], "b.json": [extended_row(ms_played=1)]})
    )
    calls = []

    def locked_once(*arguments: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return listens.record_batch(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "record_batch", locked_once)
    stage.do_jobs()
    account = accounts.everyone(stage.db, stage.settings)[0]
    assert not imports.find(stage.db, account, 1).is_ended
    stage.clock.pass_by(seconds=11)
    stage.do_jobs()
    view = imports.find(stage.db, account, 1)
    assert (view.state, view.rows, view.added) == ("completed", 2, 2)


def test_a_pause_outlives_the_worker_that_was_told_of_it(both: Stage) -> None:
    both.break_spotify(
        {"path": "/v1/me/top/*", "status": 429, "headers": {"Retry-After": "3600"}, "times": 1}
    )
    both.jobs().snapshot_everyone()
    requests.delete(f"{both.spotify.url}/_emulator/calls", timeout=10)
    both.clock.pass_by(minutes=50)
    both.jobs().snapshot_everyone()
    both.jobs().follow_everyone()
    assert both.calls() == {}


def test_the_latest_plays_of_everybody_come_in(both: Stage) -> None:
    both.jobs().follow_everyone()
    with both.db.read() as session:
        counts = session.execute(
            select(Listen.account_id, func.count()).group_by(Listen.account_id)
        ).all()
    assert sorted(map(tuple, counts)) == [(1, 50), (2, 50)]


def test_a_sweep_leaves_nothing_for_search_to_catch_up_with(both: Stage) -> None:
    jobs = both.jobs()
    jobs.follow_everyone()
    jobs.sweep()
    assert search.catch_up(both.db, 1) == 0


def test_details_are_asked_for_in_a_job_of_their_own(both: Stage) -> None:
    visitor = both.visitor()
    visitor.sign_in(ALICE)
    track = both.spotify.emulator.world.catalogue.tracks[0]
    visitor.upload(extended_zip({"a.json": [extended_row(uri=f"spotify:track:{track.id}")]}))
    both.do_jobs()
    both.jobs().fill_in_details()
    assert both.calls()[f"GET /v1/tracks/{track.id}"] == 1


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process is writing to this SQLite file, and does not come to an end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@pytest.fixture
def impatient(migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An archive in a file, where nobody waits for a lock."""
    monkeypatch.setattr(db, "BUSY_SECONDS", 0)
    path = tmp_path / "archive.db"
    shutil.copyfile(migrated_sqlite, path)
    return Settings(
        _env_file=None,
        secret_key=SecretStr(SECRET),
        database_url=f"sqlite:///{path}",
        data_dir=tmp_path,
    )


def test_a_job_that_finds_the_archive_locked_says_one_line_and_is_done_next_time(
    impatient: Settings, tmp_path: Path
) -> None:
    archive = db.Database(impatient.url, tmp_path)
    jobs = worker.Jobs(archive, impatient, timedelta(seconds=10), lambda: NOW)
    stray = tmp_path / "uploads" / "stray"
    stray.mkdir(parents=True)
    os.utime(stray, (0, 0))
    sweep = worker.patiently(jobs.sweep)
    with capture_logs() as told, locked(tmp_path / "archive.db"):
        sweep()
    assert [(line["event"], line["job"]) for line in told] == [("database_unavailable", "sweep")]
    assert "exc_info" not in told[0]
    assert stray.exists()
    sweep()
    assert not stray.exists()
    archive.close()


def test_a_locked_queue_is_one_line_too_and_other_faults_stay_whole() -> None:
    with capture_logs() as told:
        kept = [worker.in_one_line(_record(sqlite3.OperationalError("database is locked")))]
        kept.append(worker.in_one_line(_record(ValueError("of our making"))))
        kept.append(worker.in_one_line(_record(None)))
    assert kept == [False, True, True]
    assert [line["event"] for line in told] == ["queue_unavailable"]


def test_who_cannot_wake_the_worker_goes_on_and_the_sweep_finds_the_work(
    impatient: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "QUEUE_SECONDS", 0)
    wake = worker.waker(impatient)
    wake()
    with capture_logs() as told, locked(tmp_path / "jobs.db"):
        wake()
    assert [line["event"] for line in told] == ["worker_not_woken"]


def _record(error: Exception | None) -> logging.LogRecord:
    fault = None if error is None else (type(error), error, None)
    return logging.LogRecord("huey.consumer.Worker", logging.ERROR, "", 0, "A fault.", (), fault)
