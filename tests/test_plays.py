"""What was heard, by name: the same recording under many spellings, and another one that is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.plays import (
    LONGEST_TEXT,
    Kind,
    LeftOut,
    TrackNames,
    clean_text,
    key_number,
    name_key,
    recording_key,
    storable_json,
    track_key,
)

ARTIST, TITLE = "The Hollow Orchard", "Paper Lanterns"


def recording(title: str, artist: str | None = ARTIST) -> int:
    return recording_key(artist, title)


@pytest.mark.parametrize(
    "title",
    [
        "paper lanterns",
        "PAPER  LANTERNS",
        "Paper-Lanterns!",
        "Pãper Lantêrns",
        "\uff30aper Lanterns",
        "Paper Lanterns - Remastered",
        "Paper Lanterns - Remastered 2011",
        "Paper Lanterns - 2011 Remaster",
        "Paper Lanterns (Remastered)",
        "Paper Lanterns (2011 Remaster)",
        "Paper Lanterns [2011 Remastered Version]",
        "Paper Lanterns - Mono",
        "Paper Lanterns (Stereo Mix)",
        "Paper Lanterns - Single Version",
        "Paper Lanterns (Album Version)",
        "Paper Lanterns (Explicit)",
        "Paper Lanterns (feat. Nils Farber)",
        "Paper Lanterns (with Nils Farber)",
        "Paper Lanterns [ft. Nils Farber]",
        "Paper Lanterns feat. Nils Farber",
        "Paper Lanterns (feat. Nils Farber) - Remastered 2011",
    ],
)
def test_an_edition_or_a_spelling_is_the_same_recording(title: str) -> None:
    assert recording(title) == recording(TITLE)


@pytest.mark.parametrize(
    "title",
    [
        "Paper Lanterns - Live",
        "Paper Lanterns (Live at the Pier)",
        "Paper Lanterns - Acoustic",
        "Paper Lanterns (Farber Remix)",
        "Paper Lanterns - Radio Edit",
        "Paper Lanterns, Pt. 2",
        "Paper Lanterns II",
        "Paper Lantern",
        "Stereo Paper Lanterns",
    ],
)
def test_another_performance_is_another_recording(title: str) -> None:
    assert recording(title) != recording(TITLE)


@pytest.mark.parametrize(
    "credit",
    [
        "the hollow orchard",
        "The Hollow Orchard, Nils Farber",
        "The Hollow Orchard; Nils Farber",
        "The Hollow Orchard & Nils Farber",
        "The Hollow Orchard feat. Nils Farber",
        "The Hollow Orchard ft Nils Farber",
        "The Hollow Orchard featuring Nils Farber",
        "The Hollow Orchard with Nils Farber",
        "The Hollow Orchard x Nils Farber",
        "The Hollow Orchard vs. Nils Farber",
        "The Hollow Orchard / Nils Farber",
    ],
)
def test_of_several_artists_the_first_one_decides(credit: str) -> None:
    assert recording(TITLE, credit) == recording(TITLE)


@pytest.mark.parametrize("credit", [None, "", "Nils Farber", "The Hollow Orchards", "AC/DC"])
def test_another_artist_is_another_recording(credit: str | None) -> None:
    assert recording(TITLE, credit) != recording(TITLE)


def test_a_name_with_a_sign_inside_stays_whole() -> None:
    assert recording("Thunder", "AC/DC") == recording("Thunder", "ac dc".replace(" ", ""))
    assert recording("Thunder", "AC/DC") != recording("Thunder", "AC")


@pytest.mark.parametrize(
    ("one", "other"), [("!!!", "???"), ("+", "-"), ("(((", ")))"), ("...", "\u2026 \u2026 ~")]
)
def test_names_of_nothing_but_signs_are_told_apart(one: str, other: str) -> None:
    assert recording(one) != recording(other)
    assert recording(TITLE, one) != recording(TITLE, other)
    assert recording(one) == recording(f" {one} ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u591c\u66f2", "\u591c\u9732"),
        ("\u3055\u304f\u3089", "\u30b5\u30af\u30e9"),
        ("\u043d\u043e\u0447\u044c", "\u0434\u0435\u043d\u044c"),
        ("\u0644\u064a\u0644", "\u0646\u0647\u0627\u0631"),
    ],
)
def test_names_in_other_scripts_are_told_apart(one: str, other: str) -> None:
    assert recording(one) != recording(other)
    assert recording(f"{one} - Remastered 2011") == recording(one)


def test_full_width_and_half_width_letters_are_the_same() -> None:
    assert recording("\uff8e\uff9f\uff6f\uff8c\uff9f") == recording("\u30dd\u30c3\u30d7")


def test_a_title_that_is_only_an_edition_stays() -> None:
    assert recording("(Mono)") != recording("(Stereo)")
    assert recording("- Remastered 2011") != recording("")


@given(kind=st.sampled_from(Kind), artist=st.none() | st.text(), title=st.text())
def test_any_names_give_a_number_that_both_databases_can_hold(
    kind: Kind, artist: str | None, title: str
) -> None:
    assert 0 <= recording(title, artist) < 2**63
    key = track_key(kind, None, artist, title)
    assert 0 <= key_number(key) < 2**63
    assert len(key) < 60


def test_a_track_is_its_id_where_there_is_one_and_else_its_names() -> None:
    by_id = TrackNames(Kind.TRACK, TITLE, ARTIST, spotify_id="2tRaCkPaPeRLaNTeRnS001")
    assert by_id.key == TrackNames(Kind.TRACK, "Other", spotify_id=by_id.spotify_id).key
    by_names = TrackNames(Kind.TRACK, TITLE, ARTIST)
    assert by_names.key == TrackNames(Kind.TRACK, f" {TITLE.upper()}", ARTIST.lower()).key
    assert len({by_id.key, by_names.key, TrackNames(Kind.EPISODE, TITLE, ARTIST).key}) == 3


def test_a_number_of_a_key_never_changes() -> None:
    assert key_number("track:2tRaCkPaPeRLaNTeRnS001") == key_number("track:2tRaCkPaPeRLaNTeRnS001")
    assert len({key_number(f"track:{n:022d}") for n in range(5_000)}) == 5_000


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("\x00\x07", None),
        ("\ud800", None),
        (" a\x00b\ud834 c ", "ab c"),
        ("\u00e9", "\u00e9"),
        ("x" * 900, "x" * LONGEST_TEXT),
    ],
)
def test_text_is_made_safe_for_both_databases(text: str | None, cleaned: str | None) -> None:
    assert clean_text(text) == cleaned


def test_names_that_look_the_same_are_the_same() -> None:
    assert name_key("Bj\u00f6rk ") == name_key("bjo\u0308rk") == name_key("BJ\u00d6RK")


def test_json_is_stored_without_what_postgresql_refuses() -> None:
    assert storable_json('{"a": "x"}') == '{"a": "x"}'
    assert storable_json('{"a\\u0000": ["\\ud800b", "\\u00e9"]}') == '{"a": ["b", "\u00e9"]}'
    assert storable_json(None) is None


def test_every_reason_for_leaving_out_has_words() -> None:
    assert all(reason.sentence for reason in LeftOut)
