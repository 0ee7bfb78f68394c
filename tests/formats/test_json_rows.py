"""Reading a JSON list piece by piece: every element once, in order, whatever it holds."""

import io
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.formats.json_rows import RowReader
from music_time_machine.formats.streams import Damaged
from tests.formats.hostile import memory_within

TEXTS = (msgspec.json.Decoder(list[str]), msgspec.json.Decoder(str))
NOTES = (
    msgspec.json.Decoder(list[dict[str, str]]),
    msgspec.json.Decoder(dict[str, str]),
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet='ab,"\\{}[]: \n\u00e9\U0001f600'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def elements_of(text: bytes, piece_bytes: int = 1024**2) -> list[str | None]:
    reader = RowReader(*TEXTS, piece_bytes)
    return [element for piece in reader.pieces(io.BytesIO(text)) for element in piece]


def notes_of(text: bytes, piece_bytes: int = 1024**2) -> list[dict[str, str] | None]:
    reader = RowReader(*NOTES, piece_bytes)
    return [element for piece in reader.pieces(io.BytesIO(text)) for element in piece]


@given(st.lists(anything, max_size=12), st.sampled_from([None, 0, 2]), st.integers(2000, 4000))
def test_hands_out_each_element_once_and_none_for_another_type(elements, indent, piece_bytes):
    # Each list is repeated so that it spans many pieces, and the cuts fall everywhere.
    long = elements * 40
    text = json.dumps(long, indent=indent).encode()
    expected = [element if isinstance(element, str) else None for element in long]
    longest = max((len(json.dumps(element, indent=indent)) for element in elements), default=0)
    if longest < 900:
        assert elements_of(text, piece_bytes) == expected


@given(st.lists(st.dictionaries(st.text(), st.text()), max_size=8), st.integers(2000, 3000))
def test_reads_the_same_however_the_text_is_cut(notes, piece_bytes):
    text = json.dumps(notes * 30, ensure_ascii=False).encode()
    if max((len(json.dumps(note)) for note in notes), default=0) < 1000:
        assert notes_of(text, piece_bytes) == notes * 30


@pytest.mark.parametrize(
    "spacing",
    [(",", ":"), (", ", " : "), (" , ", ":"), ("\r\n,\t\r\n", ":"), ("," + " " * 90, ":")],
)
def test_accepts_every_spacing(spacing):
    notes = [{"title": f"Song {number}"} for number in range(200)]
    text = json.dumps(notes, separators=spacing).encode()
    assert notes_of(text, piece_bytes=700) == notes


def test_is_not_misled_by_titles_that_look_like_the_end_of_a_row():
    notes = [{"title": '"},{"' * (number % 5), "more": "},\n  {"} for number in range(300)]
    for indent in (None, 2):
        text = json.dumps(notes, indent=indent).encode()
        for piece_bytes in range(400, 460):
            assert notes_of(text, piece_bytes) == notes


def test_accepts_a_byte_order_mark_and_white_space_around_the_list():
    assert elements_of(b'\xef\xbb\xbf \r\n\t["a"]\r\n ') == ["a"]
    assert elements_of(b" [ ] ") == []


def test_a_list_cut_off_anywhere_gives_its_first_elements_and_then_fails():
    notes = [{"title": f"Song, {number}", "x": "]"} for number in range(12)]
    text = json.dumps(notes, indent=2).encode()
    for length in range(len(text) - 1):
        got = []
        pieces = RowReader(*NOTES, 90).pieces(io.BytesIO(text[:length]))
        with pytest.raises(Damaged):
            got.extend(note for piece in pieces for note in piece)
        assert got == notes[: len(got)]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b'"a"',
        b'["a",]',
        b'["a",,"b"]',
        b'[,"a"]',
        b'["a" "b"]',
        b'["a"] ["b"]',
        b'["a"]]',
        b'["a"], "b"]',
        b'["a", b]',
        b'["a", nul]',
        b'["a", NaN]',
        b'["a", {"b": }]',
        b'["a", {b: 1}]',
        b'["a", "\\q"]',
        b'["a", "line\nbreak"]',
        b'["a", ["b"}]',
        b'["a", "\\ud8"]',
    ],
)
@pytest.mark.parametrize("filling", [b"", b'"f",' * 100])
def test_what_is_not_a_json_list_is_damaged(text, filling):
    with pytest.raises(Damaged):
        elements_of(text.replace(b"[", b"[" + filling, 1), piece_bytes=60)


def test_a_half_of_a_character_is_dropped_and_the_rest_of_the_text_kept():
    text = rb'["a\ud83cz", "\udfb5", "\ud83c\udfb5", "\\ud83c", "\ud83c\ud83c\udfb5"]'
    assert elements_of(text) == ["az", "", "\U0001f3b5", "\\ud83c", "\U0001f3b5"]


def test_a_text_that_is_not_utf8_spoils_only_its_own_element():
    assert elements_of(b'["a", "\xff", "b"]') == ["a", None, "b"]


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_is_damaged_and_not_a_crash(opening):
    with pytest.raises(Damaged, match="nested"):
        elements_of(b'["a", ' + opening * 200_000 + b"]")


def test_deep_nesting_that_is_closed_is_damaged_too():
    with pytest.raises(Damaged, match="nested"):
        elements_of(b'["a", ' + b"[" * 50_000 + b"]" * 50_000 + b"]")


def test_an_endless_element_is_refused_in_little_memory():
    text = b'["' + b"a" * 50_000_000 + b'"]'
    stream = io.BytesIO(text)
    with memory_within(16), pytest.raises(Damaged, match="longer"):
        list(RowReader(*TEXTS).pieces(stream))


def test_endless_white_space_is_refused():
    with pytest.raises(Damaged):
        elements_of(b"[" + b" " * 5_000_000 + b'"a"]')


def test_a_flood_of_tiny_elements_is_refused_in_little_memory():
    stream = io.BytesIO(b"[" + b"1," * 5_000_000 + b"1]")
    with memory_within(16), pytest.raises(Damaged, match="short"):
        list(RowReader(*TEXTS).pieces(stream))


def test_memory_does_not_grow_with_the_list():
    note = {"title": "Song", "filling": "x" * 500}
    stream = io.BytesIO(json.dumps([note] * 60_000).encode())
    with memory_within(16):
        count = sum(len(piece) for piece in RowReader(*NOTES).pieces(stream))
    assert count == 60_000
