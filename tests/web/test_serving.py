"""`mtm serve`: the server itself, in a process of its own, as a browser meets it."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

READY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Served:
    """Where the pages answer, and what was said at the start."""

    url: str
    said: Path


@pytest.fixture(scope="module")
def served(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty archive, served without an app of Spotify's."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copyfile(migrated_sqlite, folder / "music_time_machine.db")
    port = _free_port()
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)}
    environment["SECRET_KEY"] = secrets.token_urlsafe(48)
    command = [sys.executable, "-m", "music_time_machine", "serve", "--port", str(port)]
    said = folder / "said"
    with (
        said.open("w") as out,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            served = Served(f"http://127.0.0.1:{port}", said)
            _wait_for(served, process)
            yield served
        finally:
            process.terminate()


def test_a_server_without_a_spotify_app_says_so_once_and_serves(served: Served) -> None:
    said = served.said.read_text()
    assert said.count("Nobody can sign in yet: set SPOTIFY_CLIENT_ID") == 1
    assert requests.get(served.url, timeout=10).status_code == 200


def test_a_very_long_address_is_answered_by_a_page_of_ours(served: Served) -> None:
    answer = requests.get(f"{served.url}/nowhere?q={'a' * 8_000}", timeout=10)
    assert answer.status_code == 404
    assert "This groove leads nowhere." in answer.text


def _wait_for(served: Served, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{served.url}/healthz", timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError(served.said.read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
