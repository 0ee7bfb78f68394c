"""What an archive writes of itself is what an import takes in again: everything, and only once."""

import json
from pathlib import Path
from random import Random

import pytest

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.models import Account
from music_time_machine.plays import Kind, Play, Source
from tests.formats.other_samples import database
from tests.formats.samples import TRACK_ID, extended_json, extended_row
from tests.imports.archives import NOTHING, NOW, adds_up, bring, content, emptied, tell
from tests.imports.figures import fill
from tests.imports.rendering import life
from tests.recognition.truth import View


def exported(db: Database, account: Account) -> tuple[str, bytes]:
    return "archive.json", b"".join(imports.export(db, account))


@pytest.mark.parametrize("seed", range(4))
def test_an_archive_of_every_source_comes_back_to_the_last_record(
    db: Database, seed: int, tmp_path: Path
) -> None:
    true = life([seed, seed + 6_000], list(View))
    order = list(View)
    Random(seed).shuffle(order)
    account = emptied(db)
    fill(db, account, true, order)
    bring(db, account, ("mine.db", database(tmp_path / "mine.db")))
    before, written = content(db, account), exported(db, account)
    again = bring(db, account, written)
    assert (again.added, again.left_out, again.problem) == (0, 0, None)
    assert adds_up(again)
    assert content(db, account) == before
    account = emptied(db)
    anew = bring(db, account, written)
    assert anew.added == len(before.listens) + len(before.places)
    assert content(db, account) == before


def test_true_repeats_and_plays_without_a_length_come_back_as_they_were(db: Database) -> None:
    looped = extended_row("2024-03-05T18:00:09Z", offline=True, offline_timestamp=None)
    minute = {"endTime": "2024-03-05 18:00", "artistName": "A", "trackName": "B", "msPlayed": 9}
    listed = Play(
        Source.RECENTLY_PLAYED, NOW, None, Kind.TRACK, "Paper Lanterns", "The Hollow Orchard",
        spotify_id=TRACK_ID,
    )  # fmt: skip
    account = emptied(db)
    tell(db, account, [listed])
    bring(db, account, ("a.json", extended_json([looped] * 3)))
    bring(db, account, ("b.json", json.dumps([minute] * 2).encode()))
    before, written = content(db, account), exported(db, account)
    assert len(before.listens) == 6
    assert bring(db, account, written).added == 0
    assert content(db, account) == before
    account = emptied(db)
    assert bring(db, account, written).added == 6
    assert content(db, account) == before


def test_it_holds_ones_own_plays_and_nobodys_name(
    db: Database, alice: Account, bob: Account
) -> None:
    bring(db, bob, ("export.json", extended_json([extended_row()])))
    assert json.loads(exported(db, alice)[1])["plays"] == []
    assert content(db, alice) == NOTHING
    [row] = json.loads(exported(db, bob)[1])["plays"]
    assert row["title"] == "Paper Lanterns"
    assert not {"conn_country", "ip_addr", "ip_addr_decrypted", "username", "user_agent"} & {*row}
    assert "Bob" not in exported(db, bob)[1].decode()
