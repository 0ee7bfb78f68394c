"""An archive of an earlier version is whole after the upgrade."""

from pathlib import Path

from sqlalchemy import text

from music_time_machine import db as database
from music_time_machine.db import Database
from music_time_machine.plays import Source, recording_key
from music_time_machine.traits import Device, Trait, country, flag, reason_code, value

END = 1_700_000_000_000
ID = "0123456789ABCDEFGHIJkl"

PEOPLE = (
    "INSERT INTO accounts (id, name, session_epoch, created_at) VALUES (1, 'Alice', 0, 0)",
    "INSERT INTO preferences (account_id, time_zone) VALUES (1, 'Europe/Berlin')",
    "INSERT INTO artists (id, key, name) VALUES (1, 'björk', 'Björk')",
    "INSERT INTO archives (account_id, version, rewritten) VALUES (1, 5, 5)",
)
TRACKS = (
    "INSERT INTO tracks (id, key, kind, spotify_id, title, artist_id) VALUES "
    f"(1, 'track:{ID}', 'track', '{ID}', 'Jóga - Remastered 2009', 1), "
    "(2, 'episode:~x', 'episode', NULL, 'Number one', NULL)"
)
LISTENS = (
    "INSERT INTO listens (account_id, played_at, track_id, ms_played, source, import_id, "
    "reason_start, reason_end, shuffle, skipped, offline, incognito, platform, country) VALUES "
    f"(1, {END}, 1, 180000, 1, 7, 2, 3, {{no}}, {{yes}}, NULL, {{no}}, 1, 'DE'), "
    f"(1, {END + 999}, 2, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
)
IMPORTS = (
    "INSERT INTO imports (account_id, id, file_name, stored_as, size_bytes, state, created_at, "
    "file_index, row_index, files, bytes_total, bytes_done, rows, added, known, skipped, ignored) "
    "VALUES (1, 7, 'a.zip', NULL, 1, 'completed', 0, 0, 0, 1, 1, 1, 1, 1, 0, '{}', '[]'), "
    "(1, 8, 'b.zip', 'x', 1, 'running', 0, 0, 0, 1, 1, 1, 0, 0, 0, '{}', '[]')"
)


def test_plays_of_the_first_version_keep_all_they_told(database_url: str, tmp_path: Path) -> None:
    database.upgrade(database_url, "0001")
    db = Database(database_url, tmp_path)
    yes, no = ("1", "0") if db.is_sqlite else ("true", "false")
    with db.write() as session:
        for statement in (*PEOPLE, TRACKS, LISTENS.format(yes=yes, no=no)):
            session.execute(text(statement))
        session.connection().exec_driver_sql(IMPORTS)
    database.upgrade(database_url)
    assert database.schema_problem(db) is None
    with db.read() as session:
        told, api = session.execute(text("SELECT * FROM listens ORDER BY played_at")).mappings()
        archive = session.execute(text("SELECT * FROM archives")).mappings().one()
        track = session.execute(text("SELECT * FROM tracks WHERE id = 1")).mappings().one()
        states = session.execute(text("SELECT id, state, stored_as FROM imports ORDER BY id")).all()
        rule = session.execute(text("SELECT * FROM preferences")).mappings().one()
    assert (told["played_at"], told["ms_played"], told["nth"], told["import_id"]) == (
        END, 180_000, 0, 7,
    )  # fmt: skip
    traits = told["traits"]
    assert [flag(traits, each) for each in (Trait.SHUFFLE, Trait.SKIPPED, Trait.OFFLINE)] == [
        False, True, None,
    ]  # fmt: skip
    assert value(traits, Trait.REASON_START) == reason_code("clickrow")
    assert value(traits, Trait.REASON_END) == reason_code("fwdbtn")
    assert value(traits, Trait.DEVICE) == Device.ANDROID
    assert country(traits) == "DE"
    assert (value(traits, Trait.ASSUMED), value(api["traits"], Trait.ASSUMED)) == (0, 1)
    assert api["traits"] == 1 << Trait.ASSUMED
    assert archive["sources"] == 1 << Source.EXTENDED_HISTORY | 1 << Source.RECENTLY_PLAYED
    assert (track["key"], track["recording"]) == (ID, recording_key("Bjork", "joga"))
    assert [tuple(row) for row in states] == [(7, "completed", None), (8, "failed", None)]
    assert (rule["least_seconds"], rule["time_zone"]) == (30, "Europe/Berlin")
    assert rule["colours"] == "lamplight"
    db.close()
