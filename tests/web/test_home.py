"""The home page by HTTP: what its figures say of themselves, and of being one among equals."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from music_time_machine import accounts
from music_time_machine.insights.on_day import same_day
from music_time_machine.models import Account
from tests.insights.library import Song, hear
from tests.insights.shelf import take
from tests.stage import ALICE, Stage, Visitor, text_of
from tests.web.test_pages import WIDTHS, _violations, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

SEP, OCT, NOV = date(2026, 9, 22), date(2026, 10, 22), date(2026, 11, 22)


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    found = stage.visitor()
    found.sign_in(ALICE)
    return found


def ours(stage: Stage) -> Account:
    return accounts.everyone(stage.db, stage.settings)[0]


def constant_card(visitor: Visitor) -> str:
    """The card of the most constant artist, as it is sent."""
    page = visitor.get("/").text
    start = page.rindex("<section", 0, page.index("Most constant artist"))
    return page[start : page.index("</section>", start)]


def test_without_a_top_list_the_constant_artist_says_what_it_needs(visitor: Visitor) -> None:
    card = constant_card(visitor)
    assert "needs a snapshot with top lists" in text_of(card)
    assert "<polyline" not in card


def test_one_list_makes_no_line(stage: Stage, visitor: Visitor) -> None:
    take(stage.db, ours(stage), SEP, [], ["Nora Veil", "Mirelle"])
    card = constant_card(visitor)
    words = text_of(card)
    assert "Nora Veil" in words
    assert "first in your only snapshot so far" in words
    assert "The line" not in words
    assert "<polyline" not in card


def test_the_constant_artist_has_a_line_and_words_for_it(stage: Stage, visitor: Visitor) -> None:
    take(stage.db, ours(stage), SEP, [], ["Mirelle", "Nora Veil"])
    take(stage.db, ours(stage), OCT, [], ["Nora Veil"])
    card = constant_card(visitor)
    assert text_of(card).endswith("in all 2 snapshots. The line: place in the last 2, first on top")
    points = re.search(r'<polyline points="([^"]+)"', card)
    assert points is not None
    heights = [float(point.split(",")[1]) for point in points[1].split()]
    assert heights[0] > heights[1]  # from the second place up to the first


def test_being_one_of_several_and_missing_are_said(stage: Stage, visitor: Visitor) -> None:
    take(stage.db, ours(stage), SEP, [], ["Mirelle", "Nora Veil"])
    take(stage.db, ours(stage), OCT, [], ["Mirelle", "Nora Veil"])
    take(stage.db, ours(stage), NOV, [], ["Tom Aske"])
    assert text_of(constant_card(visitor)).endswith(
        "in 2 of 3 snapshots, the best placed of 2 such artists. "
        "The line: place in the last 3, first on top, missing at the bottom"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_home_fits_and_shuts_nobody_out_with_nothing_one_list_and_long_names(
    stage: Stage, page: "Page", scheme: str, console_errors: list[str]
) -> None:
    sign_in(stage, page)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    long = Song("Donaudampfschifffahrtsgesellschaft " * 5, "Kapitänsmütze" * 9)
    artist = long.artist or ""
    plays = [long.play(stage.clock() - timedelta(days=days)) for days in (0, 1, 365, 366)]
    fillings: list[Callable[[], None]] = [
        lambda: None,
        lambda: take(stage.db, ours(stage), SEP, [], [artist]),
        lambda: take(stage.db, ours(stage), OCT, [], [artist, "Mirelle"]),
        lambda: hear(stage.db, ours(stage), plays),
    ]
    for fill in fillings:
        fill()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 3000})
            page.goto(f"{stage.url}/")
            page.wait_for_function(
                "() => !document.querySelector('canvas[data-chart]:not([data-drawn])')"
            )
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{wide} wide at {width}"
            if width == min(WIDTHS):
                assert _violations(page) == []
    console_errors.clear()  # the pictures of these artists are nowhere


def test_one_other_year_fills_its_card_with_more_of_that_day(
    stage: Stage, visitor: Visitor
) -> None:
    today = stage.clock().astimezone(ours(stage).zone).date()
    songs = [Song(title) for title in ("Copper Sky", "Paper Sun", "Low Sea")]
    for back in (1, 2, 3):
        noon = datetime.combine(same_day(today, today.year - back), datetime.min.time(), UTC)
        noon += timedelta(hours=12)
        hear(stage.db, ours(stage), [
            song.play(noon + timedelta(minutes=5 * n))
            for n, song in enumerate(songs[number] for number in (0, 0, 0, 1, 1, 2))
        ])  # fmt: skip
        words = text_of(visitor.get("/").text)
        card = words[words.index("in other years Travel") : words.index("On repeat")]
        shown = [card.count(song.title) for song in songs]
        assert shown == {1: [1, 1, 1], 2: [2, 2, 0], 3: [3, 0, 0]}[back]


def test_an_old_archive_without_this_day_is_not_called_young(
    stage: Stage, visitor: Visitor
) -> None:
    hear(stage.db, ours(stage), [Song("Copper Sky").play(stage.clock() - timedelta(days=500))])
    words = text_of(visitor.get("/").text)
    assert "No other year has a play on this day." in words
    assert "older than a year" not in words
