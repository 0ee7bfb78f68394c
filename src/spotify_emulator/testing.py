"""An emulator for the length of a test.

Knows how to start one on a free port and how to end it. Hides the thread.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from spotify_emulator.app import create_emulator
from spotify_emulator.config import EmulatorConfig
from spotify_emulator.serving import Server
from spotify_emulator.state import Emulator, of


@dataclass(frozen=True, slots=True)
class Running:
    """A running emulator: where it answers, and its inside."""

    url: str
    emulator: Emulator


@contextmanager
def running(config: EmulatorConfig | None = None) -> Iterator[Running]:
    """Start an emulator on a free port and end it afterwards."""
    app = create_emulator(config)
    server = Server(app, 0)
    thread = threading.Thread(target=server.run, name="spotify-emulator", daemon=True)
    thread.start()
    try:
        yield Running(server.url, of(app))
    finally:
        of(app).faults.arm([])
        server.end()
        thread.join()
