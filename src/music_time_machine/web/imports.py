"""`/imports`: bringing files in, and the life of each upload from its check to its undoing.

Hides how a file too large for the server is still answered with a sentence.
"""

from collections.abc import Callable
from functools import partial

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from .. import imports, insights
from ..db import Database
from ..errors import BadRequest, BadUpload, Conflict, UploadTooLarge
from ..models import Account
from .context import context, signed_in, visitor
from .errors import answer, wants_json
from .spreadsheets import csv_pieces

pages = Blueprint("imports", __name__)
ID = "int(max=2147483647):import_id"  # what the databases' integers hold
SHOWN = 50
OTHER_FIELDS = 10  # of a form's parts, those that are no file


@pages.get("/imports")
def show_all() -> ResponseReturnValue:
    """The upload form, and every import so far."""
    return _page(None, 200)


@pages.post("/imports")
def upload() -> ResponseReturnValue:
    """Take files as one import; with `check_first=yes` it asks before it adds anything."""
    here, account = context(), signed_in()
    sent = request.files.getlist("file")
    files = [(file.filename, file.stream) for file in sent if file.filename]
    if not files:
        return _refuse(BadRequest("Choose a file first: the zip that Spotify sent you."))
    most, is_first = _most_bytes(), request.form.get("check_first") == "yes"
    try:
        import_id = imports.receive(
            here.db, account, files, most, here.clock(), check_first=is_first
        )
    except BadUpload as error:
        return _refuse(error)
    here.wake()
    there = url_for("imports.show", import_id=import_id)
    if wants_json():
        # The script goes there itself: a followed redirect would use up what is flashed.
        return {"success": True, "location": there}
    return redirect(there, 303)


@pages.get(f"/imports/<{ID}>")
def show(import_id: int) -> ResponseReturnValue:
    """One import: the check, its progress, and for good how it ended."""
    here, account = context(), signed_in()
    view = imports.find(here.db, account, import_id)
    stake = imports.at_stake(here.db, account, import_id) if view.can_undo else None
    return render_template("imports/import.html", view=view, phase=phase(view), stake=stake)


@pages.get(f"/imports/<{ID}>/progress")
def progress(import_id: int) -> ResponseReturnValue:
    """The part of that page that moves, alone."""
    view = imports.find(context().db, signed_in(), import_id)
    return render_template("imports/_progress.html", view=view, phase=phase(view))


@pages.get(f"/imports/<{ID}>/left-out.csv")
def left_out(import_id: int) -> ResponseReturnValue:
    """The rows that were left out, each with its reason, as CSV."""
    here, account = context(), signed_in()
    lines = imports.left_out(here.db, account, import_id)
    cells = ((line.file_name, line.row, line.reason.sentence, line.text) for line in lines)
    name = f"import-{import_id}-left-out.csv"
    return Response(
        csv_pieces(("file", "row", "reason", "what"), cells),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@pages.post(f"/imports/<{ID}>/start")
def start(import_id: int) -> ResponseReturnValue:
    """Go on after the check."""
    begin = partial(imports.start, now=context().clock())
    return _act(begin, import_id, "On it: the import begins.")


@pages.post(f"/imports/<{ID}>/cancel")
def cancel(import_id: int) -> ResponseReturnValue:
    """Stop an import; nothing of it is kept."""
    stop = partial(imports.cancel, now=context().clock())
    return _act(stop, import_id, "Cancelled: nothing of it is kept.")


@pages.post(f"/imports/<{ID}>/undo")
def undo(import_id: int) -> ResponseReturnValue:
    """Take back exactly what an import added."""
    take_back = partial(imports.undo, now=context().clock())
    return _act(take_back, import_id, "What only this import knew is taken back.")


@pages.post(f"/imports/<{ID}>/retry")
def retry(import_id: int) -> ResponseReturnValue:
    """Let a failed import go on where it stopped."""
    go_on = partial(imports.retry, now=context().clock())
    return _act(go_on, import_id, "It goes on where it stopped.")


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The server's own limits on a request, told in the words of an upload."""
    is_long = (request.content_length or 0) > _most_bytes()
    return _refuse(UploadTooLarge(_too_long() if is_long else _too_many()))


def phase(view: imports.ImportView) -> str:
    """How an import stands, as one word: what its page and the list say follows from it.

    `checking checked importing cancelling undoing`, or how it ended: `completed failed cancelled
    undone`.
    """
    if view.is_ended:
        return view.state
    if view.can_start:
        return "checked"
    aims = {"check": "checking", "keep": "importing", "cancel": "cancelling", "undo": "undoing"}
    return aims[view.aim]


def _act(
    do: Callable[[Database, Account, int], None], import_id: int, words: str
) -> ResponseReturnValue:
    """Change an import, and say so on its page."""
    here, account = context(), signed_in()
    there = url_for("imports.show", import_id=import_id)
    try:
        do(here.db, account, import_id)
    except Conflict as error:
        if wants_json():
            raise
        flash(str(error), "error")
        return redirect(there, 303)
    here.wake()
    if wants_json():
        return {"success": True, "message": words, "location": there}
    flash(words, "success")
    return redirect(there, 303)


def _refuse(error: BadRequest) -> ResponseReturnValue:
    """The form again, with the sentence beside it and the right status."""
    if wants_json() or visitor() is None:
        return answer(error.status, str(error))
    return _page(str(error), error.status)


def _page(problem: str | None, status: int) -> ResponseReturnValue:
    here, account = context(), signed_in()
    return render_template(
        "imports/imports.html",
        imports=[(view, phase(view)) for view in imports.recent(here.db, account, SHOWN)],
        coverage=insights.coverage(here.db, account, here.clock()),
        problem=problem,
        max_upload_mb=here.settings.max_upload_mb,
        max_files=_most_files(),
    ), status


def _most_bytes() -> int:
    return context().settings.max_upload_mb * 1_000_000


def _most_files() -> int:
    parts: int = current_app.config["MAX_FORM_PARTS"]
    return parts - OTHER_FIELDS


def _too_long() -> str:
    return (
        f"That is more than {context().settings.max_upload_mb:,} MB, the most this server takes at "
        "once. Unpack a large zip and send the files inside, some at a time: nothing is doubled."
    )


def _too_many() -> str:
    return f"More than {_most_files()} files at once are too many. Pack them into one zip."
