"""Uploading in a real browser: files chosen, dropped, removed, sent; and what goes wrong."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from music_time_machine import accounts, imports
from tests.formats.samples import extended_json, extended_row, extended_zip
from tests.stage import ALICE, Stage

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page, Route

# Files dragged to the foot of the page, and let go of when the page shows that it takes them.
DROP = """(files) => {
  const dataTransfer = new DataTransfer();
  for (const [name, text] of files) dataTransfer.items.add(new File([text], name));
  const drag = (type) =>
    document
      .querySelector("footer")
      .dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
  drag("dragover");
  const isTaken = document.querySelector("[data-drop]").classList.contains("is-over");
  if (isTaken) drag("drop");
  return isTaken;
}"""
AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database: one is enough here."""
    return "sqlite"


@pytest.fixture
def uploading(stage: Stage, page: "Page") -> "Page":
    """Alice before the form."""
    page.goto(f"{stage.url}/login?listener={ALICE}")
    page.get_by_role("button", name="Agree").click()
    page.wait_for_url(f"{stage.url}/")
    page.goto(f"{stage.url}/imports")
    return page


def history(count: int, first_day: int = 1) -> list[object]:
    return [
        extended_row(f"2024-03-{first_day + n // 20:02d}T18:{n % 20:02d}:09Z") for n in range(count)
    ]


def file(name: str, content: bytes) -> "FilePayload":
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def choose(page: "Page", *files: "FilePayload") -> None:
    page.set_input_files("input[type=file]", list(files))
    page.locator("[data-chosen]").wait_for()


def chosen(page: "Page") -> list[str]:
    return page.locator("[data-chosen] li").all_inner_texts()


def send(page: "Page") -> None:
    page.get_by_role("button", name="Upload").click()


def test_the_way_from_a_file_to_an_import_and_back(stage: Stage, uploading: "Page") -> None:
    page = uploading
    choose(page, file("mine.zip", extended_zip({"a.json": history(25)})))
    send(page)
    page.wait_for_url(f"{stage.url}/imports/1")
    page.get_by_text("It begins in a moment").wait_for()
    stage.do_jobs()
    page.get_by_role("heading", name="25 plays would be new.").wait_for()
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("On it: the import begins.").wait_for()
    stage.do_jobs()
    page.get_by_role("heading", name="25 plays came home.").wait_for()
    page.get_by_text("Undo this import").click()
    page.get_by_role("button", name="Yes, undo it").click()
    page.get_by_role("heading", name="Turning it back.").wait_for()
    stage.do_jobs()
    page.get_by_role("heading", name="As if it never came.").wait_for()


def test_files_are_listed_with_their_sizes_and_can_be_taken_off_again(uploading: "Page") -> None:
    page = uploading
    choose(page, file("one.json", b"1" * 1_500), file("two.json", b"2" * 2_000_000))
    assert [line.split("\n")[:2] for line in chosen(page)] == [
        ["one.json", "2 kB"],
        ["two.json", "2 MB"],
    ]
    assert page.locator("[data-sum]").inner_text() == "2 files, 2 MB"
    page.get_by_role("button", name="Remove one.json").click()
    assert [line.split("\n")[0] for line in chosen(page)] == ["two.json"]
    assert page.evaluate("() => document.activeElement.title") == "Remove two.json"
    assert page.evaluate("() => document.querySelector('input[type=file]').files.length") == 1
    page.get_by_role("button", name="Remove two.json").click()
    assert page.locator("[data-chosen]").is_hidden()


def test_choosing_again_adds_and_the_same_file_is_one(uploading: "Page", tmp_path: Path) -> None:
    page = uploading
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(extended_json(history(2)))
    for names in (["a.json"], ["b.json", "a.json"]):
        page.set_input_files("input[type=file]", [tmp_path / name for name in names])
        page.locator("[data-chosen]").wait_for()
    assert [line.split("\n")[0] for line in chosen(page)] == ["a.json", "b.json"]


def test_files_dropped_anywhere_on_the_page_are_sent_as_one_import(
    stage: Stage, uploading: "Page"
) -> None:
    page = uploading
    texts = [extended_json(history(3, day)).decode() for day in (1, 2)]
    files = [["a.json", texts[0]], ["b.json", texts[1]], [".DS_Store", "x"]]
    page.wait_for_function(DROP, arg=files)
    page.get_by_text("2 files").wait_for()
    send(page)
    page.wait_for_url(f"{stage.url}/imports/1")
    account = accounts.everyone(stage.db, stage.settings)[0]
    assert imports.find(stage.db, account, 1).files == 2


def test_too_much_is_told_before_anything_is_sent(stage: Stage, uploading: "Page") -> None:
    page = uploading
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.eval_on_selector("input[type=file]", "(input) => { input.dataset.maxBytes = 1000; }")
    choose(page, file("a.json", bytes(600)), file("b.json", bytes(900)))
    page.get_by_role("alert").filter(has_text="this server takes 1 kB at a time").wait_for()
    send(page)
    assert f"{stage.url}/imports" not in asked
    page.get_by_role("button", name="Remove b.json").click()
    assert page.locator("[data-complaint]").inner_text() == ""
    choose(page, file("large.zip", bytes(1100)))
    page.get_by_role("alert").filter(has_text="Unpack it and send the files inside").wait_for()


def test_the_server_says_too_much_too(uploading: "Page", console_errors: list[str]) -> None:
    page = uploading
    page.eval_on_selector("input[type=file]", "(input) => { input.dataset.maxBytes = 1e9; }")
    page.evaluate(
        """() => {
          const carrier = new DataTransfer();
          carrier.items.add(new File([new Uint8Array(5.2e7)], "large.zip"));
          const input = document.querySelector("input[type=file]");
          input.files = carrier.files;
          input.dispatchEvent(new Event("change"));
        }"""
    )
    send(page)
    page.get_by_role("alert").filter(has_text="more than 50 MB").wait_for()
    assert page.get_by_role("button", name="Upload").is_visible()
    console_errors.clear()  # Chromium reports the 413 that was provoked


def test_a_file_of_no_use_is_one_sentence_and_the_next_try_works(
    stage: Stage, uploading: "Page", console_errors: list[str]
) -> None:
    page = uploading
    choose(page, file("cat.png", b"\x89PNG\r\n\x1a\n"))
    send(page)
    page.get_by_role("alert").filter(has_text="cat.png").wait_for()
    assert page.url == f"{stage.url}/imports"
    console_errors.clear()  # Chromium reports the 400 that was provoked
    choose(page, file("good.json", extended_json(history(2))))
    page.get_by_role("button", name="Remove cat.png").click()
    send(page)
    page.wait_for_url(f"{stage.url}/imports/1")


def test_an_upload_can_be_stopped_midway(uploading: "Page") -> None:
    page = uploading
    held: list[Route] = []

    def hold(route: "Route") -> None:
        held.append(route)

    page.route("**/imports", hold)  # the slowest of networks
    choose(page, file("a.json", extended_json(history(2))))
    send(page)
    page.get_by_text("Uploading").wait_for()
    assert page.get_by_role("button", name="Upload").is_hidden()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("alert").filter(has_text="Stopped. Nothing was stored.").wait_for()
    assert page.evaluate("() => document.activeElement.textContent.trim()") == "Upload"
    assert page.get_by_role("button", name="Upload").is_visible()
    assert len(chosen(page)) == 1
    assert len(held) == 1


def test_a_lost_network_is_told_and_the_files_stay(
    uploading: "Page", console_errors: list[str]
) -> None:
    page = uploading
    choose(page, file("a.json", extended_json(history(2))))
    page.route("**/imports", lambda route: route.abort("connectionreset"))
    send(page)
    page.get_by_role("alert").filter(has_text="The connection broke").wait_for()
    page.context.set_offline(True)
    send(page)
    page.get_by_role("alert").filter(has_text="You are offline").wait_for()
    assert len(chosen(page)) == 1
    console_errors.clear()  # Chromium reports the broken connections


def test_a_file_that_went_away_is_named(
    uploading: "Page", tmp_path: Path, console_errors: list[str]
) -> None:
    page = uploading
    path = tmp_path / "moved.json"
    path.write_bytes(extended_json(history(2)))
    page.set_input_files("input[type=file]", path)
    page.locator("[data-chosen]").wait_for()
    path.unlink()
    send(page)
    page.get_by_role("alert").filter(has_text="moved.json was moved or changed").wait_for()
    console_errors.clear()  # Chromium reports the file that was not found


def test_a_page_whose_server_went_away_says_so_and_goes_on(
    stage: Stage, uploading: "Page", console_errors: list[str]
) -> None:
    page = uploading
    choose(page, file("mine.zip", extended_zip({"a.json": history(5)})))
    send(page)
    page.get_by_text("It begins in a moment").wait_for()
    page.route("**/progress", lambda route: route.abort())
    page.get_by_text("The server does not answer just now.").wait_for(timeout=30_000)
    page.unroute("**/progress")
    stage.do_jobs()
    page.get_by_role("heading", name="5 plays would be new.").wait_for(timeout=30_000)
    console_errors.clear()  # Chromium reports the questions without an answer


def test_without_javascript_the_whole_way_works(stage: Stage, page: "Page") -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{stage.url}/login?listener={ALICE}")
    plain.get_by_role("button", name="Agree").click()
    plain.goto(f"{stage.url}/imports")
    content = extended_zip({"a.json": history(5)})
    plain.set_input_files("input[type=file]", file("mine.zip", content))
    send(plain)
    plain.wait_for_url(f"{stage.url}/imports/1")
    stage.do_jobs()
    plain.get_by_role("heading", name="5 plays would be new.").wait_for(timeout=30_000)
    plain.get_by_role("button", name="Import", exact=True).click()
    stage.do_jobs()
    plain.get_by_role("heading", name="5 plays came home.").wait_for(timeout=30_000)
    plain.get_by_text("Undo this import").click()
    plain.get_by_role("button", name="Yes, undo it").click()
    stage.do_jobs()
    plain.get_by_role("heading", name="As if it never came.").wait_for(timeout=30_000)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_an_import_scrolls_sideways_or_shuts_anybody_out(
    stage: Stage, uploading: "Page", scheme: str
) -> None:
    page = uploading
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    name = "an_export_with_a_name_that_is_longer_than_any_phone_is_wide_" * 3 + ".zip"
    rows = [*history(30), {"ts": 12}]
    choose(page, file(name, extended_zip({"a.json": rows}, others={f"{name}.pdf": b"%PDF"})))
    _look(page, "chosen")
    send(page)
    page.wait_for_url(f"{stage.url}/imports/1")
    for state in ("waiting", "checked", "importing", "completed", "undoing", "undone"):
        if state in ("checked", "completed", "undone"):
            stage.do_jobs()
            page.locator("[data-progress-url]").wait_for(state="detached")
        _look(page, state)
        if state == "checked":
            page.get_by_role("button", name="Import", exact=True).click()
        if state == "completed":
            page.get_by_text("Undo this import").click()
            _look(page, "asked")
            page.get_by_role("button", name="Yes, undo it").click()
    page.goto(f"{stage.url}/imports")
    _look(page, "list")


def _look(page: "Page", state: str) -> None:
    for width in (375, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= width, f"{state} is {wide} wide at {width}"
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found] == [], state
