"""The one way a page is answered: as HTML, as JSON, or one of its charts as CSV.

Hides what makes an unchanged page cheap: a tag that browsers send back, and the last pages that
were rendered, both right for as long as nothing of the account has changed.
"""

import gzip
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from hashlib import blake2b
from threading import Lock
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from flask import Flask, Response, current_app, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from .. import columns
from ..config import Settings
from ..insights import ChartData, Heat
from ..period import CUSTOM, Period, local_day
from .context import context, signed_in, state
from .errors import answer as error_answer
from .errors import wants_json
from .spreadsheets import Cell, csv_pieces

PATIENCE_SECONDS = 0.4  # how long a page waits for the columns before it shows itself without them
LEAST_BYTES = 1_400  # what fits into one packet is not made smaller
GZIP_LEVEL = 6
CACHE = "private, no-cache"
VARY = "Accept, Accept-Encoding, Cookie"

Freshness = Literal["day", "minute"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it was sent, plain and compressed."""

    body: bytes
    zipped: bytes
    mimetype: str
    file_name: str | None


class Pages:
    """The last rendered pages, each under all that decides how it looks; `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()

    def find(self, key: str) -> Kept | None:
        """The page under this key."""
        with self._lock:
            page = self._kept.get(key)
            if page is not None:
                self._kept.move_to_end(key)
            return page

    def keep(self, key: str, page: Kept) -> None:
        """Remember a page; the one that was not asked for longest goes."""
        with self._lock:
            self._kept[key] = page
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def register(app: Flask, settings: Settings) -> None:
    """Give the app room for the pages that it keeps."""
    app.extensions["pages_kept"] = Pages(settings.pages_kept)


def answer(
    template: str, ask: Callable[[], object], until: Freshness = "day", **more: object
) -> ResponseReturnValue:
    """The page of a view that `ask` gives; `more` goes to the template beside it.

    For a script that accepts JSON it is the view's data, and with `?csv=<field>` the numbers of the
    chart of that name. What the page shows may change with the account's state, with the address,
    and with each new `until`; nothing else may decide it.
    """
    key = _key(until)
    if key is not None and request.if_none_match.contains_weak(key):
        return _unchanged(key)
    found = _pages().find(key) if key is not None else None
    if found is None:
        here, account = context(), signed_in()
        if not columns.is_ready(here.db, account, PATIENCE_SECONDS):
            return _preparing()
        found = _rendered(template, ask(), more)
        if key is not None:
            _pages().keep(key, found)
    return _sent(found, key)


def _pages() -> Pages:
    pages = current_app.extensions["pages_kept"]
    assert isinstance(pages, Pages)
    return pages


def _key(until: Freshness) -> str | None:
    """All that decides the page, in one word; None when it is shown this once only."""
    if session.get("_flashes") or "csrf_token" not in session:
        return None
    here, account = context(), signed_in()
    now = here.clock()
    found = state()
    parts = (
        here.release,
        request.full_path,
        wants_json(),
        session["csrf_token"],
        account,
        found.marks,
        local_day(now, account.zone),
        now.replace(second=0, microsecond=0) if until == "minute" else None,
    )
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _rendered(template: str, view: object, more: dict[str, object]) -> Kept:
    wanted = request.args.get("csv")
    if wanted is not None:
        chart = next((chart for name, chart in _charts(view) if name == wanted), None)
        if chart is None:
            raise NotFound
        name = f"{_file_name(view, wanted)}.csv"
        return _kept("".join(csv_pieces(*_table(chart))), "text/csv", name)
    if wants_json():
        return _kept(msgspec.json.encode(view, enc_hook=_encoded), "application/json")
    more = {"file_name": partial(_file_name, view), **more}
    return _kept(render_template(template, view=view, **more), "text/html")


def _file_name(view: object, chart: str) -> str:
    """What a chart's files are called: page, chart and stretch, `analytics-plays-12m`."""
    page = (request.endpoint or "chart").partition(".")[0]
    period = getattr(view, "period", None)
    stretch: tuple[object, ...] = ()
    if isinstance(period, Period):
        stretch = (period.start, period.end) if period.key == CUSTOM else (period.key,)
    parts = (page, *(request.view_args or {}).values(), chart, *stretch)
    return re.sub("[^0-9A-Za-z]+", "-", "-".join(map(str, parts))).strip("-")


def _kept(body: str | bytes, mimetype: str, file_name: str | None = None) -> Kept:
    data = body.encode() if isinstance(body, str) else body
    return Kept(data, gzip.compress(data, GZIP_LEVEL, mtime=0), mimetype, file_name)


def _sent(page: Kept, key: str | None) -> Response:
    is_zipped = len(page.body) > LEAST_BYTES and request.accept_encodings["gzip"] > 0
    response = make_response(page.zipped if is_zipped else page.body)
    response.mimetype = page.mimetype
    if is_zipped:
        response.headers["Content-Encoding"] = "gzip"
    if page.file_name is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{page.file_name}"'
    return response if key is None else _tagged(response, key)


def _unchanged(key: str) -> Response:
    return _tagged(Response(status=304), key)


def _tagged(response: Response, key: str) -> Response:
    # Weak: with and without compression it is the same page in other bytes.
    response.set_etag(key, weak=True)
    response.headers["Cache-Control"] = CACHE
    response.headers["Vary"] = VARY
    return response


def _preparing() -> ResponseReturnValue:
    """The page's frame at once, which asks again until its figures are there."""
    if wants_json() or "csv" in request.args:
        page, status = error_answer(503, str(columns.ColumnsBusy()))
        return page, status, {"Retry-After": "1"}
    return render_template("preparing.html")


def _encoded(value: object) -> object:
    if isinstance(value, ZoneInfo):
        return value.key
    raise NotImplementedError(f"{type(value).__name__} has no form in JSON")


def _charts(view: object, name: str = "") -> Iterator[tuple[str, ChartData | Heat]]:
    """The charts of a view and of its parts, by the names of their fields.

    One that is called only `chart` goes by its part's name, one of several by its key too.
    """
    if isinstance(view, ChartData | Heat):
        yield name, view
    elif isinstance(view, tuple):
        for each in view:
            yield from _charts(each, f"{name}_{getattr(each, 'key', '')}")
    elif is_dataclass(view):
        for field in fields(view):
            own = name if field.name == "chart" else field.name
            yield from _charts(getattr(view, field.name), own)


def _table(chart: ChartData | Heat) -> tuple[list[str], Iterable[list[Cell]]]:
    """The head and the rows of a chart's numbers; what is not known is an empty cell."""
    if isinstance(chart, Heat):
        head = [*chart.keyed_by, chart.unit, "in words"]
        return head, ([*key, value, words] for key, value, words in chart.cells)
    name, keys = (chart.keys.name, chart.keys.values) if chart.keys else ("name", chart.labels)
    values: Iterable[Cell] = ("" if value is None else value for value in chart.values)
    if not any(chart.contexts or ()):
        return [name, chart.unit], map(list, zip(keys, values, strict=True))
    beside = chart.contexts or ()
    return [name, chart.unit, "beside"], map(list, zip(keys, values, beside, strict=True))
