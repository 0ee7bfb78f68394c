"""The coverage strip on its two pages: its words, and a walk through it by keyboard and pointer."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from music_time_machine import accounts
from music_time_machine.insights.coverage import Why
from music_time_machine.models import Account
from music_time_machine.plays import Source
from tests.insights.test_coverage import follow, keep, lose, play
from tests.stage import Stage, Visitor, text_of
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page


def fill(stage: Stage, account: Account) -> None:
    """Five months of exports, then nine fetched live, with a gap in the last one."""
    now = stage.clock.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    exported = [datetime(2025, number, 15, 12, tzinfo=UTC) for number in range(8, 13)]
    live = [datetime(2026, number, 15, 12, tzinfo=UTC) for number in (*range(1, 9), 11)]
    keep(stage.db, account, [play(at) for at in exported])
    keep(stage.db, account, [play(at, Source.RECENTLY_PLAYED) for at in live])
    lose(stage.db, account, now - timedelta(days=3), now - timedelta(days=2), Why.OVERFLOW)
    follow(stage.db, account, now)


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    """Alice, signed in, with holes."""
    visitor = stage.visitor()
    visitor.sign_in()
    fill(stage, accounts.everyone(stage.db, stage.settings)[0])
    return visitor


def test_imports_shows_every_month_and_what_would_fill_each_hole(visitor: Visitor) -> None:
    page = text_of(visitor.get("/imports").text)
    assert "August 2025: 1 play from exports." in page
    assert "November 2026: 1 play fetched live. A hole is likely." in page
    assert "September 2026: nothing is known. Perhaps a hole." in page
    assert "Your account data fills November 2026." in page
    assert "account's privacy page at Spotify" in page


def test_home_counts_the_likely_holes_and_leads_to_them(visitor: Visitor) -> None:
    page = visitor.get("/").text
    assert "1 likely hole" in text_of(page)
    assert 'href="/imports#coverage"' in page
    assert 'id="coverage"' in visitor.get("/imports").text


def test_an_empty_archive_says_so_in_one_sentence(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    page = visitor.get("/imports").text
    assert "each month stands here with where it came from" in text_of(page)
    assert "data-strip" not in page
    assert "data-strip" not in visitor.get("/").text


@pytest.fixture
def walked(stage: Stage, page: "Page") -> "Page":
    """Alice in a browser, on the page of imports."""
    sign_in(stage, page)
    fill(stage, accounts.everyone(stage.db, stage.settings)[0])
    page.goto(f"{stage.url}/imports")
    return page


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_strip_is_one_stop_of_the_keyboard_and_the_arrows_go_from_month_to_month(
    walked: "Page",
) -> None:
    strip = walked.locator("table[data-strip]")
    assert strip.locator("td[tabindex='0']").count() == 1
    strip.locator("td[tabindex='0']").focus()
    for key, said in (
        ("End", "November 2026"),
        ("ArrowLeft", "October 2026"),
        ("ArrowUp", "October 2025"),
        ("ArrowRight", "November 2025"),
        ("ArrowDown", "November 2026"),
        ("ArrowDown", "November 2026"),
        ("Home", "August 2025"),
        ("ArrowLeft", "August 2025"),
    ):
        walked.keyboard.press(key)
        here = strip.locator("td:focus .strip-words")
        assert here.inner_text().startswith(said), key
        box = here.bounding_box()
        assert box is not None
        assert box["width"] > 100
    assert strip.locator("td[tabindex='0']").count() == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_words_of_the_month_pointed_at_are_seen_below_the_strip(
    walked: "Page", width: int
) -> None:
    walked.set_viewport_size({"width": width, "height": 900})
    strip = walked.locator("table[data-strip]")
    words = strip.locator("td[tabindex] .strip-words")
    hint = walked.locator(".strip-hint")
    assert hint.is_visible()
    strip.locator("td[tabindex]").nth(2).hover()
    below, table = words.nth(2).bounding_box(), strip.bounding_box()
    assert below is not None
    assert table is not None
    assert below["y"] >= table["y"] + table["height"]
    assert below["width"] > 200
    assert not hint.is_visible()
