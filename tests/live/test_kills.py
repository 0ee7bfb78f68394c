"""`kill -9` at any moment of following: afterwards the archive is exact."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import text

from music_time_machine.models import Account
from tests.emulator.visitor import sign_in
from tests.live.conftest import EVENING, House

# Forks a child for each line it reads: a start costs a hundredth of a new interpreter's. A child
# follows and moves the clock on, over and over, until it is killed. It never moves on before it
# has followed, so that no play falls off the list.
NURSERY = """
import os, sys
from datetime import datetime, timedelta, UTC
import requests
from music_time_machine import accounts, live, spotify
from music_time_machine.config import Settings
from music_time_machine.db import Database

clock_url, token = sys.argv[1:]
settings = Settings(_env_file=None)

def listen():
    db = Database(settings.url, settings.data_dir)
    [account] = accounts.everyone(db, settings)
    client = spotify.Client(settings.spotify_api_url, lambda force: token)
    now = datetime.fromisoformat(requests.get(clock_url, timeout=20).json()["now"])
    print("begun", flush=True)
    while True:
        live.follow(db, account, client, now)
        print("followed", flush=True)
        now += timedelta(minutes=40)
        requests.put(clock_url, json={"now": now.isoformat()}, timeout=20)

for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        listen()
    print(child, flush=True)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


@contextmanager
def nursery(house: House, token: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DATABASE_URL": house.settings.url,
        "DATA_DIR": str(house.settings.data_dir),
        "SECRET_KEY": house.settings.signing_key(),
        "SPOTIFY_API_URL": house.settings.spotify_api_url,
    }
    command = [sys.executable, "-c", NURSERY, f"{house.spotify.url}/_emulator/clock", token]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def kill_one(process: subprocess.Popen[str], chance: random.Random) -> None:
    """Let one child begin, and end it somewhere in one of its first looks."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    lines = iter(process.stdout.readline, "")
    first = {next(lines).strip(), next(lines).strip()}
    [child] = first - {"begun"}
    for _ in range(chance.randint(0, 2)):
        next(lines)
    time.sleep(chance.uniform(0, 0.1))  # the moment of the kill, not a wait for anything
    os.kill(int(child), signal.SIGKILL)
    while next(lines).strip() != "gone":
        pass


def test_the_archive_is_exact_after_every_kill(house: House) -> None:
    kills = 60 if house.db.is_sqlite else 15
    account = house.connect()
    house.follow(account)
    tokens = sign_in(house.spotify.url)
    chance = random.Random(kills)
    with nursery(house, tokens.access) as process:
        for _ in range(kills):
            kill_one(process, chance)
    end = house.spotify.emulator.set_now
    assert end is not None
    house.move_to(end)
    house.follow(account)
    assert end > EVENING + timedelta(hours=8), "the children got somewhere"
    assert_exact(house, account)


def assert_exact(house: House, account: Account) -> None:
    held = house.stored(account)
    truth = house.heard(EVENING - timedelta(days=40), house.clock())
    assert held == [play for play in truth if play[0] >= held[0][0]]
    assert house.gaps(account) == []
    assert house.follow(account).added == 0
    if house.db.is_sqlite:
        with house.db.read() as session:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
