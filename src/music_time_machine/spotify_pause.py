"""Until when Spotify asked this server to wait: one moment for the whole app, kept in the database.

Spotify limits the app and not a person, so whoever is told to wait tells everybody, and a restart
or a second worker respects it. Hides the row, and what a clock that ran ahead may have left in it.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from .db import Database, insert_new, table_of
from .models import ServerState
from .moments import from_millis, to_millis

NAME = "spotify_paused_until"
# Spotify never asked for more than a day: a pause of more than a week was kept by a wrong clock.
LONGEST = timedelta(days=7)


def paused_until(db: Database) -> datetime | None:
    """The moment before which nobody asks Spotify, aware UTC, maybe past; None if never told."""
    with db.read() as session:
        found = session.scalar(select(ServerState.number).where(ServerState.name == NAME))
    return None if found is None else from_millis(found)


def is_paused(db: Database, now: datetime) -> bool:
    """Whether nobody asks Spotify now."""
    until = paused_until(db)
    return until is not None and now < until <= now + LONGEST


def pause(db: Database, until: datetime) -> None:
    """Let nobody ask Spotify before that aware moment; a longer pause stays as it is."""
    number = to_millis(until)
    is_wrong = ServerState.number > to_millis(until + LONGEST)
    with db.write() as session:
        insert_new(session, table_of(ServerState), ("name", "number"), [(NAME, number)])
        session.execute(
            update(ServerState)
            .where(ServerState.name == NAME, or_(ServerState.number < number, is_wrong))
            .values(number=number)
        )
