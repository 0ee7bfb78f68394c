"""`/healthz` and `/readyz`, for machines that watch this one."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from ..db import schema_problem
from .context import context

pages = Blueprint("machines", __name__)


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether the process answers."""
    return {"status": "ok"}


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
