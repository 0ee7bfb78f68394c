"""The pages of snapshots, by HTTP and in a real browser."""

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from music_time_machine import accounts
from music_time_machine.db import Database
from music_time_machine.models import Account, Artist
from tests.insights.shelf import take
from tests.stage import ALICE, BOB, Stage, Visitor, text_of
from tests.web.test_pages import WIDTHS, _violations, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

SEP, OCT, NOV = date(2026, 9, 22), date(2026, 10, 22), date(2026, 11, 22)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen und " * 6
SONGS = [f"Song number {n}" for n in range(30)]


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    """Alice, with three snapshots; Bob is here too, with one of his own."""
    bob = stage.visitor()
    bob.sign_in(BOB)
    alice = stage.visitor()
    alice.sign_in(ALICE)
    fill(stage)
    return alice


def alice_of(stage: Stage) -> Account:
    everyone = accounts.everyone(stage.db, stage.settings)
    return next(account for account in everyone if account.name.startswith("Maren"))


def fill(stage: Stage) -> None:
    for account in accounts.everyone(stage.db, stage.settings):
        if account.id != alice_of(stage).id:
            take(stage.db, account, date(2026, 8, 1), ["Canary"], ["Canary Bird"])
    shelve(stage.db, alice_of(stage))
    with stage.db.write() as session:  # the invented pictures are nowhere
        session.execute(update(Artist).values(image_url=None))


def shelve(db: Database, alice: Account) -> None:
    """Three snapshots: only the last two have a list of six months."""
    take(db, alice, SEP, SONGS, ["Mirelle", "Nora Veil"])
    songs = {"short_term": [LONG, *SONGS[3:]], "medium_term": ["Copper Sky", "Slow Static"]}
    take(db, alice, OCT, songs, ["Nora Veil", "Mirelle"])
    songs = {"short_term": SONGS, "medium_term": ["Slow Static", "Copper Sky", "<b>bold</b>"]}
    take(db, alice, NOV, songs, ["Nora Veil", "Mirelle", "Tom Aske"])


PAGES = [
    "/snapshots",
    "/snapshots/2026-11-22",
    "/snapshots/2026-10-22?range=medium_term",
    "/snapshots/2026-09-22?range=long_term",
    "/snapshots/compare",
    "/snapshots/compare?one=2026-10-01&other=nonsense&range=medium_term",
    "/snapshots/compare?range=long_term",
]


def test_the_shelf_lists_every_snapshot_with_its_size_and_turnover(visitor: Visitor) -> None:
    page = visitor.get("/snapshots")
    words = text_of(page.text)
    assert "3 snapshots on the shelf" in words
    assert "22 October 2026 29 tracks" not in words
    assert "22 October 2026 30 tracks, 2 artists" in words
    assert "22 September 2026 30 tracks, 2 artists –" in words
    assert words.index("22 November 2026") < words.index("22 October 2026 30")
    assert 'href="/snapshots/compare?one=2026-10-22&amp;other=2026-11-22"' in page.text


def test_a_snapshot_says_how_far_each_place_moved(visitor: Visitor) -> None:
    words = text_of(visitor.get("/snapshots/2026-11-22").text)
    assert "against the snapshot of 22 October 2026; 3 new." in words
    assert "Song number 0 new" in words
    assert "Nora Veil same" in words
    assert "Tom Aske new" in words
    words = text_of(visitor.get("/snapshots/2026-11-22?range=medium_term").text)
    assert "Slow Static up 1" in words
    assert "Copper Sky down 1" in words
    assert "<b>bold</b> new" in words


def test_the_range_that_is_shown_is_the_active_one(visitor: Visitor) -> None:
    for query, active in (
        ("", "Last four weeks"),
        ("?range=long_term", "Last year and more"),
        ("?range=for_ever", "Last four weeks"),
    ):
        page = visitor.get(f"/snapshots/2026-11-22{query}").text
        assert re.findall(r'aria-current="true"><span class="is-long">([^<]*)', page) == [active]


def test_from_one_snapshot_to_the_next(visitor: Visitor) -> None:
    page = visitor.get("/snapshots/2026-10-22?range=medium_term").text
    assert 'rel="prev" href="/snapshots/2026-09-22?range=medium_term"' in page
    assert 'rel="next" href="/snapshots/2026-11-22?range=medium_term"' in page
    assert 'rel="next"' not in visitor.get("/snapshots/2026-11-22").text
    assert 'rel="prev"' not in visitor.get("/snapshots/2026-09-22").text


@pytest.mark.parametrize(
    "path",
    ["2026-11-21", "2026-13-41", "hello", "20261122", "2026-W47-7", "%00", "../snapshots", "1"],
)
def test_a_day_without_a_snapshot_is_a_404_of_ours(visitor: Visitor, path: str) -> None:
    answer = visitor.get(f"/snapshots/{path}")
    if path == "../snapshots":  # the client itself makes that the shelf
        assert answer.status_code == 200
        return
    assert answer.status_code == 404
    assert "There is no snapshot" in text_of(answer.text)


def test_two_snapshots_are_compared_and_the_form_keeps_the_choice(visitor: Visitor) -> None:
    page = visitor.get("/snapshots/compare?one=2026-11-22&other=2026-10-22")
    words = text_of(page.text)
    assert "From 22 October 2026 to 22 November 2026" in words
    assert "Newcomers 3" in words
    assert "Departures 1" in words
    assert "Risers 0 None." in words
    assert '<option value="2026-10-22" selected>' in page.text
    assert '<option value="2026-11-22" selected>' in page.text
    artists = text_of(visitor.get("/snapshots/compare?one=2026-09-22&other=2026-11-22").text)
    assert "Nora Veil up 1 2 to 1" in artists
    assert "Mirelle down 1 1 to 2" in artists


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("one=2026-11-22", "From 22 October 2026 to 22 November 2026"),
        ("one=2026-10-22", "From 22 September 2026 to 22 October 2026"),
        ("other=2026-10-22", "From 22 September 2026 to 22 October 2026"),
        ("one=2026-09-22", "From 22 September 2026 to 22 October 2026"),
        ("", "From 22 October 2026 to 22 November 2026"),
    ],
)
def test_one_day_alone_is_compared_with_the_snapshot_before_it(
    visitor: Visitor, query: str, days: str
) -> None:
    answer = visitor.get(f"/snapshots/compare?{query}")
    assert days in text_of(answer.text)
    assert 'role="alert"' not in answer.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", None),
        ("one=&other=", None),
        ("one=2026-10-20", "No snapshot is of 20 October 2026; 22 October 2026 is the nearest."),
        ("other=1999-01-01", "No snapshot is of 1 January 1999; 22 September 2026 is the nearest."),
        ("one=%00&other=x", "That is not a date."),
        ("one=2026-10-22&other=2026-10-22", "Both days have the same snapshot."),
    ],
)
def test_a_comparison_says_what_it_did_not_take(
    visitor: Visitor, query: str, sentence: str | None
) -> None:
    answer = visitor.get(f"/snapshots/compare?{query}")
    assert answer.status_code == 200
    assert ('role="alert"' in answer.text) == (sentence is not None)
    assert (sentence or "What moved") in text_of(answer.text)


def test_a_list_that_is_missing_is_said_to_be_missing(visitor: Visitor) -> None:
    words = text_of(visitor.get("/snapshots/2026-09-22?range=long_term").text)
    assert "Nothing on this list" in words
    words = text_of(visitor.get("/snapshots/compare?range=long_term").text)
    assert "Nothing to compare" in words
    assert "Departures" not in words


def test_an_empty_shelf_and_a_single_snapshot_say_what_to_do(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in(ALICE)
    assert "No snapshots, so far" in text_of(visitor.get("/snapshots").text)
    assert "It takes two" in text_of(visitor.get("/snapshots/compare").text)
    take(stage.db, alice_of(stage), NOV, ["Copper Sky"])
    assert "1 snapshot on the shelf" in text_of(visitor.get("/snapshots").text)
    assert "One is there already." in text_of(visitor.get("/snapshots/compare").text)
    assert "There is none before it." in text_of(visitor.get("/snapshots/2026-11-22").text)


def test_many_snapshots_are_shown_a_year_at_a_time(stage: Stage, visitor: Visitor) -> None:
    for n in range(50):
        take(stage.db, alice_of(stage), date(2025, 3, 1) + timedelta(days=n), ["Copper Sky"])
    words = text_of(visitor.get("/snapshots").text)
    assert "53 snapshots on the shelf" in words
    assert "November 2026" in words
    assert "snapshots of March 2025" not in words
    page = visitor.get("/snapshots?year=2025")
    assert "31 snapshots of March 2025" in text_of(page.text)
    assert re.findall(r'aria-current="true"><span class="is-long">(\d+)', page.text) == ["2025"]
    assert "November 2026" in text_of(visitor.get("/snapshots?year=x").text)


def test_bobs_snapshot_is_on_no_page_of_alices(visitor: Visitor) -> None:
    assert visitor.get("/snapshots/2026-08-01").status_code == 404
    for path in (*PAGES, "/snapshots/compare?one=2026-08-01"):
        assert "Canary" not in visitor.get(path).text


def test_a_stranger_is_asked_to_sign_in(stage: Stage) -> None:
    visitor = stage.visitor()
    for path in ("/snapshots", "/snapshots/2026-11-22", "/snapshots/compare"):
        assert "Please connect" in text_of(visitor.get(path).text)


def test_the_data_of_a_page_and_of_its_chart_can_be_taken_along(visitor: Visitor) -> None:
    data = visitor.get("/snapshots/2026-11-22", headers={"Accept": "application/json"}).json()
    assert data["tracks"]["places"][0]["title"] == "Song number 0"
    assert data["tracks"]["places"][0]["rank_before"] is None
    chart = visitor.get("/snapshots?csv=turnover").text.splitlines()
    assert len(chart) == 3
    assert chart[-1].startswith("2026-11-22,10,")


@pytest.fixture
def filled(stage: Stage, page: "Page") -> "Page":
    sign_in(stage, page)
    fill(stage)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_or_shuts_anybody_out(
    stage: Stage, filled: "Page", scheme: str
) -> None:
    filled.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in PAGES:
        for width in WIDTHS:
            filled.set_viewport_size({"width": width, "height": 900})
            filled.goto(stage.url + path)
            filled.evaluate("() => document.fonts.ready.then(() => true)")
            wide = filled.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} wide at {width}"
        assert _violations(filled) == [], path


def test_the_form_compares_without_scripts(stage: Stage, filled: "Page") -> None:
    browser = filled.context.browser
    assert browser is not None
    quiet = browser.new_context(
        java_script_enabled=False, storage_state=filled.context.storage_state()
    )
    try:
        page = quiet.new_page()
        page.goto(f"{stage.url}/snapshots/compare?range=medium_term")
        page.get_by_label("From").select_option("2026-10-22")
        page.get_by_label("To", exact=True).select_option("2026-11-22")
        page.get_by_role("button", name="Compare").click()
        assert page.url.endswith("?one=2026-10-22&other=2026-11-22&range=medium_term")
        assert page.get_by_role("heading", name="Newcomers 1").is_visible()
    finally:
        quiet.close()
