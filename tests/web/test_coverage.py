"""The coverage strip on its two pages: its words, and a walk through it by keyboard and pointer."""

import re
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
    from playwright.sync_api import Browser, Page


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
    assert strip.locator("[tabindex='0']").count() == 1
    strip.locator("[tabindex='0']").focus()
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
        here = strip.locator("td:focus-within .strip-words")
        assert here.inner_text().startswith(said), key
        box = here.bounding_box()
        assert box is not None
        assert box["width"] > 100
    assert strip.locator("[tabindex='0']").count() == 1
    assert strip.locator("a[href]:not([tabindex='-1'])").count() <= 1
    walked.keyboard.press("Enter")
    walked.wait_for_url("**/analytics?from=2025-08-01&to=2025-08-31")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_month_is_followed_by_a_click_and_on_a_phone_by_its_words(
    walked: "Page", stage: Stage, browser: "Browser"
) -> None:
    walked.locator(".strip a", has_text="November 2026").locator(".strip-cell").click()
    walked.wait_for_url("**/analytics?from=2026-11-01&to=2026-11-30")
    state = walked.context.storage_state()
    with browser.new_context(
        storage_state=state, has_touch=True, is_mobile=True, viewport={"width": 375, "height": 800}
    ) as phone:
        page = phone.new_page()
        page.goto(f"{stage.url}/imports")
        month = page.locator(".strip td", has_text="December 2025")
        month.scroll_into_view_if_needed()
        box = month.bounding_box()
        assert box is not None
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        said = month.locator(".strip-words").bounding_box()
        assert said is not None
        assert said["height"] >= 44
        assert page.url.endswith("/imports")
        month.locator(".strip-words").tap()
        page.wait_for_url("**/analytics?from=2025-12-01&to=2025-12-31")


def test_each_month_with_plays_leads_to_them_and_no_other_does(visitor: Visitor) -> None:
    page = visitor.get("/imports").text
    found = re.findall(r'href="/analytics\?from=([0-9-]+)&amp;to=([0-9-]+)"', page)
    assert len(found) == 14
    assert found[0] == ("2025-08-01", "2025-08-31")
    assert ("2026-02-01", "2026-02-28") in found
    assert "2026-09-01" not in {first for first, _ in found}
    data = visitor.get(
        "/analytics?from=2026-02-01&to=2026-02-28", headers={"Accept": "application/json"}
    ).json()
    assert (data["start"], data["end"], data["totals"]["plays"]["now"]) == (
        "2026-02-01",
        "2026-02-28",
        1,
    )


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
