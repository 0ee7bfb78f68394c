"""`python -m spotify_emulator`: see the command line."""

from spotify_emulator.cli import command

command()
