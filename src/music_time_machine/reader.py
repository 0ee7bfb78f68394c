"""The process that reads a part of a large upload: started, made to wait, told what to read.

Knows when it pays to start it before anything else is loaded, and what ends it. Imports nothing of
ours: that process loads what it needs while this one loads the rest.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

LEAST_PACKED_BYTES = 5_000_000  # a zip that large unpacks to ten times as much
_waiting: list[Popen[bytes]] = []


def has_processor() -> bool:
    """Whether there is a second processor to read on."""
    return (os.cpu_count() or 1) > 1


@contextmanager
def started_early(arguments: Sequence[str]) -> Iterator[None]:
    """Have one wait while the block runs, when these arguments of `mtm` import a large file.

    At the end of the block it is gone, whether or not it had anything to do.
    """
    if arguments[:1] == ["import"] and has_processor() and any(map(_is_large, arguments[1:])):
        with suppress(OSError):  # then the import may try again
            _waiting.append(_start())
    try:
        yield
    finally:
        while _waiting:
            with _waiting.pop() as process:
                process.kill()


def take() -> Popen[bytes]:
    """The one that waits, or a new one; to be used in `with`. Raises OSError without room."""
    while _waiting:
        process = _waiting.pop()
        if process.poll() is None:
            return process
        process.communicate()  # it has died while it waited
    return _start()


def tell(process: Popen[bytes], upload: Path, first: int, folder: Path, latest: int) -> None:
    """Let it read the files of an upload from number `first` on into `folder`.

    What is stamped later than `latest`, in ms since 1970, is left out. Raises OSError when it
    has died.
    """
    assert process.stdin is not None
    process.stdin.write(json.dumps([str(upload), first, str(folder), latest]).encode() + b"\n")


def _is_large(path: str) -> bool:
    try:
        return os.stat(path).st_size >= LEAST_PACKED_BYTES  # noqa: PTH116
    except (OSError, ValueError):
        return False  # an option, or a path that will be refused


def _start() -> Popen[bytes]:
    command = [sys.executable, "-P", "-m", "music_time_machine.formats"]
    # Where this process finds our modules, that one does.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return Popen(command, 0, env=environment, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
