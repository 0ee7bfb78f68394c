"""Figures: drawn when near, read by keyboard, kept as CSV and PNG, whole without scripts."""

import re
import struct
from base64 import b64encode
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

import music_time_machine
from music_time_machine.preferences import COLOURS
from tests.stage import Stage, text_of
from tests.web.gallery import PLAYS, Gallery, open_gallery, week

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CSS = Path(music_time_machine.__file__).parent / "static" / "css"
AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
SCHEMES = ["light", "dark"]
PALETTE = re.compile(r'\[data-colours="([a-z]+)"\] \{([^}]+)\}')
COLOUR = re.compile(r"--(chart-[a-z]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
SHEET = {"light": "#fffdf9", "dark": "#1f1a16"}
# How the three kinds of colour blindness see linear light (Machado, Oliveira, Fernandes 2009).
EYES = {
    "all cones": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                 (-0.01182, 0.04294, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                (0.004733, 0.691367, 0.3039)),
}  # fmt: skip

Colours = dict[str, str]


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


@pytest.fixture(scope="module")
def _gallery(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    with open_gallery(migrated_sqlite, tmp_path_factory.mktemp("gallery")) as opened:
        yield opened


@pytest.fixture
def gallery(_gallery: Gallery) -> Gallery:
    """Every kind of figure on one page."""
    _gallery.theme = _gallery.colours = None
    return _gallery


def palettes() -> Iterator[tuple[str, str, Colours]]:
    """Each choice in each scheme: its colours by what they are for."""
    text = "".join((CSS / name).read_text("utf-8") for name in ("tokens.css", "colours.css"))
    for name, body in PALETTE.findall(text):
        told = COLOUR.findall(body)
        if told:
            yield name, "light", {each: light for each, light, _dark in told}
            yield name, "dark", {each: dark for each, _light, dark in told}


def light_of(colour: str, eye: str = "all cones") -> float:
    """The luminance of a colour like #a1b2c3, as such an eye sees it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    red, green, blue = (
        min(1.0, max(0.0, sum(f * p for f, p in zip(row, linear, strict=True))))
        for row in EYES[eye]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, eye: str = "all cones") -> float:
    low, high = sorted((light_of(one, eye), light_of(other, eye)))
    return (high + 0.05) / (low + 0.05)


def open_page(page: "Page", gallery: Gallery, query: str = "") -> "Page":
    page.goto(gallery.url + query)
    return page


def chart_of(page: "Page", name: str) -> "Locator":
    """The canvas of a chart, brought into view and drawn."""
    page.locator(f"#{name}").scroll_into_view_if_needed()
    page.locator(f"#{name}[data-drawn]").wait_for()
    return page.locator(f"#{name}")


def test_every_choice_of_colours_has_its_own_in_both_schemes() -> None:
    names = {"chart-quiet", "chart-cap", "chart-mark", "chart-now", "chart-line"}
    found = {(name, scheme): set(colours) for name, scheme, colours in palettes()}
    assert found == {(name, scheme): names for name in COLOURS for scheme in SCHEMES}


@pytest.mark.parametrize(("name", "scheme", "colours"), list(palettes()))
def test_what_a_chart_tells_stands_out_from_the_card(
    name: str, scheme: str, colours: Colours
) -> None:
    told = {each: contrast(colour, SHEET[scheme]) for each, colour in colours.items()}
    quiet = told.pop("chart-quiet")
    assert min(told.values()) >= 3, (name, told)
    assert quiet >= (3 if name == "contrast" else 1.6)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize(("name", "scheme", "colours"), list(palettes()))
def test_quiet_marked_and_present_differ_in_lightness_to_every_eye(
    name: str, scheme: str, colours: Colours, eye: str
) -> None:
    three = [colours[f"chart-{each}"] for each in ("quiet", "mark", "now")]
    assert min(contrast(*pair, eye) for pair in combinations(three, 2)) >= 1.35, name


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_step_of_a_heat_map_is_stronger_than_the_one_before(
    gallery: Gallery, page: "Page", scheme: str
) -> None:
    gallery.theme = scheme
    open_page(page, gallery)
    for colours in COLOURS:
        steps: list[list[int]] = page.locator(".heat-legend").first.evaluate(
            """(legend, colours) => {
              document.documentElement.dataset.colours = colours;
              const ctx = document.createElement("canvas").getContext("2d");
              return [...legend.querySelectorAll("i")].map((step) => {
                ctx.fillStyle = getComputedStyle(step).backgroundColor;
                ctx.fillRect(0, 0, 1, 1);
                return [...ctx.getImageData(0, 0, 1, 1).data.slice(0, 3)];
              });
            }""",
            colours,
        )
        lights = [light_of("#" + bytes(step).hex()) for step in steps]
        order = lights if scheme == "dark" else lights[::-1]
        ratios = [(higher + 0.05) / (lower + 0.05) for lower, higher in pairwise(order)]
        assert len(ratios) == 5
        assert min(ratios) >= 1.12, (colours, ratios)


def test_colours_are_chosen_in_the_settings_and_every_page_has_them(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    assert '<html lang="en" data-colours="lamplight">' in visitor.get("/").text
    page = visitor.get("/settings").text
    assert re.findall(r'name="colours" value="([a-z]+)"', page) == list(COLOURS)
    visitor.post("/settings/preferences", {"colours": "moss"})
    assert '<html lang="en" data-colours="moss">' in visitor.get("/").text
    assert 'name="colours" value="moss" checked' in visitor.get("/settings").text


def test_the_numbers_of_a_figure_are_had_by_a_plain_link_that_keeps_the_query(
    gallery: Gallery,
) -> None:
    page = requests.get(f"{gallery.url}?range=3m&x=%22%3E", timeout=10).text
    links = re.findall(r'<a href="(\?[^"]+)" title="Save as CSV"', page)
    fields = ["plays_a_month", "named_otherwise", "week", "year", "share"]
    assert links == [f"?range=3m&amp;x=%22%3E&amp;csv={field}" for field in fields]
    bare = requests.get(gallery.url, timeout=10).text
    assert 'href="?csv=week"' in bare


def test_a_heat_map_is_a_table_whose_cells_say_their_number(gallery: Gallery) -> None:
    page = requests.get(gallery.url, timeout=10).text
    table = page[page.index('id="week"') : page.index('id="year"')]
    cells = re.findall(r'<td class="heat-(\d)"><span>([^<]+)</span></td>', table)
    heat = week()
    assert [words for _level, words in cells] == [each for row in heat.contexts for each in row]
    assert [int(level) for level, _words in cells] == [each for row in heat.levels for each in row]
    rest = page[page.index('id="year"') :]
    days = rest[: rest.index("</table>")]
    assert len(re.findall(r'<td class="heat-', days)) == 326
    assert "22 November: 22 plays" in days


def test_a_form_of_two_dates_says_what_is_wrong_beside_itself(gallery: Gallery) -> None:
    page = requests.get(f"{gallery.url}?problem=Too+early.&from=x%22", timeout=10).text
    form = page[page.index("data-range-form") : page.index("</form>", page.index("range-form"))]
    assert "Too early." in text_of(form)
    assert form.count('aria-invalid="true" aria-describedby="range-problem"') == 2
    assert 'value="x&#34;"' in form
    assert "aria-invalid" not in requests.get(gallery.url, timeout=10).text


def test_a_chart_is_drawn_only_when_it_comes_near(gallery: Gallery, page: "Page") -> None:
    page.set_viewport_size({"width": 1280, "height": 300})
    open_page(page, gallery)
    page.locator("#plays-a-month[data-drawn]").wait_for()
    page.locator("#share[role=application]").wait_for()
    assert page.locator("#share[data-drawn]").count() == 0
    chart_of(page, "share")


def test_the_drawing_is_fetched_only_for_a_chart_that_is_near(
    gallery: Gallery, page: "Page"
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.set_viewport_size({"width": 1280, "height": 200})
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        " document.querySelector('.shelf').style.marginTop = '3000px'; });"
    )
    open_page(page, gallery)
    page.locator("#share[role=application]").wait_for()
    # An observer that came later is told later: whatever was near has been asked for by then.
    page.evaluate(
        "() => new Promise((told) => new IntersectionObserver(told)"
        ".observe(document.getElementById('share'))).then(() => true)"
    )
    assert "charts.js" in asked
    assert not {"drawing.js", "chart.umd.min.js"} & set(asked)
    chart_of(page, "share")
    assert {"drawing.js", "chart.umd.min.js"} <= set(asked)


def test_a_chart_that_cannot_be_drawn_keeps_no_other_from_it(
    gallery: Gallery, page: "Page", console_errors: list[str]
) -> None:
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        " const { chartSource } = document.getElementById('plays-a-month').dataset;"
        " document.getElementById(chartSource).textContent = '{'; });"
    )
    open_page(page, gallery)
    for name in ("artists", "share"):
        chart_of(page, name)
    assert page.locator("#plays-a-month[data-drawn]").count() == 0
    assert len(console_errors) == 1
    assert "JSON" in console_errors.pop()


def test_the_arrow_keys_read_a_chart_value_by_value(gallery: Gallery, page: "Page") -> None:
    open_page(page, gallery)
    canvas = chart_of(page, "plays-a-month")
    canvas.focus()
    said = {
        "Home": "Month 1: 10 plays, 0 hours",
        "ArrowRight": "Month 2: 20 plays, 1 hours",
        "End": f"Month 24: {PLAYS[-1]} plays, 23 hours, now",
        "ArrowLeft": "Month 23: 220 plays, 22 hours",
        "Escape": "",
    }
    for key, words in said.items():
        canvas.press(key)
        page.wait_for_function(
            "words => document.querySelector('body > [role=status]')?.textContent === words",
            arg=words,
        )


def test_a_value_that_nobody_knows_is_read_as_such(gallery: Gallery, page: "Page") -> None:
    open_page(page, gallery)
    canvas = chart_of(page, "plays-a-month")
    canvas.press("Home")
    for _step in range(5):
        canvas.press("ArrowDown")
    page.get_by_text("Month 6: nothing known, 5 hours").wait_for(state="attached")


def test_a_heat_map_is_one_stop_and_the_arrows_end_where_there_is_no_day(
    gallery: Gallery, page: "Page"
) -> None:
    open_page(page, gallery)
    page.locator("#year td[tabindex='0']").focus()
    focused = page.locator("#year td:focus")
    expected = {
        "ArrowUp": "21 November: 21 plays",
        "Home": "3 January: 3 plays",
        "ArrowLeft": "3 January: 3 plays",
        "ArrowRight": "10 January: 10 plays",
        "End": "21 November: 21 plays",
    }
    assert focused.text_content() == "22 November: 22 plays"
    for key, words in expected.items():
        page.keyboard.press(key)
        assert focused.text_content() == words, key
    assert page.locator("#year td[tabindex='0']").count() == 1
    # 1 January 2026 is a Thursday: the three places above it are empty.
    page.locator("#year td", has_text=re.compile("^1 January")).focus()
    page.keyboard.press("ArrowUp")
    assert focused.text_content() == "1 January: 1 plays"


def test_the_words_of_the_cell_in_focus_are_seen(gallery: Gallery, page: "Page") -> None:
    open_page(page, gallery)
    page.locator("#week td[tabindex='0']").focus()
    words = page.locator("#week td:focus > span")
    box, table = words.bounding_box(), page.locator("#week").bounding_box()
    assert box is not None
    assert table is not None
    assert box["width"] > 50
    assert box["y"] >= table["y"] + table["height"] - 1


def test_a_figure_is_saved_as_a_picture_twice_as_fine_as_seen(
    gallery: Gallery, page: "Page", tmp_path: Path
) -> None:
    open_page(page, gallery)
    for name in ("plays-a-month", "hours", "artists", "share", "week", "year"):
        figure = page.locator(f"[data-figure={name}]")
        shown = figure.locator(".chart-box, table.heat").bounding_box()
        assert shown is not None
        picture = kept(page, name, tmp_path)
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", picture[16:24])
        assert abs(width - 2 * (max(shown["width"], 360) + 48)) <= 4
        # The title, and a caption where there is one, stand above.
        assert height > 2 * (shown["height"] + 3 * 24 + 20)


def kept(page: "Page", name: str, folder: Path) -> bytes:
    """A figure's picture, saved by its button."""
    with page.expect_download() as download:
        page.locator(f"[data-figure={name}]").get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == f"{name}.png"
    download.value.save_as(folder / "kept.png")
    return (folder / "kept.png").read_bytes()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_picture_has_the_paper_and_the_colours_that_one_sees(
    gallery: Gallery, page: "Page", tmp_path: Path, scheme: str
) -> None:
    gallery.theme = scheme
    open_page(page, gallery)
    found = colours_of(page, kept(page, "plays-a-month", tmp_path))
    marks = next(c for n, s, c in palettes() if (n, s) == ("lamplight", scheme))
    assert found[0] == SHEET[scheme]
    assert {marks["chart-mark"], marks["chart-now"], marks["chart-quiet"]} <= set(found)


def colours_of(page: "Page", picture: bytes) -> list[str]:
    """The colours of a picture, the most frequent first."""
    found: list[str] = page.evaluate(
        """async (text) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const picture = await createImageBitmap(new Blob([bytes]));
          const canvas = new OffscreenCanvas(picture.width, picture.height);
          const ctx = canvas.getContext("2d");
          ctx.drawImage(picture, 0, 0);
          const { data } = ctx.getImageData(0, 0, canvas.width, canvas.height);
          const counts = new Map();
          for (let at = 0; at < data.length; at += 4) {
            const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
            counts.set(colour, (counts.get(colour) ?? 0) + 1);
          }
          const named = ([colour]) => `#${colour.toString(16).padStart(6, "0")}`;
          return [...counts].sort((one, other) => other[1] - one[1]).map(named);
        }""",
        b64encode(picture).decode(),
    )
    return found


def test_without_scripts_the_numbers_stand_open_and_can_be_kept(
    gallery: Gallery, browser: "Browser"
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = open_page(context.new_page(), gallery)
        assert page.get_by_role("cell", name="0 hours", exact=True).is_visible()
        assert not page.locator("#plays-a-month").is_visible()
        assert page.get_by_role("link", name="Save Plays as CSV").is_visible()
        assert page.get_by_role("button", name="PNG").count() == 0
        page.locator("#week tbody td").nth(30).hover()
        box = page.locator("#week tbody td").nth(30).locator("span").bounding_box()
        assert box is not None
        assert box["width"] > 50


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_no_figure_moves_the_page_sideways(gallery: Gallery, page: "Page", width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_page(page, gallery)
    chart_of(page, "share")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_calendar_wider_than_its_card_scrolls_inside_it_from_its_newest_end(
    gallery: Gallery, page: "Page"
) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    open_page(page, gallery)
    page.locator("#year").scroll_into_view_if_needed()
    page.locator("[data-heat-body][data-seen] #year").wait_for()
    frame, day = page.locator("#year").locator(".."), page.locator("#year td[tabindex='0']")
    edges, last = frame.bounding_box(), day.bounding_box()
    assert edges is not None
    assert last is not None
    assert day.text_content() == "22 November: 22 plays"
    assert abs(last["x"] + last["width"] - edges["x"] - edges["width"]) <= 2
    assert frame.evaluate("it => it.scrollWidth > it.clientWidth + 100")


def test_drawing_moves_nothing(gallery: Gallery, page: "Page") -> None:
    heights = "[...document.querySelectorAll('.card')].map((card) => card.offsetHeight)"
    page.set_viewport_size({"width": 1280, "height": 300})
    open_page(page, gallery)
    page.locator("#share[role=application]").wait_for()
    before = page.evaluate(heights)
    assert page.locator("canvas[data-drawn]").count() < 4
    for name in ("plays-a-month", "artists", "hours", "share"):
        chart_of(page, name)
    assert page.evaluate(heights) == before


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_figures_have_no_fault_that_a_checker_of_accessibility_knows(
    gallery: Gallery, page: "Page", scheme: str
) -> None:
    gallery.theme = scheme
    open_page(page, gallery)
    chart_of(page, "share")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "async () => (await axe.run()).violations.map(({ id, nodes }) => [id, nodes[0].html])"
    )
    assert found == []
