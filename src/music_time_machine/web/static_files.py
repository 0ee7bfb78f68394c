"""Static files as they are served: style sheets in one, and beside each file its compressed twin.

Made once, from the package's own folder, which may be read-only. Hides that several processes start
at once, and that where nothing can be written the files are served as they are.
"""

import os
import re
import shutil
from pathlib import Path

import structlog
from whitenoise.compress import Compressor

# In the order of the cascade; each says in its first line what it is for.
SHEETS = (
    *("tokens", "colours", "fonts", "base", "layout", "page", "card", "chart", "heat"),
    *("skeleton", "range", "list", "form", "import", "settings", "playing", "strip"),
    *("catalogue", "search", "snapshots", "on", "years", "analytics", "home", "utilities"),
)
JOINED = "all"
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_INDENTATION = re.compile(r"^\s+", re.MULTILINE)
# Comments that have their lines to themselves; in our own scripts no text looks like one.
_OWN_LINES = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)

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
        _join(part / "css")
        for script in (part / "js").glob("*.js"):
            script.write_text(_OWN_LINES.sub("", script.read_text("utf-8")), "utf-8")
        _compress(part)
        part.rename(kept)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        if kept.exists():  # another process was quicker
            return kept
        log.warning("static_files_not_compressed", problem=str(error))
        return source
    return kept


def sheets(folder: Path) -> tuple[str, ...]:
    """The style sheets that a page of this folder links: the joined one where there is one."""
    return (JOINED,) if (folder / "css" / f"{JOINED}.css").exists() else SHEETS


def _join(folder: Path) -> None:
    whole = "".join((folder / f"{name}.css").read_text("utf-8") for name in SHEETS)
    text = _INDENTATION.sub("", _COMMENT.sub("", whole))
    (folder / f"{JOINED}.css").write_text(text, "utf-8")


def _compress(folder: Path) -> None:
    compressor = Compressor(quiet=True)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if compressor.should_compress(path.name):
            compressor.compress(str(path))
