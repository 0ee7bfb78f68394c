"""`/imports`: from a file on a person's disk to the numbers on their pages, without JavaScript."""

import io
import zipfile

import pytest
import requests

from tests.formats.samples import extended_json, extended_row, extended_zip, nameless_row
from tests.stage import BOB, Stage, Visitor, forms, text_of


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


def test_an_export_ends_in_words_that_count_every_row(stage: Stage, visitor: Visitor) -> None:
    content = extended_zip({"a.json": [extended_row(), extended_row(ms_played=5), nameless_row()]})
    page = visitor.upload(content)
    assert page.url.endswith("/imports/1")
    stage.do_jobs()
    words = text_of(visitor.get("/imports/1").text)
    assert "2 plays" in words
    assert "1 row" in words
    assert "naming neither a track nor an episode" in words


def test_progress_refreshes_itself_without_javascript_until_the_end(
    stage: Stage, visitor: Visitor
) -> None:
    visitor.upload(export())
    assert 'http-equiv="refresh"' in visitor.get("/imports/1").text
    assert "data-done" not in visitor.get("/imports/1/progress").text
    stage.do_jobs()
    assert 'http-equiv="refresh"' not in visitor.get("/imports/1").text
    assert "data-done" in visitor.get("/imports/1/progress").text


def test_the_progress_part_is_no_whole_page(visitor: Visitor) -> None:
    visitor.upload(export())
    assert "<html" not in visitor.get("/imports/1/progress").text


def test_the_same_file_again_adds_nothing(stage: Stage, visitor: Visitor) -> None:
    for _ in range(2):
        visitor.upload(export())
        stage.do_jobs()
    words = text_of(visitor.get("/imports/2").text)
    assert "30" in words
    assert "already" in words


def test_several_files_become_several_imports(stage: Stage, visitor: Visitor) -> None:
    files = [
        ("file", ("one.zip", export(5))),
        ("file", ("two.json", extended_json([extended_row()]))),
        ("file", ("cat.png", b"\x89PNG\r\n\x1a\n" + bytes(50))),
    ]
    page = visitor.post("/imports", files=files)
    words = text_of(page.text)
    assert "one.zip" in words
    assert "two.json" in words
    assert "cat.png" in words
    stage.do_jobs()
    assert visitor.get("/imports/2").status_code == 200
    assert visitor.get("/imports/3").status_code == 404


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
    words = text_of(visitor.get("/imports/1").text)
    assert "3 rows" in words
    assert "1 play" in words


def test_truncated_json_is_one_sentence(stage: Stage, visitor: Visitor) -> None:
    whole = extended_json([extended_row() for _ in range(100)])
    page = visitor.upload(whole[: len(whole) // 2], name="cut.json")
    stage.do_jobs()
    words = text_of(page.text) + text_of(visitor.get("/imports").text)
    assert "cut.json" in words


def test_an_upload_over_the_limit_says_so(stage: Stage, visitor: Visitor) -> None:
    page = visitor.upload(bytes(50_500_000))
    assert page.status_code == 413
    assert "larger than 50 MB" in text_of(page.text)


def test_bobs_import_is_not_found(stage: Stage, visitor: Visitor) -> None:
    visitor.upload(export(), name="alices.zip")
    bob = stage.visitor()
    bob.sign_in(BOB)
    for path in ("/imports/1", "/imports/1/progress"):
        assert bob.get(path).status_code == 404
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
