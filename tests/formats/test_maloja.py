"""Maloja: a long list inside an object."""

import io
import json
from datetime import UTC, datetime

import pytest

from music_time_machine.formats import maloja
from music_time_machine.formats.streams import Damaged
from music_time_machine.plays import Kind, LeftOut, Play, Source
from tests.formats.hostile import memory_within
from tests.formats.other_samples import AT, maloja_json, maloja_scrobble


def read(*scrobbles):
    return list(maloja.rows(io.BytesIO(maloja_json(scrobbles))))


def test_a_scrobble_is_a_play_with_both_its_lengths():
    assert read(maloja_scrobble()) == [
        Play(
            source=Source.MALOJA,
            played_at=datetime(2024, 3, 5, 18, 4, 9, tzinfo=UTC),
            ms_played=187_000,
            kind=Kind.TRACK,
            title="Paper Lanterns",
            artist="The Hollow Orchard, Nils Farber",
            album="North Window",
            duration_ms=201_000,
        )
    ]


def test_without_an_album_the_artists_stay_as_they_are_told():
    (play,) = read(maloja_scrobble(album=None, length=None))
    assert (play.artist, play.album) == ("Nils Farber, The Hollow Orchard", None)
    assert play.duration_ms is None


@pytest.mark.parametrize(
    ("artists", "credit"),
    [(["A"], "A"), ("A", "A"), ([], None), (None, None), ([None, 7, "A", ""], "A"), ({}, None)],
)
def test_artists_of_any_shape_are_one_credit_or_none(artists, credit):
    (play,) = read(maloja_scrobble(artists=artists))
    assert play.artist == credit


@pytest.mark.parametrize(
    ("scrobble", "reason"),
    [
        (maloja_scrobble(None), LeftOut.UNREADABLE),
        (maloja_scrobble("x"), LeftOut.UNREADABLE),
        (maloja_scrobble(0), LeftOut.IMPOSSIBLE_TIME),
        (maloja_scrobble(title=None), LeftOut.NO_IDENTITY),
        ({"time": AT}, LeftOut.UNREADABLE),
        ({"time": AT, "track": None}, LeftOut.UNREADABLE),
        ([], LeftOut.UNREADABLE),
    ],
)
def test_a_bad_scrobble_is_left_out_and_harms_no_other(scrobble, reason):
    first, bad, last = read(maloja_scrobble(), scrobble, maloja_scrobble())
    assert bad.reason is reason
    assert first == last


@pytest.mark.parametrize("indent", [None, 2])
def test_a_long_export_is_read_whole_and_in_little_memory(indent):
    scrobbles = [maloja_scrobble(AT + number * 200) for number in range(12_000)]
    text = maloja_json(scrobbles, indent)
    assert maloja.recognises(text[:8192])
    del scrobbles
    stream = io.BytesIO(text)
    with memory_within(16):
        stamps = [play.played_at.timestamp() for play in maloja.rows(stream)]
    assert stamps == [AT + number * 200 for number in range(12_000)]


def test_what_else_the_export_holds_is_passed_by():
    export = {"x": [{"scrobbles": [1]}], "maloja": {}, "scrobbles": [maloja_scrobble()], "y": "]}"}
    assert len(list(maloja.rows(io.BytesIO(json.dumps(export).encode())))) == 1


def test_an_export_without_scrobbles_has_no_rows():
    assert read() == []


@pytest.mark.parametrize("value", [[], {"maloja": {}}, {"scrobbles": []}, [{"maloja": 1}], 7])
def test_other_json_is_not_taken_for_an_export(value):
    assert not maloja.recognises(json.dumps(value).encode())


def test_an_export_cut_off_anywhere_gives_its_first_plays_and_then_fails():
    text = maloja_json([maloja_scrobble()] * 3)
    for length in range(1, len(text) - 1):
        got = []
        with pytest.raises(Damaged):
            got.extend(maloja.rows(io.BytesIO(text[:length])))
        assert all(isinstance(thing, Play) for thing in got)
