"""Static files as they are served: beside each that shrinks, its compressed twin, made once.

Hides that the package's own folder may be read-only, and that several processes start at once.
"""

import os
import shutil
from pathlib import Path

import structlog
from whitenoise.compress import Compressor

log = structlog.get_logger()


def compressed(source: Path, kept: Path) -> Path:
    """The folder to serve: `kept`, made from `source` when it is not there yet.

    It is `source` itself where nothing can be written: everything works then, only larger.
    """
    if kept.exists():
        return kept
    part = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(source, part)
        _compress(part)
        part.rename(kept)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        if kept.exists():  # another process was quicker
            return kept
        log.warning("static_files_not_compressed", problem=str(error))
        return source
    return kept


def _compress(folder: Path) -> None:
    compressor = Compressor(quiet=True)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if compressor.should_compress(path.name):
            compressor.compress(str(path))
