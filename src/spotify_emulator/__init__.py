"""A Spotify of our own on loopback, for demo and tests.

Knows how to make the whole emulator from one configuration: accounts service, Web API, exports and
a world of invented listeners behind them. It shares no code with anything that talks to it.
"""

from spotify_emulator.app import create_emulator
from spotify_emulator.config import EmulatorConfig

__all__ = ["EmulatorConfig", "create_emulator"]
