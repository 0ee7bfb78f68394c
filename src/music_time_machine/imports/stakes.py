"""What of an archive hangs on one import alone: the plays and snapshots that go when it is undone.

Knows how other imports lay claim to what this one brought first, and that what they told stays.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, and_, func, or_, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from .. import rankings
from ..db import Database
from ..listens.writing import CLAIM
from ..models import Account, Echo, Import, KnownPlays, Listen
from ..moments import from_millis
from .documents import CHECK, KEEP

Listened = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class AtStake:
    """How many plays and snapshots go when an import is undone now."""

    plays: int
    snapshots: int


def at_stake(db: Database, account: Account, import_id: int) -> AtStake:
    """What undoing an import would take out of the archive at this moment."""
    with db.read() as session:
        days = set(rankings.brought_by(session, account, import_id))
        days -= set(heirs_of_days(session, account, import_id, days))
        plays = plays_told_alone(session, account, import_id)
        claimed = b"".join(claims(session, account, import_id).values())
        if plays and claimed:
            plays -= _held(session, account, import_id, claimed)
        return AtStake(plays, len(days))


def plays_told_alone(session: Session, account: Account, import_id: int) -> int:
    """The plays of which this import brought every record."""
    statement = select(func.count()).where(_told_alone(account, import_id))
    return session.scalar(statement.select_from(Listen)) or 0


def claims(session: Session, account: Account, import_id: int) -> dict[int, bytes]:
    """What other imports found known, by their ids: those that stand, or are under way."""
    statement = (
        select(KnownPlays.import_id, KnownPlays.rows)
        .join(
            Import,
            and_(Import.account_id == KnownPlays.account_id, Import.id == KnownPlays.import_id),
        )
        .where(
            KnownPlays.account_id == account.id,
            KnownPlays.import_id != import_id,
            Import.aim.in_((CHECK, KEEP)),
        )
    )
    found: dict[int, bytes] = {}
    for other, rows in session.execute(statement):
        found[other] = found.get(other, b"") + rows
    return found


def heirs_of_days(
    session: Session, account: Account, import_id: int, days: Iterable[date]
) -> dict[date, int]:
    """For those of these days whose snapshot other imports had too, one of these imports."""
    wanted = set(days)
    statement = select(Import.id, Import.known_days).where(
        Import.account_id == account.id,
        Import.id != import_id,
        Import.aim.in_((CHECK, KEEP)),
    )
    heirs: dict[date, int] = {}
    for other, known_days in session.execute(statement):
        for day in wanted & {date.fromisoformat(day) for day in json.loads(known_days)}:
            heirs.setdefault(day, other)
    return heirs


def _told_alone(account: Account, import_id: int) -> ColumnElement[bool]:
    told_by_others = select(
        Echo.of_played_at, Echo.of_track_id, Echo.of_ms_played, Echo.of_nth, Echo.of_source
    ).where(
        Echo.account_id == account.id,
        or_(Echo.import_id.is_(None), Echo.import_id != import_id),
    )
    key = (Listen.played_at, Listen.track_id, Listen.ms_played, Listen.nth, Listen.source)
    return and_(
        Listen.account_id == account.id,
        Listen.import_id == import_id,
        tuple_(*key).not_in(told_by_others),
    )


def _held(session: Session, account: Account, import_id: int, claimed: bytes) -> int:
    """Of the plays that no other record tells of, those that pass to an import that claims them."""
    rows = np.frombuffer(claimed, CLAIM)
    stamps = rows["stamp"]
    stretch = (from_millis(int(stamps.min())), from_millis(int(stamps.max())))
    wanted = set(rows.tolist())
    mine = _told_alone(account, import_id)
    held: set[Listened] = set()
    listens = select(
        type_coerce(Listen.played_at, BigInteger), Listen.track_id, Listen.ms_played, Listen.nth,
        Listen.source, Listen.traits,
    ).where(mine, Listen.played_at.between(*stretch))  # fmt: skip
    for listen in session.execute(listens):
        if tuple(listen) in wanted:
            held.add(listen[:5])
    echoes = (
        select(
            type_coerce(Echo.played_at, BigInteger), Echo.track_id, Echo.ms_played, Echo.nth,
            Echo.source, Echo.traits, type_coerce(Echo.of_played_at, BigInteger), Echo.of_track_id,
            Echo.of_ms_played, Echo.of_nth, Echo.of_source,
        )
        .join(
            Listen,
            and_(
                Listen.account_id == Echo.account_id, Listen.played_at == Echo.of_played_at,
                Listen.track_id == Echo.of_track_id, Listen.ms_played == Echo.of_ms_played,
                Listen.nth == Echo.of_nth, Listen.source == Echo.of_source,
            ),
        )
        .where(mine, Echo.account_id == account.id, Echo.played_at.between(*stretch))
    )  # fmt: skip
    held.update(tuple(echo[6:]) for echo in session.execute(echoes) if tuple(echo[:6]) in wanted)
    return len(held)
