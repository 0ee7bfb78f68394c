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
    forget,
    left_out,
    recent,
    retry,
    start,
    unattended,
    undo,
)
from .export import export
from .running import LeaseLost, fail, proceed
from .stakes import AtStake, at_stake
from .uploads import receive, sweep_strays

__all__ = [
    "LEASE",
    "UNDER_WAY",
    "AtStake",
    "Forecast",
    "ImportView",
    "LeaseLost",
    "LeftOutLine",
    "at_stake",
    "cancel",
    "export",
    "fail",
    "find",
    "forget",
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
