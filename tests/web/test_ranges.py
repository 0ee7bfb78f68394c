"""Stretches of time changed in place: the address, the way back, the focus, the newest click."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.gallery import Gallery, open_gallery

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

THREE_MONTHS = re.compile(r"/gallery\?range=3m$")
SHOWN = "words => document.querySelector('#shown')?.textContent === words"


@pytest.fixture(scope="module")
def gallery(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """A page whose region can change in place."""
    with open_gallery(migrated_sqlite, tmp_path_factory.mktemp("gallery")) as opened:
        yield opened


@pytest.fixture
def here(gallery: Gallery, page: "Page") -> "Page":
    """The page, with a mark that no visit to another page outlives."""
    page.goto(gallery.url)
    page.locator("#plays-a-month[data-drawn]").wait_for()
    page.evaluate("window.isSamePage = true")
    return page


def press(page: "Page", words: str) -> None:
    page.get_by_role("link", name=words, exact=True).click()


def wait_until_shown(page: "Page", words: str) -> None:
    page.wait_for_function(SHOWN, arg=words)
    page.wait_for_function("() => !document.querySelector('[data-in-place][aria-busy]')")


def is_same_page(page: "Page") -> bool:
    return bool(page.evaluate("window.isSamePage === true"))


def hold(page: "Page", url: re.Pattern[str]) -> "list[Route]":
    """Keeps back every request for an address; they are in the list."""
    held: list[Route] = []

    def keep(route: "Route") -> None:
        held.append(route)

    page.route(url, keep)
    return held


def test_a_stretch_of_time_changes_in_place_and_back_and_forward_lead_through_them(
    here: "Page", gallery: Gallery
) -> None:
    for words, key in (("3 months", "3m"), ("6 months", "6m")):
        press(here, words)
        wait_until_shown(here, key)
        assert here.url == f"{gallery.url}?range={key}"
        assert here.title().startswith(f"Gallery of {key}")
        assert here.locator("[aria-current=true]").get_attribute("data-range") == key
    here.go_back()
    wait_until_shown(here, "3m")
    here.go_back()
    wait_until_shown(here, "everything")
    here.go_forward()
    wait_until_shown(here, "3m")
    assert here.url == f"{gallery.url}?range=3m"
    assert is_same_page(here)


def test_what_has_just_come_behaves_like_what_was_there_before(here: "Page") -> None:
    press(here, "3 months")
    wait_until_shown(here, "3m")
    here.locator("#plays-a-month[data-drawn]").wait_for()
    assert here.locator("[data-figure=plays-a-month] button").count() == 1
    assert here.locator("[data-figure=plays-a-month] .downloads a").get_attribute("href") == (
        "?range=3m&csv=plays_a_month"
    )
    assert here.locator("#week td[tabindex='0']").count() == 1
    press(here, "6 months")
    wait_until_shown(here, "6m")
    here.locator("#plays-a-month[data-drawn]").wait_for()


def test_the_same_stretch_twice_is_one_step_of_the_way_back(here: "Page") -> None:
    press(here, "3 months")
    wait_until_shown(here, "3m")
    steps = here.evaluate("history.length")
    with here.expect_response(re.compile("range=3m")):
        press(here, "3 months")
    wait_until_shown(here, "3m")
    assert here.evaluate("history.length") == steps


def test_two_dates_change_in_place_too(here: "Page", gallery: Gallery) -> None:
    here.get_by_label("From", exact=True).fill("2025-02-03")
    here.get_by_label("To", exact=True).fill("2025-03-04")
    here.get_by_role("button", name="Show").press("Enter")
    wait_until_shown(here, "2025-02-03")
    assert here.url == f"{gallery.url}?from=2025-02-03&to=2025-03-04"
    assert here.get_by_label("From", exact=True).input_value() == "2025-02-03"
    assert here.get_by_role("button", name="Show").evaluate("it => it === document.activeElement")
    assert is_same_page(here)


def test_focus_scroll_and_opened_tables_stay_and_what_is_shown_is_read_out(here: "Page") -> None:
    here.set_viewport_size({"width": 1280, "height": 420})
    here.locator("[data-figure=plays-a-month] summary").click()
    here.evaluate("scrollTo(0, 150)")
    link = here.get_by_role("link", name="3 months", exact=True)
    link.focus()
    before = here.evaluate("scrollY")
    link.press("Enter")
    wait_until_shown(here, "3m")
    assert here.evaluate("document.activeElement.dataset.range") == "3m"
    assert here.evaluate("scrollY") == before
    assert here.locator("[data-figure=plays-a-month] details").evaluate("it => it.open")
    here.get_by_text("Shown: 3 months").wait_for(state="attached")


def test_while_it_loads_every_card_keeps_its_height(here: "Page") -> None:
    heights = "[...document.querySelectorAll('.card')].map((card) => card.offsetHeight)"
    held = hold(here, THREE_MONTHS)
    before = here.evaluate(heights)
    with here.expect_request(THREE_MONTHS):
        press(here, "3 months")
    here.locator("[data-in-place][aria-busy=true]").wait_for()
    assert here.evaluate(heights) == before
    held.pop().continue_()
    wait_until_shown(here, "3m")
    assert here.evaluate(heights) == before


def test_the_newest_click_wins(here: "Page", gallery: Gallery) -> None:
    hold(here, THREE_MONTHS)
    with here.expect_request(THREE_MONTHS):
        press(here, "3 months")
    with here.expect_event("requestfailed") as ended:
        press(here, "6 months")
    assert THREE_MONTHS.search(ended.value.url)
    wait_until_shown(here, "6m")
    assert here.url == f"{gallery.url}?range=6m"
    here.go_back()
    wait_until_shown(here, "everything")
    assert is_same_page(here)


def test_what_goes_wrong_becomes_a_plain_visit(here: "Page", console_errors: list[str]) -> None:
    press(here, "Gone")
    here.wait_for_url("**/gone")
    assert here.get_by_text("No.", exact=True).is_visible()
    console_errors.clear()


def test_a_click_that_wants_another_tab_gets_it(here: "Page") -> None:
    link = here.get_by_role("link", name="3 months", exact=True)
    with here.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    opened.value.locator("#shown", has_text="3m").wait_for()
    assert here.locator("#shown").text_content() == "everything"


def test_a_step_within_the_page_asks_for_nothing(here: "Page") -> None:
    asked: list[str] = []
    here.on("request", lambda request: asked.append(request.url))
    here.evaluate("location.hash = 'content'")
    here.go_back()
    here.wait_for_function("() => location.hash === ''")
    press(here, "3 months")
    wait_until_shown(here, "3m")
    assert [url.rpartition("/")[2] for url in asked if "gallery" in url] == ["gallery?range=3m"]
    assert is_same_page(here)
