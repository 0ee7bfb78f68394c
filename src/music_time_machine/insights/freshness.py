"""Whether anything that the pages show of an account has changed: one value, one statement.

A page kept by a browser or by us is right as long as this value is the same. Whoever shows on a
page what none of these tables tells adds it here.
"""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    bindparam,
    func,
    inspect,
    select,
)

from ..db import Database
from ..models import (
    AccountRow,
    Archive,
    Credential,
    Gap,
    Import,
    Live,
    Preference,
    Snapshot,
)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class State:
    """`marks` differ when an account's archive or choices do.

    `account` is what an account is made of: id, name, Spotify's account id, session epoch, zone.
    """

    account: tuple[int, str, str | None, int, str | None]
    marks: tuple[object, ...]


def state(db: Database, account_id: int) -> State | None:
    """Who this is and how things stand with them, in one question; None where there is nobody."""
    with db.ask() as connection:
        row = connection.execute(_STATEMENT, {"own": account_id}).first()
    if row is None:
        return None
    account_row, marks = row[:5], row[5:]
    return State((*account_row,), (*marks,))


_OWN = bindparam("own", type_=Integer)


def _of(
    what: ColumnElement[_Value], table: type[Snapshot] | type[Import] | type[Gap]
) -> ScalarSelect[_Value]:
    return select(what).where(table.account_id == _OWN).scalar_subquery()


# Made once: to put it together takes longer than to ask it, and every page asks it.
_STATEMENT = (
    select(
        AccountRow.id,
        AccountRow.name,
        AccountRow.spotify_account_id,
        AccountRow.session_epoch,
        Preference.time_zone,
        _of(func.max(Snapshot.taken_at), Snapshot),
        _of(func.count(), Snapshot),
        _of(func.max(Import.created_at), Import),
        _of(func.max(Import.checked_at), Import),
        _of(func.max(Import.finished_at), Import),
        _of(func.count(), Gap),
        _of(func.max(Gap.ended_at), Gap),
        Archive.version,
        Credential.consented_at,
        Credential.needs_reconnect,
        Live.newest_at,
        Live.broken_at,
        Live.playing_at,
        *inspect(Preference).columns,
    )
    .select_from(AccountRow)
    .outerjoin(Archive, Archive.account_id == AccountRow.id)
    .outerjoin(Credential, Credential.account_id == AccountRow.id)
    .outerjoin(Live, Live.account_id == AccountRow.id)
    .outerjoin(Preference, Preference.account_id == AccountRow.id)
    .where(AccountRow.id == _OWN)
)
