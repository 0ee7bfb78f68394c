"""The pages of artists, albums and tracks, and the search, by HTTP and in a real browser."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from music_time_machine import accounts, search
from music_time_machine.plays import Kind, Play, Source
from tests.insights.library import (
    NOW,
    Song,
    album_id,
    artist_id,
    hear,
    list_songs,
    told_by,
    track_id,
)
from tests.stage import ALICE, BOB, Stage, Visitor, text_of
from tests.web.test_pages import WIDTHS, _violations, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen und " * 6
SKY = Song("Copper Sky", id="sky")
SINGLE = Song("Copper Sky - Single Version", album="Copper Sky (Single)", id="single")
OTHERS = [Song(f"Song number {n}", album=f"Album {n % 4}") for n in range(14)]
LONGEST = Song(LONG.strip(), artist=LONG.strip(), album=LONG.strip())
BARE = Song("No album, no artist", artist=None, album=None)
EPISODE = Song("Copper, a history", artist="Tapes and Tea", album=None, kind=Kind.EPISODE)
SECRET = Song("Canary", artist="Canary Bird", album="Yellow")


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    """Alice, with a library; Bob is here too, with one song of his own."""
    bob = stage.visitor()
    bob.sign_in(BOB)
    alice = stage.visitor()
    alice.sign_in(ALICE)
    fill(stage)
    return alice


def fill(stage: Stage) -> None:
    everyone = accounts.everyone(stage.db, stage.settings)
    alice = next(account for account in everyone if account.name.startswith("Maren"))
    hear(stage.db, alice, _plays())
    hear(stage.db, alice, [told_by(Source.LASTFM, play) for play in _plays()[:30]])
    for n in range(40):
        list_songs(
            stage.db,
            alice,
            date(2026, 8, 1) + timedelta(days=2 * n),
            {"short_term": [SINGLE] * (n % 5 != 4) + [SKY], "long_term": [SKY]}
            if n % 7
            else {"medium_term": [SINGLE]},
            {"short_term": [f"Artist {m}" for m in range(n % 9)] + ["Mirelle"]},
        )
    for account in everyone:
        if account.id != alice.id:
            hear(stage.db, account, [SECRET.play(NOW)])
    search.catch_up(stage.db, 1_000_000)


def _plays() -> list[Play]:
    start = NOW - timedelta(days=900)
    songs = [SKY, SKY, SINGLE, *OTHERS, LONGEST, BARE, EPISODE]
    return [
        songs[(n * n + n // 7) % len(songs)].play(
            start + timedelta(hours=30 * n), ms=15_000 if n % 11 == 0 else 200_000
        )
        for n in range(700)
    ]


def addresses(stage: Stage) -> Iterator[str]:
    """A page of every kind."""
    db = stage.db
    for name in ("Mirelle", "Tapes and Tea", LONGEST.artist):
        yield f"/artists/{artist_id(db, name or '')}"
    for name in ("Copper Sky", LONGEST.album):
        yield f"/albums/{album_id(db, name or '')}"
    for song in (SKY, LONGEST, BARE, EPISODE):
        yield f"/tracks/{track_id(db, song)}"
    yield "/search"
    yield "/search?q=copper"
    yield "/search?q=nothing+like+it"


def test_every_page_says_what_it_is_of_and_links_on(stage: Stage, visitor: Visitor) -> None:
    for address in addresses(stage):
        assert visitor.get(address).status_code == 200, address
    page = visitor.get(f"/artists/{artist_id(stage.db, 'Mirelle')}")
    words = text_of(page.text)
    assert "First played on" in words
    assert "Last.fm" in words
    assert "also told of" in words
    assert "shorter ones" in words
    assert f'href="/tracks/{track_id(stage.db, SKY)}"' in page.text
    track = text_of(visitor.get(f"/tracks/{track_id(stage.db, SKY)}").text)
    assert "The same recording" in track
    assert "Last four weeks Best place: 1" in track


def test_a_search_without_scripts_is_a_plain_form(visitor: Visitor) -> None:
    assert "Type a few letters" in text_of(visitor.get("/search").text)
    words = text_of(visitor.get("/search?q=COPPER").text)
    assert "Copper Sky" in words
    assert "Episodes and chapters" in words
    assert "Nothing by that name" in text_of(visitor.get("/search?q=qqqq").text)


@pytest.mark.parametrize(
    "query", ["", "%00", "%22", "*", "'", "%F0%9F%94%A5", "%ff%fe", "a" * 200, "%E5%A4%9C", "<b>"]
)
def test_no_query_breaks_the_page(visitor: Visitor, query: str) -> None:
    for path in ("/search", "/search/results", "/search/results?few=yes"):
        answer = visitor.get(f"{path}{'&' if '?' in path else '?'}q={query}")
        assert answer.status_code == 200
        assert "<b>" not in answer.text


def test_bobs_canary_is_on_no_page_of_alices(stage: Stage, visitor: Visitor) -> None:
    for path in ("/search?q=canary", "/search/results?q=canary", "/search/results?q=can&few=yes"):
        assert "Canary" not in text_of(visitor.get(path).text).replace("canary", "")
    for path in (
        f"/artists/{artist_id(stage.db, 'Canary Bird')}",
        f"/albums/{album_id(stage.db, 'Yellow')}",
        f"/tracks/{track_id(stage.db, SECRET)}",
        "/tracks/999999999999",
    ):
        assert visitor.get(path).status_code == 404


def test_a_stranger_is_asked_to_sign_in(stage: Stage) -> None:
    visitor = stage.visitor()
    for path in ("/search", "/search/results", "/artists/1", "/albums/1", "/tracks/1"):
        assert "Please connect" in text_of(visitor.get(path).text)


@pytest.fixture
def filled(stage: Stage, page: "Page") -> "Page":
    sign_in(stage, page)
    fill(stage)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_and_shut_nobody_out(stage: Stage, filled: "Page", scheme: str) -> None:
    filled.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for address in addresses(stage):
        for width in WIDTHS:
            filled.set_viewport_size({"width": width, "height": 900})
            filled.goto(stage.url + address)
            wide = filled.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{address} is {wide} wide at {width}"
        assert _violations(filled) == [], address


def test_the_first_place_stands_at_the_top_of_its_chart(stage: Stage, filled: "Page") -> None:
    filled.goto(f"{stage.url}/artists/{artist_id(stage.db, 'Mirelle')}")
    canvas = filled.locator("#ranks-short_term")
    canvas.scroll_into_view_if_needed()
    filled.wait_for_function("() => globalThis.Chart?.getChart('ranks-short_term')")
    first, ninth = canvas.evaluate(
        """(canvas) => {
          const { y } = Chart.getChart(canvas).scales;
          return [y.getPixelForValue(1), y.getPixelForValue(9)];
        }"""
    )
    assert first < ninth
    assert filled.locator("#months").count() == 1


def ready(page: "Page", address: str) -> None:
    """Go there and wait until the search listens."""
    page.goto(address)
    page.locator("search [role=status]").wait_for(state="attached")


def test_a_search_answers_while_one_types(stage: Stage, filled: "Page") -> None:
    ready(filled, f"{stage.url}/analytics")
    filled.keyboard.press("/")
    filled.keyboard.type("copper s")
    popup = filled.locator("[data-search-results]")
    popup.get_by_role("link", name=re.compile("^Copper Sky")).first.wait_for()
    assert _violations(filled) == []
    assert filled.get_by_role("status").filter(has_text="results").count() == 1
    filled.keyboard.press("ArrowDown")
    assert filled.evaluate("() => document.activeElement.matches('.found-line')")
    filled.keyboard.press("ArrowUp")
    assert filled.evaluate("() => document.activeElement.name") == "q"
    filled.keyboard.press("Escape")
    assert not popup.is_visible()
    filled.keyboard.press("ArrowDown")
    filled.keyboard.press("Enter")
    filled.wait_for_url(re.compile(r"/(artists|albums|tracks)/\d+"))


def test_enter_in_the_field_shows_all_results(stage: Stage, filled: "Page") -> None:
    ready(filled, f"{stage.url}/imports")
    filled.keyboard.press("/")
    filled.keyboard.type("song")
    filled.keyboard.press("Enter")
    filled.wait_for_url(f"{stage.url}/search?q=song")
    filled.get_by_role("searchbox").fill("episode number")
    filled.get_by_text("Nothing by that name").wait_for()
    filled.keyboard.press("Escape")
    filled.get_by_role("searchbox").fill("copper history")
    filled.get_by_role("link", name=re.compile("^Copper, a history")).wait_for()


def test_on_a_narrow_screen_the_slash_leads_to_the_search_page(
    stage: Stage, filled: "Page"
) -> None:
    filled.set_viewport_size({"width": 768, "height": 900})
    ready(filled, f"{stage.url}/analytics")
    assert filled.get_by_role("link", name="Search your archive").is_visible()
    filled.keyboard.press("/")
    filled.wait_for_url(f"{stage.url}/search")
    assert filled.evaluate("() => document.activeElement.name") == "q"
