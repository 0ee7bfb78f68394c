"""The life of one upload: waiting, checking, running, then completed, failed, cancelled or undone.

An import is a document: what a dry run foretells, what came of it, what was left out. It goes on
from its cursor wherever it was killed, and can be taken back to the last play. It never asks
Spotify anything.
"""

from .documents import (
    LEASE,
    UNDER_WAY,
    Forecast,
    ImportView,
    LeftOutLine,
    cancel,
    find,
    left_out,
    recent,
    retry,
    start,
    unattended,
    undo,
)
from .running import LeaseLost, fail, proceed
from .uploads import receive, sweep_strays

__all__ = [
    "LEASE",
    "UNDER_WAY",
    "Forecast",
    "ImportView",
    "LeaseLost",
    "LeftOutLine",
    "cancel",
    "fail",
    "find",
    "left_out",
    "proceed",
    "receive",
    "recent",
    "retry",
    "start",
    "sweep_strays",
    "unattended",
    "undo",
]
