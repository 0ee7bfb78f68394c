"""How pages are answered: unchanged ones for nothing, their data as JSON and CSV, at once."""

import csv
import gzip
import io
from datetime import UTC, datetime, timedelta

import pytest
import requests
from filelock import FileLock

from music_time_machine import accounts
from music_time_machine.insights import Heat
from music_time_machine.insights.charts import Change
from music_time_machine.models import Account
from tests.formats.samples import extended_row, extended_zip
from tests.insights.library import Song, hear
from tests.stage import BOB, Stage, Visitor, text_of

PAGES = ["/", "/analytics", "/analytics?range=all", "/on", "/years", "/snapshots"]
SONG = Song("Copper Sky", id="1")


def alice_of(stage: Stage) -> Account:
    return accounts.everyone(stage.db, stage.settings)[0]


def listened(stage: Stage, *songs: Song) -> None:
    """Each song once, an hour ago."""
    at = stage.clock().replace(microsecond=0) - timedelta(hours=1)
    hear(stage.db, alice_of(stage), [song.play(at) for song in songs])


@pytest.fixture
def alice(stage: Stage) -> Visitor:
    """Alice, signed in, after one look at a page: her session has its token."""
    visitor = stage.visitor()
    visitor.sign_in()
    visitor.get("/imports")
    return visitor


def again(visitor: Visitor, path: str, seen: requests.Response) -> requests.Response:
    return visitor.get(path, headers={"If-None-Match": seen.headers["ETag"]})


@pytest.mark.parametrize("path", PAGES)
def test_an_unchanged_page_costs_no_page(stage: Stage, alice: Visitor, path: str) -> None:
    listened(stage, SONG)
    seen = alice.get(path)
    assert seen.status_code == 200
    assert seen.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in seen.headers["Vary"]
    unchanged = again(alice, path, seen)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["ETag"] == seen.headers["ETag"]
    assert alice.get(path).text == seen.text


@pytest.mark.parametrize("path", PAGES)
def test_what_changes_the_archive_changes_the_page(stage: Stage, alice: Visitor, path: str) -> None:
    listened(stage, SONG)
    seen = alice.get(path)
    listened(stage, Song("Slow Static", id="2"))
    assert again(alice, path, seen).status_code == 200


def test_a_choice_changes_the_page(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG)
    seen = alice.get("/analytics")
    assert "of at least 30 seconds" in seen.text
    alice.post("/settings/preferences", {"counts_by": "seconds", "least_seconds": "7"})
    alice.get("/imports")  # shows and forgets what was flashed
    assert "of at least 7 seconds" in again(alice, "/analytics", seen).text


def test_a_new_day_changes_the_page(stage: Stage, alice: Visitor) -> None:
    seen = alice.get("/analytics")
    stage.clock.pass_by(days=1)
    assert again(alice, "/analytics", seen).status_code == 200


def test_what_was_flashed_shows_once(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG)
    seen = alice.get("/analytics")
    alice.post("/settings/preferences", {"episodes": "yes"}, allow_redirects=False)
    told = alice.get("/analytics")
    assert 'class="flash ' in told.text
    assert "ETag" not in told.headers
    assert 'class="flash ' not in alice.get("/analytics").text
    assert again(alice, "/analytics", seen).status_code == 200


def test_bob_is_never_shown_a_page_of_alice(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG)
    seen = alice.get("/analytics?range=7d")
    assert "Mirelle" in seen.text
    bob = stage.visitor()
    bob.sign_in(BOB)
    bob.get("/imports")
    answer = again(bob, "/analytics?range=7d", seen)
    assert answer.status_code == 200
    assert "Mirelle" not in answer.text
    assert stage.visitor().get("/analytics?range=7d", allow_redirects=False).status_code == 302


def test_pages_are_smaller_for_whoever_can_unpack_them(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG)
    plain = alice.get("/analytics", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = alice.get("/analytics", headers={"Accept-Encoding": "gzip"}, stream=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    sent = packed.raw.read(decode_content=False)
    assert gzip.decompress(sent) == plain.content
    assert len(sent) < len(plain.content) / 3


def test_static_files_are_smaller_too(stage: Stage, alice: Visitor) -> None:
    page = alice.get("/imports").text
    sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = alice.get(sheet, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_page_gives_its_data_as_json(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG)
    answer = alice.get("/analytics?range=7d", headers={"Accept": "application/json"})
    assert answer.headers["Content-Type"] == "application/json"
    data = answer.json()
    assert (data["period"]["key"], data["period"]["zone"]) == ("7d", "UTC")
    assert data["totals"]["plays"] == {"now": 1, "before": None}
    assert data["heard"]["plays"]["unit"] == "plays"
    assert sum(value or 0 for value in data["heard"]["plays"]["values"]) == 1
    page = alice.get("/analytics?range=7d", headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")


def test_every_chart_of_a_page_is_had_as_csv(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG, Song("=cmd()", artist="=1+1", id="3"))
    page = alice.get("/analytics?range=7d").text
    links = {part.split('"')[0].replace("&amp;", "&") for part in page.split('href="?')[1:]}
    assert len(links) >= 10
    for link in links:
        answer = alice.get(f"/analytics?{link}")
        assert answer.headers["Content-Type"].startswith("text/csv"), link
        head, *rows = csv.reader(io.StringIO(answer.text))
        assert rows, link
        assert all(len(row) == len(head) for row in rows)
        assert not any(cell.startswith("=") for row in rows for cell in row)
    plays = list(csv.reader(io.StringIO(alice.get("/analytics?range=7d&csv=plays").text)))
    assert plays[0] == ["day", "plays", "beside"]
    today = stage.clock().date()
    days = [(today - timedelta(days=n)).isoformat() for n in range(6, -1, -1)]
    assert [row[0] for row in plays[1:]] == days
    assert sum(int(row[1] or 0) for row in plays[1:]) == 2
    assert alice.get("/analytics?csv=nonsense").status_code == 404


def test_the_numbers_of_a_heat_map_are_in_order_of_time(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG)
    text = alice.get("/analytics?range=7d&csv=calendar").text
    head, *days = csv.reader(io.StringIO(text))
    assert head == ["date", "plays", "in words"]
    assert [row[0] for row in days] == sorted({row[0] for row in days})
    assert days[0][0] == f"{stage.clock().year}-01-01"
    head, *hours = csv.reader(io.StringIO(alice.get("/analytics?range=7d&csv=week").text))
    assert head == ["weekday", "hour", "plays", "in words"]
    assert len(hours) == 168
    assert [row[:2] for row in (hours[0], hours[1], hours[-1])] == [
        ["Mon", "00:00"], ["Mon", "01:00"], ["Sun", "23:00"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("range=7d&csv=plays", "analytics-plays-7d.csv"),
        ("csv=hours_of_day", "analytics-hours-of-day-12m.csv"),
        ("from=2024-01-01&to=2024-12-31&csv=plays", "analytics-plays-2024-01-01-2024-12-31.csv"),
    ],
)
def test_a_file_is_named_by_its_page_and_stretch(
    stage: Stage, alice: Visitor, query: str, name: str
) -> None:
    played = datetime(2024, 3, 1, 12, tzinfo=UTC)
    hear(stage.db, alice_of(stage), [SONG.play(played)])
    sent = alice.get(f"/analytics?{query}").headers["Content-Disposition"]
    assert sent == f'attachment; filename="{name}"'


def test_a_page_shows_at_once_while_its_figures_are_prepared(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG)
    folder = stage.settings.data_dir / "columns" / str(alice_of(stage).id)
    folder.mkdir(parents=True)
    with FileLock(folder / "lock"):
        page = alice.get("/analytics")
        assert page.status_code == 200
        assert "data-preparing" in page.text
        assert 'http-equiv="refresh"' in page.text
        data = alice.get("/analytics", headers={"Accept": "application/json"})
        assert (data.status_code, set(data.json())) == (503, {"error"})
        assert data.headers["Retry-After"] == "1"
    filled = next(
        page
        for page in (alice.get("/analytics") for _ in range(100))
        if "data-preparing" not in page.text
    )
    assert "Mirelle" in filled.text


def test_the_worker_prepares_the_figures_of_an_import(stage: Stage, alice: Visitor) -> None:
    alice.upload(
        extended_zip({"Streaming_History_Audio_0.json": [extended_row("2026-11-01T10:00:00Z")]})
    )
    stage.do_jobs()
    folder = stage.settings.data_dir / "columns" / str(alice_of(stage).id)
    assert list(folder.glob("*.columns"))
    assert "data-preparing" not in alice.get("/analytics").text


def test_dates_that_are_none_are_said_beside_the_field(stage: Stage, alice: Visitor) -> None:
    listened(stage, SONG)
    page = alice.get("/analytics?from=2026-02-30&to=2026-03-01")
    assert page.status_code == 200
    assert "That is not a date." in text_of(page.text)
    assert 'value="2026-02-30"' in page.text
    assert 'data-range="12m" aria-current="true"' in page.text


def test_home_names_what_needs_its_person(stage: Stage, alice: Visitor) -> None:
    assert "What needs you" not in alice.get("/").text
    alice.post("/imports", {"check_first": "yes"}, files={"file": ("mine.zip", _zip())})
    stage.do_jobs()
    assert "mine.zip is checked and waits for you." in text_of(alice.get("/").text)
    stage.clock.pass_by(days=175)
    assert "Spotify's consent ends on" in text_of(alice.get("/").text)


def _zip() -> bytes:
    return extended_zip({"Streaming_History_Audio_0.json": [extended_row("2026-11-01T10:00:00Z")]})


def test_a_heat_map_has_even_steps_and_one_wild_day_leaves_the_others_their_shade() -> None:
    values = (tuple([0, 1, 2, 3, 4, 5] * 20), tuple([None] * 119 + [900]))
    words = tuple(tuple("" for _ in row) for row in values)
    keys = tuple(tuple((str(at),) for at, _ in enumerate(row)) for row in values)
    heat = Heat(("a", "b"), ("",) * 120, values, words, "plays", "Plays", ("at",), keys)
    assert heat.levels[0][:6] == (0, 1, 2, 3, 4, 5)
    assert heat.levels[1][0] is None
    assert heat.levels[1][-1] == 5
    empty = Heat(("a",), ("",), ((0,),), (("",),), "plays", "Plays", ("at",), ((("0",),),))
    assert (empty.is_empty, empty.levels) == (True, ((0,),))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(12, 10), "20 % more than before"),
        (Change(5, 10), "50 % less than before"),
        (Change(10, 10), "as before"),
        (Change(3, 0), "none before"),
        (Change(0, 0), "none before either"),
        (Change(3, None), ""),
        (Change(0, 4), "100 % less than before"),
    ],
)
def test_two_figures_are_compared_in_words(change: Change, words: str) -> None:
    assert change.words == words


def test_no_chart_has_more_than_400_points(stage: Stage, alice: Visitor) -> None:
    song, first = Song("Copper Sky", id="1"), datetime(2005, 1, 1, tzinfo=UTC)
    plays = [song.play(first + timedelta(days=40 * n)) for n in range(200)]
    hear(stage.db, alice_of(stage), plays)
    for text in ("7d", "30d", "3m", "6m", "12m", "24m", "all"):
        data = alice.get(f"/analytics?range={text}", headers={"Accept": "application/json"}).json()
        drawn = [part for part in data["heard"].values() if isinstance(part, dict)]
        charts = [part for part in drawn if "labels" in part]
        assert charts
        assert all(len(chart["labels"]) <= 400 for chart in charts)
