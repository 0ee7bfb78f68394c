"""The one row an account has in `live`: what is remembered from look to look.

Knows that it is made when first needed, and locked by whoever follows, before anything else is.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import insert_new, table_of
from ..models import Account, Live


def ensure_row(session: Session, account_ids: Iterable[int]) -> None:
    """Make the rows that are not there yet."""
    rows = [(account_id,) for account_id in sorted(account_ids)]
    insert_new(session, table_of(Live), ("account_id",), rows)


def locked(session: Session, account: Account) -> Live:
    """The account's row, held until the transaction ends: who follows at the same time waits."""
    ensure_row(session, [account.id])
    statement = select(Live).where(Live.account_id == account.id).with_for_update()
    return session.scalars(statement).one()
