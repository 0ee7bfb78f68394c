"""The command `mtm`, as a person at a terminal or a script in a pipe meets it."""

import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click import Command, Group
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from music_time_machine.cli import cli, database_sentence
from music_time_machine.config import Settings
from tests.formats.samples import (
    episode_row,
    extended_json,
    extended_row,
    extended_zip,
    nameless_row,
)

ROOT = Path(__file__).resolve().parent.parent
KEY = secrets.token_urlsafe(48)


@pytest.fixture
def mtm(migrated_database_url: str, tmp_path: Path) -> "Mtm":
    return Mtm(tmp_path, migrated_database_url)


class Mtm:
    """`mtm` in a process and a folder of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        try:
            said, complained = process.communicate(timeout=60)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(arguments, process.returncode, said, complained)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": self.url}
        environment["DATA_DIR"] = str(self.folder / "data")
        return subprocess.Popen(
            [sys.executable, "-m", "music_time_machine", *arguments],
            env=environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)


def export() -> bytes:
    rows = [extended_row(f"2024-03-05T18:{n:02d}:09Z") for n in range(40)]
    return extended_zip({"a.json": [*rows, rows[0]], "b.json": [nameless_row(), episode_row()]})


def test_an_archive_is_built_before_anyone_signs_in(mtm: Mtm) -> None:
    assert mtm("account", "add", "Alice").returncode == 0
    done = mtm("import", mtm.file("export.zip", export()), "--account", "Alice")
    assert done.returncode == 0, done.stderr
    assert "43 rows in 2 files" in done.stdout
    assert "41 added, 1 already known." in done.stdout
    assert "left out: 1 row naming neither" in done.stdout
    assert "Alice\tlocal\tUTC" in mtm("account", "list").stdout


def test_json_is_one_object_whose_rows_add_up(mtm: Mtm) -> None:
    mtm("account", "add", "Alice")
    paths = [
        mtm.file("export.zip", export()),
        mtm.file("x.json", extended_json([extended_row(ms_played=None)])),
    ]
    done = mtm("import", *paths, "--account", "Alice", "--json")
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert told == {
        "files": 3,
        "formats": ["Spotify's extended streaming history"],
        "rows": 44,
        "added": 41,
        "known": 1,
        "skipped": {"no_identity": 1, "unreadable": 1},
        "snapshots": 0,
        "ignored": ["Spotify Extended Streaming History/ReadMeFirst_ExtendedStreamingHistory.pdf"],
        "imports": [1, 2],
        "problems": [],
    }
    assert told["rows"] == told["added"] + told["known"] + sum(told["skipped"].values())


def test_a_folder_is_one_import_of_all_its_files(mtm: Mtm) -> None:
    mtm("account", "add", "Alice")
    mtm.file("exports/one/a.json", extended_json([extended_row("2020-01-01T00:00:00Z")]))
    mtm.file("exports/two.zip", export())
    mtm.file("exports/notes.txt", b"nothing to read")
    mtm.file("exports/.hidden.json", b"[]")
    done = mtm("import", str(mtm.folder / "exports"), "--account", "Alice", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["files"], told["added"], told["imports"]) == (3, 42, [1])


def test_a_folder_without_any_export_is_one_sentence(mtm: Mtm) -> None:
    mtm("account", "add", "Alice")
    mtm.file("empty/notes.txt", b"nothing to read")
    done = mtm("import", str(mtm.folder / "empty"), "--account", "Alice")
    assert done.returncode == 1
    assert "no zip, JSON, CSV or SQLite file" in done.stderr


def test_a_dry_run_tells_what_an_import_would_do_and_changes_nothing(mtm: Mtm) -> None:
    mtm("account", "add", "Alice")
    path = mtm.file("export.zip", export())
    command = ["import", path, "--account", "Alice"]
    told = mtm(*command, "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "41 would be added, 1 already known." in told.stdout
    foretold = json.loads(mtm(*command, "--dry-run", "--json").stdout)
    done = json.loads(mtm(*command, "--json").stdout)
    assert foretold == {**done, "imports": []}
    assert done["imports"] == [1], "a dry run leaves no import behind"
    again = json.loads(mtm(*command, "--dry-run", "--json").stdout)
    assert (again["added"], again["known"]) == (0, 42)
    assert list((mtm.folder / "data" / "uploads").iterdir()) == []


def test_a_bad_file_is_one_sentence_and_the_good_one_is_kept(mtm: Mtm) -> None:
    mtm("account", "add", "Alice")
    bad, good = mtm.file("cat.png", b"\x89PNG\r\n\x1a\n"), mtm.file("export.zip", export())
    done = mtm("import", bad, good, "--account", "Alice", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["added"] == 41
    assert told["ignored"][-1] == "cat.png"
    assert told["problems"] == [done.stderr.removesuffix("\n")]
    assert told["problems"][0].startswith('"cat.png" is a picture')


def test_an_archive_is_written_whole_or_not_at_all(mtm: Mtm) -> None:
    for name in ("Alice", "Bob"):
        mtm("account", "add", name)
    mtm("import", mtm.file("export.zip", export()), "--account", "Alice")
    done = mtm("export", "alice.json", "--account", "Alice")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Alice's archive is in alice.json.\n"
    written = mtm.folder / "alice.json"
    assert written.stat().st_mode & 0o077 == 0
    told = [mtm("import", str(written), "--account", name, "--json") for name in ("Alice", "Bob")]
    assert [json.loads(one.stdout)["added"] for one in told] == [0, 41]
    before = sorted(mtm.folder.iterdir())
    assert mtm("export", "nobody.json", "--account", "Nobody").returncode == 1
    assert sorted(mtm.folder.iterdir()) == before


def test_an_export_goes_to_a_pipe_or_through_a_link_and_harms_nothing_else(mtm: Mtm) -> None:
    mtm("account", "add", "Alice")
    mtm("import", mtm.file("export.zip", export()), "--account", "Alice")
    piped = mtm("export", "-", "--account", "Alice")
    assert len(json.loads(piped.stdout)["plays"]) == 41
    assert not (mtm.folder / "-").exists()
    file, link, fifo = (mtm.folder / name for name in ("alice.json", "link.json", "fifo.json"))
    link.symlink_to(file)
    assert mtm("export", "link.json", "--account", "Alice").returncode == 0
    assert link.is_symlink()
    assert file.read_text() == piped.stdout
    os.mkfifo(fifo)
    refused = mtm("export", "fifo.json", "--account", "Alice")
    assert refused.returncode == 2
    assert "fifo.json is no file. Name one to write, or - for standard output." in refused.stderr
    assert fifo.is_fifo()
    lost = mtm("export", "no/folder.json", "--account", "Alice")
    assert lost.returncode == 2
    assert "There is no folder no. Make it first." in lost.stderr


def test_a_huge_file_that_is_no_history_is_not_copied_first(mtm: Mtm) -> None:
    mtm("account", "add", "Alice")
    mtm.file("data/uploads", b"where a copy would be, there is no folder")
    huge = mtm.folder / "huge.json"
    with huge.open("wb") as file:
        file.write(b'[{"ts":')
        file.truncate(1 << 32)
    done = mtm("import", str(huge), "--account", "Alice")
    assert done.returncode == 1
    assert done.stderr.startswith('"huge.json" is')
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_an_import_that_is_told_to_end_leaves_no_upload(mtm: Mtm, options: list[str]) -> None:
    mtm("account", "add", "Alice")
    row = json.dumps(extended_row("2024-03-05T18:00:09Z"))
    rows = (row.replace("18:00:09", f"{n % 24:02d}:00:09") for n in range(120_000))
    path = mtm.file("long.json", f"[{','.join(rows)}]".encode())
    process = mtm.start("import", path, "--account", "Alice", *options)
    uploads = mtm.folder / "data" / "uploads"
    while not list(uploads.glob("*/stage*")):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert list(uploads.iterdir()) == []
    again = mtm("import", path, "--account", "Alice", "--json")
    assert again.returncode == 0, again.stderr


def test_files_named_one_by_one_are_told_of_as_files_sent_together(mtm: Mtm) -> None:
    """A folder is one import, as files sent to a page are; paths are an import each."""
    good, bad = extended_json([extended_row()]), b'{"a": "wish list"}'
    cut = extended_json([extended_row()])[:-1]
    mtm("account", "add", "Alice")
    paths = [mtm.file("f/a.json", good), mtm.file("f/b.json", bad), mtm.file("f/c.json", cut)]
    told = []
    for sent in ([str(mtm.folder / "f")], paths):
        done = mtm("import", *sent, "--account", "Alice", "--json")
        assert done.returncode == 1
        told.append(json.loads(done.stdout))
    assert told[0]["ignored"] == told[1]["ignored"] == ["b.json"]
    assert [one["problems"][-1].partition(" is cut off")[0] for one in told] == ['"c.json"'] * 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["import", "nowhere.zip", "--account", "Alice"], 1, "There is no file nowhere.zip"),
        (["import", ".", "--account", "Nobody"], 1, "There is no account named Nobody"),
        (["import", "x.zip"], 2, "--account"),
        (["nonsense"], 2, "nonsense"),
        (["account", "add", " "], 1, "needs a name"),
        (["snapshot"], 1, "No account is connected"),
        (["serve"], 1, "SECRET_KEY is not set"),
        (["worker"], 1, "SECRET_KEY is not set"),
        (["serve", "--port", "99999"], 2, "--port"),
        (["demo", "--port", "5200", "--emulator-port", "5200"], 2, "a port each"),
        (["account", "add", "Carol", "--time-zone", "Mars/Phobos"], 1, "not a time zone"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    mtm: Mtm, arguments: list[str], code: int, words: str
) -> None:
    mtm("account", "add", "Alice")
    done = mtm(*arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_is_taken_only_once(mtm: Mtm) -> None:
    mtm("account", "add", "Alice")
    done = mtm("account", "add", "alice")
    assert done.returncode == 1
    assert "already a local account" in done.stderr


def test_a_wrong_setting_is_named(mtm: Mtm) -> None:
    (mtm.folder / ".env").write_text("TIME_ZONE=Mars/Olympus\n")
    done = mtm("account", "list")
    assert done.returncode == 1
    assert "TIME_ZONE is not a time zone" in done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("DATABASE_URL=nonsense", "DATABASE_URL is neither"),
        ("SPOTIFY_API_URL=foo", "SPOTIFY_API_URL is not a web address"),
        ("DEMO_LISTENERS=x", "The settings cannot be read"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_sentence(
    tmp_path: Path, line: str, words: str
) -> None:
    (tmp_path / ".env").write_text(line + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "music_time_machine", "account", "list"],
        env={"PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "address", ["http://localhost:5000/callback", "http://192.168.1.5:5000/callback"]
)
def test_an_address_that_spotify_refuses_is_no_start(mtm: Mtm, address: str) -> None:
    (mtm.folder / ".env").write_text(f"SECRET_KEY={KEY}\nSPOTIFY_REDIRECT_URI={address}\n")
    done = mtm("serve")
    assert done.returncode == 1
    assert f"SPOTIFY_REDIRECT_URI is {address}, and Spotify sends nobody there" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "address",
    ["https://music.example/callback", "http://127.0.0.1:5000/callback", "http://[::1]/callback"],
)
def test_an_address_that_spotify_takes_is_taken(address: str) -> None:
    Settings(_env_file=None, spotify_redirect_uri=address).check_redirect()


@pytest.mark.parametrize("key", ["", "short", "a" * 40, "please-changeme-please-changeme-please"])
def test_a_weak_key_is_refused(mtm: Mtm, key: str) -> None:
    (mtm.folder / ".env").write_text(f"SECRET_KEY={key}\n")
    done = mtm("serve")
    assert done.returncode == 1
    assert "SECRET_KEY is" in done.stderr


def _commands(group: Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path] if path else []
    context = None
    for name in group.list_commands(context):  # type: ignore[arg-type]
        command: Command | None = group.get_command(context, name)  # type: ignore[arg-type]
        if isinstance(command, Group):
            found += _commands(command, (*path, name))
        else:
            found.append((*path, name))
    return found


def test_every_commands_help_gives_an_example() -> None:
    for path in _commands(cli):
        command: Command | None = cli
        for name in path:
            assert isinstance(command, Group)
            command = command.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert "Example: mtm " in f"{command.help} {command.epilog}", path


@pytest.mark.parametrize("path", [(), *_commands(cli)], ids=" ".join)
def test_the_page_of_commands_shows_what_each_command_prints(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    cli.main([*path, "--help"], prog_name="mtm", standalone_mode=False)
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    title = " ".join(("mtm", *path))
    assert f"## {title}\n\n```\n{capsys.readouterr().out}```\n" in page


def test_a_locked_archive_is_busy_and_no_fault_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
        with pytest.raises(OperationalError) as caught, engine.connect() as connection:
            connection.execute(text("CREATE TABLE one (two)"))
        engine.dispose()
    sentence = "The archive is busy just now; try again in a moment."
    assert database_sentence(caught.value) == sentence
