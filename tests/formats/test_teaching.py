"""The teaching project's SQLite file: its snapshots are read, its surprises are not run."""

import io
import os
import tempfile
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine.formats import teaching
from music_time_machine.formats.streams import Damaged, NotForUs
from music_time_machine.plays import (
    AlbumDetails,
    ArtistDetails,
    LeftOut,
    LeftOutRow,
    Placing,
    TrackDetails,
)
from tests.formats.other_samples import PLACE_ROW, TABLES, TRACK_ROW, database
from tests.formats.samples import TRACK_ID

PLACING = Placing(
    date(2024, 3, 5),
    "short_term",
    1,
    TrackDetails(
        TRACK_ID,
        "Paper Lanterns",
        ArtistDetails(None, "The Hollow Orchard"),
        AlbumDetails(None, "North Window"),
        201_000,
        raw='{"name": "Paper Lanterns"}',
    ),
)


@pytest.fixture
def read(tmp_path):
    def reader(places=(PLACE_ROW,), tracks=(TRACK_ROW,), **more):
        return read_bytes(database(tmp_path / "a.db", places, tracks, **more))

    return reader


def read_bytes(content):
    return list(teaching.rows(io.BytesIO(content)))


def test_a_row_of_snapshots_is_a_place_of_its_track(read):
    assert read() == [PLACING]


def test_the_file_is_recognised_by_its_tables(tmp_path):
    ours = database(tmp_path / "a.db")
    assert teaching.recognises(ours[:8192])
    other = database(tmp_path / "b.db").replace(b"snapshots", b"snap_hots")
    assert not teaching.recognises(other[:8192])
    assert not teaching.recognises(b"tracks snapshots" + ours[:8000])


@pytest.mark.parametrize("page_size", [512, 4096])
def test_a_database_of_any_page_size_and_in_wal_mode_is_read(read, page_size):
    assert read(before=f"PRAGMA page_size = {page_size};") == [PLACING]
    assert read(before="PRAGMA journal_mode = WAL;") == [PLACING]


def test_more_columns_and_tables_do_no_harm(read):
    tables = TABLES.replace("rank INTEGER", "rank INTEGER, note TEXT DEFAULT 'x'")
    with pytest.raises(Exception, match="5 columns but 4"):
        read(tables=tables)
    assert read(tables=TABLES + "CREATE TABLE more (a); CREATE VIEW v AS SELECT 1;") == [PLACING]


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('{"a": "\\u0000x"}', '{"a": "x"}'),
        ("{broken", None),
        ("[1]", None),
        ("{" + '"a":[' * 5000 + "1" + "]" * 5000 + "}", None),
        ('{"a":"' + "x" * 20_000 + '"}', None),
        ("", None),
        (None, None),
        (7, None),
        (b"{}", None),
    ],
    ids=range(10),
)
def test_raw_json_is_kept_when_it_is_an_object_of_a_fitting_size(read, raw, kept):
    (placing,) = read(tracks=[(*TRACK_ROW[:6], raw)])
    assert placing.track.raw == kept


def test_a_track_without_album_and_length_is_a_track(read):
    (placing,) = read(tracks=[(TRACK_ID, "T", "A", None, "long", None, None)])
    assert placing.track == TrackDetails(TRACK_ID, "T", ArtistDetails(None, "A"), None, None)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ((TRACK_ID, "2024-02-30", "short_term", 1), LeftOut.UNREADABLE),
        ((TRACK_ID, "yesterday", "short_term", 1), LeftOut.UNREADABLE),
        ((TRACK_ID, 20240305, "short_term", 1), LeftOut.UNREADABLE),
        ((TRACK_ID, None, "short_term", 1), LeftOut.UNREADABLE),
        ((TRACK_ID, "1024-03-05", "short_term", 1), LeftOut.IMPOSSIBLE_TIME),
        ((TRACK_ID, "2024-03-05", "this_week", 1), LeftOut.UNREADABLE),
        ((TRACK_ID, "2024-03-05", None, 1), LeftOut.UNREADABLE),
        ((TRACK_ID, "2024-03-07", "short_term", 0), LeftOut.UNREADABLE),
        ((TRACK_ID, "2024-03-07", "short_term", 1.5), LeftOut.UNREADABLE),
        ((TRACK_ID, "2024-03-07", "short_term", "first"), LeftOut.UNREADABLE),
        ((TRACK_ID, "2024-03-07", "short_term", None), LeftOut.UNREADABLE),
        (("somebody else", "2024-03-05", "short_term", 1), LeftOut.NO_IDENTITY),
        ((None, "2024-03-05", "short_term", 1), LeftOut.UNREADABLE),
        ((b"\xff", "2024-03-05", "short_term", 1), LeftOut.UNREADABLE),
    ],
    ids=range(14),
)
def test_a_bad_place_is_left_out_and_harms_no_other(read, place, reason):
    first, bad, last = read([PLACE_ROW, place, (TRACK_ID, "2024-03-06", "long_term", 2)])
    assert isinstance(bad, LeftOutRow)
    assert bad.reason is reason
    assert first == PLACING
    assert (last.local_date, last.time_range, last.rank) == (date(2024, 3, 6), "long_term", 2)


def test_a_date_with_a_time_is_its_day(read):
    (placing,) = read([(TRACK_ID, "2024-03-05 07:00:00", "short_term", 1)])
    assert placing.local_date == date(2024, 3, 5)


def test_an_id_that_is_none_of_spotifys_is_left_out(read):
    (bad,) = read([("short", *PLACE_ROW[1:])], [("short", *TRACK_ROW[1:])])
    assert bad.reason is LeftOut.UNREADABLE


def test_text_that_is_not_utf8_is_read_as_well_as_it_can_be(tmp_path):
    content = database(tmp_path / "a.db").replace(b"Paper Lanterns", b"Paper \xffanterns")
    (placing,) = read_bytes(content)
    assert placing.track.title == "Paper \ufffdanterns"


COMPUTED = "rank INTEGER AS (length(zeroblob(999999999))) STORED"
NOT_OURS = {
    "a view in place of a table": (
        "CREATE TABLE hidden (a); CREATE VIEW snapshots AS WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT '' AS track_id, '' AS snapshot_date, "
        "'' AS time_range, i AS rank FROM n; CREATE TABLE tracks (track_id, name, artist_name, "
        "album_name, duration_ms, raw_json);"
    ),
    "a computed column": TABLES.replace("rank INTEGER", COMPUTED),
    "a virtual table": (
        "CREATE TABLE snapshots (track_id, snapshot_date, time_range, rank);"
        "CREATE VIRTUAL TABLE tracks USING fts5(track_id, name, artist_name, album_name, "
        "duration_ms, raw_json);"
    ),
    "a missing column": TABLES.replace("rank INTEGER", "place INTEGER"),
    "one table": "CREATE TABLE tracks (track_id, name, snapshots);",
}


@pytest.mark.parametrize("tables", NOT_OURS.values(), ids=NOT_OURS)
def test_another_database_is_refused_with_a_sentence(read, tables):
    with pytest.raises(NotForUs, match="not the teaching project's"):
        read([], [], tables=tables)


def test_triggers_are_not_run(read):
    tables = TABLES + "CREATE TRIGGER t AFTER INSERT ON snapshots BEGIN SELECT 1; END;"
    assert read(tables=tables) == [PLACING]


def test_work_beyond_all_measure_is_stopped(read):
    # An index that finds all tracks under one id, and many places of it: millions of rows.
    tables = (
        TABLES.replace("track_id TEXT PRIMARY KEY", "track_id TEXT")
        + """
        CREATE TABLE decoys (id TEXT);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO decoys SELECT '2tRaCkPaPeRLaNTeRnS001' FROM n;
        CREATE INDEX of_decoys ON decoys (id);
        CREATE INDEX of_tracks ON tracks (track_id);
    """
    )
    ids = [f"{number:022d}" for number in range(2000)]
    places = [(TRACK_ID, f"2024-03-05 {number}", "short_term", 1) for number in range(2000)]
    swap = """
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master
            WHERE name = 'of_decoys') WHERE name = 'of_tracks';
    """
    with pytest.raises(Damaged, match="more work"):
        read(places, [(each, *TRACK_ROW[1:]) for each in ids], tables=tables, after=swap)


def test_tracks_that_are_listed_twice_are_damage(read):
    tables = TABLES.replace("track_id TEXT PRIMARY KEY", "track_id TEXT")
    with pytest.raises(Damaged, match="more than once"):
        read([PLACE_ROW], [TRACK_ROW] * 2, tables=tables)


def test_tracks_without_an_index_are_found_all_the_same(read):
    tables = TABLES.replace("track_id TEXT PRIMARY KEY", "track_id TEXT")
    ids = [f"{number:022d}" for number in range(3000)]
    places = [(each, "2024-03-05", "short_term", 1) for each in ids]
    things = read(places, [(each, *TRACK_ROW[1:]) for each in ids], tables=tables)
    assert [thing.track.spotify_id for thing in things] == ids


@pytest.mark.parametrize("length", [16, 100, 4096, 8192, 12_288])
def test_a_database_cut_off_is_damaged(tmp_path, length):
    with pytest.raises(Damaged):
        read_bytes(database(tmp_path / "a.db")[:length])


def test_a_schema_that_is_no_text_is_damaged(tmp_path):
    content = database(tmp_path / "a.db").replace(
        b"_id, snapshot_date, ", b"_id, snapsh\x80t_date, "
    )
    with pytest.raises(Damaged, match="not a whole"):
        read_bytes(content)


@given(changes=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_bytes_give_rows_or_a_sentence(tmp_path, changes):
    path = tmp_path / "a.db"
    content = bytearray(path.read_bytes() if path.exists() else database(path))
    for place, value in changes:
        content[place % len(content)] = value
    try:
        things = read_bytes(bytes(content))
    except Damaged as error:
        assert str(error).startswith("is ")  # noqa: PT017
    else:
        assert all(isinstance(thing, Placing | LeftOutRow) for thing in things)


def test_the_copy_has_no_name_while_it_is_read_and_is_gone_afterwards(tmp_path, monkeypatch):
    place = tmp_path / "copies"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    content = database(tmp_path / "a.db")
    rows = teaching.rows(io.BytesIO(content))
    next(rows)
    assert len(list(place.iterdir())) == (1 if os.name == "nt" else 0)
    rows.close()
    assert list(place.iterdir()) == []
    with pytest.raises(Damaged):
        read_bytes(content[:5000])
    assert list(place.iterdir()) == []
