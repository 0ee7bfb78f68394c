"""What needs its person: a connection that ends, an import that failed or waits, a likely hole.

Only what can be mended by them is named, the most pressing first, each in one sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from ..db import Database
from ..models import CONSENT_LASTS, Account, Credential, Import
from ..period import local_day
from .coverage import Coverage

SOON = timedelta(days=14)
RECENT = timedelta(days=30)
WAITING, FAILED, CHECK = "waiting", "failed", "check"  # words of `imports`

Kind = Literal["reconnect", "import", "hole"]


@dataclass(frozen=True, slots=True)
class Attention:
    """A sentence, and what it is about; `import_id` is set for an import."""

    kind: Kind
    sentence: str
    import_id: int | None = None


def attention(
    db: Database, account: Account, coverage: Coverage, now: datetime
) -> tuple[Attention, ...]:
    """All that needs the account's person at this moment."""
    return (
        *_connection(db, account, now),
        *_imports(db, account, now),
        *(
            Attention("hole", f"{hole.sentence} {hole.request}")
            for hole in coverage.holes[:1]
            if hole.doubt == "likely" and hole.since is None
        ),
    )


def _connection(db: Database, account: Account, now: datetime) -> Iterator[Attention]:
    statement = select(Credential.consented_at, Credential.needs_reconnect).where(
        Credential.account_id == account.id
    )
    with db.read() as session:
        row = session.execute(statement).first()
    if row is None:
        return
    ends = row.consented_at + CONSENT_LASTS
    if row.needs_reconnect or ends <= now:
        yield Attention(
            "reconnect",
            "Spotify's consent has ended, so nothing is fetched. Connect again: nothing is lost.",
        )
    elif ends - now <= SOON:
        day = local_day(ends, account.zone)
        yield Attention(
            "reconnect",
            f"Spotify's consent ends on {day.day} {day:%B}. Connect again before, and no play is "
            "missed.",
        )


def _imports(db: Database, account: Account, now: datetime) -> Iterator[Attention]:
    """The newest import, when it failed lately, and all that wait for a word."""
    statement = (
        select(Import.id, Import.file_name, Import.state, Import.aim, Import.finished_at)
        .where(Import.account_id == account.id)
        .order_by(Import.id.desc())
    )
    with db.read() as session:
        rows = session.execute(statement).all()
    for row in rows:
        if row.state == WAITING and row.aim == CHECK:
            yield Attention("import", f"{row.file_name} is checked and waits for you.", row.id)
    if rows and rows[0].state == FAILED and now - (rows[0].finished_at or now) <= RECENT:
        words = f"{rows[0].file_name} could not be imported to its end. Look what is the matter."
        yield Attention("import", words, rows[0].id)
