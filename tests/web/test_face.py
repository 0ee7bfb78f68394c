"""The frame that all pages share: files that fit together, readable colours, error pages."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import music_time_machine
from music_time_machine.web import static_files
from tests.stage import Stage, text_of

PACKAGE = Path(music_time_machine.__file__).parent
STATIC = PACKAGE / "static"
TEMPLATES = PACKAGE / "templates"
SHEETS = sorted((STATIC / "css").glob("*.css"))
TOKENS = (STATIC / "css" / "tokens.css").read_text("utf-8")
CHART_JS = STATIC / "vendor/chart.js/chart.umd.min.js"
TOKEN = re.compile(r"(--[a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
LIGHT = {name: light for name, light, _dark in TOKEN.findall(TOKENS)}
DARK = {name: dark for name, _light, dark in TOKEN.findall(TOKENS)}
TEXTS = ["--ink", "--soft", "--amber", "--teal", "--plum", "--rust"]
GROUNDS = ["--paper", "--sheet", "--raised", "--well"]


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance of a colour like #a1b2c3."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def checksums() -> Iterator[tuple[Path, str]]:
    for listing in STATIC.rglob("CHECKSUMS"):
        for line in listing.read_text("ascii").splitlines():
            digest, name = line.split("  ")
            yield listing.parent / name, digest


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_every_text_colour_can_be_read_on_every_ground(
    scheme: dict[str, str], ground: str, text: str
) -> None:
    assert contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_rim_of_a_field_stands_out_from_the_card(scheme: dict[str, str]) -> None:
    assert contrast(scheme["--rim"], scheme["--sheet"]) >= 3


def test_every_vendored_file_is_the_one_that_was_checked() -> None:
    found = list(checksums())
    assert {path.suffix for path, _digest in found} >= {".js", ".woff2"}
    for path, digest in found:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path.name


def test_everything_vendored_brings_its_licence() -> None:
    fonts = STATIC / "fonts"
    assert "SIL OPEN FONT LICENSE" in (fonts / "LICENSE-Inter.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE" in (fonts / "LICENSE-Fraunces.txt").read_text("utf-8")
    assert "ISC License" in (STATIC / "LICENSE-lucide.txt").read_text("utf-8")
    assert "MIT" in (STATIC / "vendor" / "chart.js" / "LICENSE.md").read_text("utf-8")


def test_the_two_fonts_of_a_first_visit_stay_small() -> None:
    fonts = STATIC / "fonts"
    first = ["fraunces-latin.woff2", "inter-latin.woff2"]
    assert sum((fonts / name).stat().st_size for name in first) <= 60_000


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (STATIC / "icons.svg").read_text()))
    named: set[str] = set()
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text("utf-8")
        named |= set(re.findall(r'icon(?:_name=|\()"([a-z0-9-]+)"', text))
    navigation = (TEMPLATES / "_navigation.html").read_text("utf-8")
    named |= set(re.findall(r'"([a-z0-9-]+)"\),', navigation))
    assert "house" in named
    assert named - sprite == set()


def test_every_style_sheet_has_its_place_in_the_order() -> None:
    assert sorted(static_files.SHEETS) == sorted(sheet.stem for sheet in SHEETS)
    assert (static_files.SHEETS[0], static_files.SHEETS[-1]) == ("tokens", "utilities")


def test_the_sheets_are_served_as_one_and_where_nothing_can_be_written_as_they_are(
    tmp_path: Path,
) -> None:
    served = static_files.compressed(STATIC, tmp_path / "kept" / "1")
    assert static_files.sheets(served) == ("all",)
    joined = (served / "css" / "all.css").read_text("utf-8")
    rules = sum(sheet.read_text("utf-8").count("{") for sheet in SHEETS)
    assert joined.count("{") == rules
    assert (served / "css" / "all.css.gz").stat().st_size < len(joined) / 3
    script = (served / "js" / "charts.js").read_text("utf-8")
    assert "export function start" in script
    assert "/*" not in script
    assert (served / "vendor/chart.js/chart.umd.min.js").read_bytes() == CHART_JS.read_bytes()
    assert static_files.compressed(STATIC, tmp_path / "kept" / "1") == served
    (tmp_path / "file").write_text("in the way")
    assert static_files.compressed(STATIC, tmp_path / "file" / "1") == STATIC
    assert static_files.sheets(STATIC) == static_files.SHEETS


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_a_style_sheet_speaks_only_in_tokens_and_files_that_are_there(sheet: Path) -> None:
    text = sheet.read_text("utf-8")
    own = re.findall(r"@property (--[a-z0-9-]+)", text)
    known = {*re.findall(r"(--[a-z0-9-]+):", TOKENS), *own, "--rows"}
    assert set(re.findall(r"var\((--[a-z0-9-]+)", text)) - known == set()
    for url in re.findall(r'url\("([^"]+)"\)', text):
        assert (sheet.parent / url).is_file(), url


def test_scripts_import_only_files_that_are_there() -> None:
    for script in (STATIC / "js").glob("*.js"):
        for path in re.findall(r'import\(?\s?"(\.[^"]+)"', script.read_text("utf-8")):
            assert (script.parent / path).is_file(), f"{script.name}: {path}"


def test_an_address_with_nothing_behind_it_leads_back_home(stage: Stage) -> None:
    answer = stage.visitor().get("/nowhere")
    assert answer.status_code == 404
    assert "This groove leads nowhere." in text_of(answer.text)
    assert "Back home" in text_of(answer.text)
    assert 'href="/"' in answer.text


def test_every_page_can_be_skipped_into_its_content(stage: Stage) -> None:
    page = stage.visitor().get("/").text
    assert page.index('href="#content"') < page.index("<header")
    assert 'id="content"' in page


def test_somebody_signed_out_is_shown_no_page_they_cannot_open(stage: Stage) -> None:
    page = stage.visitor().get("/").text
    assert 'aria-label="Pages"' not in page
    assert "Connect Spotify" in text_of(page)


def test_the_present_page_is_marked_in_the_navigation(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    page = visitor.get("/imports").text
    marked = re.findall(r'<a href="([^"]+)" aria-current="page"', page)
    assert marked == ["/imports"]
