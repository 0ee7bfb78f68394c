"""Bytes in, plays out: an uploaded zip or file of listening history, opened, checked and read.

Knows which formats there are and how far a stranger's archive is trusted; hides unpacking, decoding
and guessing. A new format is one module with `name`, `title`, `recognises` and `rows`, and its
place in `upload.FORMATS`.
"""

from .archive import Limits
from .upload import Format, HistoryFile, Upload, open_upload

__all__ = ["Format", "HistoryFile", "Limits", "Upload", "open_upload"]
