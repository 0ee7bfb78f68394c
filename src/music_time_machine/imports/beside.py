"""The last files of a large upload, read by a second process while this one reads the first.

Hides how many processors there are, starting and ending. Whatever happens to that process, the
import is the same: what it has not read to its end is simply read here.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import Popen, TimeoutExpired

from .. import reader
from ..formats import HistoryFile, Upload

LEAST_BYTES = 64_000_000  # below that, it is not worth the start of a process
SHARE_HERE = 0.4  # which leaves time to file the tracks while the other still reads
BEAT_SECONDS = 0.5


def first_beside(files: Sequence[HistoryFile]) -> int:
    """The number of the first file to be read beside; that of no file when all are read here."""
    total = sum(file.size for file in files)
    if total < LEAST_BYTES or not reader.has_processor():
        return len(files)
    here = 0
    for file in files:
        if here >= total * SHARE_HERE:
            return file.index
        here += file.size
    return len(files)


@contextmanager
def reading_beside(upload: Upload, first: int, folder: Path, latest: int) -> Iterator["Beside"]:
    """Read the files from number `first` on into a new `folder` while the block runs.

    At the end of the block the other process ends: it stops when nobody listens to it.
    """
    folder.mkdir(mode=0o700)
    with ExitStack() as started:
        process = None
        # Where there is no room for another process, all is read here.
        with suppress(OSError):
            process = started.enter_context(reader.take())
            reader.tell(process, upload.path, first, folder, latest)
        yield Beside(process)


class Beside:
    """The other process; None when it could not be started."""

    def __init__(self, process: Popen[bytes] | None) -> None:
        self._process = process

    @property
    def is_reading(self) -> bool:
        """Whether it is still at it."""
        return self._process is not None and self._process.poll() is None

    def has_read(self, on_wait: Callable[[], None]) -> bool:
        """Wait for it; whether it has read all. `on_wait` is called again and again meanwhile."""
        while self._process is not None:
            try:
                self._process.communicate(timeout=BEAT_SECONDS)
            except TimeoutExpired:
                on_wait()
            else:
                return self._process.returncode == 0
        return False
