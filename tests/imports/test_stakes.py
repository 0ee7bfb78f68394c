"""What hangs on one import alone, held against the obvious way of counting it."""

from collections import defaultdict
from random import Random

import numpy as np
import pytest
from sqlalchemy import select

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.listens.writing import CLAIM
from music_time_machine.models import Account, Echo, KnownPlays, Listen
from music_time_machine.moments import to_millis
from tests.imports.archives import bring, emptied, export, rows, undo
from tests.imports.figures import fill
from tests.imports.rendering import life
from tests.recognition.truth import View

Fields = tuple[int, ...]


def obvious(db: Database, account: Account, import_id: int) -> int:
    """The plays of which every record is this import's and claimed by no other, one by one."""
    with db.read() as session:
        of_account = KnownPlays.account_id == account.id
        others = session.scalars(
            select(KnownPlays.rows).where(of_account, KnownPlays.import_id != import_id)
        )
        claims = {tuple(row) for part in others for row in np.frombuffer(part, CLAIM).tolist()}
        listens = session.scalars(select(Listen).where(Listen.account_id == account.id)).all()
        echoes = session.scalars(select(Echo).where(Echo.account_id == account.id)).all()
    told: dict[Fields, list[tuple[int | None, Fields]]] = defaultdict(list)
    for echo in echoes:
        of = (to_millis(echo.of_played_at), echo.of_track_id, echo.of_ms_played)
        told[(*of, echo.of_nth, echo.of_source)].append((echo.import_id, key(echo)))
    goes = 0
    for listen in listens:
        records = [(listen.import_id, key(listen)), *told[key(listen)[:5]]]
        goes += all(by == import_id and which not in claims for by, which in records)
    return goes


def key(row: Listen | Echo) -> Fields:
    stamp = to_millis(row.played_at)
    return (stamp, row.track_id, row.ms_played, row.nth, row.source, row.traits)


@pytest.mark.parametrize("seed", range(4))
def test_what_hangs_on_an_import_is_what_counting_one_by_one_finds(db: Database, seed: int) -> None:
    random = Random(seed)
    true = life([seed, seed + 4_000], list(View))
    order = list(View)
    random.shuffle(order)
    account = emptied(db)
    fill(db, account, true, order)
    again = random.sample([view for view in order if view is not View.RECENT], 3)
    for view in again:
        bring(db, account, true.files[view])
    undo(db, account, random.randint(1, len(order) - 1))
    for import_id in range(1, len(order) + len(again)):
        stake = imports.at_stake(db, account, import_id)
        assert stake.plays == obvious(db, account, import_id), import_id


@pytest.mark.parametrize("large", [(0, 90), (0, 60), (50, 90)])
def test_a_few_plays_beside_many_and_many_beside_a_few(
    db: Database, alice: Account, large: tuple[int, int]
) -> None:
    """Whichever import has fewer records is the one that is read."""
    for start, end in ((30, 40), large, (35, 70), (0, 90), (85, 90)):
        bring(db, alice, export(rows(end - start, start=start)))
    before = [obvious(db, alice, import_id) for import_id in range(1, 6)]
    assert [imports.at_stake(db, alice, each).plays for each in range(1, 6)] == before
    undo(db, alice, 4)
    after = [obvious(db, alice, import_id) for import_id in range(1, 6)]
    assert [imports.at_stake(db, alice, each).plays for each in range(1, 6)] == after
    assert before != after


@pytest.mark.parametrize("seed", range(3))
def test_a_play_stays_when_another_import_knows_no_more_than_its_echo(
    db: Database, seed: int
) -> None:
    true = life([seed, seed + 5_000], [view for view in View if view is not View.RECENT])
    account = emptied(db)
    together = bring(db, account, *true.files.values())
    assert imports.at_stake(db, account, 1).plays == together.added
    for view in Random(seed).sample(list(true.files), 2):
        bring(db, account, true.files[view])
    stake = imports.at_stake(db, account, 1)
    assert stake.plays == obvious(db, account, 1) < together.added
