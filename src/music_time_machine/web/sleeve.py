"""Knows how to draw a cover for a name when there is no picture: a few warm, plain shapes.

Hides the palettes and the drawings. The same name always gets the same sleeve, on every machine
and on every day; nothing here knows HTML, so the template decides how the shapes become SVG.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

SIDE = 48
"""Width and height of the drawing, in its own units."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One path in one colour: filled when `line_width` is 0, otherwise a line of that width."""

    path: str
    colour: str
    line_width: int = 0


@dataclass(frozen=True, slots=True)
class Sleeve:
    """A square of `SIDE` units: the ground's colour and the shapes on it, bottom first."""

    ground: str
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class _Palette:
    ground: str
    figure: str
    light: str


_Drawing = Callable[[bytes, _Palette], tuple[Shape, ...]]


def sleeve(name: str) -> Sleeve:
    """The cover for `name`; case, spacing and the way accents are encoded make no difference."""
    plain = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    dice = blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=10).digest()
    palette = _PALETTES[dice[0] % len(_PALETTES)]
    drawing = _DRAWINGS[dice[1] % len(_DRAWINGS)]
    return Sleeve(palette.ground, drawing(dice[2:], palette))


def _pick(die: int, low: int, high: int) -> int:
    """A whole number from low to high, both included, chosen by one byte."""
    return low + die % (high - low + 1)


def _disc(x: int, y: int, radius: int) -> str:
    across = 2 * radius
    return (
        f"M{x - radius} {y}a{radius} {radius} 0 1 0 {across} 0a{radius} {radius} 0 1 0 {-across} 0Z"
    )


def _rings(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    x, y = _pick(dice[0], 18, 30), _pick(dice[1], 18, 30)
    step = _pick(dice[2], 4, 6)
    grooves = tuple(Shape(_disc(x, y, 4 + step * n), palette.figure, 2) for n in range(1, 6))
    return (*grooves, Shape(_disc(x, y, 4), palette.light))


def _sunset(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    horizon = _pick(dice[0], 26, 34)
    sun = Shape(_disc(_pick(dice[1], 14, 34), horizon - 2, _pick(dice[2], 8, 12)), palette.light)
    sea = Shape(f"M0 {horizon}H48V48H0Z", palette.figure)
    ripples = tuple(
        Shape(f"M{6 + 4 * n} {horizon + 5 * n}H{42 - 4 * n}", palette.ground, 1)
        for n in range(1, 3)
    )
    return (sun, sea, *ripples)


def _hills(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    sun = Shape(_disc(_pick(dice[0], 12, 36), _pick(dice[1], 10, 18), 6), palette.light)
    crest = _pick(dice[2], 16, 24)
    far = Shape(f"M0 34C12 {crest} 26 {crest} 48 38V48H0Z", palette.figure)
    near = Shape(f"M0 {_pick(dice[3], 40, 44)}C18 34 32 34 48 44V48H0Z", palette.ground)
    return (sun, far, near)


def _bars(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    lit = dice[6] % 5
    return tuple(
        Shape(
            f"M{5 + 8 * n} 42V{42 - _pick(dice[n], 8, 32)}h6V42Z",
            palette.light if n == lit else palette.figure,
        )
        for n in range(5)
    )


def _corner(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    half = "M0 48L48 0V48Z" if dice[0] % 2 else "M0 0L48 48H0Z"
    spot = _disc(_pick(dice[1], 15, 33), _pick(dice[2], 15, 33), _pick(dice[3], 5, 9))
    return (Shape(half, palette.figure), Shape(spot, palette.light))


def _arches(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    x = _pick(dice[0], 18, 30)
    radii = (20, 14, 8)
    lit = dice[1] % len(radii)
    return tuple(
        Shape(
            f"M{x - radius} 48V30a{radius} {radius} 0 0 1 {2 * radius} 0V48",
            palette.light if n == lit else palette.figure,
            4,
        )
        for n, radius in enumerate(radii)
    )


def _halves(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    shift = _pick(dice[0], 4, 9)
    if dice[1] % 2:
        first, second = f"M24 {10 - shift}a14 14 0 0 0 0 28Z", f"M24 {10 + shift}a14 14 0 0 1 0 28Z"
    else:
        first, second = f"M{10 - shift} 24a14 14 0 0 1 28 0Z", f"M{10 + shift} 24a14 14 0 0 0 28 0Z"
    return (Shape(first, palette.figure), Shape(second, palette.light))


def _quarter(x: int, y: int, turn: int) -> str:
    """A quarter of a disc that fills the square of 24 at (x, y); `turn` names its corner."""
    return (
        f"M{x} {y}h24a24 24 0 0 1-24 24Z",
        f"M{x + 24} {y}v24a24 24 0 0 1-24-24Z",
        f"M{x + 24} {y + 24}h-24a24 24 0 0 1 24-24Z",
        f"M{x} {y + 24}v-24a24 24 0 0 1 24 24Z",
    )[turn % 4]


def _quarters(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    squares = ((0, 0), (24, 0), (24, 24), (0, 24))
    lit, empty = dice[4] % 4, (dice[4] + 2) % 4
    return tuple(
        Shape(_quarter(x, y, dice[n]), palette.light if n == lit else palette.figure)
        for n, (x, y) in enumerate(squares)
        if n != empty
    )


def _waves(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    height = _pick(dice[0], 4, 8)
    lit = dice[1] % 4
    return tuple(
        Shape(
            f"M-4 {10 + 9 * n}q7 {-height} 14 0t14 0t14 0t14 0",
            palette.light if n == lit else palette.figure,
            3,
        )
        for n in range(4)
    )


def _moon(dice: bytes, palette: _Palette) -> tuple[Shape, ...]:
    x, y = _pick(dice[0], 20, 28), _pick(dice[1], 20, 28)
    side = 6 if dice[2] % 2 else -6
    star = _disc(8 if side < 0 else 40, _pick(dice[3], 8, 14), 2)
    return (
        Shape(_disc(x, y, 15), palette.light),
        Shape(_disc(x + side, y - 3, 13), palette.figure),
        Shape(star, palette.light),
    )


_PALETTES = (
    _Palette("#7d4331", "#c98057", "#efd2a6"),
    _Palette("#9a6f2d", "#d9b062", "#54371d"),
    _Palette("#4e3829", "#9c6e49", "#e3c08d"),
    _Palette("#585c3e", "#9a9866", "#e6d6a4"),
    _Palette("#57384a", "#9c6a82", "#eac8ac"),
    _Palette("#2f524f", "#739b90", "#e8d7b1"),
    _Palette("#703430", "#b9705a", "#eec18a"),
    _Palette("#c5a576", "#85573a", "#f3e4c3"),
    _Palette("#47474c", "#86807b", "#dfb182"),
    _Palette("#332922", "#a75c30", "#e6b670"),
    _Palette("#9b5d53", "#d6a08a", "#f4dcc2"),
    _Palette("#3e3f2c", "#847f4e", "#d3a05a"),
)

_DRAWINGS: tuple[_Drawing, ...] = (
    _rings,
    _sunset,
    _hills,
    _bars,
    _corner,
    _arches,
    _halves,
    _quarters,
    _waves,
    _moon,
)
