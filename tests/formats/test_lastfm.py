"""Last.fm: both dialects of CSV and the pages of JSON; other texts are never taken for it."""

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.formats import lastfm_csv, lastfm_json
from music_time_machine.formats.streams import Damaged
from music_time_machine.plays import Kind, LeftOut, LeftOutRow, Play, Source
from tests.formats.hostile import memory_within
from tests.formats.other_samples import (
    AT,
    HEADER,
    HEADLESS_ROW,
    headed_csv,
    headed_row,
    headless_csv,
    page,
    playing_scrobble,
    scrobble,
)

TO_THE_MINUTE = Play(
    source=Source.LASTFM_MINUTES,
    played_at=datetime(2024, 3, 5, 18, 4, tzinfo=UTC),
    ms_played=None,
    kind=Kind.TRACK,
    title="Paper Lanterns",
    artist="The Hollow Orchard",
    album="North Window",
)
TO_THE_SECOND = Play(
    source=Source.LASTFM,
    played_at=datetime(2024, 3, 5, 18, 4, 9, tzinfo=UTC),
    ms_played=None,
    kind=Kind.TRACK,
    title="Paper Lanterns",
    artist="The Hollow Orchard",
    album="North Window",
)
PLAYING_ROW = ("The Hollow Orchard", "", "Paper Lanterns", "")


def read_csv(text):
    return list(lastfm_csv.rows(io.BytesIO(text)))


def read_json(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(lastfm_json.rows(io.BytesIO(text)))


def test_a_row_without_a_header_is_a_play_to_the_minute():
    assert read_csv(headless_csv([HEADLESS_ROW])) == [TO_THE_MINUTE]


def test_a_row_under_a_header_is_a_play_to_the_second():
    assert read_csv(headed_csv([headed_row()])) == [TO_THE_SECOND]


def test_the_header_decides_the_order_of_the_columns():
    text = headed_csv(
        [("Paper Lanterns", str(AT), "The Hollow Orchard", "North Window")],
        ("Track", "UTS", "Artist", "Album"),
    )
    assert lastfm_csv.recognises(text)
    assert read_csv(text) == [TO_THE_SECOND]


def test_the_four_columns_may_be_named_too():
    text = headless_csv([("artist", "album", "track", "date"), HEADLESS_ROW])
    assert lastfm_csv.recognises(text)
    assert read_csv(text) == [TO_THE_MINUTE]


def test_what_is_playing_now_has_no_date_and_comes_first():
    text = headless_csv([PLAYING_ROW, HEADLESS_ROW])
    assert lastfm_csv.recognises(text)
    assert read_csv(text) == [
        LeftOutRow(LeftOut.STILL_PLAYING, "The Hollow Orchard · Paper Lanterns"),
        TO_THE_MINUTE,
    ]


def test_an_empty_second_is_still_playing():
    (row,) = read_csv(headed_csv([headed_row(uts="")]))
    assert row.reason is LeftOut.STILL_PLAYING


def test_quotes_commas_and_new_lines_stay_within_a_quoted_value():
    title = 'One, "two",\r\nthree\rfour'
    text = headed_csv([headed_row(track=title), headed_row()])
    first, second = read_csv(text)
    assert (first.title, second) == ('One, "two",threefour', TO_THE_SECOND)


def test_a_quote_within_a_plain_value_is_itself():
    row = ("The Hollow Orchard", '12" Single', "Paper Lanterns", "05 Mar 2024 18:04")
    (play,) = read_csv(headless_csv([row]))
    assert play.album == '12" Single'


def test_a_carriage_return_within_a_plain_value_ends_no_row():
    row = ("The Hollow Orchard", "North Window", "Paper\r Lanterns", "05 Mar 2024 18:04")
    assert read_csv(headless_csv([row])) == [TO_THE_MINUTE]


def test_a_list_of_any_length_is_read_in_little_memory():
    stream = io.BytesIO(headless_csv([HEADLESS_ROW] * 20_000))
    with memory_within(16):
        assert sum(1 for _ in lastfm_csv.rows(stream)) == 20_000


def test_a_byte_order_mark_and_a_day_of_one_digit_are_accepted():
    row = (*HEADLESS_ROW[:3], "5 Mar 2024 18:04")
    text = b"\xef\xbb\xbf" + headless_csv([row])
    assert lastfm_csv.recognises(text)
    assert read_csv(text) == [TO_THE_MINUTE]


def test_a_value_with_a_nul_is_cleaned():
    row = ("The Hollow Orchard", "", "Paper\0 Lanterns", "05 Mar 2024 18:04")
    (play,) = read_csv(headless_csv([row]))
    assert (play.title, play.album) == ("Paper Lanterns", None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"a,b,c,soon", LeftOut.UNREADABLE),
        (b"a,b,c,05 Mrz 2024 18:04", LeftOut.UNREADABLE),
        (b"a,b,c,d,05 Mar 2024 18:04", LeftOut.UNREADABLE),
        (b"a,b", LeftOut.UNREADABLE),
        (b"a,b,\xff,05 Mar 2024 18:04", LeftOut.UNREADABLE),
        (b"a,b,c,31 Feb 2024 18:04", LeftOut.IMPOSSIBLE_TIME),
        (b"a,b,c,05 Mar 2024 24:04", LeftOut.IMPOSSIBLE_TIME),
        (b"a,b,c,01 Jan 1970 00:00", LeftOut.IMPOSSIBLE_TIME),
        (b"a,b,,05 Mar 2024 18:04", LeftOut.NO_IDENTITY),
    ],
)
def test_a_bad_row_is_left_out_and_harms_no_other(row, reason):
    text = headless_csv([HEADLESS_ROW]) + row + b"\n\n" + headless_csv([HEADLESS_ROW])
    first, bad, last = read_csv(text)
    assert bad.reason is reason
    assert first == last == TO_THE_MINUTE


@pytest.mark.parametrize("uts", ["x", "0", "-5", "99999999999999"])
def test_a_second_that_makes_no_sense_is_left_out(uts):
    (row,) = read_csv(headed_csv([headed_row(uts)]))
    assert row.reason in {LeftOut.UNREADABLE, LeftOut.IMPOSSIBLE_TIME}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"just some words",
        b"artist,album,track,date\n",
        b"artist,album,track\na,b,c\n",
        b"name,street,town,born\nA,B,C,05 Mar 1980\n",
        b"a,b,c,05 Mar 2024 18:04,e\n",
        b"a,b,c,05 Mar 2024 18:04\nd,e,f\n",
        b"a,b,c,05 Mar 2024 18:04\nd,e,f,2024-03-05\n",
        b"a,b,c,\n",
        b"Dear all,\nwe met on,a,b,05 Mar 2024 18:04\n",
        b"uts,artist\n1,2\n",
        b'"' * 5000,
        b'a,b,c,"05 Mar 2024 18:04',
        b"{}",
        b"[1,2]",
        b"\0" * 100,
    ],
)
def test_no_other_text_is_taken_for_a_list(text):
    assert not lastfm_csv.recognises(text) or text.startswith(b'a,b,c,"')


def test_a_row_cut_by_the_end_of_the_head_does_not_hide_the_list():
    long = (HEADLESS_ROW[0], "x" * 800, *HEADLESS_ROW[2:])
    for shift in range(80):
        first = ("x" * shift, *HEADLESS_ROW[1:])
        assert lastfm_csv.recognises(headless_csv([first] + [long] * 20)[:8192])


def test_a_quote_that_is_never_closed_ends_the_file_in_little_memory():
    text = headed_csv([headed_row()]) + b'"' + b"a line that goes on, and on\n" * 500_000
    got = []
    with memory_within(16), pytest.raises(Damaged):
        got.extend(lastfm_csv.rows(io.BytesIO(text)))
    assert got == [TO_THE_SECOND]


@pytest.mark.parametrize("flood", [b"x" * 2_000_000, b"\n" * 2_000_000, b"a,b\n" * 2_000_000])
def test_floods_end_the_file(flood):
    with memory_within(16), pytest.raises(Damaged):
        for _ in lastfm_csv.rows(io.BytesIO(headless_csv([HEADLESS_ROW]) + flood)):
            pass


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=20))
def test_every_row_written_comes_out_as_exactly_one_thing(pairs):
    encodable = [[each.encode("utf-8", "replace").decode() for each in pair] for pair in pairs]
    rows = [(str(AT), "", artist, "", "", "", title, "") for artist, title in encodable]
    assert len(read_csv(headed_csv(rows))) == len(rows)


@given(st.binary(max_size=300))
def test_any_bytes_under_a_header_are_rows_or_damage(noise):
    try:
        things = read_csv(",".join(HEADER).encode() + b"\n" + noise)
    except Damaged:
        return
    assert all(isinstance(thing, Play | LeftOutRow) for thing in things)


@pytest.mark.parametrize("indent", [None, 2])
def test_pages_follow_each_other(indent):
    text = json.dumps([page([scrobble()] * 3), page([]), page([scrobble()])], indent=indent)
    assert lastfm_json.recognises(text.encode())
    assert read_json(text.encode()) == [TO_THE_SECOND] * 4


def test_a_single_page_is_read_too():
    text = json.dumps(page([scrobble()])).encode()
    assert lastfm_json.recognises(text)
    assert read_json(text) == [TO_THE_SECOND]


def test_what_a_page_says_before_and_after_its_rows_is_passed_by():
    value = {"@attr": {"track": [scrobble()]}, "track": [scrobble()], "more": [[1], {"a": "]}"}]}
    assert read_json([value, value]) == [TO_THE_SECOND] * 2


def test_a_page_of_any_length_is_read_in_little_memory():
    text = json.dumps([page([scrobble()] * 8_000)]).encode()
    stream = io.BytesIO(text)
    with memory_within(16):
        assert sum(1 for _ in lastfm_json.rows(stream)) == 8_000


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (playing_scrobble(), LeftOut.STILL_PLAYING),
        (scrobble(date=None), LeftOut.UNREADABLE),
        (scrobble(date={}), LeftOut.UNREADABLE),
        (scrobble(date={"uts": "x"}), LeftOut.UNREADABLE),
        (scrobble(uts="0"), LeftOut.IMPOSSIBLE_TIME),
        (scrobble(name=""), LeftOut.NO_IDENTITY),
        (scrobble(artist="a text"), LeftOut.UNREADABLE),
        (7, LeftOut.UNREADABLE),
    ],
)
def test_a_bad_row_of_a_page_is_left_out_and_harms_no_other(row, reason):
    first, bad, last = read_json([page([scrobble(), row, scrobble()])])
    assert bad.reason is reason
    assert first == last == TO_THE_SECOND


def test_an_artist_may_be_written_as_extended_pages_do():
    row = scrobble(artist={"name": "The Hollow Orchard", "url": ""}, album=None)
    (play,) = read_json([page([row])])
    assert (play.artist, play.album) == ("The Hollow Orchard", None)


@pytest.mark.parametrize(
    "value", [[], {}, [{"track": 1}], [{"tracks": [scrobble()]}], {"a": page([scrobble()])}]
)
def test_other_json_is_not_taken_for_pages(value):
    assert not lastfm_json.recognises(json.dumps(value).encode())


@pytest.mark.parametrize(
    "text",
    [
        b'[{"track":[',
        b'[{"track":[{}',
        b'[{"track":[{}]',
        b'[{"track":[{}]}',
        b'[{"track":[{},]}]',
        b'[{"track":[{}] "x"}]',
        b'[{"track" [{}]}]',
        b'[{"track":[{}]}] x',
        b'[{"track":[{}]},]',
        b'[{"track":[{}]}{}]',
        b"[{track:[{}]}]",
        b'[{"a":}]',
        b"[7]",
        b'{"a":' + b"[" * 5_000_000,
        b'{"a":"' + b"x" * 5_000_000,
    ],
)
def test_pages_that_are_no_json_are_damaged(text):
    with pytest.raises(Damaged, match=r"^is "):
        read_json(text)
