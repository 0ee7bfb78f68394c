"""The pages in a real browser: nothing blocked, nothing sideways, usable by keyboard and by ear."""

from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from music_time_machine import accounts, imports, snapshots
from tests.formats.samples import extended_row, extended_zip
from tests.stage import ALICE, WORLD_NOW, Stage

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
PAGES = [
    *("/", "/analytics?range=all", "/imports", "/imports/1", "/settings", "/search?q=a"),
    *("/on", "/on/2026-10-01", "/snapshots", "/snapshots/compare", "/years", "/years/2026"),
]
WIDTHS = [375, 768, 1280]
SHORT, LONG = "Paper Lanterns", "Donaudampfschifffahrtsgesellschaft " * 5


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


@cache  # the same file each time, although the clock goes on
def export() -> bytes:
    """A year of plays, with titles short and long, up to an hour ago."""
    rows = [
        extended_row(
            f"{datetime.now(UTC) - timedelta(hours=1 + 5 * n):%Y-%m-%dT%H:%M:%SZ}",
            track=SHORT if n % 3 else LONG,
            artist=f"Artist {n % 9}" if n % 4 else LONG,
            uri=f"spotify:track:{n % 60:022d}",
        )
        for n in range(1500)
    ]
    return extended_zip({"Streaming_History_Audio_2025_0.json": rows})


def sign_in(stage: Stage, page: "Page") -> None:
    page.goto(f"{stage.url}/login?listener={ALICE}")
    page.get_by_role("button", name="Agree").click()
    page.wait_for_url(f"{stage.url}/")


def fill(stage: Stage) -> None:
    """Two snapshots and an import."""
    account = accounts.everyone(stage.db, stage.settings)[0]
    for days in (30, 0):
        with accounts.spotify_client(stage.db, account, stage.settings, stage.clock) as client:
            snapshots.take(stage.db, account, client, WORLD_NOW - timedelta(days=days))
    content = export()
    files = [("my_data.zip", BytesIO(content))]
    imports.receive(stage.db, account, files, len(content), stage.clock())
    stage.do_jobs()


@pytest.fixture
def filled(stage: Stage, page: "Page") -> "Page":
    sign_in(stage, page)
    fill(stage)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_or_is_blocked(stage: Stage, filled: "Page", scheme: str) -> None:
    filled.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for width in WIDTHS:
        filled.set_viewport_size({"width": width, "height": 900})
        for path in PAGES:
            filled.goto(stage.url + path)
            wide = filled.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} wide at {width}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out(stage: Stage, filled: "Page", scheme: str) -> None:
    filled.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in PAGES:
        filled.goto(stage.url + path)
        assert _violations(filled) == [], path


def test_the_start_page_shuts_nobody_out(
    stage: Stage, page: "Page", console_errors: list[str]
) -> None:
    for path in ("/", "/nowhere"):
        page.goto(stage.url + path)
        assert _violations(page) == [], path
    console_errors.clear()  # Chromium reports the 404 that was asked for


def _violations(page: "Page") -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


def test_every_chart_is_drawn_and_has_its_numbers_beside_it(stage: Stage, filled: "Page") -> None:
    filled.goto(f"{stage.url}/analytics?range=all")
    charts = filled.locator("canvas[data-chart]")
    assert charts.count() >= 12
    for index in range(charts.count()):
        canvas = charts.nth(index)
        canvas.scroll_into_view_if_needed()
        filled.wait_for_function(
            """(index) => {
              const canvas = document.querySelectorAll("canvas[data-chart]")[index];
              const { width, height } = canvas;
              const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
              return pixels.some((value) => value > 0);
            }""",
            arg=index,
        )
    tables = filled.locator("details.numbers")
    assert tables.count() == charts.count()
    tables.first.locator("summary").click()
    assert tables.first.get_by_role("row").count() > 10


def test_the_way_through_by_keyboard_alone(stage: Stage, page: "Page") -> None:
    sign_in(stage, page)
    page.goto(f"{stage.url}/")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent.trim()") == (
        "Skip to the content"
    )
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="Snapshot taken").wait_for()


def test_without_javascript_everything_is_there(stage: Stage, page: "Page") -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    sign_in(stage, plain)
    fill(stage)
    plain.goto(f"{stage.url}/analytics?range=all")
    figures = plain.locator("canvas[data-chart], table[data-heat]").count()
    assert plain.get_by_role("table").count() == figures >= 12
    plain.goto(f"{stage.url}/imports")
    plain.set_input_files(
        "input[type=file]", {"name": "b.zip", "mimeType": "application/zip", "buffer": export()}
    )
    plain.get_by_role("button", name="Upload").click()
    plain.wait_for_url(f"{stage.url}/imports/2")
    stage.do_jobs()
    plain.get_by_role("heading", name="Nothing new in it.").wait_for(timeout=30_000)
    context.close()


def test_the_browser_tells_its_time_zone_once(stage: Stage, page: "Page") -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(timezone_id="Asia/Tokyo")
    away = context.new_page()
    with away.expect_response("**/settings/preferences"):
        sign_in(stage, away)
    account = accounts.everyone(stage.db, stage.settings)[0]
    assert account.zone.key == "Asia/Tokyo"
    away.goto(f"{stage.url}/imports")
    assert away.locator("form[data-time-zone]").count() == 0
    context.close()
