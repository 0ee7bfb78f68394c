"""`mtm demo` beside another one, and when a part of it ends: one sentence that says what it was."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from music_time_machine.demo import Demo
from music_time_machine.errors import MusicTimeMachineError


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """A demo whose archive counts as filled already, so that it starts at once."""
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    folder = tmp_path / "data" / "demo"
    folder.mkdir(parents=True)
    (folder / "seeded").touch()
    return Demo(folder, _free_port(), _free_port())


def test_a_part_that_ends_is_named_and_a_second_demo_is_refused(demo: Demo) -> None:
    with demo.running():
        second = _started(demo)
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert second.stderr.startswith(f"A demo is running in {demo.folder} already.")
        demo.parts["worker"].kill()
        with pytest.raises(MusicTimeMachineError, match="The demo's worker"):
            demo.wait()
    assert all(process.poll() is not None for process in demo.parts.values())
    again = Demo(demo.folder, demo.port, demo.emulator_port)
    with again.running():
        again.parts["emulator"].kill()
        with pytest.raises(MusicTimeMachineError, match="The demo's emulator"):
            again.wait()


def test_the_lock_of_a_demo_that_was_killed_is_no_hindrance(demo: Demo) -> None:
    (demo.folder / "running.lock").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", demo.port))
        told = _started(demo, demo.port)
    assert told.returncode == 1
    assert told.stderr.startswith(f"Port {demo.port} is taken.")


def _started(demo: Demo, port: int | None = None) -> subprocess.CompletedProcess[str]:
    """`mtm demo` on other ports, or on this one."""
    command = [sys.executable, "-m", "music_time_machine", "demo"]
    command += ["--port", str(port or _free_port()), "--emulator-port", str(_free_port())]
    environment = {**os.environ, "DATA_DIR": str(demo.folder.parent)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
