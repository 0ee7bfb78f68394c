"""The process that reads beside an import is there before it is needed, and never after."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from music_time_machine import reader
from music_time_machine.moments import to_millis
from tests.formats.samples import extended_json
from tests.imports.archives import NOW, rows


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(reader, "LEAST_PACKED_BYTES", 1_000)


def history(folder: Path, plays: int) -> str:
    """The path of a file of so many plays."""
    path = folder / "history.json"
    path.write_bytes(extended_json(rows(plays)))
    return str(path)


def waiting(arguments: Sequence[str]) -> list[int]:
    """The processes that wait while `mtm` with these arguments runs."""
    with reader.started_early(arguments):
        return [process.pid for process in reader._waiting]


def test_a_large_import_finds_one_waiting_and_what_comes_next_starts_its_own(
    tmp_path: Path,
) -> None:
    with reader.started_early(["import", history(tmp_path, 30), "--account", "Alice"]):
        (early,) = reader._waiting
        with reader.take() as first, reader.take() as second:
            assert first is early
            assert second is not early


def test_one_that_waited_reads_what_it_is_told(tmp_path: Path) -> None:
    path = Path(history(tmp_path, 30))
    part = tmp_path / "part"
    part.mkdir()
    with reader.started_early(["import", str(path)]), reader.take() as process:
        reader.tell(process, path, 0, part, to_millis(NOW))
        process.communicate()
        assert process.returncode == 0
    assert (part / "stamp").stat().st_size == 30 * 8


def test_one_that_had_nothing_to_do_is_gone_at_the_end(tmp_path: Path) -> None:
    with reader.started_early(["import", history(tmp_path, 30)]):
        (early,) = reader._waiting
        assert early.poll() is None
    assert early.returncode == -signal.SIGKILL
    assert reader._waiting == []


def test_one_that_is_told_nothing_ends_with_the_import() -> None:
    with reader.take() as process:
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_none_is_started_for_a_small_file_or_another_command_or_without_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, nowhere = history(tmp_path, 1), str(tmp_path / "no\0where")
    assert waiting(["import", small, nowhere, "--account", "Alice", "--json"]) == []
    large = history(tmp_path, 30)
    assert waiting(["import", "--json", large]) != []
    assert waiting(["serve", large]) == []
    assert waiting([]) == []
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert waiting(["import", large]) == []


def test_one_that_died_while_it_waited_is_replaced(tmp_path: Path) -> None:
    with reader.started_early(["import", history(tmp_path, 30)]):
        (early,) = reader._waiting
        early.kill()
        early.wait()
        with reader.take() as process:
            assert process is not early
            assert process.poll() is None


def test_where_none_can_be_started_the_command_runs_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert waiting(["import", history(tmp_path, 30)]) == []


def test_nothing_heavy_is_loaded_before_it_is_started() -> None:
    command = [sys.executable, "-c", "import sys, music_time_machine.reader; print(*sys.modules)"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    assert not {"numpy", "sqlalchemy", "click", "msgspec"} & set(found.stdout.split())
