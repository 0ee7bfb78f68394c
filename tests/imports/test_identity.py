"""The accounting: rows = added + known + left out, whatever a file holds, for 200 of them."""

import json
from collections.abc import Callable, Sequence
from random import Random

import pytest

from music_time_machine import imports
from music_time_machine.db import Database
from music_time_machine.models import Account
from tests.formats.hostile import zip_of
from tests.formats.other_samples import (
    account_row,
    headed_csv,
    headless_csv,
    json_lines,
    listen,
    maloja_json,
    maloja_scrobble,
    page,
    podcast_row,
    scrobble,
)
from tests.formats.samples import Json, episode_row, extended_json, extended_row, nameless_row
from tests.imports.archives import (
    NOTHING,
    NOW,
    File,
    adds_up,
    content,
    emptied,
    proceed,
    receive,
    undo,
)

FILES = 200
PARTS = 10
AT = 1_600_000_000
WRONG: Sequence[object] = (
    None, "", "x", "\x00", "\ud800", -1, 0, 1, 2**63, 1e300, True, [], [1], {}, {"a": None},
    "2024-13-45T99:99:99Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", " " * 3, "0",
)  # fmt: skip


@pytest.mark.parametrize("part", range(PARTS))
def test_every_row_of_a_generated_file_is_added_known_or_left_out(db: Database, part: int) -> None:
    account = emptied(db)
    for number in range(part, FILES, PARTS):
        file, count = generated(Random(number))
        before = content(db, account)
        foretold = proceed(db, account, receive(db, account, file, check_first=True))
        assert content(db, account) == before
        imports.start(db, account, foretold.id, NOW)
        view = proceed(db, account, foretold.id)
        assert view.state == "completed", view.problem
        assert view.rows == count
        assert adds_up(view), view
        assert foretold.forecast is not None
        assert foretold.forecast.added + foretold.forecast.known + view.left_out == count
        assert len(list(imports.left_out(db, account, view.id))) == view.left_out
        assert len(content(db, account).told) - len(before.told) <= view.added + view.known
    undo_everything(db, account)


def undo_everything(db: Database, account: Account) -> None:
    for view in imports.recent(db, account):
        undo(db, account, view.id)
    assert content(db, account) == NOTHING


def generated(random: Random) -> tuple[File, int]:
    """A file of one of the kinds, some of its rows changed beyond sense; and how many rows."""
    kind = random.choice(list(_KINDS))
    make, render = _KINDS[kind]
    made = [make(random) for _ in range(random.randint(1, 60))]
    for _ in range(random.randint(0, 8)):
        made.insert(random.randint(0, len(made)), random.choice(made))
    odd = [_mutated(row, random) if random.random() < 0.15 else row for row in made]
    if not any(row is whole for row, whole in zip(odd, made, strict=True)):
        odd[0] = made[0]
    # The first row says what the file is.
    odd.sort(key=lambda row: not any(row is whole for whole in made))
    return (kind, render(odd)), len(odd)


def _mutated(row: object, random: Random) -> object:
    """The row with one of its values replaced, or lost, or no row at all."""
    if isinstance(row, tuple):
        place = random.randrange(len(row))
        value = random.choice(["", "x", "-1", "99999999999999", "32 Foo 2024 99:99"])
        return (*row[:place], value, *row[place + 1 :])
    changed = json.loads(json.dumps(row))
    inner = changed
    while True:
        key = random.choice(list(inner))
        if isinstance(inner[key], dict) and inner[key] and random.random() < 0.7:
            inner = inner[key]
            continue
        if random.random() < 0.2:
            del inner[key]
        else:
            inner[key] = random.choice(WRONG)
        return changed


def _extended(random: Random) -> Json:
    make = random.choice((extended_row, extended_row, extended_row, nameless_row, episode_row))
    row = make(f"2020-09-13T12:{random.randint(0, 30):02d}:{random.choice((0, 9)):02d}Z")
    number = random.randint(0, 3)
    if row["spotify_track_uri"]:
        uri = random.choice((f"spotify:track:{number:022d}", None))
        row |= {"spotify_track_uri": uri, "master_metadata_track_name": f"Track {number}"}
    return row | {"offline": random.choice((True, False, None)), "offline_timestamp": None}


def _account(random: Random) -> Json:
    end = f"2020-09-13 12:{random.randint(0, 30):02d}"
    if random.random() < 0.1:
        return podcast_row(end)
    return account_row(end, trackName=f"Track {random.randint(0, 3)}")


def _listen(random: Random) -> Json:
    told = listen(AT + random.randint(0, 1_800))
    metadata = told["track_metadata"]
    assert isinstance(metadata, dict)
    metadata["track_name"] = f"Track {random.randint(0, 3)}"
    return told


def _scrobble(random: Random) -> Json:
    return scrobble(str(AT + random.randint(0, 1_800)), name=f"Track {random.randint(0, 3)}")


def _maloja(random: Random) -> Json:
    return maloja_scrobble(AT + random.randint(0, 1_800), title=f"Track {random.randint(0, 3)}")


def _headed(random: Random) -> tuple[str, ...]:
    title = f"Track {random.randint(0, 3)}"
    return (str(AT + random.randint(0, 1_800)), "", "The Hollow Orchard", "", "", "", title, "")


def _headless(random: Random) -> tuple[str, ...]:
    title = f"Track {random.randint(0, 3)}"
    return ("The Hollow Orchard", "", title, f"13 Sep 2020 12:{random.randint(0, 30):02d}")


def _in_a_zip(rows: Sequence[object]) -> bytes:
    half = (len(rows) + 1) // 2
    return zip_of({"a.json": extended_json(rows[:half]), "b.json": extended_json(rows[half:])})


_Make = Callable[[Random], object]
_Render = Callable[[Sequence[object]], bytes]
_KINDS: dict[str, tuple[_Make, _Render]] = {
    "endsong.json": (_extended, extended_json),
    "StreamingHistory.json": (_account, extended_json),
    "listens.jsonl": (_listen, json_lines),
    "pages.json": (_scrobble, lambda rows: json.dumps([page(rows)]).encode()),
    "maloja.json": (_maloja, maloja_json),
    "headed.csv": (_headed, headed_csv),  # type: ignore[dict-item]
    "headless.csv": (_headless, headless_csv),  # type: ignore[dict-item]
}
