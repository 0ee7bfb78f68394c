"""The command: it says where it answers, and it ends when it is told to."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from click.testing import CliRunner

from spotify_emulator.cli import command
from tests.emulator.visitor import asked


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process of its own, and the one line it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", "spotify_emulator", "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_prints_its_address_answers_and_ends_on_a_signal(number: signal.Signals) -> None:
    with started() as (process, line):
        assert line.startswith("Spotify emulator on http://127.0.0.1:")
        url = line.split()[-1]
        listeners = requests.get(f"{url}/_emulator/listeners", timeout=10).json()
        assert len(listeners) == 5
        process.send_signal(number)
        assert process.wait(timeout=30) == 0


def test_ends_while_a_request_hangs() -> None:
    with started() as (process, line), socket.socket() as hanging:
        url = line.split()[-1]
        fault = {"path": "/v1/me", "kind": "hang"}
        requests.put(f"{url}/_emulator/fault", json=fault, timeout=10)
        hanging.connect(("127.0.0.1", int(url.rsplit(":", 1)[1])))
        hanging.sendall(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n")
        while not requests.get(f"{url}/_emulator/calls", timeout=10).json():
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_takes_an_app_of_its_own() -> None:
    redirect = "https://example.org/back"
    with started("--client-id", "mine", "--redirect-uri", redirect, "--seed", "7") as (_, line):
        url = line.split()[-1]
        page = requests.get(
            f"{url}/authorize", params=asked(client_id="mine", redirect_uri=redirect), timeout=10
        )
        assert page.status_code == 200
        assert requests.get(f"{url}/authorize", params=asked(), timeout=10).status_code == 400


def test_help_holds_an_example() -> None:
    answer = CliRunner().invoke(command, ["--help"])
    assert answer.exit_code == 0
    assert "mtm emulator --port 5001" in answer.output


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = CliRunner().invoke(command, ["--port", str(taken.getsockname()[1])])
    assert answer.exit_code == 1
    assert "Choose another one with --port" in answer.output


def test_an_insecure_redirect_is_wrong_usage() -> None:
    answer = CliRunner().invoke(command, ["--redirect-uri", "http://localhost/callback"])
    assert answer.exit_code == 2
    assert "can't be registered" in answer.output
