"""Child processes, and what each one cost, with those it starts: time, CPU time, peak memory.

Imports nothing but the standard library, and neither may its callers: the system counts the memory
of whoever starts a process as part of that process's peak.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

RSS_UNIT = 1 if sys.platform == "darwin" else 1024
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Done:
    """A process that ended well: what it printed, and its costs in seconds and bytes.

    `peak_bytes` is the most that it held together with the processes it started (Linux; elsewhere
    the most that one of them held).
    """

    output: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Done:
    """Run a command in a folder to its end; when it fails, its own words and an end to all."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=errors
        )
        with _watching(process.pid) as together:
            _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            words = errors.read().decode(errors="replace").strip()
            sys.exit(f"{' '.join(command)} failed with {process.returncode}:\n{words}")
        return Done(
            output=output.read().decode(),
            seconds=seconds,
            cpu_seconds=used.ru_utime + used.ru_stime,
            peak_bytes=max(used.ru_maxrss * RSS_UNIT, *together),
        )


@contextmanager
def _watching(pid: int) -> Iterator[list[int]]:
    """The memory of a process and of those it starts, looked at again and again, in bytes.

    Of each one that lives the most it has ever held is counted: rather too much than too little.
    """
    together = [0]
    is_over = Event()

    def look() -> None:
        while not is_over.wait(LOOK_SECONDS):
            together.append(sum(map(_peak, _family(pid))))

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield together
    finally:
        is_over.set()
        watcher.join()


def _family(pid: int) -> Iterator[int]:
    """A process, and all that it and they have started."""
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(path).split():
            yield from _family(int(child))


def _peak(pid: int) -> int:
    """The most memory that a process has held so far, in bytes; 0 when it has ended."""
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended, or is no Linux
        return ""
