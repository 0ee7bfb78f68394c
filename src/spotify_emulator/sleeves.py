"""Pictures: a small sleeve for every album, artist and listener.

Knows how a name becomes a few quiet shapes in the colours of lamplight. Hides the drawing.
"""

import re
from collections.abc import Callable

from flask import Blueprint, Response, abort

from spotify_emulator.world.chance import stream

blueprint = Blueprint("sleeves", __name__)
_NAME = re.compile(r"([abu])([0-9A-Za-z]{1,22})-(640|300|64)")
_GROUNDS = ("#6b3f2a", "#2f4a47", "#54344a", "#7a5a33", "#3b4252", "#8a4b2a", "#45523a", "#4a2f2f")
_LIGHTS = ("#e8a75c", "#d9c3a0", "#c96f3b", "#8fb5a8", "#d7a8b5", "#e6dccf", "#b98f5a", "#a3b18a")


@blueprint.get("/image/<name>")
def show_sleeve(name: str) -> Response:
    """A picture, always the same for the same name."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        abort(404)
    response = Response(sleeve(parts[1] + parts[2], int(parts[3])), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


def sleeve(name: str, size: int) -> str:
    """An SVG of `size` pixels square."""
    rng = stream("sleeve", name)
    pick = _picker(rng.random)
    ground, light, second = pick(_GROUNDS), pick(_LIGHTS), pick(_LIGHTS)
    draw = (_rings, _hills, _moon, _bars)[int(rng.random() * 4)]
    shapes = draw(rng.random, light, second)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}"'
        f' viewBox="0 0 100 100"><rect width="100" height="100" fill="{ground}"/>{shapes}</svg>'
    )


def _picker(chance: Callable[[], float]) -> Callable[[tuple[str, ...]], str]:
    return lambda colours: colours[int(chance() * len(colours))]


def _rings(chance: Callable[[], float], light: str, second: str) -> str:
    x, y, step = 20 + chance() * 60, 20 + chance() * 60, 6 + chance() * 6
    rings = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{step * count:.1f}"/>' for count in range(1, 9)
    )
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{step / 2:.1f}" fill="{second}"/>'
    return f'<g fill="none" stroke="{light}" stroke-width="1.6" opacity=".75">{rings}</g>{dot}'


def _hills(chance: Callable[[], float], light: str, second: str) -> str:
    hills = ""
    for height, colour in ((45 + chance() * 15, second), (65 + chance() * 15, light)):
        left, right = height + chance() * 14 - 7, height + chance() * 14 - 7
        hills += (
            f'<path d="M0 {left:.1f} Q 50 {height - 18:.1f} 100 {right:.1f} V 100 H 0 Z"'
            f' fill="{colour}" opacity=".8"/>'
        )
    return hills


def _moon(chance: Callable[[], float], light: str, second: str) -> str:
    x, y, r = 25 + chance() * 50, 25 + chance() * 35, 10 + chance() * 16
    slope = chance() * 40
    return (
        f'<path d="M0 {100 - slope:.1f} L 100 {60 + slope / 2:.1f} V 100 H 0 Z" fill="{second}"'
        f' opacity=".7"/><circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{light}"/>'
    )


def _bars(chance: Callable[[], float], light: str, second: str) -> str:
    bars = ""
    for place in range(7):
        height = 12 + chance() * 58
        colour = second if place == 3 else light
        bars += (
            f'<rect x="{10 + place * 12}" y="{86 - height:.1f}" width="7" height="{height:.1f}"'
            f' rx="2" fill="{colour}" opacity=".85"/>'
        )
    return bars
