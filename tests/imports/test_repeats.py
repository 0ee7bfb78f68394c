"""Rows of one file that look alike: true repeats stay, and the same play told twice is one."""

from collections.abc import Callable

import pytest

from music_time_machine.db import Database
from music_time_machine.models import Account
from tests.formats.other_samples import (
    HEADLESS_ROW,
    account_row,
    headed_csv,
    headed_row,
    headless_csv,
)
from tests.formats.samples import Json, extended_json, extended_row
from tests.imports.archives import File, adds_up, bring, content

BEGAN = 1_709_661_662


def offline(began: object) -> Json:
    return extended_row(offline=True, offline_timestamp=began)


def spotify(*rows: Json) -> File:
    return ("Streaming_History.json", extended_json(rows))


def account_data(*rows: Json) -> File:
    return ("StreamingHistory0.json", extended_json(rows))


FILES: dict[str, tuple[Callable[[], File], int]] = {
    "one online play told twice": (lambda: spotify(extended_row(), extended_row()), 1),
    "a loop that was synced at once": (lambda: spotify(*[offline(None)] * 3), 3),
    "a loop that says when each began": (
        lambda: spotify(offline(BEGAN), offline(BEGAN + 187), offline(BEGAN + 374)), 3,
    ),
    "one offline play told twice": (lambda: spotify(offline(BEGAN), offline(BEGAN)), 1),
    "one offline play told twice, in ms": (
        lambda: spotify(offline(BEGAN * 1_000), offline(BEGAN)), 1,
    ),
    "a loop of which one row is told twice": (
        lambda: spotify(offline(BEGAN), offline(BEGAN + 187), offline(BEGAN)), 2,
    ),
    "a loop in an export that only says 0": (lambda: spotify(offline(0), offline(0)), 2),
    "two short plays within a minute": (
        lambda: account_data(*[account_row(msPlayed=20_000)] * 2), 2,
    ),
    "two scrobbles within a minute": (lambda: ("m.csv", headless_csv([HEADLESS_ROW] * 2)), 2),
    "one scrobble told twice": (lambda: ("s.csv", headed_csv([headed_row()] * 2)), 1),
    "two lengths within a second": (
        lambda: spotify(extended_row(), extended_row(ms_played=1)), 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_rows_that_look_alike(db: Database, alice: Account, name: str) -> None:
    make, plays = FILES[name]
    view = bring(db, alice, make())
    assert len(content(db, alice).listens) == view.added == plays
    assert adds_up(view)
    again = bring(db, alice, make())
    assert (again.added, again.known) == (0, view.rows)


def test_a_loop_that_lies_in_two_downloads_is_as_long_as_in_the_longer_one(
    db: Database, alice: Account
) -> None:
    bring(db, alice, spotify(*[offline(None)] * 2))
    view = bring(db, alice, spotify(*[offline(None)] * 3))
    assert (view.added, view.known) == (1, 2)
    assert len(content(db, alice).listens) == 3


def test_a_row_in_two_files_of_one_upload_is_one_play(db: Database, alice: Account) -> None:
    online = extended_row(ms_played=1)
    first, second = spotify(online, offline(None)), spotify(offline(None), online)
    view = bring(db, alice, first, second)
    assert (view.rows, view.added, view.known) == (4, 2, 2)
