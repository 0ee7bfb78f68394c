"""`/imports`: from a file on a person's disk to the numbers on their pages, without JavaScript."""

import csv
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import requests
from sqlalchemy import func, select

from music_time_machine import accounts, imports
from music_time_machine.models import Account, Listen
from tests.formats.samples import extended_json, extended_row, extended_zip, nameless_row
from tests.stage import BOB, Stage, Visitor, forms, text_of


def signed_in_account(stage: Stage) -> Account:
    return accounts.everyone(stage.db, stage.settings)[0]


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    somebody = stage.visitor()
    somebody.sign_in()
    return somebody


def export(count: int = 30) -> bytes:
    rows = [
        extended_row(f"2024-03-{1 + n % 28:02d}T18:{n % 60:02d}:09Z", ms_played=90_000 + n)
        for n in range(count)
    ]
    return extended_zip({"Streaming_History_Audio_2024_0.json": rows})


def check(visitor: Visitor, content: bytes, name: str = "export.zip") -> requests.Response:
    """Upload as the page's own form does: to be asked before anything is added."""
    files = {"file": (name, content)}
    return visitor.post("/imports", {"check_first": "yes"}, files=files)


def plays(stage: Stage) -> int:
    with stage.db.read() as session:
        return session.scalar(select(func.count()).select_from(Listen)) or 0


def actions(page: str) -> set[str]:
    """What the forms of an import's page do."""
    return {form.action.rpartition("/")[2] for form in forms(page)} & {
        "start",
        "cancel",
        "undo",
        "retry",
    }


def ledger(page: str) -> dict[str, int]:
    """The account of an import's rows, as its page shows it."""
    rows = re.findall(r'<th scope="row">(.*?)</th>\s*<td>([\d,]+)</td>', page, re.DOTALL)
    return {text_of(words): int(number.replace(",", "")) for words, number in rows}


def test_an_upload_is_looked_into_before_anything_is_added(stage: Stage, visitor: Visitor) -> None:
    rows = [extended_row(f"2024-03-05T18:{n:02d}:09Z") for n in range(20)]
    visitor.upload(extended_zip({"a.json": rows[:5]}))
    stage.do_jobs()
    page = check(
        visitor, extended_zip({"b.json": [*rows, nameless_row()]}, others={"Me.json": b"{}"})
    )
    assert page.url.endswith("/imports/2")
    assert "before anything changes" in text_of(page.text)
    stage.do_jobs()
    page = visitor.get("/imports/2")
    words = text_of(page.text)
    assert "15 plays would be new" in words
    assert "Spotify's extended streaming history" in words
    assert "5 March 2024" in words
    assert "Me.json" in words
    told = ledger(page.text)
    assert (told["Would be added"], told["Known already"], told["Left out"]) == (15, 5, 1)
    assert told["Rows in 1 file"] == 21
    assert "21 rows = 15 + 5 + 1" in words
    assert "naming neither a track nor an episode" in words
    assert actions(page.text) == {"start", "cancel"}
    assert plays(stage) == 5


def test_import_does_what_the_check_foretold(stage: Stage, visitor: Visitor) -> None:
    check(visitor, export())
    stage.do_jobs()
    page = visitor.post("/imports/1/start")
    assert page.url.endswith("/imports/1")
    stage.do_jobs()
    page = visitor.get("/imports/1")
    assert "30 plays came home" in text_of(page.text)
    assert ledger(page.text)["Added"] == plays(stage) == 30
    assert actions(page.text) == {"undo"}


def test_dont_import_leaves_the_archive_as_it_was(stage: Stage, visitor: Visitor) -> None:
    check(visitor, export())
    stage.do_jobs()
    page = visitor.post("/imports/1/cancel")
    stage.do_jobs()
    assert "Nothing of it was kept" in text_of(page.text)
    assert actions(page.text) == set()
    assert plays(stage) == 0


def test_an_import_that_adds_nothing_is_not_pushed(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(export())
    stage.do_jobs()
    check(visitor, export())
    stage.do_jobs()
    words = text_of(visitor.get("/imports/2").text)
    assert "Nothing new in it" in words
    assert "Import anyway" in words


def test_a_script_that_does_not_ask_for_the_check_runs_straight_through(
    stage: Stage, visitor: Visitor
) -> None:
    visitor.upload(export())
    stage.do_jobs()
    assert "30 plays came home" in text_of(visitor.get("/imports/1").text)


def test_an_import_that_ended_can_be_undone_once(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(export())
    stage.do_jobs()
    page = visitor.post("/imports/1/undo")
    assert "is taken back" in text_of(page.text)
    stage.do_jobs()
    page = visitor.get("/imports/1")
    assert "As if it never came" in text_of(page.text)
    assert ledger(page.text)["Taken back"] == 30
    assert actions(page.text) == set()
    assert plays(stage) == 0
    again = visitor.post("/imports/1/undo")
    assert "only once" in text_of(again.text)


def test_undo_asks_once_more_without_a_script(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(export())
    stage.do_jobs()
    page = visitor.get("/imports/1").text
    asked = re.search(r'<details class="confirm">.*?</details>', page, re.DOTALL)
    assert asked is not None
    assert actions(asked[0]) == actions(page) == {"undo"}
    assert "takes 30 plays out of your archive" in text_of(asked[0])


def test_an_import_that_broke_can_go_on(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(export())
    account = signed_in_account(stage)
    with pytest.raises(ZeroDivisionError):
        imports.proceed(stage.db, account, 1, "w", stage.clock, on_progress=lambda _: 1 // 0)
    imports.fail(stage.db, account, 1, "w", "It broke.", stage.clock())
    page = visitor.get("/imports/1").text
    assert "It broke." in text_of(page)
    assert "retry" in actions(page)
    visitor.post("/imports/1/retry")
    stage.do_jobs()
    assert ledger(visitor.get("/imports/1").text)["Added"] == plays(stage) == 30


def test_rows_that_were_not_reached_have_a_line_of_their_own(
    stage: Stage, visitor: Visitor
) -> None:
    begun = datetime(2015, 1, 1, tzinfo=UTC)
    rows = [
        extended_row(f"{begun + timedelta(minutes=4 * n):%Y-%m-%dT%H:%M:%SZ}")
        for n in range(20_500)
    ]
    visitor.upload(extended_zip({"a.json": rows}))
    account = signed_in_account(stage)

    def stop(view: imports.ImportView) -> None:
        if view.added:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.proceed(stage.db, account, 1, "w", stage.clock, on_progress=stop)
    imports.fail(stage.db, account, 1, "w", "It broke.", stage.clock())
    told = ledger(visitor.get("/imports/1").text)
    assert 0 < told["Added"] == plays(stage) < 20_500
    assert told["Not reached"] == 20_500 - told["Added"]


@pytest.mark.parametrize("action", ["start", "cancel", "undo", "retry"])
def test_what_cannot_be_done_now_is_said(stage: Stage, visitor: Visitor, action: str) -> None:
    visitor.upload(export())
    stage.do_jobs()
    visitor.post("/imports/1/undo")
    stage.do_jobs()
    page = visitor.post(f"/imports/1/{action}")
    assert page.url.endswith("/imports/1")
    assert 'class="flash is-error"' in page.text
    answer = visitor.post(f"/imports/1/{action}", headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert set(answer.json()) == {"error"}


def test_a_script_may_do_all_of_it_too(stage: Stage, visitor: Visitor) -> None:
    check(visitor, export())
    stage.do_jobs()
    for action in ("start", "undo"):
        answer = visitor.post(f"/imports/1/{action}", headers={"Accept": "application/json"})
        assert (answer.json()["success"], answer.json()["location"]) == (True, "/imports/1")
        stage.do_jobs()
    assert plays(stage) == 0


def test_progress_refreshes_itself_without_javascript_until_the_end(
    stage: Stage, visitor: Visitor
) -> None:
    visitor.upload(export())
    assert "It begins in a moment" in text_of(visitor.get("/imports/1").text)
    assert 'http-equiv="refresh"' in visitor.get("/imports/1").text
    assert "data-done" not in visitor.get("/imports/1/progress").text
    stage.do_jobs()
    assert 'http-equiv="refresh"' not in visitor.get("/imports/1").text
    assert "data-done" in visitor.get("/imports/1/progress").text


def test_progress_stops_where_the_person_is_asked(stage: Stage, visitor: Visitor) -> None:
    check(visitor, export())
    stage.do_jobs()
    assert 'http-equiv="refresh"' not in visitor.get("/imports/1").text
    assert "data-done" in visitor.get("/imports/1/progress").text


def test_the_progress_part_is_no_whole_page(visitor: Visitor) -> None:
    visitor.upload(export())
    assert "<html" not in visitor.get("/imports/1/progress").text


def test_an_import_on_its_way_can_be_stopped(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(export())
    assert actions(visitor.get("/imports/1").text) == {"cancel"}
    visitor.post("/imports/1/cancel")
    stage.do_jobs()
    assert "Nothing of it was kept" in text_of(visitor.get("/imports/1").text)
    assert plays(stage) == 0


def test_the_list_tells_how_each_import_stands(stage: Stage, visitor: Visitor) -> None:
    check(visitor, export(), name="first.zip")
    stage.do_jobs()
    assert "Waits for you" in text_of(visitor.get("/imports").text)
    assert "30 plays new" in text_of(visitor.get("/imports").text)
    visitor.post("/imports/1/start")
    assert "Waiting" in text_of(visitor.get("/imports").text)
    stage.do_jobs()
    assert "30 plays added" in text_of(visitor.get("/imports").text)
    visitor.post("/imports/1/undo")
    stage.do_jobs()
    assert "30 plays taken back" in text_of(visitor.get("/imports").text)


def test_the_rows_left_out_are_a_csv_with_their_reasons(stage: Stage, visitor: Visitor) -> None:
    rows: list[object] = [extended_row(), nameless_row(), "a text"]
    visitor.upload(extended_zip({"a.json": rows}))
    stage.do_jobs()
    answer = visitor.get("/imports/1/left-out.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="import-1-left-out.csv"' in answer.headers["Content-Disposition"]
    head, *lines = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    assert head == ["file", "row", "reason", "what"]
    assert {line[0].rpartition("/")[2] for line in lines} == {"a.json"}
    assert [int(line[1]) for line in lines] == [2, 3]
    assert "naming neither" in lines[0][2]
    assert nameless_row()["ts"] in lines[0][3]
    assert "not in the shape" in lines[1][2]
    assert "/imports/1/left-out.csv" in visitor.get("/imports/1").text


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_the_csv_is_a_formula_to_a_spreadsheet(
    stage: Stage, visitor: Visitor, start: str
) -> None:
    name = f'{start}HYPERLINK("x").json'
    visitor.upload(extended_json([extended_row(), nameless_row()]), name=name)
    stage.do_jobs()
    answer = visitor.get("/imports/1/left-out.csv")
    _, line = csv.reader(io.StringIO(answer.text, newline=""))
    assert line[0].startswith(f"'{start}HYPERLINK")


def test_long_lists_of_rows_left_out_come_whole(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(extended_zip({"a.json": [extended_row(), *[nameless_row()] * 1_750]}))
    stage.do_jobs()
    answer = visitor.get("/imports/1/left-out.csv")
    assert len(answer.text.splitlines()) == 1_751


def test_the_same_file_again_adds_nothing(stage: Stage, visitor: Visitor) -> None:
    for _ in range(2):
        visitor.upload(export())
        stage.do_jobs()
    page = visitor.get("/imports/2").text
    assert "Nothing new" in text_of(page)
    assert (ledger(page)["Added"], ledger(page)["Known already"]) == (0, 30)


def test_several_files_are_one_import(stage: Stage, visitor: Visitor) -> None:
    files = [
        ("file", ("one.zip", export(5))),
        ("file", ("two.json", extended_json([extended_row()]))),
        ("file", ("cat.png", b"\x89PNG\r\n\x1a\n" + bytes(50))),
    ]
    page = visitor.post("/imports", files=files)
    assert page.url.endswith("/imports/1")
    stage.do_jobs()
    page = visitor.get("/imports/1")
    assert "one.zip and 2 more" in text_of(page.text)
    assert "cat.png" in text_of(page.text)
    assert ledger(page.text)["Rows in 2 files"] == plays(stage) == 6
    assert visitor.get("/imports/2").status_code == 404


def test_no_file_chosen_is_said_beside_the_form(visitor: Visitor) -> None:
    page = visitor.upload(b"", name="")
    assert page.status_code == 400
    assert "Choose a file first" in text_of(page.text)
    assert any(form.action.endswith("/imports") for form in forms(page.text))


def _pictures() -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as file:
        file.writestr("one.png", b"\x89PNG\r\n\x1a\n")
    return box.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"not a zip", b"", b"PK\x05\x06" + bytes(18), _pictures(), b"[" * 200_000, b'{"a": 1}'],
    ids=["text", "nothing", "empty zip", "zip of pictures", "deep nesting", "an object"],
)
def test_a_file_of_no_use_is_one_sentence_and_nothing_stored(
    visitor: Visitor, content: bytes
) -> None:
    page = visitor.upload(content, name="odd.zip")
    assert page.status_code == 400
    assert "odd.zip" in text_of(page.text)
    assert visitor.get("/imports/1").status_code == 404


def test_a_script_gets_the_sentence_as_json(visitor: Visitor) -> None:
    answer = visitor.http.post(
        f"{visitor.url}/imports",
        data={"csrf_token": visitor.token()},
        files={"file": ("odd.zip", b"not a zip")},
        headers={"Accept": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}


def test_a_script_is_told_where_to_go(visitor: Visitor) -> None:
    answer = visitor.http.post(
        f"{visitor.url}/imports",
        data={"csrf_token": visitor.token()},
        files={"file": ("export.zip", export())},
        headers={"Accept": "application/json, text/html;q=0.9"},
        timeout=30,
    )
    assert answer.json() == {"success": True, "location": "/imports/1"}


def test_a_row_of_wrong_types_is_counted_and_the_rest_is_kept(
    stage: Stage, visitor: Visitor
) -> None:
    rows: list[object] = [extended_row(), {"ts": 12, "ms_played": "long"}, "a text", None]
    visitor.upload(extended_zip({"a.json": rows}))
    stage.do_jobs()
    told = ledger(visitor.get("/imports/1").text)
    assert (told["Added"], told["Left out"], told["Rows in 1 file"]) == (1, 3, 4)


def test_truncated_json_is_one_sentence(stage: Stage, visitor: Visitor) -> None:
    whole = extended_json([extended_row() for _ in range(100)])
    page = visitor.upload(whole[: len(whole) // 2], name="cut.json")
    assert page.status_code == 400
    assert "cut.json" in text_of(page.text)


def test_damage_in_one_of_several_files_is_told_with_what_was_kept(
    stage: Stage, visitor: Visitor
) -> None:
    whole = extended_json([extended_row(f"2023-01-01T10:{n:02d}:00Z") for n in range(60)])
    cut = {"b.json": whole[: len(whole) // 2]}
    visitor.upload(extended_zip({"a.json": [extended_row()]}, others=cut))
    stage.do_jobs()
    page = visitor.get("/imports/1").text
    assert "could not be finished" in text_of(page)
    assert "b.json" in text_of(page)
    assert ledger(page)["Added"] == plays(stage) > 1


@pytest.mark.parametrize("size", [50_500_000, 52_000_000], ids=["files", "request"])
def test_an_upload_over_the_limit_says_so(visitor: Visitor, size: int) -> None:
    page = visitor.upload(bytes(size))
    assert page.status_code == 413
    assert re.search(r"(larger|more) than 50 MB, the most this server takes", text_of(page.text))
    assert any(form.action.endswith("/imports") for form in forms(page.text))


# Werkzeug lets go of the files it has read by then without closing them.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_too_many_files_at_once_is_its_own_sentence(visitor: Visitor) -> None:
    files = [("file", (f"{n}.json", b"[]")) for n in range(1_100)]
    page = visitor.post("/imports", files=files)
    assert page.status_code == 413
    assert "Pack them into one zip" in text_of(page.text)


def test_a_stranger_who_sends_too_much_gets_the_sentence_too(stage: Stage) -> None:
    answer = requests.post(f"{stage.url}/imports", files={"file": bytes(52_000_000)}, timeout=30)
    assert answer.status_code == 413
    assert "more than 50 MB" in text_of(answer.text)


def test_bobs_import_is_not_found(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(export(), name="alices.zip")
    bob = stage.visitor()
    bob.sign_in(BOB)
    for path in ("/imports/1", "/imports/1/progress", "/imports/1/left-out.csv"):
        assert bob.get(path).status_code == 404
    for action in ("start", "cancel", "undo", "retry"):
        assert bob.post(f"/imports/1/{action}").status_code == 404
    assert not imports.find(stage.db, signed_in_account(stage), 1).is_ended
    assert "alices.zip" not in bob.get("/imports").text


def test_an_import_never_asks_spotify(stage: Stage, visitor: Visitor) -> None:
    requests.delete(f"{stage.spotify.url}/_emulator/calls", timeout=10)
    visitor.upload(export())
    stage.do_jobs()
    visitor.get("/imports/1")
    assert not any("/v1/" in call or "/api/token" in call for call in stage.calls())


def test_a_hostile_file_name_is_only_text(stage: Stage, visitor: Visitor) -> None:
    name = "<img src=x onerror=alert(1)>\"'.zip"
    visitor.upload(export(), name=name)
    assert "<img src=x" not in visitor.get("/imports").text
    assert "<img src=x" in text_of(visitor.get("/imports").text)


def test_undo_says_how_many_plays_really_go(stage: Stage, visitor: Visitor) -> None:
    for _ in range(2):
        visitor.upload(export())
        stage.do_jobs()
    assert "nothing goes" in text_of(visitor.get("/imports/1").text)
    visitor.post("/imports/1/undo")
    stage.do_jobs()
    told = ledger(visitor.get("/imports/1").text)
    assert (told["Taken back"], told["Stayed, or known before"]) == (0, 30)
    assert "takes 30 plays out of your archive" in text_of(visitor.get("/imports/2").text)
    visitor.post("/imports/2/undo")
    stage.do_jobs()
    assert ledger(visitor.get("/imports/2").text)["Taken back"] == 30
    assert plays(stage) == 0


def test_a_wait_is_counted_from_the_press_of_the_button(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(export())
    stage.do_jobs()
    stage.clock.pass_by(days=2)
    visitor.post("/imports/1/undo")
    assert "Still waiting" not in text_of(visitor.get("/imports/1").text)
    stage.clock.pass_by(seconds=30)
    assert "Still waiting" in text_of(visitor.get("/imports/1").text)


def test_a_failed_import_says_what_of_it_was_read(stage: Stage, visitor: Visitor) -> None:
    good = extended_json([extended_row(f"2023-01-01T10:{n:02d}:00Z") for n in range(10)])
    for _ in range(2):
        files = [("file", ("good.json", good)), ("file", ("cut.json", good[:-9]))]
        visitor.post("/imports", files=files)
        stage.do_jobs()
    first, second = (text_of(visitor.get(f"/imports/{number}").text) for number in (1, 2))
    assert "10 rows could be read: 10 added, 0 known already." in first
    assert "10 rows could be read: 0 added, 10 known already." in second
    for page in (first, second):
        assert "Nothing of it is in your archive" not in page
        assert "when you go on" not in page


def test_an_empty_file_beside_a_good_one_is_only_named(stage: Stage, visitor: Visitor) -> None:
    good = extended_json([extended_row()])
    visitor.post("/imports", files=[("file", ("a.json", good)), ("file", ("empty.json", b""))])
    stage.do_jobs()
    page = text_of(visitor.get("/imports/1").text)
    assert "1 play came home" in page
    assert "empty.json" in page


def test_one_file_too_large_is_to_be_unpacked(visitor: Visitor) -> None:
    page = visitor.upload(bytes(50_500_000))
    assert "Unpack it and send the files inside" in text_of(page.text)
