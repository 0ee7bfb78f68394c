"""Analytics: what its page says of ties and days, and what a browser shows, says and keeps."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from music_time_machine import accounts
from tests.columns.histories import Heard, keep
from tests.insights.shelf import take
from tests.stage import WORLD_NOW, Stage, Visitor, text_of
from tests.web.test_pages import _violations, fill, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATHS = ["/analytics?range=all", "/artists/1", "/albums/1", "/tracks/1", "/imports", "/settings"]
EVENING = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
# Notes the words that are written on any canvas.
WRITTEN = """(() => {
  window.written = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (words, ...place) {
    window.written.push(words);
    return write.call(this, words, ...place);
  };
})()"""


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    """Alice, signed in, before anything was heard."""
    stage.clock.now = WORLD_NOW
    visitor = stage.visitor()
    visitor.sign_in()
    return visitor


@pytest.fixture
def filled(stage: Stage, page: "Page") -> "Page":
    sign_in(stage, page)
    fill(stage)
    return page


def words(visitor: Visitor, path: str = "/analytics") -> str:
    return " ".join(text_of(visitor.get(path).text).split())


def hear(stage: Stage, *heard: Heard) -> None:
    keep(stage.db, accounts.everyone(stage.db, stage.settings)[0], list(heard))


def test_the_longest_session_is_named_by_its_day_and_the_time_it_began(
    stage: Stage, visitor: Visitor
) -> None:
    hear(stage, *(Heard(EVENING + 4 * n * MINUTE, n) for n in range(1, 4)))
    page = words(visitor)
    assert "3 plays on 20 November 2026, from 20:" in page
    assert "20 Nov 2026, 20:" not in page


def test_a_session_that_began_before_the_day_of_its_first_stamp_says_so(
    stage: Stage, visitor: Visitor
) -> None:
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    hear(stage, Heard(midnight + MINUTE, ms=180_000), Heard(midnight + 5 * MINUTE, 2))
    assert "on 20 November 2026, from 23:58 the evening before on." in words(visitor)


def test_a_record_with_equals_says_how_many_there_are(stage: Stage, visitor: Visitor) -> None:
    hear(stage, *(Heard(EVENING - 2 * n * DAY) for n in range(3)))
    page = words(visitor)
    assert "2 other streaks are as long." in page
    assert "2 other days have as many plays." in page
    assert "2 other sessions are as long." in page


def test_a_record_that_stands_alone_names_no_others(stage: Stage, visitor: Visitor) -> None:
    hear(stage, *(Heard(EVENING - n * DAY, n + 1) for n in (0, 1, 5)), Heard(EVENING - MINUTE, 2))
    page = words(visitor)
    assert "is as long." not in page
    assert "as many plays." not in page


def test_one_play_is_told_in_the_singular(stage: Stage, visitor: Visitor) -> None:
    hear(stage, Heard(EVENING, ms=180_000))
    page = words(visitor)
    assert "play 1 minutes of listening 3 track 1 artist 1 day with music 1" in page
    assert "Half of the time" not in page


def test_plays_without_snapshots_and_snapshots_without_plays_leave_no_row_of_empty_cards(
    stage: Stage, visitor: Visitor
) -> None:
    account = accounts.everyone(stage.db, stage.settings)[0]
    take(stage.db, account, EVENING.date(), ["Copper Sky"], ["Mirelle"])
    page = words(visitor)
    assert "No plays in this stretch of time" in page
    assert page.count("No chart yet") <= 3
    hear(stage, Heard(EVENING - 60 * DAY))
    page = words(visitor, "/analytics?from=2026-09-01&to=2026-10-01")
    assert "No snapshot in this stretch of time" in page


def test_by_plays_and_by_time_are_plain_links_to_the_lists(visitor: Visitor, stage: Stage) -> None:
    hear(stage, Heard(EVENING))
    page = visitor.get("/analytics?range=30d").text
    links = re.findall(r'<a href="([^"]+#tops)"([^>]*)>', page)
    assert [href for href, _ in links] == [
        "/analytics?range=30d#tops",
        "/analytics?by=time&amp;range=30d#tops",
    ]
    assert not any("data-range" in more for _, more in links)
    assert visitor.get("/analytics?by=time&range=30d").ok
    assert 'id="tops"' in page


def test_a_picture_carries_its_title_its_caption_and_its_stretch_and_is_called_after_them(
    stage: Stage, filled: "Page", tmp_path: Path
) -> None:
    filled.add_init_script(WRITTEN)
    filled.goto(f"{stage.url}/analytics?from=2026-10-01&to=2026-10-31")
    with filled.expect_download() as download:
        filled.locator("[data-figure=plays]").get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "analytics-plays-2026-10-01-2026-10-31.png"
    download.value.save_as(tmp_path / "kept.png")
    written = filled.evaluate("window.written")
    assert "Plays" in written
    assert "The plays that count, each day in" in " ".join(written)
    assert "1 October 2026 to 31 October 2026" in written
    filled.goto(f"{stage.url}/analytics?range=all")
    with filled.expect_download() as download:
        filled.locator("[data-figure=week]").get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "analytics-week-all.png"


def test_another_stretch_is_read_out_with_its_dates(stage: Stage, filled: "Page") -> None:
    filled.goto(f"{stage.url}/analytics?range=all")
    with filled.expect_response(re.compile("range=7d")):
        filled.get_by_role("link", name="7 days", exact=True).click()
    status = filled.get_by_role("status").last
    status.filter(has_text="Shown").wait_for()
    today = stage.clock().date()
    first = today - 6 * DAY
    said = f"Shown: {first.day} {first:%B %Y} to {today.day} {today:%B %Y}"
    assert status.inner_text() == said


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out_on_a_phone(stage: Stage, filled: "Page", scheme: str) -> None:
    filled.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    filled.set_viewport_size({"width": 375, "height": 800})
    for path in PATHS:
        filled.goto(stage.url + path)
        assert filled.evaluate("document.documentElement.scrollWidth") <= 375, path
        assert _violations(filled) == [], path


def test_a_calendar_on_a_phone_fades_to_its_older_end_until_it_is_scrolled_there(
    stage: Stage, filled: "Page"
) -> None:
    filled.set_viewport_size({"width": 375, "height": 800})
    filled.goto(f"{stage.url}/analytics?from=2026-01-01&to=2026-11-22")
    frame = filled.get_by_role("region", name="scrolls sideways")
    frame.scroll_into_view_if_needed()
    filled.locator("[data-heat-body][data-seen] #calendar").wait_for()
    fade = "(it) => getComputedStyle(it).getPropertyValue('--fade')"
    assert frame.evaluate("it => it.scrollLeft") > 100
    assert frame.evaluate("it => getComputedStyle(it).maskImage").startswith("linear-gradient")
    assert frame.evaluate(fade) == "40px"
    frame.focus()
    filled.keyboard.press("ArrowLeft")
    frame.evaluate("it => (it.scrollLeft = 0)")
    filled.wait_for_function(f"it => ({fade})(it) === '0px'", arg=frame.element_handle())


def test_no_chapter_ends_with_a_card_beside_a_hole(stage: Stage, filled: "Page") -> None:
    filled.set_viewport_size({"width": 1280, "height": 900})
    filled.goto(f"{stage.url}/analytics?range=all")
    holes = filled.evaluate(
        """() => [...document.querySelectorAll(".shelf")].filter((shelf) => {
          const last = shelf.lastElementChild.getBoundingClientRect();
          return Math.abs(last.right - shelf.getBoundingClientRect().right) > 1;
        }).map((shelf) => shelf.lastElementChild.querySelector("h2").textContent)"""
    )
    assert holes == []
