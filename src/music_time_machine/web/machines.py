"""`/healthz` and `/readyz`, for machines that watch this one; and the icon browsers ask for."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from ..db import schema_problem
from .context import context

pages = Blueprint("machines", __name__)


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether the process answers."""
    return {"status": "ok"}


@pages.get("/favicon.ico")
def icon() -> ResponseReturnValue:
    """The icon, for those who ask for it without having read a page."""
    return redirect(url_for("static", filename="favicon.ico"))


@pages.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Whether the database answers and has the right tables."""
    try:
        problem = schema_problem(context().db)
    except SQLAlchemyError:
        problem = "The database cannot be reached."
    if problem is not None:
        return {"status": "not ready", "error": problem}, 503
    return {"status": "ready"}
