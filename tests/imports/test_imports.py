"""What a person can rely on when a file is imported: counted to the row, and never half a truth."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import func, select

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.errors import BadUpload, NotFound, UploadTooLarge
from music_time_machine.models import Account, Listen, Track
from music_time_machine.plays import LeftOut
from tests.formats.samples import (
    episode_row,
    extended_json,
    extended_row,
    extended_zip,
    nameless_row,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIRST = datetime(2019, 1, 1, tzinfo=UTC)
MOST = 50_000_000


def rows(count: int, start: int = 0) -> list[dict[str, object]]:
    """`count` plays of 40 tracks, four minutes apart."""
    return [
        extended_row(
            f"{FIRST + timedelta(minutes=4 * n):%Y-%m-%dT%H:%M:%SZ}",
            ms_played=100_000 + n,
            track=f"Track {n % 40}",
            uri=f"spotify:track:{n % 40:022d}",
        )
        for n in range(start, start + count)
    ]


def export(*files: list[dict[str, object]]) -> bytes:
    named = {f"Streaming_History_Audio_{n}.json": some for n, some in enumerate(files)}
    return extended_zip(named)


def receive(db: Database, account: Account, content: bytes, name: str = "export.zip") -> int:
    return imports.receive(db, account, name, BytesIO(content), MOST, NOW)


def bring(db: Database, account: Account, content: bytes) -> imports.ImportView:
    import_id = receive(db, account, content)
    return imports.proceed(db, account, import_id, "w1", lambda: NOW)


def stored(db: Database, account: Account) -> Counter[tuple[datetime, str, int]]:
    with db.read() as session:
        statement = (
            select(Listen.played_at, Track.title, Listen.ms_played)
            .join(Track, Track.id == Listen.track_id)
            .where(Listen.account_id == account.id)
        )
        return Counter((at, title, ms) for at, title, ms in session.execute(statement))


def truth(*files: list[dict[str, object]]) -> Counter[tuple[datetime, str, int]]:
    return Counter(
        {
            (
                datetime.fromisoformat(str(row["ts"])),
                str(row["master_metadata_track_name"]),
                int(str(row["ms_played"])),
            ): 1
            for some in files
            for row in some
        }
    )


def uploads(db: Database) -> list[str]:
    folder = db.data_dir / "uploads"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_every_row_of_an_export_is_in_the_archive(db: Database, alice: Account) -> None:
    one, two = rows(70), rows(50, start=70)
    view = bring(db, alice, export(one, two))
    assert (view.state, view.files, view.rows, view.added, view.known) == (
        "completed", 2, 120, 120, 0,
    )  # fmt: skip
    assert stored(db, alice) == truth(one, two)
    assert view.first_played_at == FIRST
    assert view.last_played_at == FIRST + timedelta(minutes=4 * 119)


def test_the_same_file_twice_adds_nothing(db: Database, alice: Account) -> None:
    content = export(rows(60))
    bring(db, alice, content)
    view = bring(db, alice, content)
    assert (view.added, view.known, view.rows) == (0, 60, 60)
    assert len(imports.recent(db, alice)) == 2


def test_rows_are_added_known_or_left_out_for_a_reason(db: Database, alice: Account) -> None:
    bring(db, alice, export(rows(10)))
    mixed = [*rows(15), nameless_row(), nameless_row(), {"ts": 5}, episode_row()]
    view = bring(db, alice, export(mixed))
    assert view.skipped == ((LeftOut.NO_IDENTITY, 2), (LeftOut.UNREADABLE, 1))
    assert (view.added, view.known, view.left_out, view.rows) == (6, 10, 3, 19)


def test_an_episode_is_kept_apart_from_music(db: Database, alice: Account) -> None:
    bring(db, alice, export([episode_row(), *rows(1)]))
    with db.read() as session:
        kinds = session.execute(select(Track.kind, func.count()).group_by(Track.kind)).all()
    assert dict(map(tuple, kinds)) == {"episode": 1, "track": 1}


def test_a_loose_file_is_read_like_one_in_a_zip(db: Database, alice: Account) -> None:
    view = bring(db, alice, extended_json(rows(12)))
    assert (view.files, view.added) == (1, 12)


def test_an_import_goes_on_from_its_cursor(db: Database, alice: Account) -> None:
    files = [rows(40), rows(40, start=40), rows(40, start=80)]
    import_id = receive(db, alice, export(*files))
    seen = []

    def stop_after_two(view: imports.ImportView) -> None:
        seen.append(view.rows)
        if view.rows >= 80:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.proceed(db, alice, import_id, "w1", lambda: NOW, on_progress=stop_after_two)
    assert imports.find(db, alice, import_id).state == "running"
    later = NOW + timedelta(minutes=1)
    assert imports.unattended(db, later) == [(alice.id, import_id)]
    view = imports.proceed(db, alice, import_id, "w2", lambda: later)
    assert (view.state, view.rows, view.added, view.known) == ("completed", 120, 120, 0)
    assert stored(db, alice) == truth(*files)


def test_an_import_stopped_inside_a_file_is_exact_too(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 7)
    content = rows(100)
    import_id = receive(db, alice, export(content))
    for most in (7, 35, 36, 84):

        def stop(view: imports.ImportView, most: int = most) -> None:
            if view.rows >= most:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            imports.proceed(db, alice, import_id, "w", lambda: NOW, on_progress=stop)
    view = imports.proceed(db, alice, import_id, "w", lambda: NOW)
    assert (view.rows, view.added, view.known) == (100, 100, 0)
    assert stored(db, alice) == truth(content)


def test_two_workers_never_do_one_import(db: Database, alice: Account) -> None:
    import_id = receive(db, alice, export(rows(20)))

    def stop(_: imports.ImportView) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.proceed(db, alice, import_id, "w1", lambda: NOW, on_progress=stop)
    with pytest.raises(imports.LeaseLost):
        imports.proceed(db, alice, import_id, "w2", lambda: NOW + timedelta(seconds=5))


def test_a_worker_that_lost_its_lease_writes_nothing_more(db: Database, alice: Account) -> None:
    files = [rows(20), rows(20, start=20)]
    import_id = receive(db, alice, export(*files))
    later = NOW + timedelta(minutes=5)

    def overtaken(view: imports.ImportView) -> None:
        if view.rows == 20 and view.state == "running":
            imports.proceed(db, alice, import_id, "w2", lambda: later)

    with pytest.raises(imports.LeaseLost):
        imports.proceed(db, alice, import_id, "w1", lambda: NOW, on_progress=overtaken)
    view = imports.find(db, alice, import_id)
    assert (view.state, view.rows, view.added) == ("completed", 40, 40)
    assert stored(db, alice) == truth(*files)


def test_damage_in_one_file_keeps_all_that_could_be_read(db: Database, alice: Account) -> None:
    whole = extended_json(rows(30, start=30))
    content = extended_zip(
        {"Streaming_History_Audio_0.json": rows(30), "Streaming_History_Audio_2.json": rows(5, 60)},
        others={"Streaming_History_Audio_1.json": whole[: len(whole) * 3 // 4]},
    )
    import_id = receive(db, alice, content)
    view = imports.proceed(db, alice, import_id, "w1", lambda: NOW)
    assert view.state == "failed"
    assert view.problem is not None
    assert "Streaming_History_Audio_1.json" in view.problem
    assert view.rows == view.added > 30 + 5 + 15
    kept = stored(db, alice)
    assert sum(kept.values()) == view.added
    assert set(truth(rows(30), rows(5, 60))) <= set(kept)
    assert uploads(db) == []


def test_only_its_own_worker_can_give_an_import_up(db: Database, alice: Account) -> None:
    import_id = imports.receive(
        db, alice, "a.zip", BytesIO(export(rows(3))), MOST, NOW, worker="w1"
    )
    imports.fail(db, alice, import_id, "w2", "It broke.", NOW)
    assert not imports.find(db, alice, import_id).is_ended
    assert len(uploads(db)) == 1
    imports.fail(db, alice, import_id, "w1", "It broke.", NOW)
    assert imports.find(db, alice, import_id).problem == "It broke."
    assert uploads(db) == []


def test_the_upload_is_gone_when_the_import_has_ended(db: Database, alice: Account) -> None:
    receive(db, alice, export(rows(3)))
    assert len(uploads(db)) == 1
    imports.proceed(db, alice, 1, "w1", lambda: NOW)
    assert uploads(db) == []


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"PK\x05\x06" + bytes(18), b"{}"])
def test_a_file_of_no_use_is_refused_and_nothing_is_stored(
    db: Database, alice: Account, content: bytes
) -> None:
    with pytest.raises(BadUpload):
        receive(db, alice, content)
    assert imports.recent(db, alice) == []
    assert uploads(db) == []


def test_a_file_over_the_limit_is_refused_with_its_own_sentence(
    db: Database, alice: Account
) -> None:
    with pytest.raises(UploadTooLarge, match="larger than 1 MB"):
        imports.receive(db, alice, "big.zip", BytesIO(bytes(1_000_001)), 1_000_000, NOW)
    assert uploads(db) == []


def test_strays_are_swept_and_what_is_under_way_is_not(db: Database, alice: Account) -> None:
    receive(db, alice, export(rows(3)))
    stray = db.data_dir / "uploads" / "9-stray.upload"
    stray.write_bytes(b"x")
    long_ago = (NOW - timedelta(hours=3)).timestamp()
    for path in (db.data_dir / "uploads").iterdir():
        os.utime(path, (long_ago, long_ago))
    assert imports.sweep_strays(db, NOW) == 1
    assert not stray.exists()
    assert len(uploads(db)) == 1


def test_bobs_import_is_not_found_for_alice(db: Database, alice: Account, bob: Account) -> None:
    import_id = receive(db, bob, export(rows(3)))
    with pytest.raises(NotFound):
        imports.find(db, alice, import_id)
    assert imports.recent(db, alice) == []


def test_a_path_in_a_name_is_only_shown(db: Database, alice: Account, tmp_path: Path) -> None:
    import_id = receive(db, alice, export(rows(1)), name="../../etc/my\x00 export.zip")
    assert imports.find(db, alice, import_id).file_name == "my export.zip"
    assert not (tmp_path / "etc").exists()


def test_nothing_personal_of_a_row_is_stored(db: Database, alice: Account) -> None:
    private = {"ip_addr": "203.0.113.77", "username": "canary-user", "user_agent_decrypted": "UA/9"}
    bring(db, alice, export([{**row, **private} for row in rows(5)]))
    with db.read() as session:
        for table in (Listen, Track):
            for row in session.execute(select(table.__table__)):
                text = repr(tuple(row))
                assert not any(secret in text for secret in private.values())
