"""When which account's list is looked at again, and whose turn it is.

Knows the two paces, for when somebody listens and for when nobody does. Hides how accounts are
spread over the time, and that of two workers only one gets a turn.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update

from .. import spotify
from ..db import Database, changed
from ..models import Account, Credential, Live
from ..moments import EPOCH
from .asking import note_refusals
from .following import Followed, follow
from .playing import look
from .remembered import ensure_row

LATELY = timedelta(minutes=10)
# Multiples of the golden ratio fall evenly into any stretch, however many there are.
GOLDEN = 0.618_033_988_749_895


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the list is looked at: `every` so long, but `listening` while somebody does."""

    every: timedelta
    listening: timedelta


def due(db: Database, pace: Pace, now: datetime) -> list[int]:
    """The connected accounts whose turn has come, who waits longest first. For the timetable.

    What was refused is left alone until its person connects again, and noted.
    """
    note_refusals(db, now)
    statement = (
        select(Credential.account_id)
        .outerjoin(Live, Live.account_id == Credential.account_id)
        .where(~Credential.needs_reconnect, _is_due(pace, now))
        .order_by(Live.next_at.asc().nulls_first(), Credential.account_id)
    )
    with db.read() as session:
        return list(session.scalars(statement))


def claim(db: Database, account: Account, pace: Pace, now: datetime) -> bool:
    """Take an account's turn: its next one is set at once, so nobody else gets this one.

    Whoever then fails, or is killed, has simply missed a turn; the list still holds its plays.
    """
    with db.write() as session:
        ensure_row(session, [account.id])
        statement = update(Live).where(Live.account_id == account.id, _is_due(pace, now))
        return changed(session, statement.values(next_at=_next(account, pace.every, now))) == 1


def poll(
    db: Database, account: Account, client: spotify.Client, pace: Pace, now: datetime
) -> Followed | None:
    """An account's turn: its list, and what plays. None when another has taken the turn."""
    if not claim(db, account, pace, now):
        return None
    followed = follow(db, account, client, now)
    if _is_listening(db, account, client, followed, now):
        with db.write() as session:
            session.execute(
                update(Live)
                .where(Live.account_id == account.id)
                .values(next_at=_next(account, min(pace.listening, pace.every), now))
            )
    return followed


def _is_listening(
    db: Database, account: Account, client: spotify.Client, followed: Followed, now: datetime
) -> bool:
    with suppress(spotify.Forbidden):  # a consent given before what plays was asked for
        if look(db, account, client, now) is not None:
            return True
    return followed.newest_at is not None and followed.newest_at > now - LATELY


def _is_due(pace: Pace, now: datetime) -> ColumnElement[bool]:
    return or_(
        Live.next_at.is_(None),
        Live.next_at <= now,
        Live.next_at > now + pace.every,  # set by a clock that was put back since
    )


def _next(account: Account, every: timedelta, now: datetime) -> datetime:
    """The account's next turn: at its own place in each stretch, so that not all come at once."""
    place = timedelta(seconds=int(every.total_seconds() * (account.id * GOLDEN % 1)))
    return now + every - (now - EPOCH - place) % every
