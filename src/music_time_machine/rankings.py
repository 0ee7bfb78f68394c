"""The one door through which snapshots' lists are written: one snapshot an account and local day.

A day that has its snapshot keeps it: whoever comes second, Spotify or a file, changes nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from .db import insert_new, table_of
from .models import Account, Snapshot, SnapshotArtist, SnapshotTrack
from .moments import to_millis

Places = Mapping[str, Iterable[tuple[int, int]]]
"""For each time range (rank, our id of the track or artist)."""


def keep(
    session: Session,
    account: Account,
    day: date,
    taken_at: datetime,
    tracks: Places,
    artists: Places,
    import_id: int | None = None,
) -> bool:
    """Keep a day's lists, within the caller's transaction; False when the day has its snapshot."""
    columns = ("account_id", "local_date", "taken_at", "import_id")
    row = (account.id, day.isoformat(), to_millis(taken_at), import_id)
    if insert_new(session, table_of(Snapshot), columns, [row]) == 0:
        return False
    for model, what, places in (
        (SnapshotTrack, "track_id", tracks),
        (SnapshotArtist, "artist_id", artists),
    ):
        names = ("account_id", "local_date", "time_range", "rank", what)
        rows = [
            (account.id, day.isoformat(), time_range, rank, thing_id)
            for time_range, ranked in places.items()
            for rank, thing_id in ranked
        ]
        insert_new(session, table_of(model), names, rows)
    return True


def days_kept(session: Session, account: Account, days: Iterable[date]) -> set[date]:
    """Which of these days have their snapshot."""
    statement = select(Snapshot.local_date).where(Snapshot.account_id == account.id)
    return set(session.scalars(statement)) & set(days)


def brought_by(session: Session, account: Account, import_id: int) -> list[date]:
    """The days whose snapshot an import brought."""
    statement = select(Snapshot.local_date).where(
        Snapshot.account_id == account.id, Snapshot.import_id == import_id
    )
    return list(session.scalars(statement))


def hand_over(session: Session, account: Account, days: Iterable[date], heir: int) -> None:
    """Let another import be the one that brought the snapshots of these days."""
    for day in days:
        session.execute(
            update(Snapshot)
            .where(Snapshot.account_id == account.id, Snapshot.local_date == day)
            .values(import_id=heir)
        )


def places_of(session: Session, account: Account, days: Iterable[date]) -> int:
    """How many places of tracks the snapshots of these days have."""
    statement = select(func.count()).where(
        SnapshotTrack.account_id == account.id, SnapshotTrack.local_date.in_(list(days))
    )
    return session.scalar(statement) or 0


def take_back(session: Session, account: Account, days: Iterable[date]) -> None:
    """Remove the snapshots of these days."""
    for day in days:
        for model in (SnapshotTrack, SnapshotArtist, Snapshot):
            session.execute(
                delete(model).where(model.account_id == account.id, model.local_date == day)
            )
