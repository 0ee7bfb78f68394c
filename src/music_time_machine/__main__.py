"""`python -m music_time_machine` is the command `mtm`."""

from .cli import main

main()
