"""What every view needs at hand: the database, the settings, the clock, and who is asking.

Put together once by `app.create_app`; views reach it through `context()` and `signed_in()`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g, session

from .. import accounts
from ..config import Settings
from ..db import Database
from ..errors import MusicTimeMachineError
from ..insights import freshness
from ..insights.freshness import State
from ..models import Account


class SignInNeeded(MusicTimeMachineError):
    """The page is for somebody who is signed in."""

    status = 401


@dataclass(frozen=True, slots=True)
class Context:
    """`wake()` tells the worker that an import waits; each upgrade has another `release`."""

    db: Database
    settings: Settings
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    release: str


def context() -> Context:
    """The context of the app that answers this request."""
    found = current_app.extensions["music_time_machine"]
    assert isinstance(found, Context)
    return found


def visitor() -> Account | None:
    """Who is signed in, or None; asked of the database once a request."""
    if "visitor" not in g:
        g.visitor = _from_session()
    account: Account | None = g.visitor
    return account


def state() -> State:
    """How things stood with whoever is signed in when the request came."""
    signed_in()
    found: State = g.state
    return found


def signed_in() -> Account:
    """Who is signed in; SignInNeeded when nobody is."""
    account = visitor()
    if account is None:
        raise SignInNeeded("Please connect to Spotify first.")
    return account


def remember(account: Account) -> None:
    """Sign this account in: a fresh session that carries the id and the epoch, nothing else."""
    session.clear()
    session["account_id"] = account.id
    session["epoch"] = account.session_epoch
    session.permanent = True


def _from_session() -> Account | None:
    account_id = session.get("account_id")
    if not isinstance(account_id, int):
        return None
    here = context()
    found = freshness.state(here.db, account_id)
    if found is None:
        return None
    account = accounts.account_of(found.account, here.settings)
    # Signing out raises the epoch: a cookie of before is worth nothing, however it was kept.
    if account.session_epoch != session.get("epoch"):
        return None
    g.state = found
    # Whoever comes back keeps being signed in: the cookie is sent anew, once a day.
    today = here.clock().date().isoformat()
    if session.get("seen_on") != today:
        session["seen_on"] = today
    return account
