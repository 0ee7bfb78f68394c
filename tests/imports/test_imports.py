"""What a person can rely on when a file is imported: counted to the row, and never half a truth."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.errors import BadUpload, Conflict, NotFound, UploadTooLarge
from music_time_machine.models import Account, LeftOutEntry, Listen, Track
from music_time_machine.plays import LeftOut, Source
from tests.formats.hostile import PNG
from tests.formats.other_samples import (
    account_row,
    database,
    headed_csv,
    headed_row,
    jackson,
    listen,
    listenbrainz_zip,
    maloja_json,
    maloja_scrobble,
    page,
    scrobble,
)
from tests.formats.samples import PRIVATE, episode_row, extended_json, extended_zip, nameless_row
from tests.imports.archives import (
    FIRST,
    NOTHING,
    NOW,
    Content,
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
    uploads,
)
from tests.imports.figures import fill
from tests.imports.rendering import life
from tests.recognition.truth import View


def stored(db: Database, account: Account) -> set[tuple[int, int]]:
    """(stamp, ms) of each play."""
    return {(one.stamp, one.ms) for one in content(db, account).listens}


def truth(*files: list[dict[str, object]]) -> set[tuple[int, int]]:
    return {
        (
            int(datetime.fromisoformat(str(row["ts"])).timestamp()) * 1_000,
            int(str(row["ms_played"])),
        )
        for some in files
        for row in some
    }


def stopping(when: Callable[[imports.ImportView], bool]) -> Callable[[imports.ImportView], None]:
    """A worker that drops everything as soon as it has told of this."""

    def watch(view: imports.ImportView) -> None:
        if when(view):
            raise KeyboardInterrupt

    return watch


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
    bring(db, alice, export(rows(60)))
    view = bring(db, alice, export(rows(60)))
    assert (view.added, view.known, view.rows) == (0, 60, 60)
    assert [one.id for one in imports.recent(db, alice)] == [2, 1]


def test_rows_are_added_known_or_left_out_for_a_reason(db: Database, alice: Account) -> None:
    bring(db, alice, export(rows(10)))
    mixed = [*rows(15), nameless_row(), nameless_row(), {"ts": 5}, episode_row()]
    view = bring(db, alice, export(mixed))
    assert view.skipped == ((LeftOut.NO_IDENTITY, 2), (LeftOut.UNREADABLE, 1))
    assert (view.added, view.known, view.left_out, view.rows) == (6, 10, 3, 19)


def test_an_episode_is_kept_apart_from_music(db: Database, alice: Account) -> None:
    bring(db, alice, export([episode_row(), *rows(1)]))
    with db.read() as session:
        kinds = session.execute(
            select(Track.kind, func.count()).group_by(Track.kind).order_by(Track.kind)
        ).all()
    assert [tuple(row) for row in kinds] == [("episode", 1), ("track", 1)]


def test_every_kind_that_there_is_in_one_zip(db: Database, alice: Account, tmp_path: Path) -> None:
    everything = export(
        rows(20),
        others={
            "my/StreamingHistory0.json": jackson([account_row(), account_row("2024-03-07 10:00")]),
            "last.fm/recent.csv": headed_csv([headed_row(), headed_row(1_609_661_849)]),
            "last.fm/pages.json": b"[%s]" % extended_json([page([scrobble()])])[1:-1],
            "brainz/listens.jsonl": b"\n".join(
                extended_json([listen()]).strip(b"[]\n ").splitlines()
            ).replace(b"\n", b"") + b"\n",
            "maloja.json": maloja_json([maloja_scrobble(1_509_661_849)]),
            "old/mine.db": database(tmp_path / "mine.db"),
            "notes.txt": b"hello",
        },
    )  # fmt: skip
    view = bring(db, alice, ("everything.zip", everything))
    assert (view.state, view.problem, view.left_out) == ("completed", None, 0)
    assert set(view.formats) == {
        "Spotify's extended streaming history",
        "Spotify's account data",
        "Last.fm",
        "ListenBrainz",
        "Maloja",
        "the teaching project's music_time_machine.db",
    }
    assert adds_up(view)
    assert (view.rows, view.snapshots_added) == (28, 1)
    assert "notes.txt" in view.ignored[-1] or "notes.txt" in " ".join(view.ignored)
    assert {one.source for one in content(db, alice).told} == {
        Source.EXTENDED_HISTORY, Source.ACCOUNT_DATA, Source.LASTFM, Source.LISTENBRAINZ,
        Source.MALOJA,
    }  # fmt: skip


def test_several_files_are_one_import(db: Database, alice: Account) -> None:
    view = bring(
        db,
        alice,
        ("one.zip", export(rows(20))),
        ("two.json", extended_json(rows(20, start=15))),
        ("three.zip", listenbrainz_zip({"2024/3": [listen()]})),
    )
    assert view.file_name == "one.zip and 2 more"
    assert (view.files, view.rows, view.added, view.known) == (3, 41, 36, 5)


def test_one_of_several_files_that_is_of_no_use_is_told_and_the_others_count(
    db: Database, alice: Account
) -> None:
    cut_off = extended_json(rows(30))[:3_000]
    view = bring(db, alice, ("a.zip", export(rows(5))), ("cut.json", cut_off), ("cover.png", PNG))
    assert view.state == "failed"
    assert view.problem is not None
    assert "cut.json" in view.problem
    assert "cover.png" in view.ignored
    assert stored(db, alice) == truth(rows(5))
    assert uploads(db) == []


def test_a_loose_file_is_read_like_one_in_a_zip(db: Database, alice: Account) -> None:
    view = bring(db, alice, extended_json(rows(12)))
    assert (view.files, view.added) == (1, 12)


def test_an_import_goes_on_from_its_cursor_wherever_it_stopped(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch, 7)
    import_id = receive(db, alice, export(rows(100)))
    for most in (7, 35, 36, 84):
        stop = stopping(lambda view, most=most: view.added >= most)  # type: ignore[misc]
        with pytest.raises(KeyboardInterrupt):
            imports.proceed(db, alice, import_id, "w", lambda: NOW, on_progress=stop)
        assert imports.find(db, alice, import_id).state == "running"
    later = NOW + timedelta(minutes=1)
    assert imports.unattended(db, later) == [(alice.id, import_id)]
    view = imports.proceed(db, alice, import_id, "w2", lambda: later)
    assert (view.state, view.rows, view.added, view.known) == ("completed", 100, 100, 0)
    assert stored(db, alice) == truth(rows(100))


def test_progress_only_grows_and_ends_at_a_hundred(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch, 10)
    import_id = receive(db, alice, export(rows(100)))
    seen: list[int] = []
    view = imports.proceed(
        db, alice, import_id, "w", lambda: NOW, on_progress=lambda view: seen.append(view.percent)
    )
    assert seen == sorted(seen)
    assert len(set(seen)) >= 10
    assert all(50 <= percent <= 100 for percent in seen)
    assert view.percent == 100


def test_two_workers_never_do_one_import(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch, 7)
    import_id = receive(db, alice, export(rows(20)))
    with pytest.raises(KeyboardInterrupt):
        imports.proceed(
            db, alice, import_id, "w1", lambda: NOW, on_progress=stopping(lambda _: True)
        )
    with pytest.raises(imports.LeaseLost):
        imports.proceed(db, alice, import_id, "w2", lambda: NOW + timedelta(seconds=5))


def test_a_worker_that_lost_its_lease_writes_nothing_more(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch, 10)
    import_id = receive(db, alice, export(rows(40)))
    later = NOW + timedelta(minutes=5)

    def overtaken(view: imports.ImportView) -> None:
        if view.added == 20 and view.state == "running":
            imports.proceed(db, alice, import_id, "w2", lambda: later)

    with pytest.raises(imports.LeaseLost):
        imports.proceed(db, alice, import_id, "w1", lambda: NOW, on_progress=overtaken)
    view = imports.find(db, alice, import_id)
    assert (view.state, view.rows, view.added) == ("completed", 40, 40)
    assert stored(db, alice) == truth(rows(40))


@pytest.mark.parametrize("seed", range(4))
def test_two_imports_at_once_come_out_as_one_after_the_other(
    db: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch, 25)
    kinds = [View.EXTENDED, View.EXTENDED_LATER, View.ACCOUNT, View.LISTENBRAINZ]
    true = life([seed, seed + 10], kinds)
    expected = fill(db, emptied(db), true, kinds)
    account = emptied(db)
    uploaded = [
        [true.files[View.EXTENDED], true.files[View.LISTENBRAINZ]],
        [true.files[View.EXTENDED_LATER], true.files[View.ACCOUNT], true.files[View.EXTENDED]],
    ]
    views = at_once(db, account, uploaded)
    assert [(view.state, adds_up(view)) for view in views] == [("completed", True)] * 2
    assert content(db, account) == expected


def test_two_people_may_import_the_same_tracks_at_once(
    db: Database, alice: Account, bob: Account
) -> None:
    """Both add to the one catalogue, in opposite order."""
    sent = [listen(1_709_661_849 + 500 * n, spotify_id=None, isrc=None) for n in range(300)]
    for number, each in enumerate(sent):
        metadata = each["track_metadata"]
        assert isinstance(metadata, dict)
        metadata["track_name"] = f"Track {number}"
    start = Barrier(2)

    def send(account: Account, some: list[dict[str, object]]) -> None:
        import_id = receive(db, account, ("listens.json", extended_json(some)))
        start.wait()
        proceed(db, account, import_id, f"w{account.id}")

    threads = [
        Thread(target=send, args=(alice, sent)),
        Thread(target=send, args=(bob, sent[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(db, alice) == content(db, bob)
    assert len(content(db, alice).listens) == 300


def at_once(db: Database, account: Account, uploaded: list[list[File]]) -> list[imports.ImportView]:
    """Import each upload in a thread of its own, all at the same moment."""
    ids = [receive(db, account, *files) for files in uploaded]
    start = Barrier(len(ids))

    def work(import_id: int) -> None:
        start.wait()
        proceed(db, account, import_id, f"w{import_id}")

    threads = [Thread(target=work, args=(import_id,)) for import_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [imports.find(db, account, import_id) for import_id in ids]


def test_a_failed_import_goes_on_from_where_it_stood(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch, 10)
    import_id = receive(db, alice, export(rows(50)))
    with pytest.raises(KeyboardInterrupt):
        imports.proceed(
            db, alice, import_id, "w", lambda: NOW,
            on_progress=stopping(lambda view: view.added == 20),
        )  # fmt: skip
    imports.fail(db, alice, import_id, "w", "It broke.", NOW)
    failed = imports.find(db, alice, import_id)
    assert (failed.state, failed.problem, failed.can_retry) == ("failed", "It broke.", True)
    imports.retry(db, alice, import_id, NOW)
    view = proceed(db, alice, import_id, "w2")
    assert (view.state, view.problem, view.added, view.known) == ("completed", None, 50, 0)
    assert stored(db, alice) == truth(rows(50))


def test_what_did_not_fail_cannot_be_tried_again(db: Database, alice: Account) -> None:
    waiting = receive(db, alice, export(rows(5)))
    done = bring(db, alice, export(rows(5)))
    damaged = bring(db, alice, export(rows(5), others={"b.json": extended_json(rows(20))[:4_000]}))
    for import_id in (waiting, done.id, damaged.id):
        with pytest.raises(Conflict):
            imports.retry(db, alice, import_id, NOW)


def test_only_its_own_worker_can_give_an_import_up(db: Database, alice: Account) -> None:
    import_id = imports.receive(
        db, alice, [("a.zip", BytesIO(export(rows(3))))], 1_000_000, NOW, worker="w1"
    )
    imports.fail(db, alice, import_id, "w2", "It broke.", NOW)
    assert not imports.find(db, alice, import_id).is_ended
    imports.fail(db, alice, import_id, "w1", "It broke.", NOW)
    assert imports.find(db, alice, import_id).problem == "It broke."


def test_the_upload_of_a_failed_import_is_kept_for_a_day(db: Database, alice: Account) -> None:
    import_id = receive(db, alice, export(rows(3)))
    imports.fail(db, alice, import_id, "nobody", "It broke.", NOW)
    with pytest.raises(KeyboardInterrupt):
        imports.proceed(
            db, alice, import_id, "w", lambda: NOW, on_progress=stopping(lambda _: True)
        )
    imports.fail(db, alice, import_id, "w", "It broke.", NOW)
    make_old(db, NOW - timedelta(days=3))
    assert imports.sweep_strays(db, NOW + timedelta(hours=23)) == 0
    assert imports.find(db, alice, import_id).can_retry
    assert imports.sweep_strays(db, NOW + timedelta(hours=25)) == 1
    assert not imports.find(db, alice, import_id).can_retry
    with pytest.raises(Conflict, match="upload it once more"):
        imports.retry(db, alice, import_id, NOW)


def make_old(db: Database, moment: datetime) -> None:
    for path in (db.data_dir / "uploads").iterdir():
        os.utime(path, (moment.timestamp(), moment.timestamp()))


def test_the_upload_is_gone_when_the_import_has_ended(db: Database, alice: Account) -> None:
    receive(db, alice, export(rows(3)))
    assert len(uploads(db)) == 1
    proceed(db, alice, 1)
    assert uploads(db) == []


@pytest.mark.parametrize("sent", [b"", PNG, b"PK\x05\x06" + bytes(18), b"{}", b"[]"])
def test_a_file_of_no_use_is_refused_and_nothing_is_stored(
    db: Database, alice: Account, sent: bytes
) -> None:
    with pytest.raises(BadUpload):
        receive(db, alice, sent)
    assert imports.recent(db, alice) == []
    assert uploads(db) == []


def test_files_that_are_too_large_together_are_refused_with_their_own_sentence(
    db: Database, alice: Account
) -> None:
    for files, sentence in (
        ([("big.zip", 1_000_001)], '"big.zip" is larger than 1 MB'),
        ([("a.zip", 600_000), ("b.zip", 600_000)], "These files together are larger than 1 MB"),
    ):
        streams = [(name, BytesIO(bytes(size))) for name, size in files]
        with pytest.raises(UploadTooLarge, match=sentence):
            imports.receive(db, alice, streams, 1_000_000, NOW)
    assert uploads(db) == []


def test_strays_are_swept_and_what_is_under_way_is_not(db: Database, alice: Account) -> None:
    receive(db, alice, export(rows(3)))
    folder = db.data_dir / "uploads"
    (folder / "9-stray.upload").write_bytes(b"x")
    (folder / "9-stray").mkdir()
    (folder / "9-stray" / "0").write_bytes(b"x")
    make_old(db, NOW - timedelta(hours=3))
    (folder / "9-coming").mkdir()
    os.utime(folder / "9-coming", (NOW.timestamp(), NOW.timestamp()))
    assert imports.sweep_strays(db, NOW) == 2
    assert "9-coming" in uploads(db)
    assert len(uploads(db)) == 2


def test_bobs_import_is_not_found_for_alice(db: Database, alice: Account, bob: Account) -> None:
    import_id = receive(db, bob, export(rows(3)))
    with pytest.raises(NotFound):
        imports.find(db, alice, import_id)
    with pytest.raises(NotFound):
        imports.left_out(db, alice, import_id)
    assert imports.recent(db, alice) == []
    assert content(db, alice) == NOTHING


def test_a_path_in_a_name_is_only_shown(db: Database, alice: Account, tmp_path: Path) -> None:
    import_id = receive(db, alice, ("../../etc/my\x00 export.zip", export(rows(1))))
    assert imports.find(db, alice, import_id).file_name == "my export.zip"
    assert not (tmp_path / "etc").exists()


def test_nothing_personal_of_a_row_is_stored(db: Database, alice: Account) -> None:
    odd = [nameless_row(), *rows(5), {**rows(1)[0], "ts": "soon"}]
    bring(db, alice, extended_zip({"a.json": odd}))
    with db.read() as session:
        for table in (Listen, Track, LeftOutEntry):
            for row in session.execute(select(table.__table__)):
                text = repr(tuple(row))
                assert not any(secret in text for secret in PRIVATE.values())


def test_two_empty_archives_are_equal(db: Database, alice: Account) -> None:
    assert content(db, alice) == Content(frozenset(), frozenset(), frozenset(), frozenset())
