"""Child processes, and what each one cost: its time, its CPU time, its peak memory.

Imports nothing but the standard library, and neither may its callers: the system counts the memory
of whoever starts a process as part of that process's peak.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Done:
    """A process that ended well: what it printed, and its costs in seconds and bytes."""

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
            peak_bytes=used.ru_maxrss * RSS_UNIT,
        )
