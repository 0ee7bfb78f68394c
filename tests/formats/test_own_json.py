"""Our own export: what is written is what is read."""

import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine.formats import own_json
from music_time_machine.formats.placings import TIME_RANGES
from music_time_machine.formats.streams import Damaged, NotForUs
from music_time_machine.plays import (
    AlbumDetails,
    ArtistDetails,
    Kind,
    LeftOut,
    Placing,
    Play,
    Source,
    TrackDetails,
    clean_text,
)
from tests.formats.hostile import memory_within
from tests.formats.samples import TRACK_ID

PLAY = Play(
    Source.LASTFM, datetime(2024, 3, 5, 18, 4, tzinfo=UTC), None, Kind.TRACK, "Paper Lanterns", "A"
)
TRACK = TrackDetails(TRACK_ID, "Paper Lanterns", ArtistDetails(None, "A"), None, 201_000)
PLACING = Placing(date(2024, 3, 5), "short_term", 1, TRACK)

texts = st.sampled_from(["Paper Lanterns", "夜の灯", '"],[{', "a\\", "é\U0001f3b5"]) | st.text(
    min_size=1, max_size=9
).map(clean_text).filter(bool)
maybe_text = st.none() | texts
ids = st.text("0123456789abcdefXYZ", min_size=22, max_size=22)
lengths = st.integers(0, 7 * 24 * 3600 * 1000)
flags = st.none() | st.booleans()
moments = st.integers(0, 80 * 365 * 24 * 3600 * 1000).map(
    lambda ms: datetime(2005, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
json_objects = st.sampled_from([None, "{}", '{"a": ["é", "\\n", 1.50]}', '{ "b":null }'])
plays = st.builds(
    Play,
    source=st.sampled_from(Source),
    played_at=moments,
    ms_played=st.none() | lengths,
    kind=st.sampled_from(Kind),
    title=texts,
    artist=maybe_text,
    album=maybe_text,
    spotify_id=st.none() | ids,
    reason_start=maybe_text,
    reason_end=maybe_text,
    shuffle=flags,
    skipped=flags,
    offline=flags,
    incognito=flags,
    platform=maybe_text,
    country=maybe_text,
    duration_ms=st.none() | lengths,
    isrc=maybe_text,
    began_at=st.none() | moments,
    nth=st.none() | st.integers(0, 32_767),
)
artists = st.builds(ArtistDetails, maybe_text, texts, maybe_text, json_objects)
albums = st.builds(AlbumDetails, maybe_text, texts, maybe_text, maybe_text, json_objects)
placings = st.builds(
    Placing,
    st.dates(date(2005, 1, 1), date(2099, 1, 1)),
    st.sampled_from(TIME_RANGES),
    st.integers(1, 100),
    st.builds(
        TrackDetails,
        ids,
        texts,
        artists,
        st.none() | albums,
        st.none() | lengths,
        flags,
        maybe_text,
        json_objects,
    ),
)


def written(plays=(), placings=()):
    return b"".join(own_json.write(plays, placings))


def read(text):
    return list(own_json.rows(io.BytesIO(text)))


@given(st.lists(plays, max_size=4), st.lists(placings, max_size=2))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_written_is_read_back_equal_and_in_order(heard, places):
    text = written(heard, places)
    assert own_json.recognises(text[:8192])
    assert read(text) == [*heard, *places]


def test_the_export_is_plain_json_with_a_row_a_line():
    text = written([PLAY, PLAY], [PLACING])
    export = json.loads(text)
    assert (export["name"], export["version"]) == ("music-time-machine", 1)
    assert (
        export["plays"]
        == [
            {
                "source": "lastfm",
                "played_at": "2024-03-05T18:04:00Z",
                "kind": "track",
                "title": "Paper Lanterns",
                "artist": "A",
            }
        ]
        * 2
    )
    assert len(text.splitlines()) == 6


def test_an_export_of_nothing_is_read_as_nothing():
    assert read(written()) == []


def test_a_long_export_is_written_and_read_in_little_memory():
    class Text:
        def __init__(self, parts):
            self._parts, self._left = parts, b""

        def read(self, size):
            while len(self._left) < size and (part := next(self._parts, None)):
                self._left += part
            start, self._left = self._left[:size], self._left[size:]
            return start

    with memory_within(16):
        stream = Text(own_json.write((PLAY for _ in range(12_000)), (PLACING for _ in range(9))))
        assert sum(1 for _ in own_json.rows(stream)) == 12_009


def test_a_newer_version_is_refused_with_what_to_do():
    newer = written([PLAY]).replace(b'"version":1', b'"version":2')
    assert own_json.recognises(newer)
    with pytest.raises(NotForUs, match="newer Music Time Machine: update"):
        read(newer)


@pytest.mark.parametrize("version", [b"0", b"-1", b'"1"', b"null", b"1.5"])
def test_a_version_that_is_none_is_damaged(version):
    with pytest.raises(Damaged, match="version"):
        read(written([PLAY]).replace(b'"version":1', b'"version":' + version))


def test_keys_of_later_additions_are_passed_by():
    text = written([PLAY], [PLACING]).replace(b'"plays"', b'"made":{"by":["x"]},"plays"')
    assert read(text.replace(b'"kind"', b'"mood":"calm","kind"')) == [PLAY, PLACING]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"lastfm"', b'"gramophone"', LeftOut.UNREADABLE),
        (b'"lastfm"', b"5", LeftOut.UNREADABLE),
        (b'"track"', b'"noise"', LeftOut.UNREADABLE),
        (b"18:04:00Z", b"18:04:00", LeftOut.UNREADABLE),
        (b"2024-03-05T", b"1924-03-05T", LeftOut.IMPOSSIBLE_TIME),
        (b'"kind"', b'"ms_played":-1,"kind"', LeftOut.IMPOSSIBLE_TIME),
        (b'"Paper Lanterns"', b'"\\u0000"', LeftOut.NO_IDENTITY),
    ],
)
def test_a_play_that_was_changed_badly_is_left_out(old, new, reason):
    text = written([PLAY]).replace(old, new)
    assert [thing.reason for thing in read(text)] == [reason]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"short_term"', b'"this_week"', LeftOut.UNREADABLE),
        (b'"rank":1', b'"rank":0', LeftOut.UNREADABLE),
        (b'"rank":1', b'"rank":10001', LeftOut.UNREADABLE),
        (b'"rank":1', b'"rank":"1"', LeftOut.UNREADABLE),
        (TRACK_ID.encode(), b"short", LeftOut.UNREADABLE),
        (b"2024-03-05", b"2024-13-05", LeftOut.UNREADABLE),
        (b"2024-03-05", b"1024-03-05", LeftOut.IMPOSSIBLE_TIME),
        (b'"name":"A"', b'"name":""', LeftOut.NO_IDENTITY),
    ],
)
def test_a_placing_that_was_changed_badly_is_left_out(old, new, reason):
    text = written([], [PLACING]).replace(old, new)
    assert [thing.reason for thing in read(text)] == [reason]


@given(st.binary(max_size=30), st.integers(0, 400))
def test_bytes_put_into_an_export_spoil_rows_or_end_it_in_a_sentence(noise, place):
    text = written([PLAY], [PLACING])
    try:
        read(text[:place] + noise + text[place:])
    except Damaged as error:
        assert str(error)  # noqa: PT017
