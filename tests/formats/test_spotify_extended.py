"""Spotify's extended streaming history: every generation and kind, each row accounted for."""

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.formats import spotify_extended
from music_time_machine.formats.streams import Damaged
from music_time_machine.moments import from_millis
from music_time_machine.plays import Kind, LeftOut, Source, TrackNames
from music_time_machine.traits import Device, Trait, country, flag, reason_code, value
from tests.formats.hostile import memory_within
from tests.formats.samples import (
    CHAPTER_URI,
    EPISODE_URI,
    PRIVATE,
    TRACK_ID,
    Generation,
    chapter_row,
    episode_row,
    extended_json,
    extended_row,
    nameless_row,
)


@dataclass(frozen=True)
class Told:
    """One row as a piece tells it, put together again."""

    played_at: datetime
    ms_played: int
    names: TrackNames
    began: int
    shuffle: bool | None
    skipped: bool | None
    offline: bool | None
    incognito: bool | None
    reason_start: int
    reason_end: int
    device: int
    country: str | None

    def __getattr__(self, name):
        return getattr(self.names, name)


def told(stream):
    """Every row in the file's order: what was played, or why it was left out."""
    names = {}
    done = 0
    for piece in spotify_extended.pieces(stream):
        names |= piece.names
        assert len(piece) + len(piece.left_out) == piece.rows
        assert set(piece.source.tolist()) <= {Source.EXTENDED_HISTORY}
        left_out = {row - done: each.reason for row, each in piece.left_out}
        plays = iter(range(len(piece)))
        for row in range(1, piece.rows + 1):
            yield left_out[row] if row in left_out else _told(piece, next(plays), names)
        done += piece.rows


def _told(piece, place, names):
    traits = int(piece.traits[place])
    flags = (Trait.SHUFFLE, Trait.SKIPPED, Trait.OFFLINE, Trait.PRIVATE)
    codes = (Trait.REASON_START, Trait.REASON_END, Trait.DEVICE)
    return Told(
        from_millis(int(piece.stamp[place])),
        int(piece.ms[place]),
        names[piece.key[place]],
        int(piece.began[place]),
        *(flag(traits, each) for each in flags),
        *(value(traits, each) for each in codes),
        country(traits),
    )


def read(*rows, generation=Generation.WITH_AUDIOBOOKS_2025):
    return list(told(io.BytesIO(extended_json(rows, generation))))


def the_play(row, generation=Generation.WITH_AUDIOBOOKS_2025):
    (play,) = read(row, generation=generation)
    assert isinstance(play, Told)
    return play


@pytest.mark.parametrize("generation", Generation)
def test_reads_a_row_of_music_in_every_generation(generation):
    has_uris = generation is not Generation.ENDSONG_2020
    assert the_play(extended_row(), generation) == Told(
        played_at=datetime(2024, 3, 5, 18, 4, 9, tzinfo=UTC),
        ms_played=187_000,
        names=TrackNames(
            Kind.TRACK,
            "Paper Lanterns",
            "The Hollow Orchard",
            "North Window",
            TRACK_ID if has_uris else None,
        ),
        began=0,
        shuffle=True,
        skipped=False,
        offline=False,
        incognito=False,
        reason_start=reason_code("trackdone"),
        reason_end=reason_code("fwdbtn"),
        device=Device.ANDROID,
        country="DE",
    )


@pytest.mark.parametrize("generation", Generation)
def test_recognises_every_generation_by_its_first_bytes(generation):
    text = extended_json([extended_row()], generation)
    assert spotify_extended.recognises(text[:8192])
    assert spotify_extended.recognises(b"\xef\xbb\xbf\r\n " + text)


def test_recognises_a_history_by_its_keys_in_any_order():
    row = dict(reversed(extended_row().items()))
    assert spotify_extended.recognises(json.dumps([row]).encode())


@pytest.mark.parametrize("generation", Generation)
def test_an_episode_is_kept_apart_from_music(generation):
    play = the_play(episode_row(), generation)
    assert (play.kind, play.title, play.artist, play.album) == (
        Kind.EPISODE,
        "An hour about tide tables",
        "Harbour Talk",
        None,
    )
    has_uris = generation is not Generation.ENDSONG_2020
    assert play.spotify_id == (EPISODE_URI[-22:] if has_uris else None)


@pytest.mark.parametrize("address", [CHAPTER_URI, CHAPTER_URI.replace("episode", "chapter")])
def test_a_chapter_of_an_audiobook_carries_the_books_title_as_artist(address):
    play = the_play(chapter_row(audiobook_chapter_uri=address))
    assert (play.kind, play.title, play.artist, play.album, play.spotify_id) == (
        Kind.CHAPTER,
        "Chapter 1: The Sea",
        "The Salt Almanac",
        None,
        CHAPTER_URI[-22:],
    )


def test_keeps_the_order_of_the_file_and_rows_that_are_there_twice():
    stamps = ["2019-05-02T10:00:00Z", "2017-01-13T11:31:46Z", "2017-01-13T11:31:46Z"]
    plays = read(*map(extended_row, stamps), generation=Generation.WITH_URIS_2021)
    assert [f"{play.played_at:%Y-%m-%dT%H:%M:%SZ}" for play in plays] == stamps


def test_keeps_a_play_of_no_length():
    assert the_play(extended_row(ms_played=0)).ms_played == 0


def test_an_unknown_flag_stays_unknown():
    play = the_play(
        extended_row(skipped=None, shuffle=None, offline=None, incognito_mode=None),
    )
    assert (play.skipped, play.shuffle, play.offline, play.incognito) == (None,) * 4


def test_a_flag_may_be_written_as_a_number():
    play = the_play(extended_row(skipped=0, shuffle=1, offline=0, incognito_mode=1))
    assert play.skipped is False
    assert play.shuffle is True
    assert play.offline is False
    assert play.incognito is True


def test_empty_reasons_and_the_unknown_country_are_none():
    play = the_play(extended_row(reason_start="", reason_end="", platform=" ", conn_country="ZZ"))
    assert (play.reason_start, play.reason_end, play.device, play.country) == (0, 0, 0, None)
    assert the_play(extended_row(reason_end=None)).reason_end == 0


def test_a_time_of_another_zone_becomes_utc():
    play = the_play(extended_row("2024-03-05T20:04:09+02:00"))
    assert play.played_at == datetime(2024, 3, 5, 18, 4, 9, tzinfo=UTC)
    assert play.played_at.tzinfo is UTC


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "spotify:track:",
        "spotify:track:short",
        "spotify:track:2tRaCkPaPeRLaNTeRnS001x",
        "spotify:track:2tRaCkPaPeRLaNTeRnS-01",
        "spotify:track:\u0662tRaCkPaPeRLaNTeRnS001",
        "spotify:track:2tRaCkPaPeRLaNTeRnS001\n",
        "spotify:local:Somebody::Something:123",
        TRACK_ID,
        EPISODE_URI,
    ],
)
def test_a_malformed_address_falls_back_to_the_names(uri):
    play = the_play(extended_row(uri=uri))
    assert (play.spotify_id, play.title) == (None, "Paper Lanterns")


def test_an_address_without_names_is_kept():
    play = the_play(extended_row(track=None, artist=None, album=None))
    assert (play.spotify_id, play.title, play.artist) == (TRACK_ID, "Unknown track", None)
    episode = the_play(episode_row(episode_name=None, episode_show_name=None))
    assert (episode.kind, episode.title) == (Kind.EPISODE, "Unknown episode")
    chapter = the_play(chapter_row(audiobook_chapter_title=None))
    assert (chapter.kind, chapter.title) == (Kind.CHAPTER, "Unknown chapter")


@pytest.mark.parametrize(
    "row",
    [
        nameless_row(),
        extended_row(track="\0\x07", uri=None),
        extended_row(track=None, uri="spotify:track:short"),
        extended_row(track=None, uri=None),
        episode_row(episode_name=None, spotify_episode_uri=None),
        chapter_row(audiobook_chapter_title=" ", audiobook_chapter_uri=None),
    ],
)
def test_a_row_that_names_nothing_is_left_out(row):
    assert read(row) == [LeftOut.NO_IDENTITY]


def without(key):
    row = extended_row()
    del row[key]
    return row


@pytest.mark.parametrize(
    "row",
    [
        without("ts"),
        without("ms_played"),
        extended_row(ts=None),
        extended_row("yesterday"),
        extended_row("2024-02-30T10:00:00Z"),
        extended_row("2024-03-05T18:04:09"),
        extended_row("2024-03-05T18:04:09Z\ud800x"),
        extended_row(ts=1_709_661_849),
        extended_row(ms_played=None),
        extended_row(ms_played="187000"),
        extended_row(ms_played=187.5),
        extended_row(ms_played=True),
        extended_row(track=7),
        extended_row(artist=["The Hollow Orchard"]),
        extended_row(uri={"id": TRACK_ID}),
        extended_row(skipped="false"),
        extended_row(skipped=2),
        extended_row(reason_end=0),
        None,
        7,
        "row",
        [],
        [extended_row()],
        {},
    ],
)
def test_a_row_of_another_shape_is_left_out_and_its_neighbours_are_read(row):
    before, middle, after = read(extended_row(), row, episode_row())
    assert isinstance(before, Told)
    assert middle is LeftOut.UNREADABLE
    assert isinstance(after, Told)


@pytest.mark.parametrize(
    "row",
    [
        extended_row(ms_played=-1),
        extended_row(ms_played=7 * 24 * 3600 * 1000 + 1),
        extended_row(ms_played=10**30),
        extended_row(ms_played=10**400),
        extended_row("1999-12-31T23:59:59Z"),
        extended_row("2100-01-01T00:00:00Z"),
        extended_row("0001-01-01T00:00:00+14:00"),
        extended_row("9999-12-31T23:59:59-14:00"),
    ],
)
def test_an_impossible_time_is_left_out(row):
    assert read(row) == [LeftOut.IMPOSSIBLE_TIME]


@pytest.mark.parametrize(
    ("ts", "ms_played"),
    [("2000-01-01T00:00:00Z", 7 * 24 * 3600 * 1000), ("2099-12-31T23:59:59Z", 0)],
)
def test_the_last_possible_times_are_kept(ts, ms_played):
    assert isinstance(read(extended_row(ts, ms_played=ms_played))[0], Told)


@pytest.mark.parametrize(
    ("offline_timestamp", "began"),
    [
        (1_709_661_662, 1_709_661_662_000),
        (1_709_661_662_123, 1_709_661_662_123),
        (0, 0),
        (1, 0),
        (None, 0),
        ("soon", 0),
        (10**30, 0),
        (-5, 0),
    ],
)
def test_an_offline_row_tells_when_it_began_in_seconds_or_milliseconds(offline_timestamp, began):
    row = extended_row(offline=True, offline_timestamp=offline_timestamp)
    assert the_play(row).began == began
    assert the_play(row | {"offline": False}).began == 0


def test_a_left_out_row_says_what_it_may_be_recognised_by():
    text = extended_json([extended_row(), extended_row(ms_played=-5), nameless_row()])
    pieces = spotify_extended.pieces(io.BytesIO(text))
    (second, impossible), (third, nameless) = [each for piece in pieces for each in piece.left_out]
    assert (second, third) == (2, 3)
    assert impossible.text == "2024-03-05T18:04:09Z, Paper Lanterns, The Hollow Orchard, -5 ms"
    assert nameless.text.endswith(" ms")


def test_text_that_a_database_cannot_hold_is_cleaned():
    text = json.dumps([extended_row(track="Paper\0 Lan\ud83cterns ", platform="x" * 5000)]).encode()
    (play,) = told(io.BytesIO(text))
    assert isinstance(play, Told)
    assert (play.title, play.device) == ("Paper Lanterns", Device.OTHER)


def test_long_texts_are_cleaned_alike_each_time():
    titles = [f"{'La ' * 60}{number % 2}" for number in range(6)]
    plays = read(*[extended_row(track=title, uri=None) for title in titles])
    assert [play.title[-1] for play in plays] == list("010101")


@pytest.mark.parametrize("generation", Generation)
def test_nothing_of_who_and_where_is_ever_read(generation):
    row = extended_row()
    assert any(key in generation.keys for key in PRIVATE)
    seen = repr(read(row, row | {"ms_played": "wrong"}, nameless_row(), generation=generation))
    for private in PRIVATE.values():
        assert private not in seen


class EndlessHistory:
    """Rows of texts that never come twice, made while they are read."""

    def __init__(self, count, filling):
        rows = (
            b'%c{"ts":"2024-03-05T18:04:09Z","ms_played":1,%s}'
            % (b"[" if number == 0 else b",", self._texts(number, filling))
            for number in range(count)
        )
        self._rows = chain(rows, [b"]"])
        self._left = b""

    def read(self, size):
        while len(self._left) < size and (row := next(self._rows, None)):
            self._left += row
        start, self._left = self._left[:size], self._left[size:]
        return start

    @staticmethod
    def _texts(number, filling):
        keys = (b"master_metadata_track_name", b"platform", b"reason_start", b"reason_end")
        return b",".join(b'"%s":"%s %d %s"' % (key, key, number, filling) for key in keys)


@pytest.mark.parametrize(("count", "filling"), [(40_000, b"x" * 60), (3_000, b"x" * 6000)])
def test_texts_that_never_come_twice_do_not_fill_the_memory(count, filling):
    titles = 0
    with memory_within(20):
        for piece in spotify_extended.pieces(EndlessHistory(count, filling)):
            titles += sum(" x" in piece.names[key].title for key in piece.key)
    assert titles == count


def test_a_history_cut_off_gives_its_first_rows_and_then_fails():
    text = extended_json([extended_row()] * 5)
    got = []
    with pytest.raises(Damaged, match="middle"):
        got.extend(told(io.BytesIO(text[:-200])))
    assert len(got) == 4


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from(sorted({key for each in Generation for key in each.keys}))
changed_rows = st.dictionaries(keys, values, max_size=4).map(
    lambda changes: extended_row() | changes
)


@given(st.lists(values | changed_rows | st.dictionaries(keys, values), max_size=12), st.booleans())
def test_every_element_of_a_list_comes_out_as_exactly_one_thing(elements, is_ascii):
    text = json.dumps(elements, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    things = list(told(io.BytesIO(text)))
    assert len(things) == len(elements)
    assert all(isinstance(thing, Told | LeftOut) for thing in things)
    for thing in things:
        if isinstance(thing, Told):
            assert thing.played_at.tzinfo is UTC
            assert thing.title.encode()
            assert 0 <= (thing.ms_played or 0) <= 7 * 24 * 3600 * 1000


@given(st.binary(max_size=60), st.integers(0, 700))
def test_bytes_put_into_a_history_spoil_rows_or_end_it_in_a_sentence(noise, place):
    text = extended_json([extended_row()] * 2)
    damaged = text[:place] + noise + text[place:]
    try:
        things = list(told(io.BytesIO(damaged)))
    except Damaged as error:
        assert str(error).startswith("is ")  # noqa: PT017
    else:
        assert len(things) >= 2
