"""The privacy page: where a listener asks for the own data and gets it.

Knows the page and the download's parameters. Hides the package.
"""

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, abort, render_template, request

from spotify_emulator.state import here
from spotify_emulator.world.export import GENERATIONS, NEWEST, Generation

blueprint = Blueprint("privacy", __name__, url_prefix="/account/privacy")
_DOWNLOAD_HEADERS = {
    "Content-Disposition": 'attachment; filename="my_spotify_data.zip"',
    "Cache-Control": "no-store",
}
_BEGINNING = datetime(2008, 10, 7, tzinfo=UTC)


@blueprint.get("")
def show_listeners() -> str:
    """Everybody's packages."""
    return render_template(
        "emulator/privacy.html", listeners=here().world.listeners(), generations=GENERATIONS
    )


@blueprint.get("/<listener_id>/my_spotify_data.zip")
def download(listener_id: str) -> Response:
    """The extended streaming history from one UTC day until another, both included.

    Without `from` the whole of it, without `until` up to this moment; `generation` is the year of
    the format, `doubles=yes` repeats some rows as some packages do.
    """
    world, now = here().world, here().world_now()
    listener = world.listener(listener_id)
    if listener is None:
        abort(404)
    start = _day("from") or _BEGINNING
    last = _day("until")
    end = now if last is None else min(now, last + timedelta(days=1))
    has_doubles = request.args.get("doubles") == "yes"
    pieces = world.export(listener, start, end, _generation(), has_doubles=has_doubles)
    return Response(pieces, mimetype="application/zip", headers=_DOWNLOAD_HEADERS)


def _generation() -> Generation:
    wanted = request.args.get("generation", NEWEST)
    known = next((one for one in GENERATIONS if one == wanted), None)
    if known is None:
        abort(400, f"There is no generation {wanted}; there are {', '.join(GENERATIONS)}.")
    return known


def _day(name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        abort(400, f"{name} must be a day like 2024-03-01.")
