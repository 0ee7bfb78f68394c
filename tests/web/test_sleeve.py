"""The drawn covers: always the same for a name, different enough from one another, warm."""

import colorsys
import re

from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.web.sleeve import SIDE, Sleeve, sleeve

NAMES = [f"Invented record number {n}" for n in range(400)]
COLOUR = re.compile(r"#[0-9a-f]{6}")
PATH = re.compile(r"M[-\d]+ [-\d]+[MmLlHhVvAaQqTtCcZz\d .-]*")


def colours(drawn: Sleeve) -> set[str]:
    return {drawn.ground, *(shape.colour for shape in drawn.shapes)}


def saturation(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)[2]


def test_a_name_always_gets_the_same_sleeve() -> None:
    # A changed drawing would give everybody other covers: then this value changes on purpose.
    assert sleeve("Paper Lanterns").ground == "#9b5d53"
    assert sleeve("Paper Lanterns") == sleeve("Paper Lanterns")


def test_case_spacing_and_the_encoding_of_accents_make_no_difference() -> None:
    assert sleeve("  Caf\u00e9   LUMI ") == sleeve("cafe\u0301 lumi")


def test_different_names_get_many_different_sleeves() -> None:
    assert len({sleeve(name) for name in NAMES}) > len(NAMES) * 0.8
    assert len({sleeve(name).ground for name in NAMES}) == 12


def test_no_sleeve_is_louder_than_the_page() -> None:
    assert max(saturation(colour) for name in NAMES for colour in colours(sleeve(name))) < 0.8


def test_every_sleeve_shows_something_on_its_ground() -> None:
    for drawn in map(sleeve, NAMES):
        assert any(shape.colour != drawn.ground for shape in drawn.shapes)


@given(st.text(alphabet=st.characters(), max_size=40))
def test_any_name_at_all_becomes_plain_shapes(name: str) -> None:
    drawn = sleeve(name)
    assert all(COLOUR.fullmatch(colour) for colour in colours(drawn))
    assert all(PATH.fullmatch(shape.path) for shape in drawn.shapes)
    assert all(0 <= shape.line_width < SIDE for shape in drawn.shapes)
