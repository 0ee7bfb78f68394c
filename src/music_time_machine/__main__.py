"""`mtm`, and `python -m music_time_machine`: what comes before anything else is loaded."""

import gc
import os
import sys

from .reader import started_early


def main() -> None:
    """Load the commands and do one."""
    # A tenth of every start would go into looking for garbage among what is being loaded.
    gc.disable()
    # We do no linear algebra, for which NumPy would start a thread for each processor.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with started_early(sys.argv[1:]):
        from .cli import main as command

        gc.freeze()  # nor is it looked for there later: at the end that took as long again
        gc.enable()
        command()


if __name__ == "__main__":
    main()
