"""What is read from good, odd and mutilated answers: a value or Nonsense, and nothing else."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music_time_machine.spotify import Nonsense, reading
from music_time_machine.spotify.reading import read
from tests.spotify import answers
from tests.spotify.answers import (
    ALBUM,
    ARTIST,
    CURRENTLY_PLAYING,
    EPISODE,
    LOCAL_TRACK,
    NAMED_ARTIST,
    PLAY,
    PLAYLIST,
    PLAYLIST_ROW,
    PROFILE,
    RECENTLY_PLAYED,
    TRACK,
    Json,
    page,
    without,
)

Shape = Callable[[object], object]

RECORDED: dict[str, tuple[Shape, object]] = {
    "profile": (reading.profile, PROFILE),
    "artist": (reading.artist, ARTIST),
    "track": (reading.track, TRACK),
    "top tracks": (reading.top_tracks, page(TRACK, None, LOCAL_TRACK, EPISODE)),
    "top artists": (reading.top_artists, page(ARTIST, None)),
    "recently played": (reading.recently_played, RECENTLY_PLAYED),
    "currently playing": (reading.currently_playing, CURRENTLY_PLAYING),
    "search": (reading.found_tracks, {"tracks": page(TRACK, None)}),
    "playlist": (reading.playlist, PLAYLIST),
    "playlists": (reading.playlists_page(0), page(PLAYLIST, None)),
    "playlist items": (reading.playlist_items_page(50), page(PLAYLIST_ROW, None)),
    "snapshot id": (reading.snapshot_id, {"snapshot_id": "AAAAB1"}),
    "truths": (reading.truths(2), [True, False]),
    "tokens": (reading.tokens, {"access_token": "a", "expires_in": 3600, "scope": "b"}),
}


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def track_of(value: Json) -> object:
    return read(body(value), reading.track)


# What must be there, and what need not


@pytest.mark.parametrize("key", ["id", "name"])
@pytest.mark.parametrize("shape", ["artist", "track", "playlist"])
@pytest.mark.parametrize("wrong", [None, 7, [], {}, True])
def test_a_thing_without_id_or_name_is_nonsense(shape: str, key: str, wrong: object) -> None:
    reader, value = RECORDED[shape]
    assert isinstance(value, dict)
    with pytest.raises(Nonsense):
        read(body(value | {key: wrong}), reader)
    with pytest.raises(Nonsense):
        read(body(without(value, key)), reader)


def test_a_vanished_title_may_be_empty() -> None:
    assert read(body(TRACK | {"name": ""}), reading.track).name == ""


@pytest.mark.parametrize("value", ["an account", None])
def test_the_account_id_may_be_missing(value: str | None) -> None:
    assert read(body(PROFILE | {"account_id": value}), reading.profile).account_id == value


@pytest.mark.parametrize("wrong", [7, "", []])
def test_an_account_id_of_another_type_is_nonsense(wrong: object) -> None:
    with pytest.raises(Nonsense):
        read(body(PROFILE | {"account_id": wrong}), reading.profile)


def test_a_track_of_its_id_and_name_alone_is_read() -> None:
    track = read(b'{"id": "7tRaCk", "name": "Tide"}', reading.track)
    assert (track.album, track.artists, track.duration_ms, track.isrc) == (None, (), None, None)
    assert (track.uri, track.url, track.explicit, track.track_number) == (None, None, None, None)
    assert track.raw == '{"id":"7tRaCk","name":"Tide"}'


def test_fields_of_before_2026_are_no_trouble_and_stay_in_the_raw_text() -> None:
    old = TRACK | {"popularity": 64, "available_markets": ["AR", "ZW"], "linked_from": {"id": "x"}}
    track = read(body(old), reading.track)
    assert track.name == "Žlutá ulice"
    assert json.loads(track.raw) == old


def test_the_raw_text_is_what_spotify_sent_without_the_spaces() -> None:
    track = read(json.dumps(page(TRACK), indent=2).encode(), reading.top_tracks).items[0]
    assert json.loads(track.raw) == TRACK
    assert list(json.loads(track.raw)) == list(TRACK)
    assert "\n" not in track.raw
    assert "Žlutá" in track.raw
    assert track.album is not None
    assert json.loads(track.album.raw) == ALBUM
    assert json.loads(track.artists[0].raw) == NAMED_ARTIST


DECORATIONS = [key for key in TRACK if key not in {"id", "name", "type", "is_local"}]


@pytest.mark.parametrize("key", DECORATIONS)
@pytest.mark.parametrize("wrong", [None, 7, "text", [7], {"a": 7}, True, 1e300, -1])
def test_a_decoration_of_another_type_is_read_as_absent_or_as_it_is(
    key: str, wrong: object
) -> None:
    track = read(body(TRACK | {key: wrong}), reading.track)
    assert track.id == "7tRaCk0000000000000001"
    track_without = read(body(without(TRACK, key)), reading.track)
    assert (track.album, track.artists, track.isrc) == (
        track_without.album,
        track_without.artists,
        track_without.isrc,
    )


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        (215_040, 215_040),
        (215_040.0, 215_040),
        (0, 0),
        (215_040.5, None),
        (-1, None),
        (2**31, None),
        (10**30, None),
        (True, None),
        ("215040", None),
        ({"totalMilliseconds": 215_040}, None),
    ],
)
def test_a_length_is_a_whole_number_of_ms_that_fits_a_column(
    sent: object, read_as: int | None
) -> None:
    assert read(body(TRACK | {"duration_ms": sent}), reading.track).duration_ms == read_as


def test_an_artist_or_album_that_cannot_be_told_is_left_away() -> None:
    nameless = [
        NAMED_ARTIST,
        None,
        7,
        {"id": None, "name": "Us"},
        {"id": "x"},
        {"id": "", "name": "y"},
    ]
    track = read(
        body(TRACK | {"artists": nameless, "album": {"id": None, "name": ""}}), reading.track
    )
    assert [artist.name for artist in track.artists] == ["Vesna Halloran"]
    assert track.album is None


def test_an_address_that_could_run_code_in_a_page_is_left_away() -> None:
    images = [
        {"url": "javascript:alert(1)"},
        {"url": "data:text/html,x"},
        {"url": None},
        7,
        {"url": "https://i.scdn.co/image/ab", "width": "wide"},
    ]
    odd = ARTIST | {"images": images, "external_urls": {"spotify": "javascript:alert(1)"}}
    artist = read(body(odd), reading.artist)
    assert [image.url for image in artist.images] == ["https://i.scdn.co/image/ab"]
    assert (artist.images[0].width, artist.url) == (None, None)


@pytest.mark.parametrize(
    ("widths", "shown"),
    [([640, 300, 64], 300), ([640], 640), ([64], 64), ([None], None), ([None, 320], 320)],
)
def test_the_picture_to_show_is_the_smallest_that_is_sharp(
    widths: list[int | None], shown: int | None
) -> None:
    images = [{"url": f"https://i.scdn.co/{width}", "width": width} for width in widths]
    artist = read(body(ARTIST | {"images": images}), reading.artist)
    assert artist.image_url == f"https://i.scdn.co/{shown}"


def test_a_nul_is_taken_out_everywhere() -> None:
    odd = TRACK | {"name": "Ti\x00de", "more\x00": [{"deep": "\x00x"}], "uri": r"kept \u0000"}
    track = read(body(odd), reading.track)
    assert (track.name, track.uri) == ("Tide", r"kept \u0000")
    assert json.loads(track.raw)["more"] == [{"deep": "x"}]


# Rows


@pytest.mark.parametrize("wrong", [7, "text", [], {"id": 7}, {"id": "x", "name": None}])
def test_a_row_that_is_something_else_altogether_is_nonsense(wrong: object) -> None:
    for shape in (reading.top_tracks, reading.top_artists, reading.playlists_page(0)):
        with pytest.raises(Nonsense):
            read(body(page(wrong)), shape)
    with pytest.raises(Nonsense):
        read(body(page(PLAY | {"track": wrong})), reading.recently_played)
    with pytest.raises(Nonsense):
        read(body(page(PLAYLIST_ROW | {"item": wrong})), reading.playlist_items_page(0))


@pytest.mark.parametrize("wrong", [7, "text", []])
def test_a_row_that_is_no_object_is_nonsense(wrong: object) -> None:
    for shape in (reading.recently_played, reading.playlist_items_page(0)):
        with pytest.raises(Nonsense):
            read(body(page(wrong)), shape)


@pytest.mark.parametrize("items", [None, {}, "text", 7])
def test_a_page_without_a_list_is_nonsense(items: object) -> None:
    for shape in (reading.top_tracks, reading.recently_played, reading.playlist_items_page(0)):
        with pytest.raises(Nonsense):
            read(body(page() | {"items": items}), shape)
    with pytest.raises(Nonsense):
        read(body({"tracks": {"items": items}}), reading.found_tracks)


@pytest.mark.parametrize(
    "played_at",
    [None, "", "yesterday", 1_793_394_292_922, "2026-10-30T21:04:52", "0001-01-01T00:00:00+14:00"],
)
def test_a_play_without_a_readable_time_is_nonsense(played_at: object) -> None:
    with pytest.raises(Nonsense):
        read(body(page(PLAY | {"played_at": played_at})), reading.recently_played)


def test_a_time_in_another_zone_becomes_utc() -> None:
    rows = page(PLAY | {"played_at": "2026-10-30T23:04:52.922+02:00"})
    [play] = read(body(rows), reading.recently_played).items
    assert play.played_at == datetime(2026, 10, 30, 21, 4, 52, 922_000, tzinfo=UTC)
    assert play.played_at.tzinfo is UTC


@pytest.mark.parametrize(
    "cursors", [None, {}, [], {"after": None}, {"after": "now"}, {"after": "-5"}]
)
def test_a_cursor_that_cannot_be_read_is_none(cursors: object) -> None:
    recent = read(body(RECENTLY_PLAYED | {"cursors": cursors}), reading.recently_played)
    assert (recent.after_ms, len(recent.items)) == (None, 2)


# Mutilation

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.text(max_size=8)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def paths_in(value: object) -> list[tuple[str | int, ...]]:
    """The way to every part of `value`, itself included."""
    paths: list[tuple[str | int, ...]] = [()]
    parts: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    for key, part in parts:
        paths += [(key, *path) for path in paths_in(part)]
    return paths


def changed(value: object, path: tuple[str | int, ...], how: Callable[[object], object]) -> object:
    """A copy of `value` in which the part at `path` is what `how` makes of it."""
    if not path:
        return how(value)
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {k: changed(v, rest, how) if k == key else v for k, v in value.items()}
    assert isinstance(value, list)
    return [changed(v, rest, how) if k == key else v for k, v in enumerate(value)]


@settings(deadline=None)
@given(data=st.data())
def test_an_answer_with_any_part_changed_gives_a_value_or_nonsense(data: st.DataObject) -> None:
    shape, value = data.draw(st.sampled_from(list(RECORDED.values())))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths_in(value)))
        part = data.draw(JSON_VALUES)
        value = changed(value, path, lambda _, part=part: part)  # type: ignore[misc]
    check(body(value), shape)


@settings(deadline=None)
@given(data=st.data())
def test_an_answer_with_any_field_missing_or_renamed_gives_a_value_or_nonsense(
    data: st.DataObject,
) -> None:
    shape, value = data.draw(st.sampled_from(list(RECORDED.values())))
    objects = [p for p in paths_in(value) if isinstance(at(value, p), dict) and at(value, p)]
    if not objects:
        return
    path = data.draw(st.sampled_from(objects))
    key = data.draw(st.sampled_from(sorted(as_object(at(value, path)))))
    name = data.draw(st.none() | st.text(max_size=5))

    def rename(part: object) -> object:
        fields = as_object(part)
        rest = without(fields, key)
        return rest if name is None else rest | {name: fields[key]}

    check(body(changed(value, path, rename)), shape)


@settings(deadline=None)
@given(data=st.data())
def test_an_answer_with_any_bytes_changed_gives_a_value_or_nonsense(data: st.DataObject) -> None:
    shape, value = data.draw(st.sampled_from(list(RECORDED.values())))
    sent = body(value)
    start = data.draw(st.integers(0, len(sent)))
    end = data.draw(st.integers(start, min(len(sent), start + 20)))
    check(sent[:start] + data.draw(st.binary(max_size=20)) + sent[end:], shape)


@settings(deadline=None)
@given(
    sent=st.binary(max_size=200), shape=st.sampled_from([shape for shape, _ in RECORDED.values()])
)
def test_any_bytes_at_all_give_a_value_or_nonsense(sent: bytes, shape: Shape) -> None:
    check(sent, shape)


def check(sent: bytes, shape: Shape) -> None:
    try:
        value = read(sent, shape)
    except Nonsense:
        return
    # What is given can be stored: text that encodes, without a NUL.
    shown = repr(value)
    assert "\\x00" not in shown.replace("\\\\", "")
    shown.encode()


def at(value: object, path: tuple[str | int, ...]) -> object:
    for key in path:
        assert isinstance(value, dict | list)
        value = value[key]  # type: ignore[index]
    return value


def as_object(value: object) -> Json:
    assert isinstance(value, dict)
    return value


def test_what_was_recorded_is_read_whole() -> None:
    for shape, value in RECORDED.values():
        assert read(body(value), shape) is not None
    assert answers.TRACK["id"] == "7tRaCk0000000000000001"
