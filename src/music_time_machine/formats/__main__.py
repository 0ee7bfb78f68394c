"""`python -m music_time_machine.formats` reads the last files of an upload beside an import.

It waits for a line that says what: `[path of the upload, number of the first file, folder, latest
moment in ms]`. It knows no database and no settings, and ends when nobody listens to it any more.
"""

import gc
import json
import sys
from pathlib import Path

from .flat import read_part
from .upload import open_upload


def main() -> None:
    """Read the files into the folder; a sign of life on stdout for each piece."""
    gc.disable()  # as in the import itself
    line = sys.stdin.buffer.readline()
    if not line:
        return  # no large upload came
    path, first, folder, latest = json.loads(line)
    with open_upload(Path(path), Path(path).name) as upload:
        read_part(upload, upload.files[first:], Path(folder), latest, _tell)


def _tell() -> None:
    # To a killed parent nothing can be told: this process ends here, too.
    sys.stdout.buffer.write(b".")
    sys.stdout.buffer.flush()


main()
