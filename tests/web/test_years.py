"""A year in review by HTTP and in a real browser, and the picture of it to keep."""

import re
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from music_time_machine import accounts, columns
from music_time_machine.models import Account, AccountRow
from music_time_machine.plays import Play
from music_time_machine.web.fitting import ELLIPSIS, drawn_width, fitted
from tests.insights.library import Song, artist_id, hear
from tests.stage import ALICE, BOB, Stage, Visitor, text_of
from tests.web.test_pages import WIDTHS, _violations, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

ISOLATES = "\u2068\u2069"
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"tall": (1080, 1350), "wide": (1200, 630)}
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 6
EVIL = (
    LONG,
    "W" * 80,
    '<script>alert("&amp;")</script> ]]> & friends',
    "🎷👩‍👩‍👧‍👦🇦🇹" * 20,
    "مرحبا بالعالم " * 12,
    "\u202eback to front\u202c",
    "日本語のとても長い名前" * 5,
    "Z\u0336\u0335\u0334a\u0336l\u0335g\u0334o\u0336" * 20,
)


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


def ours(stage: Stage) -> Account:
    """Whoever signed in first."""
    everyone = accounts.everyone(stage.db, stage.settings)
    return min(everyone, key=lambda account: account.id)


def this_year(stage: Stage) -> int:
    return stage.clock().astimezone(ours(stage).zone).year


def last_year(stage: Stage) -> int:
    return this_year(stage) - 1


def listen(stage: Stage, account: Account, plays: Iterable[Play]) -> None:
    """Store the plays, and have them counted: a page that finds them uncounted says to wait."""
    hear(stage.db, account, plays)
    columns.load(stage.db, account)


def fill(stage: Stage) -> None:
    """Plays every nine hours, of artists with all kinds of names, for two years and some days."""
    start = datetime(last_year(stage) - 1, 12, 20, tzinfo=UTC)
    songs = [Song(name, name, name) for name in EVIL] + [Song(f"Track {n}") for n in range(12)]
    count = int((stage.clock() - start) / timedelta(hours=9)) + 1
    plays = [
        songs[(n * n + n // 40) % len(songs)].play(start + timedelta(hours=9 * n))
        for n in range(count)
    ]
    listen(stage, ours(stage), plays)


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    found = stage.visitor()
    found.sign_in(ALICE)
    fill(stage)
    return found


def rename(stage: Stage, name: str) -> None:
    with stage.db.write() as session:
        session.execute(update(AccountRow).where(AccountRow.id == ours(stage).id).values(name=name))


def test_the_list_leads_to_each_year(stage: Stage, visitor: Visitor) -> None:
    page = visitor.get("/years")
    for year in range(last_year(stage) - 1, this_year(stage) + 1):
        assert f'href="/years/{year}"' in page.text
    assert "so far" in text_of(page.text)


def test_a_year_is_told_in_chapters(stage: Stage, visitor: Visitor) -> None:
    words = text_of(visitor.get(f"/years/{last_year(stage)}").text)
    for chapter in (
        "hours of listening", "was heard most", "was played most", "was your hour",
        "heard for the first time", "hours was spent listening", "A picture to keep",
    ):  # fmt: skip
        assert chapter in words
    assert "so far" not in words
    assert f"in {last_year(stage) - 1}" not in words  # of which the archive knows the end only


def test_there_is_a_space_between_sentences(stage: Stage, visitor: Visitor) -> None:
    listen(stage, ours(stage), [Song("Bare").play(stage.clock())])
    for year in (last_year(stage) - 1, last_year(stage), this_year(stage)):
        words = text_of(visitor.get(f"/years/{year}").text)
        assert "It began with" in words
        assert re.findall(r"\w[.,:;][A-Z]\w+", words) == [], year


def test_one_play_of_three_minutes_is_told_in_minutes(stage: Stage) -> None:
    found = stage.visitor()
    found.sign_in(ALICE)
    at = datetime(last_year(stage), 2, 28, 12, tzinfo=UTC)
    listen(stage, ours(stage), [Song("Paper Sun").play(at, 180_000)])
    words = text_of(found.get(f"/years/{last_year(stage)}").text)
    assert "3 minutes of listening 1 play." in words
    assert "A picture to keep" in words
    for silly in ("was spent listening", "0 hours", "1 in "):
        assert silly not in words


def test_what_is_named_of_several_equal_ones_says_so(stage: Stage) -> None:
    found = stage.visitor()
    found.sign_in(ALICE)
    zone, year = ours(stage).zone, last_year(stage)
    songs = [Song("Paper Sun", "Nora Veil"), Song("Low Sea", "Tom Aske"), Song("Slow Static")]
    starts = [datetime(year, month, 1, 8 + month, tzinfo=zone) for month in (2, 3, 5)]
    listen(stage, ours(stage), [
        song.play(start + timedelta(minutes=5 * n), 180_000 + at)
        for at, (song, start) in enumerate(zip(songs, starts, strict=True))
        for n in range(2)
    ])  # fmt: skip
    words = text_of(found.get(f"/years/{year}").text)
    assert words.count("2 others have as many; the one heard longest stands first.") == 2
    assert "The fullest month was May with 2 plays, as many as 2 others." in words
    assert "The fullest day was 1 May with 2 plays, as many as 2 others." in words
    assert "Between 10:00 and 11:00 most was played; 2 later hours of the day had as many" in words
    assert "than in any other hour" not in words
    listen(stage, ours(stage), [songs[0].play(starts[0] + timedelta(minutes=20))])
    words = text_of(found.get(f"/years/{year}").text)
    assert "as many as" not in words
    assert "have as many" not in words
    assert "than in any other hour" in words


def test_large_numbers_have_their_separators(stage: Stage) -> None:
    found = stage.visitor()
    found.sign_in(ALICE)
    at = datetime(last_year(stage), 1, 1, 12, tzinfo=UTC)
    listen(stage, ours(stage), [Song("Paper Sun").play(at, 3_600_000)])
    words = text_of(found.get(f"/years/{last_year(stage)}").text)
    assert "1 in 8,760 hours was spent listening" in words
    assert "laid end to end, 1 hour of listening" in words


def test_the_present_year_says_so_far_and_is_compared_with_the_same_days(
    stage: Stage, visitor: Visitor
) -> None:
    words = text_of(visitor.get(f"/years/{this_year(stage)}").text)
    assert f"{this_year(stage)} so far sounded like" in words
    assert f"in the same days of {last_year(stage)}" in words


def test_a_year_without_plays_says_where_the_archive_begins(stage: Stage, visitor: Visitor) -> None:
    page = visitor.get("/years/2009")
    assert page.status_code == 200
    words = text_of(page.text)
    assert f"Your archive begins on 20 December {last_year(stage) - 1}" in words
    assert f'href="/years/{last_year(stage)}"' in page.text
    assert visitor.get("/years/2009/card.svg").status_code == 404


def test_a_year_to_come_or_a_word_is_not_found(stage: Stage, visitor: Visitor) -> None:
    for year in (this_year(stage) + 1, 99999, 0, 10**20, "soon", "-1", "2025.5"):
        assert visitor.get(f"/years/{year}").status_code == 404, year
        assert visitor.get(f"/years/{year}/card.svg").status_code == 404, year


def test_an_empty_archive_says_what_to_do(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in(ALICE)
    for path in ("/years", f"/years/{this_year(stage)}"):
        page = visitor.get(path)
        assert page.status_code == 200
        assert "Upload an export" in text_of(page.text)


def test_a_stranger_is_asked_to_sign_in(stage: Stage) -> None:
    for path in ("/years", "/years/2025", "/years/2025/card.svg"):
        assert "Please connect" in text_of(stage.visitor().get(path).text)


def test_a_year_is_had_as_data_and_its_charts_as_csv(stage: Stage, visitor: Visitor) -> None:
    address = f"/years/{last_year(stage)}"
    data = visitor.get(address, headers={"Accept": "application/json"}).json()
    plays = data["story"]["amount"]["plays"]["now"]
    table = visitor.get(f"{address}?csv=plays_by_month").text.splitlines()
    assert sum(int(row.split(",")[1]) for row in table[1:]) == plays
    for link in re.findall(r'href="([^"]+csv=[^"]+)"', visitor.get(address).text):
        answer = visitor.get(address + link)
        assert answer.headers["Content-Type"].startswith("text/csv"), link


def test_no_plays_of_bobs_are_in_alices_years(stage: Stage, visitor: Visitor) -> None:
    bob = stage.visitor()
    bob.sign_in(BOB)
    everyone = accounts.everyone(stage.db, stage.settings)
    other = next(one for one in everyone if one.id != ours(stage).id)
    listen(
        stage,
        other,
        [Song("Canary", "Canary Bird", "Yellow").play(datetime(2015, 5, 5, tzinfo=UTC))],
    )
    assert "2015" not in text_of(visitor.get("/years").text)
    assert "2015" in text_of(bob.get("/years").text)


def picture(visitor: Visitor, year: int, query: str = "") -> ET.Element:
    answer = visitor.get(f"/years/{year}/card.svg{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    return ET.fromstring(answer.content)


def words_of(card: ET.Element) -> list[str]:
    return [text.text or "" for text in card.iter(f"{SVG}text")]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_picture_holds_the_figures_and_nothing_from_elsewhere(
    stage: Stage, visitor: Visitor, shape: str
) -> None:
    card = picture(visitor, last_year(stage), f"?shape={shape}")
    assert (int(card.attrib["width"]), int(card.attrib["height"])) == SHAPES[shape]
    assert "Most played artists" in words_of(card)
    assert f"{last_year(stage)}: " in "".join(card.find(f"{SVG}title").itertext())  # type: ignore[union-attr]
    names = {element.tag.removeprefix(SVG) for element in card.iter()}
    assert names <= {"svg", "title", "rect", "g", "circle", "path", "text", "clipPath"}
    for element in card.iter():
        assert not {"style", "href", "onload", "class"} & set(element.attrib)
        assert "http" not in " ".join(element.attrib.values())


@pytest.mark.parametrize("name", EVIL)
def test_any_name_makes_a_picture_and_only_if_it_is_wanted(
    stage: Stage, visitor: Visitor, name: str
) -> None:
    rename(stage, name)
    for shape in SHAPES:
        without = picture(visitor, last_year(stage), f"?shape={shape}")
        wanted = picture(visitor, last_year(stage), f"?shape={shape}&name=yes")
        assert words_of(without)[0] == "My year in music"
        shown = words_of(wanted)[0].strip(ISOLATES).removesuffix(ELLIPSIS)
        assert shown
        assert fitted(name, 1, 999).strip(ISOLATES).startswith(shown)
        assert words_of(without)[1:] == words_of(wanted)[1:]


def test_the_picture_is_kept_under_a_name_and_asked_for_once(
    stage: Stage, visitor: Visitor
) -> None:
    address = f"/years/{last_year(stage)}/card.svg"
    shown = visitor.get(address)
    assert "Content-Disposition" not in shown.headers
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    saved = visitor.get(f"{address}?download=1&shape=wide")
    expected = f'attachment; filename="music-{last_year(stage)}-wide.svg"'
    assert saved.headers["Content-Disposition"] == expected
    again = visitor.get(address, headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@given(st.text(), st.sampled_from([10.0, 36.0, 200.0]))
def test_any_words_become_one_line_that_xml_can_hold(words: str, size: float) -> None:
    cut = fitted(words, size, 300)
    assert (ET.fromstring(f"<a>{escape(cut)}</a>").text or "") == cut
    assert len(cut.splitlines()) <= 1
    assert len(cut) <= len(words) + 3


def test_words_that_fit_stay_whole_and_others_are_cut_at_the_end() -> None:
    assert fitted("Nora Veil", 30, 400) == "Nora Veil"
    cut = fitted(LONG, 30, 400)
    assert cut.endswith(ELLIPSIS)
    assert LONG.startswith(cut.removesuffix(ELLIPSIS))
    assert fitted("e\u0301" * 40, 30, 120).count("\u0301") == fitted("e" * 40, 30, 120).count("e")
    assert fitted(" a\n\tb\x07 ", 30, 400) == "a b"


def test_names_that_fit_in_most_fonts_are_not_cut() -> None:
    assert fitted("Lighthouse Ballad in Winter", 30, 442) == "Lighthouse Ballad in Winter"
    assert drawn_width("Copper Sky é", 10) == drawn_width("Copper Sky e", 10)
    for unknown in ("日本語", "🎷", "\u2068مرحبا\u2069", ""):
        assert drawn_width(unknown, 10) is None


@pytest.fixture
def filled(stage: Stage, page: "Page") -> "Page":
    sign_in(stage, page)
    fill(stage)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_year_scrolls_sideways_or_shuts_anybody_out(
    stage: Stage, filled: "Page", scheme: str
) -> None:
    filled.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in (
        "/years",
        f"/years/{last_year(stage)}",
        f"/years/{this_year(stage)}",
        "/years/2009",
    ):
        filled.goto(stage.url + path)
        for width in WIDTHS:
            filled.set_viewport_size({"width": width, "height": 900})
            wide = filled.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} wide at {width}"
            if width in (min(WIDTHS), max(WIDTHS)):
                assert _violations(filled) == [], f"{path} at {width}"


@pytest.mark.parametrize("shape", SHAPES)
def test_no_words_of_the_picture_leave_their_place(
    stage: Stage, filled: "Page", shape: str
) -> None:
    rename(stage, LONG)
    filled.goto(f"{stage.url}/years")
    wide = filled.evaluate(
        """async (address) => {
          document.body.innerHTML = await (await fetch(address)).text();
          const texts = [...document.querySelectorAll("text")];
          return [texts.length, texts
            .filter((text) => text.getBBox().width > text.parentNode.width.baseVal.value)
            .map((text) => text.textContent)];
        }""",
        f"/years/{last_year(stage)}/card.svg?shape={shape}&name=yes",
    )
    assert wide[0] > 20
    assert wide[1] == []


def test_the_picture_is_saved_as_png(stage: Stage, filled: "Page", tmp_path: Path) -> None:
    filled.goto(f"{stage.url}/years/{last_year(stage)}")
    for label, shape in (("Tall, for a story", "tall"), ("Wide, for a post", "wide")):
        filled.get_by_label(label).check()
        with filled.expect_download() as saving:
            filled.get_by_role("button", name="Save as PNG").click()
        assert saving.value.suggested_filename == f"music-{last_year(stage)}-{shape}.png"
        saving.value.save_as(tmp_path / shape)
        head = (tmp_path / shape).read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        assert struct.unpack(">II", head[16:]) == SHAPES[shape]


def test_the_preview_follows_the_choices(stage: Stage, filled: "Page") -> None:
    filled.goto(f"{stage.url}/years/{last_year(stage)}")
    preview = filled.get_by_role("img", name="as a picture")
    preview.scroll_into_view_if_needed()
    filled.get_by_label("Wide, for a post").check()
    filled.get_by_label("Put it on").check()
    filled.wait_for_function("() => document.querySelector('.keepsake img').naturalWidth === 1200")
    assert "name=yes" in (preview.get_attribute("src") or "")


def test_without_scripts_the_form_saves_the_svg(stage: Stage, visitor: Visitor) -> None:
    page = visitor.get(f"/years/{last_year(stage)}").text
    form = page[page.index('class="keepsake"') :]
    assert f'action="/years/{last_year(stage)}/card.svg"' in form
    assert re.search(r"<button[^>]*hidden[^>]*data-png", form)
    sent = {"shape": "wide", "name": "no", "download": "1"}
    for field, value in sent.items():
        assert re.search(rf'name="{field}" value="{value}"', form)
    saved = visitor.get(f"/years/{last_year(stage)}/card.svg", params=sent)
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_nothing_moves_for_whoever_wants_stillness(stage: Stage, filled: "Page") -> None:
    moving = "() => getComputedStyle(document.querySelectorAll('.chapter')[2]).animationName"
    filled.goto(f"{stage.url}/years/{last_year(stage)}")
    assert filled.evaluate(moving) == "settle"
    filled.emulate_media(reduced_motion="reduce")
    assert filled.evaluate(moving) == "none"


def test_an_artist_that_came_back_is_named(stage: Stage, visitor: Visitor) -> None:
    year = this_year(stage)
    back = Song("Slow Static", "Ines Marrow")
    start = datetime(year, 1, 5, 12, tzinfo=UTC)
    listen(stage, ours(stage), [back.play(start - timedelta(days=800))])
    listen(stage, ours(stage), [back.play(start + timedelta(hours=n)) for n in range(12)])
    page = visitor.get(f"/years/{year}")
    words = text_of(page.text).replace(" ,", ",")
    assert (
        "Ines Marrow came back on 5 January, after about 2 years without a play: 12 plays" in words
    )
    assert f'href="/artists/{artist_id(stage.db, "Ines Marrow")}"' in page.text
