"""The way from every page to every other one, at each width and without scripts."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.stage import Stage
from tests.web.test_pages import _violations, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PAGES = {
    "Home": "/",
    "Analytics": "/analytics",
    "Time machine": "/on",
    "Years": "/years",
    "Snapshots": "/snapshots",
    "Imports": "/imports",
    "Settings": "/settings",
}
IN_MORE = ("Snapshots", "Imports", "Settings")
FROM = (*PAGES.values(), "/search?q=a", "/on/2024-03-31", "/snapshots/compare", "/years/2020")


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


def entry(page: "Page", words: str) -> "Locator":
    return page.get_by_role("navigation", name="Pages").get_by_role("link", name=words, exact=True)


def more(page: "Page") -> "Locator":
    return page.get_by_role("navigation", name="Pages").get_by_role("button", name="More")


def test_every_page_leads_to_every_other_one(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    for path in FROM:
        page = visitor.get(path).text
        nav = page[page.index('aria-label="Pages"') :].partition("</nav>")[0]
        assert re.findall(r'<a href="([^"]+)"', nav) == list(PAGES.values()), path


@pytest.mark.parametrize("width", [768, 1080, 1600])
def test_the_rail_shows_all_of_them_at_once(stage: Stage, page: "Page", width: int) -> None:
    sign_in(stage, page)
    page.set_viewport_size({"width": width, "height": 900})
    for words, path in PAGES.items():
        page.goto(stage.url + path)
        marked = page.locator(".nav [aria-current]:visible")
        assert marked.all_inner_texts() == [words], path
    assert not more(page).is_visible()
    tops = [entry(page, words).bounding_box()["y"] for words in PAGES]  # type: ignore[index]
    assert tops == sorted(tops)


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_phone_opens_the_rest_of_them(
    stage: Stage, browser: "Browser", has_scripts: bool
) -> None:
    context = browser.new_context(
        java_script_enabled=has_scripts, viewport={"width": 375, "height": 800}, has_touch=True
    )
    page = context.new_page()
    sign_in(stage, page)
    for words in IN_MORE:
        page.goto(f"{stage.url}/on")
        assert not entry(page, words).is_visible()
        more(page).click()
        entry(page, words).click()
        page.wait_for_url(stage.url + PAGES[words])
    context.close()


def test_the_bar_says_where_one_is_also_when_that_is_in_more(stage: Stage, page: "Page") -> None:
    sign_in(stage, page)
    page.set_viewport_size({"width": 375, "height": 800})
    for words, path in PAGES.items():
        page.goto(stage.url + path)
        marked = page.locator(".nav [aria-current]:visible").all_inner_texts()
        assert marked == ["More" if words in IN_MORE else words], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_opened_rest_is_large_enough_to_touch_and_shuts_nobody_out(
    stage: Stage, page: "Page", scheme: str
) -> None:
    sign_in(stage, page)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{stage.url}/snapshots")
    more(page).focus()
    page.keyboard.press("Enter")
    for words in PAGES:
        box = entry(page, words).bounding_box()
        assert box is not None
        assert box["height"] >= 44, words
        assert box["width"] >= 44, words
        assert box["x"] + box["width"] <= 375, words
    assert _violations(page) == []
    page.keyboard.press("Escape")
    assert not entry(page, "Settings").is_visible()
    assert more(page).evaluate("button => button === document.activeElement")
