"""`/imports`: uploading files, and the life of each."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from .. import imports
from ..errors import BadRequest, BadUpload
from .context import context, signed_in
from .errors import answer, wants_json

pages = Blueprint("imports", __name__)
ID = "int(max=2147483647):import_id"  # what the databases' integers hold


@pages.get("/imports")
def show_all() -> ResponseReturnValue:
    """The upload form, and every import so far."""
    return _page(None, 200)


@pages.post("/imports")
def upload() -> ResponseReturnValue:
    """Take one or more files; each that can be read becomes an import."""
    here, account = context(), signed_in()
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        return _refuse([BadRequest("Choose a file first: the zip that Spotify sent you.")])
    most = here.settings.max_upload_mb * 1_000_000
    started: list[int] = []
    refused: list[BadUpload] = []
    for file in files:
        try:
            name = file.filename or "upload"
            started.append(imports.receive(here.db, account, name, file.stream, most, here.clock()))
        except BadUpload as error:
            refused.append(error)
    if not started:
        return _refuse(refused)
    here.wake()
    for refusal in refused:
        flash(str(refusal), "error")
    is_one = len(started) == 1 and not refused
    there = url_for("imports.show", import_id=started[0]) if is_one else url_for("imports.show_all")
    if wants_json():
        # The script goes there itself: a followed redirect would use up what is flashed.
        return {"success": True, "location": there}
    return redirect(there, 303)


@pages.get(f"/imports/<{ID}>")
def show(import_id: int) -> ResponseReturnValue:
    """One import: its progress, and how it ended."""
    view = imports.find(context().db, signed_in(), import_id)
    return render_template("imports/import.html", view=view)


@pages.get(f"/imports/<{ID}>/progress")
def progress(import_id: int) -> ResponseReturnValue:
    """The part of that page that moves, alone."""
    view = imports.find(context().db, signed_in(), import_id)
    return render_template("imports/_progress.html", view=view)


def _refuse(errors: Sequence[BadRequest]) -> ResponseReturnValue:
    """The form again, with the sentences beside it and the right status."""
    sentences, status = " ".join(map(str, errors)), errors[0].status
    return answer(status, sentences) if wants_json() else _page(sentences, status)


def _page(problem: str | None, status: int) -> ResponseReturnValue:
    here, account = context(), signed_in()
    return render_template(
        "imports/imports.html",
        imports=imports.recent(here.db, account),
        problem=problem,
        max_upload_mb=here.settings.max_upload_mb,
    ), status
