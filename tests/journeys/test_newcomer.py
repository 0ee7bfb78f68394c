"""A newcomer's first hour, by HTTP alone: sign-in, a snapshot, an export, one's own numbers."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.stage import Visitor, text_of

READY_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its two addresses and what it has printed."""

    url: str
    emulator_url: str
    printed: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`mtm demo` in an empty folder, as `python3 run.py demo` starts it."""
    folder = tmp_path_factory.mktemp("newcomer")
    port, emulator_port = _free_port(), _free_port()
    command = [sys.executable, "-m", "music_time_machine", "demo"]
    command += ["--port", str(port), "--emulator-port", str(emulator_port)]
    environment = {**os.environ, "DATA_DIR": str(folder / "data")}
    environment.pop("DATABASE_URL", None)
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            printed = _read_until_ready(process)
            yield Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{emulator_port}", printed)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def test_the_demo_prints_one_address(demo: Demo) -> None:
    assert re.findall(r"http://\S+", demo.printed) == [demo.url]


def test_a_newcomer_finds_their_own_numbers(demo: Demo) -> None:
    visitor = Visitor(demo.url)
    assert "Ruth Ashgrove-Bell" in text_of(visitor.get("/").text)
    visitor.sign_in("ruth")
    assert "An empty shelf" in text_of(visitor.get("/").text)
    assert "Snapshot taken:" in text_of(visitor.post("/settings/snapshot").text)

    export = _export(demo, "ruth")
    page = visitor.upload(export)
    end = _follow(visitor, page.url)
    truth = _truth(export)
    assert f"{truth.rows:,} rows" in text_of(end)

    home = text_of(visitor.get("/").text)
    assert f"Tracks in your archive {truth.tracks:,}" in home
    assert f"from {truth.plays:,} plays since {min(truth.months)[:4]}" in home
    analytics = visitor.get("/analytics?range=all").text
    assert f"{truth.plays:,}" in text_of(analytics)
    assert _plays_by_month(analytics) == truth.months


def test_the_listener_of_the_demo_has_three_years_already(demo: Demo) -> None:
    visitor = Visitor(demo.url)
    visitor.sign_in("maren")
    words = text_of(visitor.get("/analytics?range=all").text)
    assert "37 snapshots" in words
    months = _plays_by_month(visitor.get("/analytics?range=all").text)
    assert 36 <= len(months) <= 38
    assert min(months.values()) > 0


def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    port, emulator_port = _free_port(), _free_port()
    command = [sys.executable, "-m", "music_time_machine", "demo"]
    command += ["--port", str(port), "--emulator-port", str(emulator_port)]
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        _read_until_ready(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    for one in (port, emulator_port):
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{one}/", timeout=5)


@dataclass(frozen=True, slots=True)
class Truth:
    """What an export says, computed with no line of ours."""

    rows: int
    plays: int
    tracks: int
    months: dict[str, int]


def _truth(export: bytes) -> Truth:
    rows = []
    with zipfile.ZipFile(io.BytesIO(export)) as box:
        for name in box.namelist():
            if name.endswith(".json"):
                rows += json.loads(box.read(name))
    # The same row twice is one play; episodes are not music; half a minute makes a play count; and
    # the same song by the same artist is one track, on however many albums.
    music = {
        (row["ts"], row["spotify_track_uri"], row["ms_played"]): (
            row["master_metadata_album_artist_name"],
            row["master_metadata_track_name"],
        )
        for row in rows
        if row["spotify_track_uri"] and row["ms_played"] >= 30_000
    }
    months = Counter(ts[:7] for ts, _, _ in music)
    return Truth(len(rows), len(music), len(set(music.values())), dict(months))


def _plays_by_month(page: str) -> dict[str, int]:
    """The plays chart's own data, by `2026-11`."""
    block = re.search(r'id="plays-data">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    chart = json.loads(block[1])
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    months = {name: number for number, name in enumerate(names, 1)}
    pairs = [label.split() for label in chart["labels"]]
    keys = [f"20{year}-{months[month]:02d}" for month, year in pairs]
    return {key: value for key, value in zip(keys, chart["values"], strict=True) if value}


def _export(demo: Demo, listener: str) -> bytes:
    address = f"{demo.emulator_url}/account/privacy/{listener}/my_spotify_data.zip"
    answer = requests.get(address, timeout=120)
    assert answer.ok
    return answer.content


def _follow(visitor: Visitor, address: str) -> str:
    """The import's page when it has ended, refreshed as a browser without scripts does."""
    deadline = time.monotonic() + 120
    while True:
        page = visitor.get(address).text
        if 'http-equiv="refresh"' not in page:
            return page
        assert time.monotonic() < deadline, "the import did not end"
        time.sleep(0.2)


def _read_until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "ready" in line:
            return printed
    raise AssertionError(f"the demo ended: {printed}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
