"""The time machine by HTTP and in a real browser: any day, and today in other years."""

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from music_time_machine import accounts
from music_time_machine.insights.on_day import same_day
from music_time_machine.models import Account
from tests.insights.library import Song, hear, list_songs
from tests.stage import ALICE, BOB, Stage, Visitor, text_of
from tests.web.test_pages import WIDTHS, _violations, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

LONG = Song("Donaudampfschifffahrtsgesellschaftskapitänsmütze " * 6, "Kapitän " * 30, "Album")
SKY, SUN, BARE = Song("Copper Sky", id="sky"), Song("Paper Sun", "Nora Veil"), Song("Bare", None)
SECRET = Song("Canary", "Canary Bird", "Yellow")


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


def ours(stage: Stage) -> Account:
    everyone = accounts.everyone(stage.db, stage.settings)
    return next(account for account in everyone if account.name.startswith("Maren"))


def today(stage: Stage) -> date:
    return stage.clock().astimezone(ours(stage).zone).date()


def first(stage: Stage) -> date:
    """The day the archive begins."""
    return date(today(stage).year - 4, 1, 10)


def fill(stage: Stage) -> None:
    """Four years with a play every 19 hours, a month that is loved and forgotten, a snapshot."""
    account, now = ours(stage), stage.clock()
    start = datetime.combine(first(stage), datetime.min.time(), account.zone).replace(hour=12)
    songs = [SKY, SUN, SUN, BARE, LONG]
    plays = [
        songs[(n * n + n // 9) % len(songs)].play(start + timedelta(hours=19 * n))
        for n in range(1 + int((now - start) / timedelta(hours=19)))
    ]
    loved = Song("Glass Orchard", "Ines Marrow")
    plays += [loved.play(start + timedelta(days=40, hours=5 * n)) for n in range(9)]
    hear(stage.db, account, plays)
    list_songs(stage.db, account, first(stage) + timedelta(days=50), {"short_term": [SKY]})


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    """Alice, with four years of plays."""
    visitor = stage.visitor()
    visitor.sign_in(ALICE)
    fill(stage)
    return visitor


def test_a_day_says_what_it_sounded_like_and_links_on(stage: Stage, visitor: Visitor) -> None:
    day = first(stage) + timedelta(days=44)
    page = visitor.get(f"/on/{day}")
    assert page.status_code == 200
    words = text_of(page.text)
    for said in (
        "The week from",
        "The hours of that day",
        "Glass Orchard",
        "Forgotten since",
        "in other years",
        "Counts plays of music of at least 30 seconds",
    ):
        assert said in words, said
    for link in (
        f'rel="prev" href="/on/{day - timedelta(days=1)}"',
        f'rel="next" href="/on/{day + timedelta(days=1)}"',
        f'href="/snapshots/{first(stage) + timedelta(days=50)}"',
    ):
        assert link in page.text, link


def test_every_link_of_the_time_machine_leads_somewhere(stage: Stage, visitor: Visitor) -> None:
    pages = ["/on", f"/on/{today(stage)}", f"/on/{first(stage) + timedelta(days=44)}"]
    links = {
        link for page in pages for link in re.findall(r'href="(/[^"]*)"', visitor.get(page).text)
    }
    assert any(link.startswith("/artists/") for link in links)
    for link in links:
        assert visitor.get(link).status_code == 200, link


def test_today_in_other_years_shows_each_with_a_way_there(stage: Stage, visitor: Visitor) -> None:
    now, zone = today(stage), ours(stage).zone
    days = [same_day(now, now.year - back) for back in (1, 2)]
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=zone) for day in days]
    hear(stage.db, ours(stage), [SKY.play(noon) for noon in noons])
    page = visitor.get("/on")
    assert f"{now.day} {now:%B}, in other years ." in text_of(page.text)
    for day in days:
        assert f'href="/on/{day}"' in page.text


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "2024-02-30", "20240301", "2024-3-1", "2024-W10-1", "2024-03-01T00:00", "-1",
     "٢٠٢٤-٠٣-٠١", "0000-01-01", "99999-01-01", "%00", "2024-03-01%20"],
)  # fmt: skip
def test_what_is_no_day_is_not_found_and_says_how_to_write_one(
    stage: Stage, visitor: Visitor, text: str
) -> None:
    for path in (f"/on/{text}", f"/on?to={text}x", f"/on?day={text}x"):
        answer = visitor.get(path)
        assert answer.status_code == 404, path
        assert "Write it as year, month and day" in text_of(answer.text)


@pytest.mark.parametrize("to", ["0", "-1", "3652060", "9" * 40, "1e5", "9" * 5_000])
def test_a_place_off_the_slider_is_not_found(stage: Stage, visitor: Visitor, to: str) -> None:
    assert visitor.get(f"/on?to={to}").status_code == 404


def test_both_forms_lead_to_the_day_they_name(stage: Stage, visitor: Visitor) -> None:
    for query in ("day=2024-02-29", f"to={date(2024, 2, 29).toordinal()}", "day=2024-02-29&to=1"):
        assert visitor.get(f"/on?{query}").url == f"{stage.url}/on/2024-02-29"
    assert visitor.get("/on?day=").url == f"{stage.url}/on?day="


def test_a_day_outside_the_archive_says_so_and_leads_back(stage: Stage, visitor: Visitor) -> None:
    begins = first(stage)
    for day in ("0001-01-01", str(begins - timedelta(days=1))):
        page = visitor.get(f"/on/{day}")
        assert page.status_code == 200
        assert "Before your archive begins" in text_of(page.text)
        assert f'href="/on/{begins}"' in page.text
    for day in ("9999-12-31", str(today(stage) + timedelta(days=1))):
        page = visitor.get(f"/on/{day}")
        assert page.status_code == 200
        assert "is still to come" in text_of(page.text)
        assert f'href="/on/{today(stage)}"' in page.text


def test_a_quiet_day_leads_to_the_nearest_with_plays(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    day = today(stage) - timedelta(days=60)
    at = datetime(day.year, day.month, day.day, 12, tzinfo=ours(stage).zone)
    hear(stage.db, ours(stage), [SKY.play(at), SKY.play(at + timedelta(days=20))])
    page = visitor.get(f"/on/{day + timedelta(days=5)}")
    assert "a day of rest" in text_of(page.text)
    for days in (0, 20):
        assert f'href="/on/{day + timedelta(days=days)}"' in page.text


def test_where_no_other_year_has_the_day_the_nearest_days_with_plays_are_named(
    stage: Stage,
) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    now, zone = today(stage), ours(stage).zone
    hear(stage.db, ours(stage), [
        SKY.play(datetime(now.year, now.month, now.day, 0, 1, tzinfo=zone) - timedelta(days=days))
        for days in (60, 500)
    ])  # fmt: skip
    words = text_of(visitor.get("/on").text)
    assert "No other year has a play on this day. The nearest days with plays: " in words
    assert "a year ago" not in words


def test_what_was_left_out_is_said_of_the_month(stage: Stage, visitor: Visitor) -> None:
    day = first(stage) + timedelta(days=44)
    short = datetime(day.year, day.month, 1, 9, tzinfo=ours(stage).zone)
    hear(stage.db, ours(stage), [SKY.play(short, 5_000)])
    words = text_of(visitor.get(f"/on/{day}").text)
    assert re.search(rf"1 shorter one \(.*?\) is left out in {day:%B %Y}\.", words)


def test_an_empty_archive_says_how_to_begin(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    for path in ("/on", "/on/2024-03-05"):
        words = text_of(visitor.get(path).text)
        assert "No day to travel to, yet" in words
        assert "Upload an export" in words


def test_the_same_as_data_and_the_hours_as_a_table(stage: Stage, visitor: Visitor) -> None:
    path = f"/on/{first(stage) + timedelta(days=44)}"
    data = visitor.get(path, headers={"Accept": "application/json"}).json()
    assert [one["unit"] for one in data["around"]["stretches"]] == ["day", "week", "month"]
    rows = visitor.get(f"{path}?csv=hours").text.splitlines()
    assert len(rows) == 25


def test_bobs_days_are_not_alices(stage: Stage, visitor: Visitor) -> None:
    stage.visitor().sign_in(BOB)
    bob = next(a for a in accounts.everyone(stage.db, stage.settings) if a.id != ours(stage).id)
    hear(stage.db, bob, [
        SECRET.play(stage.clock() - timedelta(days=days)) for days in (0, 1, 365, 366)
    ])  # fmt: skip
    for path in ("/on", *(f"/on/{today(stage) - timedelta(days=n)}" for n in (0, 1, 365, 366))):
        assert "Canary" not in visitor.get(path).text


def test_a_stranger_is_asked_to_sign_in(stage: Stage) -> None:
    for path in ("/on", "/on/2024-03-05", "/on?to=1"):
        assert "Please connect" in text_of(stage.visitor().get(path).text)


@pytest.fixture
def filled(stage: Stage, page: "Page") -> "Page":
    sign_in(stage, page)
    fill(stage)
    return page


def addresses(stage: Stage) -> list[str]:
    """The time machine in every state it has with plays."""
    days = [first(stage) + timedelta(days=days) for days in (-1, 0, 44)]
    return ["/on", *(f"/on/{day}" for day in [*days, today(stage), today(stage) + timedelta(1)])]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_and_shut_nobody_out(stage: Stage, filled: "Page", scheme: str) -> None:
    filled.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for address in addresses(stage):
        for width in WIDTHS:
            filled.set_viewport_size({"width": width, "height": 900})
            filled.goto(stage.url + address)
            wide = filled.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{address} is {wide} wide at {width}"
            if width in (min(WIDTHS), max(WIDTHS)):
                assert _violations(filled) == [], f"{address} at {width}"


def ready(page: "Page", address: str) -> None:
    """Go there and wait until the slider tells its day: then the arrows are listened to as well."""
    page.goto(address)
    page.locator("#travel-to[aria-valuetext]").wait_for()


def test_on_the_page_of_today_the_left_arrow_leads_to_yesterday(
    stage: Stage, filled: "Page"
) -> None:
    ready(filled, f"{stage.url}/on")
    filled.keyboard.press("ArrowLeft")
    filled.wait_for_url(f"{stage.url}/on/{today(stage) - timedelta(days=1)}")


def test_the_arrow_keys_lead_to_the_day_before_and_after(stage: Stage, filled: "Page") -> None:
    day = first(stage) + timedelta(days=44)
    ready(filled, f"{stage.url}/on/{day}")
    filled.keyboard.press("ArrowLeft")
    filled.wait_for_url(f"{stage.url}/on/{day - timedelta(days=1)}")
    ready(filled, filled.url)
    filled.keyboard.press("ArrowRight")
    filled.wait_for_url(f"{stage.url}/on/{day}")


def test_in_the_slider_the_arrows_choose_and_enter_travels(stage: Stage, filled: "Page") -> None:
    day = first(stage) + timedelta(days=44)
    ready(filled, f"{stage.url}/on/{day}")
    filled.locator("#travel-to").focus()
    for _ in range(3):
        filled.keyboard.press("ArrowRight")
    chosen = day + timedelta(days=3)
    assert filled.locator("output[for=travel-to]").inner_text() == f"{chosen.day} {chosen:%B %Y}"
    assert filled.url == f"{stage.url}/on/{day}"
    filled.keyboard.press("Enter")
    filled.wait_for_url(f"{stage.url}/on/{chosen}")


def test_letting_the_slider_go_travels(stage: Stage, filled: "Page") -> None:
    ready(filled, f"{stage.url}/on/{first(stage) + timedelta(days=44)}")
    box = filled.locator("#travel-to").bounding_box()
    assert box is not None
    filled.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    filled.mouse.down()
    filled.mouse.move(box["x"] + box["width"] * 2, box["y"] + box["height"] / 2)
    filled.mouse.up()
    filled.wait_for_url(f"{stage.url}/on/{today(stage)}")


@pytest.fixture
def travelling(stage: Stage, filled: "Page") -> "Page":
    """A day of the middle, with a mark that no visit to another page outlives."""
    arrive(filled, f"{stage.url}/on/{middle(stage)}")
    return filled


def arrive(page: "Page", address: str) -> None:
    """Go there and wait until all behaves: what draws its chart comes last of it."""
    page.set_viewport_size({"width": 1280, "height": 2500})
    ready(page, address)
    page.locator("#hours[data-drawn]").wait_for()
    page.evaluate("window.isSamePage = true")


def middle(stage: Stage) -> date:
    return first(stage) + timedelta(days=44)


def day_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def wait_until_at(page: "Page", day: date) -> None:
    """Until the page shows this day, in place."""
    page.locator(f'[data-in-place][data-stretch="{day_words(day)}"]:not([aria-busy])').wait_for()
    assert page.url.endswith(f"/on/{day}")
    assert page.title().startswith(day_words(day))
    assert page.locator("#travel-to").input_value() == str(day.toordinal())
    assert page.evaluate("window.isSamePage === true")


def hold(page: "Page", pattern: str) -> "list[Route]":
    """Keeps back every request for an address; they are in the list."""
    held: list[Route] = []

    def keep(route: "Route") -> None:
        held.append(route)

    page.route(re.compile(pattern), keep)
    return held


def test_a_day_changes_in_place_and_back_and_forward_lead_through_the_days(
    stage: Stage, travelling: "Page"
) -> None:
    day = middle(stage)
    for back in (1, 2):
        travelling.keyboard.press("ArrowLeft")
        wait_until_at(travelling, day - timedelta(days=back))
    travelling.get_by_text(f"Shown: {day_words(day - timedelta(days=2))}").wait_for(
        state="attached"
    )
    for away in (1, 0):
        travelling.go_back()
        wait_until_at(travelling, day - timedelta(days=away))
    travelling.go_forward()
    wait_until_at(travelling, day - timedelta(days=1))


def test_quick_steps_go_as_many_days_and_only_the_last_one_counts(
    stage: Stage, travelling: "Page"
) -> None:
    day = middle(stage)
    hold(travelling, f"/on/({day - timedelta(days=1)}|{day - timedelta(days=2)})$")
    ended: list[str] = []
    travelling.on("requestfailed", lambda request: ended.append(request.url[-10:]))
    steps = travelling.evaluate("history.length")
    for _ in range(3):
        travelling.keyboard.press("ArrowLeft")
    wait_until_at(travelling, day - timedelta(days=3))
    assert ended == [str(day - timedelta(days=back)) for back in (1, 2)]
    assert travelling.evaluate("history.length") == steps + 1
    travelling.go_back()
    wait_until_at(travelling, day)


def test_while_a_day_is_on_its_way_the_links_and_the_slider_lead_on_from_it(
    stage: Stage, travelling: "Page"
) -> None:
    day = middle(stage)
    held = hold(travelling, f"/on/{day + timedelta(days=1)}$")
    travelling.get_by_role("link", name="Later: ").click()
    shown = {"Earlier: ": day, "Later: ": day + timedelta(days=2)}
    for words, leads in shown.items():
        link = travelling.get_by_role("link", name=words + day_words(leads))
        assert (link.get_attribute("href") or "").endswith(f"/on/{leads}")
    told = travelling.locator("output[for=travel-to]").inner_text()
    assert told == day_words(day + timedelta(days=1))
    held.pop().continue_()
    wait_until_at(travelling, day + timedelta(days=1))
    assert travelling.evaluate("document.activeElement.rel") == "next"


def test_at_both_ends_there_is_no_further_step_and_the_focus_is_not_lost(
    stage: Stage, travelling: "Page"
) -> None:
    begins = first(stage)
    arrive(travelling, f"{stage.url}/on/{begins + timedelta(days=1)}")
    travelling.get_by_role("link", name="Earlier: ").focus()
    travelling.keyboard.press("Enter")
    wait_until_at(travelling, begins)
    assert travelling.get_by_role("link", name="Earlier: ").count() == 0
    assert travelling.evaluate("document.activeElement.rel") == "next"
    travelling.keyboard.press("ArrowLeft")
    travelling.keyboard.press("ArrowRight")
    wait_until_at(travelling, begins + timedelta(days=1))


def drag(page: "Page", to: float) -> None:
    """Takes hold of the slider's needle and moves it to a part of the whole way."""
    box = page.locator("#travel-to").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * to, box["y"] + box["height"] / 2, steps=30)


def test_the_slider_asks_for_one_day_when_it_is_let_go_and_changes_it_in_place(
    stage: Stage, travelling: "Page"
) -> None:
    asked: list[str] = []
    travelling.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    drag(travelling, 2)
    assert asked == []
    travelling.mouse.up()
    wait_until_at(travelling, today(stage))
    assert asked[:2] == [f"on?to={today(stage).toordinal()}", str(today(stage))]
    travelling.go_back()
    wait_until_at(travelling, middle(stage))


def test_whoever_takes_hold_of_the_slider_again_keeps_it(stage: Stage, travelling: "Page") -> None:
    hold(travelling, rf"/on\?to={today(stage).toordinal()}$")
    drag(travelling, 2)
    with travelling.expect_request(re.compile(r"/on\?to=")):
        travelling.mouse.up()
    with travelling.expect_event("requestfailed"):
        drag(travelling, -1)
    assert travelling.locator("[data-in-place][aria-busy]").count() == 0
    travelling.mouse.up()
    wait_until_at(travelling, first(stage))


def test_a_date_by_name_changes_in_place_and_a_wrong_one_is_a_plain_visit(
    stage: Stage, travelling: "Page", console_errors: list[str]
) -> None:
    day = middle(stage) + timedelta(days=90)
    travelling.get_by_label("Or name the day").fill(str(day))
    travelling.get_by_role("button", name="Go", exact=True).press("Enter")
    wait_until_at(travelling, day)
    assert travelling.evaluate("document.activeElement.closest('form').dataset.rangeForm") == "date"
    travelling.evaluate("document.querySelector('#travel-day').type = 'text'")
    travelling.get_by_label("Or name the day").fill("tomorrow")
    travelling.get_by_role("button", name="Go", exact=True).press("Enter")
    travelling.wait_for_url("**/on?day=tomorrow")
    assert travelling.evaluate("window.isSamePage") is None
    console_errors.clear()  # Chromium reports the 404 that was asked for


def test_today_in_other_years_and_a_day_change_into_each_other(
    stage: Stage, travelling: "Page"
) -> None:
    travelling.get_by_role("link", name="Today in other years").click()
    travelling.wait_for_url(f"{stage.url}/on")
    travelling.keyboard.press("ArrowLeft")
    wait_until_at(travelling, today(stage) - timedelta(days=1))
    travelling.go_back()
    travelling.locator("[data-stretch$='in other years']").wait_for()
    travelling.go_back()
    wait_until_at(travelling, middle(stage))


def test_who_shares_the_first_place_of_a_day_is_named_beside_it(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    day = today(stage) - timedelta(days=60)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ours(stage).zone)
    words, names = "", ["Ana Bell", "Ben Coe", "Cy Dent", "Di Eck", "Ed Fox", "Flo Gray"]
    for count, said in (
        (1, "sounded like Ana Bell ."),
        (2, "sounded like Ana Bell and Ben Coe ."),
        (3, "sounded like Ana Bell , Ben Coe and 1 other."),
        (6, "sounded like Ana Bell , Ben Coe and 4 others."),
    ):
        hear(stage.db, ours(stage), [
            Song(f"Song of {name}", name).play(noon + timedelta(minutes=4 * n))
            for n, name in enumerate(names[:count])
        ])  # fmt: skip
        words = text_of(visitor.get(f"/on/{day}").text).replace("\u00a0", " ")
        assert said in words
    assert "Di Eck (1) and 2 more with 1" in words


def test_without_scripts_the_slider_is_a_form(stage: Stage, page: "Page") -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    sign_in(stage, plain)
    fill(stage)
    plain.goto(f"{stage.url}/on")
    plain.locator("#travel-to").press("Home")
    plain.get_by_role("button", name="Go there").click()
    plain.wait_for_url(f"{stage.url}/on/{first(stage)}")
    context.close()
