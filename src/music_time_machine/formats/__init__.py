"""Bytes in, plays out: uploaded zips and files of listening history, opened, checked and read.

Knows which formats there are and how far a stranger's file is trusted; hides unpacking, decoding
and guessing. A new format is one module with `name`, `title`, `recognises` and `rows`, and its
place in `upload.FORMATS`.
"""

from .archive import Limits
from .pieces import Piece
from .refusals import NoHistory
from .upload import Format, HistoryFile, Upload, check_files, open_upload

__all__ = [
    "Format",
    "HistoryFile",
    "Limits",
    "NoHistory",
    "Piece",
    "Upload",
    "check_files",
    "open_upload",
]
