"""Every hostile upload is refused, or read without harm, within its bounds of time and memory."""

import subprocess
import sys

import msgspec
import pytest

from tests.formats.hostile_corpus import CORPUS, Cost


def test_the_corpus_is_large():
    assert len(CORPUS) >= 40


@pytest.mark.parametrize("kind", ["zip", "json", "csv", "sqlite"])
def test_every_hostile_upload_ends_as_it_should_within_its_bounds(kind):
    # In a process without threads and without what other tests left in memory.
    child = subprocess.run(
        [sys.executable, "-m", "tests.formats.hostile_corpus", kind],
        capture_output=True,
        check=True,
    )
    costs = [msgspec.json.decode(line, type=Cost) for line in child.stdout.splitlines()]
    assert [cost.name for cost in costs] == [name for name in CORPUS if name.startswith(kind)]
    assert [cost.fault for cost in costs if cost.fault] == [], child.stderr.decode()
