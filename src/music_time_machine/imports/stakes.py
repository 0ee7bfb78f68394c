"""What of an archive hangs on one import alone: the plays and snapshots that go when it is undone.

Knows how other imports lay claim to what this one brought first, and that what they told stays.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from .. import rankings
from ..db import Database, whole_numbers
from ..listens.evidence import key_of
from ..listens.writing import CLAIM
from ..models import Account, Echo, Import, KnownPlays, Listen
from ..moments import from_millis
from .documents import CHECK, KEEP

Keys = NDArray[np.int64]
"""Records, a row each: the fields of a claim in three numbers."""


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
            plays -= _held(session, account, import_id, plays, np.frombuffer(claimed, CLAIM))
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
    found: dict[int, list[bytes]] = {}
    for other, rows in session.execute(statement):
        found.setdefault(other, []).append(rows)
    return {other: b"".join(parts) for other, parts in found.items()}


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
        func.coalesce(Listen.import_id, 0) == import_id,
        tuple_(*key).not_in(told_by_others),
    )


def _held(
    session: Session,
    account: Account,
    import_id: int,
    plays: int,
    claimed: NDArray[np.void],
) -> int:
    """Of the `plays` that no other record tells of, those that pass to an import that claims them.

    What an import claims is stored as long as that import stands: so either the plays are read and
    looked for among the claims, or all other records are, whichever are fewer.
    """
    first, last = (from_millis(int(edge(claimed["stamp"]))) for edge in (np.min, np.max))
    alone = _told_alone(account, import_id)
    near = and_(Listen.account_id == account.id, Listen.played_at.between(first, last))
    near_echoes = and_(Echo.account_id == account.id, Echo.played_at.between(first, last))
    of_listens, of_echoes = select(*key_of(Listen)), select(*key_of(Echo))
    are_few = 2 * plays < (session.scalar(select(func.count()).where(near)) or 0)
    if are_few:
        read = _read(session, of_listens.where(near, alone))
    else:
        rest = _read(session, of_listens.where(near, not_(alone)))
        read = np.concatenate((rest, _read(session, of_echoes.where(near_echoes))))
    pairs = _read(
        session,
        select(*key_of(Echo), *key_of(Listen))
        .join(Listen, _is_of())
        .where(near_echoes, Echo.import_id == import_id, alone),
    )
    claims, found, told, of = _numbered(_packed(claimed), read, pairs[::2], pairs[1::2])
    numbers = sum(map(len, (claims, found, told, of)))
    is_claimed, is_found, is_held = (np.zeros(numbers, np.bool_) for _ in range(3))
    is_claimed[claims], is_found[found] = True, True
    is_held[of[is_claimed[told]]] = True
    is_held |= is_claimed & (is_found == are_few)
    return int(is_held.sum())


def _is_of() -> ColumnElement[bool]:
    """Whether an echo tells of a listen."""
    return and_(
        Listen.account_id == Echo.account_id,
        Listen.played_at == Echo.of_played_at,
        Listen.track_id == Echo.of_track_id,
        Listen.ms_played == Echo.of_ms_played,
        Listen.nth == Echo.of_nth,
        Listen.source == Echo.of_source,
    )


def _read(session: Session, statement: Select[*tuple[int, ...]]) -> Keys:
    """The records of a statement; one that tells two keys a row gives them after each other."""
    parts = [np.empty((0, 3), np.int64)]
    for rows in whole_numbers(session, statement):
        columns = np.array(rows, np.int64).reshape(-1, len(CLAIM.names or ())).T
        parts.append(_packed(dict(zip(CLAIM.names or (), columns, strict=True))))
    return np.concatenate(parts)


def _packed(fields: NDArray[np.void] | Mapping[str, NDArray[np.int64]]) -> Keys:
    """The six fields of records in three numbers each: fewer to sort by."""
    whole = {name: fields[name].astype(np.int64) for name in CLAIM.names or ()}
    # Traits are below 2**33.
    rest = (whole["nth"] << 4 | whole["source"]) << 33 | whole["traits"]
    return np.column_stack((whole["stamp"], whole["track"] << 32 | whole["ms"], rest))


def _numbered(*several: Keys) -> list[NDArray[np.intp]]:
    """A number for each record, the same for the same record wherever it is."""
    keys = np.concatenate(several)
    order = np.lexsort(keys.T)
    is_new = np.empty(len(keys), np.intp)
    ordered = keys[order]
    is_new[0:1] = 0
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    numbers = np.empty(len(keys), np.intp)
    numbers[order] = np.cumsum(is_new)
    return np.split(numbers, np.cumsum([len(each) for each in several])[:-1])
