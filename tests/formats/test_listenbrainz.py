"""ListenBrainz: months with a listen a line, the older list, and what many clients wrote."""

import io
import json
from datetime import UTC, datetime

import pytest

from music_time_machine.formats import listenbrainz
from music_time_machine.formats.streams import Damaged
from music_time_machine.plays import Kind, LeftOut, LeftOutRow, Play, Source
from tests.formats.other_samples import AT, json_lines, listen
from tests.formats.samples import EPISODE_URI, TRACK_ID


def read(*rows):
    return list(listenbrainz.rows(io.BytesIO(json_lines(rows))))


def the_play(row):
    (play,) = read(row)
    assert isinstance(play, Play)
    return play


def test_a_listen_is_a_play_that_began_at_its_second():
    assert the_play(listen()) == Play(
        source=Source.LISTENBRAINZ,
        played_at=datetime(2024, 3, 5, 18, 4, 9, tzinfo=UTC),
        ms_played=187_000,
        kind=Kind.TRACK,
        title="Paper Lanterns",
        artist="The Hollow Orchard",
        album="North Window",
        spotify_id=TRACK_ID,
        duration_ms=201_000,
        isrc="DEXX12400001",
    )


@pytest.mark.parametrize("at", [AT, float(AT), f" {AT}", f"{AT}.00", AT + 0.0004])
def test_a_time_may_be_written_as_any_number(at):
    assert the_play(listen(at)).played_at == datetime(2024, 3, 5, 18, 4, 9, tzinfo=UTC)


def test_parts_of_a_second_are_kept_to_the_millisecond():
    assert the_play(listen(f"{AT}.25")).played_at.microsecond == 250_000


@pytest.mark.parametrize("indent", [None, 2])
def test_the_older_single_list_is_read_too(indent):
    text = json.dumps([listen(), listen(AT + 300)], indent=indent).encode()
    assert listenbrainz.recognises(text)
    assert [play.played_at.minute for play in listenbrainz.rows(io.BytesIO(text))] == [4, 9]


def test_lengths_may_be_told_in_seconds():
    play = the_play(listen(ms_played=None, duration_ms=None, duration="201", duration_played=187.4))
    assert (play.ms_played, play.duration_ms) == (187_400, 201_000)


def test_a_length_not_told_stays_unknown():
    play = the_play(listen(ms_played=None, duration_ms=None))
    assert (play.ms_played, play.duration_ms) == (None, None)


@pytest.mark.parametrize(
    ("address", "kind", "spotify_id"),
    [
        (f"https://open.spotify.com/intl-de/track/{TRACK_ID}?si=1", Kind.TRACK, TRACK_ID),
        (f"http://open.spotify.com/track/{TRACK_ID}", Kind.TRACK, TRACK_ID),
        (f"spotify:track:{TRACK_ID}", Kind.TRACK, TRACK_ID),
        (
            EPISODE_URI.replace("spotify:episode:", "https://open.spotify.com/episode/"),
            Kind.EPISODE,
            EPISODE_URI[-22:],
        ),
        (f"https://open.spotify.com/track/{TRACK_ID}x", Kind.TRACK, None),
        ("https://open.spotify.com/track/short", Kind.TRACK, None),
        (f"https://elsewhere.example/track/{TRACK_ID}", Kind.TRACK, None),
        ("", Kind.TRACK, None),
        (None, Kind.TRACK, None),
        (7, Kind.TRACK, None),
        ([TRACK_ID], Kind.TRACK, None),
    ],
)
def test_an_address_tells_the_id_and_the_kind(address, kind, spotify_id):
    play = the_play(listen(spotify_id=address))
    assert (play.kind, play.spotify_id) == (kind, spotify_id)


def test_the_place_of_origin_may_tell_the_id():
    address = f"https://open.spotify.com/track/{TRACK_ID}"
    assert the_play(listen(spotify_id=None, origin_url=address)).spotify_id == TRACK_ID


@pytest.mark.parametrize("isrc", [None, "", "short", 7, ["DEXX12400001"], "DEXX1240000\u0661"])
def test_an_isrc_that_is_none_is_not_told(isrc):
    assert the_play(listen(isrc=isrc)).isrc is None


def test_an_isrc_may_be_written_with_hyphens():
    assert the_play(listen(isrc="de-xx1-24-00001")).isrc == "DEXX12400001"


def test_what_clients_never_told_is_not_missed():
    told = {"artist_name": "The Hollow Orchard", "track_name": "Paper Lanterns"}
    row = {"listened_at": AT, "track_metadata": told}
    for extra in ({}, {"additional_info": None, "mbid_mapping": None}, {"additional_info": {}}):
        play = the_play(row | {"track_metadata": told | extra})
        assert (play.album, play.spotify_id, play.isrc) == (None, None, None)


def test_the_album_may_come_from_the_mapping():
    row = listen()
    row["track_metadata"] |= {"release_name": "", "mbid_mapping": {"release_name": "North Window"}}
    assert the_play(row).album == "North Window"


def test_a_listen_without_a_time_is_still_playing():
    row = listen()
    del row["listened_at"]
    assert read(row) == [LeftOutRow(LeftOut.STILL_PLAYING, "The Hollow Orchard · Paper Lanterns")]


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("soon", LeftOut.UNREADABLE),
        ("nan", LeftOut.UNREADABLE),
        ("1e999", LeftOut.UNREADABLE),
        (True, LeftOut.UNREADABLE),
        ([AT], LeftOut.UNREADABLE),
        (0, LeftOut.IMPOSSIBLE_TIME),
        (-AT, LeftOut.IMPOSSIBLE_TIME),
        (AT * 1000, LeftOut.IMPOSSIBLE_TIME),
        (10**300, LeftOut.IMPOSSIBLE_TIME),
    ],
)
def test_a_time_that_makes_no_sense_leaves_out_its_row_alone(at, reason):
    first, bad, last = read(listen(), listen(at), listen())
    assert bad.reason is reason
    assert "Paper Lanterns" in bad.text
    assert first == last


def test_a_listen_without_a_title_names_nothing():
    row = listen()
    row["track_metadata"]["track_name"] = None
    assert read(row) == [
        LeftOutRow(LeftOut.NO_IDENTITY, "2024-03-05 18:04:09 · The Hollow Orchard")
    ]


@pytest.mark.parametrize(
    "line", [b"7", b"null", b'"x"', b"{}", b"\xff", b"{nonsense}", b"[" * 50_000, b'{"a":1} {}']
)
def test_a_line_of_another_kind_costs_only_itself(line):
    text = json_lines([listen()]) + line + b"\n \n" + json_lines([listen()])
    first, bad, last = listenbrainz.rows(io.BytesIO(text))
    assert bad.reason is LeftOut.UNREADABLE
    assert first == last


def test_a_last_line_without_an_end_is_whole_or_cut_off():
    text = json_lines([listen(), listen()])
    assert len(list(listenbrainz.rows(io.BytesIO(text.rstrip())))) == 2
    got = []
    with pytest.raises(Damaged, match="cut off"):
        got.extend(listenbrainz.rows(io.BytesIO(text[:-30])))
    assert len(got) == 1


def test_neighbouring_files_of_the_export_are_not_recognised():
    others = [
        {"user_id": 7, "username": "somebody"},
        {"created": AT, "score": 1, "track_metadata": {"track_name": "x"}},
        {"payload": {"count": 1, "listens": [listen()]}},
        {"note": '"listened_at": "track_metadata":'},
    ]
    assert not any(listenbrainz.recognises(json_lines([each])) for each in others)


def test_is_recognised_though_its_first_line_is_still_playing():
    playing = listen()
    del playing["listened_at"]
    assert listenbrainz.recognises(json_lines([playing, listen()]))


def test_nothing_of_the_user_is_shown():
    row = listen("never", username="canary-user-4711")
    assert "canary" not in read(row)[0].text
