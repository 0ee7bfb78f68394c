"""The order in which files come does not matter: the same was told, so the archive is the same."""

from collections.abc import Sequence
from itertools import permutations
from random import Random

import pytest

from music_time_machine.db import Database
from music_time_machine.models import Account
from music_time_machine.plays import Play
from tests.formats.other_samples import ADDRESS, AT, headed_csv, json_lines, listen, named_listen
from tests.formats.samples import extended_json, extended_row
from tests.imports.archives import File, adds_up, bring, content, emptied, tell
from tests.imports.figures import fill
from tests.imports.rendering import Found, Life, found, life
from tests.recognition.figures import mixtures
from tests.recognition.truth import View

MIXTURES = dict(mixtures())


@pytest.mark.parametrize("name", MIXTURES)
def test_every_play_of_real_files_is_there_once_in_either_order(db: Database, name: str) -> None:
    kinds = MIXTURES[name]
    true = life(range(5), kinds)
    archive = fill(db, emptied(db), true, kinds)
    how = found(true, archive)
    assert how == Found(how.plays, doubled=0, lost=0)
    assert how.plays > 60
    assert fill(db, emptied(db), true, reversed(kinds)) == archive


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_overlapping_files_and_fetches_gives_the_same_archive(
    db: Database, seed: int
) -> None:
    true = life([seed, seed + 1_000], list(View))
    together = fill(db, emptied(db), true, View)
    how = found(true, together)
    assert how == Found(how.plays, doubled=0, lost=0)
    steps = [*_halves(true), *_fetches(true)]
    Random(seed).shuffle(steps)
    account = emptied(db)
    for step in steps:
        _take(db, account, step)
    assert content(db, account) == together


@pytest.mark.parametrize("seed", range(4))
def test_files_sent_together_come_out_as_files_sent_one_by_one(db: Database, seed: int) -> None:
    true = life([seed, seed + 2_000], [view for view in View if view is not View.RECENT])
    one_by_one = fill(db, emptied(db), true, true.told)
    files = list(true.files.values())
    Random(seed).shuffle(files)
    account = emptied(db)
    view = bring(db, account, *files)
    assert adds_up(view)
    assert content(db, account) == one_by_one


def test_an_isrc_told_late_joins_what_was_there_as_one_told_early(db: Database) -> None:
    archives = []
    for order in permutations(_of_one_recording()):
        account = emptied(db)
        for file in order:
            bring(db, account, file)
        archives.append(content(db, account))
        account = emptied(db)
        bring(db, account, *order)
        archives.append(content(db, account))
    assert [len(archive.listens) for archive in archives] == [3] * 12
    assert all(archive == archives[0] for archive in archives)


def test_an_isrc_told_late_in_an_upload_joins_as_one_told_early(db: Database) -> None:
    export, lastfm, _ = _of_one_recording()
    rows = [
        named_listen("Paper Lanterns", ADDRESS),
        named_listen("Paper Lanterns (Alternate)", None),
        listen(AT - 7_000_000, isrc=None),
    ]
    archives = []
    for order in permutations(rows):
        account = emptied(db)
        bring(db, account, export, lastfm, ("listens.jsonl", json_lines(order)))
        archives.append(content(db, account))
    assert [len(archive.listens) for archive in archives] == [4] * 6
    assert all(archive == archives[0] for archive in archives)


def _of_one_recording() -> list[File]:
    """One play told under two names, and listens of months before that tell they are one."""
    return [
        ("export.json", extended_json([extended_row(track="Paper Lanterns")])),
        ("lastfm.csv", headed_csv([_scrobble("Paper Lanterns (Alternate)")])),
        (
            "listens.jsonl",
            json_lines(
                [
                    named_listen("Paper Lanterns", ADDRESS),
                    named_listen("Paper Lanterns (Alternate)", None),
                ]
            ),
        ),
    ]


def _scrobble(title: str) -> tuple[str, ...]:
    """When the only row of the export began."""
    return (str(AT - 187), "", "The Hollow Orchard", "", "", "", title, "")


Step = File | Sequence[Play]


def _halves(true: Life) -> list[Step]:
    """Each view as two files that overlap: what was sent last year, and now."""
    halves: list[Step] = []
    for view in true.told:
        if view is View.RECENT:
            continue
        records = true.told[view]
        stamps = sorted({record.stamp for record in records}) or [0]
        from_here, to_here = stamps[len(stamps) // 3], stamps[2 * len(stamps) // 3]
        parts = (
            [record for record in records if record.stamp <= to_here],
            [record for record in records if record.stamp >= from_here],
        )
        halves += [Life(true.plays, {view: part}).files[view] for part in parts if part]
    return halves


def _fetches(true: Life) -> list[Step]:
    listed = true.listed
    return [listed[start : start + 20] for start in range(0, len(listed), 10)]


def _take(db: Database, account: Account, step: Step) -> None:
    if isinstance(step, tuple) and isinstance(step[0], str):
        assert bring(db, account, step).state == "completed"
    else:
        tell(db, account, [play for play in step if isinstance(play, Play)])
