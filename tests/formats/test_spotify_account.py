"""Spotify's account data: to the minute, without ids, old and new files."""

import io
import json
from datetime import UTC, datetime

import pytest

from music_time_machine.formats import spotify_account
from music_time_machine.formats.streams import Damaged
from music_time_machine.plays import Kind, LeftOut, LeftOutRow, Play, Source
from tests.formats.other_samples import account_row, audiobook_row, jackson, podcast_row


def read(*rows):
    return list(spotify_account.rows(io.BytesIO(json.dumps(rows).encode())))


def test_a_row_of_music_is_a_play_that_ended_in_its_minute():
    assert read(account_row()) == [
        Play(
            source=Source.ACCOUNT_DATA,
            played_at=datetime(2024, 3, 5, 18, 4, tzinfo=UTC),
            ms_played=187_000,
            kind=Kind.TRACK,
            title="Paper Lanterns",
            artist="The Hollow Orchard",
        )
    ]


def test_a_podcast_since_2024_is_known_by_its_keys():
    (play,) = read(podcast_row())
    assert (play.kind, play.artist) == (Kind.EPISODE, "Harbour Talk")
    assert play.title == "An hour about tide tables"


def test_a_chapter_carries_the_books_title_as_artist_like_in_the_extended_history():
    (play,) = read(audiobook_row())
    assert (play.kind, play.artist) == (Kind.CHAPTER, "The Salt Almanac")
    assert play.title == "Chapter 1: The Sea"


def test_an_episode_in_an_old_mixed_file_is_taken_for_a_track():
    (play,) = read(account_row(artistName="Harbour Talk", trackName="An hour about tide tables"))
    assert play.kind is Kind.TRACK


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([account_row()] * 3, indent=2).encode(),
        json.dumps([account_row()] * 3, separators=(",", ":")).encode(),
        jackson([account_row()] * 3),
        b"\xef\xbb\xbf\r\n" + jackson([account_row()] * 3),
    ],
)
def test_every_spacing_is_recognised_and_read(text):
    assert spotify_account.recognises(text[:8192])
    assert len(list(spotify_account.rows(io.BytesIO(text)))) == 3


def test_an_unknown_track_is_left_out_and_its_time_kept():
    row = account_row(artistName="Unknown Artist", trackName="Unknown Track")
    assert read(row) == [
        LeftOutRow(LeftOut.NO_IDENTITY, "2024-03-05 18:04 · Unknown Artist · Unknown Track")
    ]


def test_a_track_that_is_really_called_unknown_track_stays():
    (play,) = read(account_row(trackName="Unknown Track"))
    assert play.title == "Unknown Track"


def test_a_play_of_no_length_stays_and_so_do_two_in_one_minute():
    assert [play.ms_played for play in read(account_row(msPlayed=0), account_row(msPlayed=0))] == [
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"trackName": None}, LeftOut.NO_IDENTITY),
        ({"trackName": " \0"}, LeftOut.NO_IDENTITY),
        ({"trackName": 7}, LeftOut.NO_IDENTITY),
        ({"endTime": None}, LeftOut.UNREADABLE),
        ({"endTime": "2024-03-05"}, LeftOut.UNREADABLE),
        ({"endTime": "2024-02-30 10:00"}, LeftOut.UNREADABLE),
        ({"endTime": 1709661849}, LeftOut.UNREADABLE),
        ({"msPlayed": None}, LeftOut.UNREADABLE),
        ({"msPlayed": "x"}, LeftOut.UNREADABLE),
        ({"msPlayed": -1}, LeftOut.IMPOSSIBLE_TIME),
        ({"msPlayed": 10**10}, LeftOut.IMPOSSIBLE_TIME),
        ({"endTime": "1970-01-01 00:00"}, LeftOut.IMPOSSIBLE_TIME),
        ({"endTime": "9999-01-01 00:00"}, LeftOut.IMPOSSIBLE_TIME),
    ],
)
def test_a_bad_row_is_left_out_with_its_reason_and_harms_no_other(changes, reason):
    first, bad, last = read(account_row(), account_row(**changes), account_row())
    assert bad.reason is reason
    assert isinstance(first, Play)
    assert first == last


@pytest.mark.parametrize("row", [None, 1, "x", [], [account_row()]])
def test_what_is_no_object_is_unreadable(row):
    assert [thing.reason for thing in read(row)] == [LeftOut.UNREADABLE]


def test_other_files_of_the_package_are_not_recognised():
    others = [
        {"endTime": "2024-03-05 18:04", "msPlayed": 1},
        [{"searchTime": "2024-03-05", "searchQuery": '"endTime": "msPlayed":'}],
        [{"inner": account_row()}],
        {"playlists": [{"name": "endTime", "items": [account_row()]}]},
        [],
    ]
    assert not any(spotify_account.recognises(json.dumps(each).encode()) for each in others)


def test_a_list_cut_off_gives_its_first_rows_and_then_fails():
    text = json.dumps([account_row()] * 4).encode()
    got = []
    with pytest.raises(Damaged, match="middle"):
        got.extend(spotify_account.rows(io.BytesIO(text[:-20])))
    assert len(got) == 3
