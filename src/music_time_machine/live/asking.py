"""Around every question to Spotify: the whole server's pause is kept, a refusal is remembered.

Knows which of Spotify's errors concern everybody and which one account. Hides where that is noted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select, update

from .. import accounts, spotify, spotify_pause
from ..db import Database
from ..errors import ReconnectNeeded
from ..models import Account, Credential, Live
from .remembered import ensure_row

UNSAID_PAUSE = timedelta(minutes=1)
# Spotify never asked for more than a day: a pause of more than a week was noted by a wrong clock.
LONGEST_PAUSE = timedelta(days=7)


@contextmanager
def asking(db: Database, account: Account, now: datetime) -> Iterator[None]:
    """Ask Spotify inside of it.

    Raises RateLimited without asking while a pause lasts, and ReconnectNeeded where the consent has
    ended; a pause that Spotify asks for is kept for everybody.
    """
    until = spotify_pause.paused_until(db)
    if until is not None and now < until <= now + LONGEST_PAUSE:
        raise spotify.RateLimited(retry_after=(until - now).total_seconds())
    try:
        yield
    except spotify.RateLimited as error:
        wait = UNSAID_PAUSE if error.retry_after is None else timedelta(seconds=error.retry_after)
        spotify_pause.pause(db, now + wait)
        raise
    except spotify.Unauthorized:
        ended = accounts.refused(db, account)
        note_refusals(db, now)
        raise ended from None
    except ReconnectNeeded:
        note_refusals(db, now)
        raise


def note_refusals(db: Database, now: datetime) -> None:
    """Remember since when a connection is refused, for every account of which it is not known yet.

    Whoever asked Spotify may have been the first to be refused, even a page; a hole begins there.
    """
    refused = select(Credential.account_id).where(Credential.needs_reconnect)
    with db.read() as session:
        account_ids = session.scalars(
            refused.outerjoin(Live, Live.account_id == Credential.account_id).where(
                Live.broken_at.is_(None)
            )
        ).all()
    if not account_ids:
        return
    with db.write() as session:
        ensure_row(session, account_ids)
        session.execute(
            update(Live)
            .where(Live.account_id.in_(refused), Live.broken_at.is_(None))
            .values(broken_at=now)
        )
