"""What needs its person: said while it does, and no longer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from music_time_machine.db import Database
from music_time_machine.insights.attention import attention
from music_time_machine.insights.coverage import Coverage, Hole, Why
from music_time_machine.models import Account, Credential, Import

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOTHING = Coverage((), ())


def connect(db: Database, account: Account, days_ago: int, *, is_refused: bool = False) -> None:
    with db.write() as session:
        session.add(
            Credential(
                account_id=account.id, access_token=b"a", refresh_token=b"r", scope="",
                expires_at=NOW, consented_at=NOW - timedelta(days=days_ago),
                needs_reconnect=is_refused,
            )
        )  # fmt: skip


def upload(db: Database, account: Account, number: int, state: str, aim: str = "check") -> None:
    with db.write() as session:
        session.add(
            Import(
                account_id=account.id, id=number, file_name=f"export-{number}.zip", size_bytes=1,
                state=state, aim=aim, created_at=NOW,
                finished_at=NOW - timedelta(days=1) if state == "failed" else None,
            )
        )  # fmt: skip


def said(db: Database, account: Account, now: datetime = NOW) -> list[str]:
    return [each.sentence for each in attention(db, account, NOTHING, now)]


def test_a_quiet_archive_needs_nobody(db: Database, alice: Account) -> None:
    assert said(db, alice) == []
    connect(db, alice, 10)
    assert said(db, alice) == []


@pytest.mark.parametrize("days_ago", [169, 175, 181])
def test_a_consent_that_ends_soon_names_its_day(
    db: Database, alice: Account, days_ago: int
) -> None:
    connect(db, alice, days_ago)
    day = (NOW + timedelta(days=182 - days_ago)).day
    assert said(db, alice)[0].startswith(f"Spotify's consent ends on {day} ")


def test_a_consent_that_has_ended_or_was_refused_asks_to_connect_again(
    db: Database, alice: Account, bob: Account
) -> None:
    connect(db, alice, 183)
    connect(db, bob, 1, is_refused=True)
    for account in (alice, bob):
        assert "Connect again" in said(db, account)[0]
        assert "has ended" in said(db, account)[0]


def test_imports_that_wait_for_a_word_are_named(db: Database, alice: Account) -> None:
    upload(db, alice, 1, "waiting")
    upload(db, alice, 2, "waiting", aim="keep")  # goes on by itself
    found = attention(db, alice, NOTHING, NOW)
    assert [(each.kind, each.import_id) for each in found] == [("import", 1)]
    assert "export-1.zip" in found[0].sentence


def test_a_failed_import_is_named_until_a_later_one_or_a_month_has_passed(
    db: Database, alice: Account
) -> None:
    upload(db, alice, 1, "failed", aim="keep")
    assert "could not be imported to its end" in said(db, alice)[0]
    assert said(db, alice, NOW + timedelta(days=40)) == []
    upload(db, alice, 2, "completed", aim="keep")
    assert said(db, alice) == []


def test_only_the_newest_likely_hole_is_named(db: Database, alice: Account) -> None:
    old = Hole(Why.WORKER_OFF, date(2026, 1, 1), date(2026, 1, 9))
    new = replace(old, first=date(2026, 6, 1), last=date(2026, 6, 9))
    found = attention(db, alice, Coverage((), (new, old)), NOW)
    assert [each.kind for each in found] == ["hole"]
    assert "June 2026" in found[0].sentence
    poor = Hole(Why.LIVE_ONLY, date(2026, 6, 1), date(2026, 6, 9))
    assert attention(db, alice, Coverage((), (poor,)), NOW) == ()


def test_nothing_of_bob_needs_alice(db: Database, alice: Account, bob: Account) -> None:
    upload(db, bob, 1, "failed", aim="keep")
    connect(db, bob, 183)
    assert said(db, alice) == []
