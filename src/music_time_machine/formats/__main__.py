"""`python -m music_time_machine.formats UPLOAD FIRST FOLDER` reads the last files of an upload.

An import starts it beside itself, so that two processors read. It knows no database and no
settings, and ends when nobody listens to it any more.
"""

import gc
import sys
from pathlib import Path

from .flat import read_part
from .upload import open_upload


def main() -> None:
    """Read the files from number FIRST on into FOLDER; a sign of life on stdout for each piece."""
    gc.disable()  # as in the import itself
    path, first, folder = sys.argv[1:]
    with open_upload(Path(path), Path(path).name) as upload:
        read_part(upload, upload.files[int(first) :], Path(folder), _tell)


def _tell() -> None:
    # To a killed parent nothing can be told: this process ends here, too.
    sys.stdout.buffer.write(b".")
    sys.stdout.buffer.flush()


main()
