"""The wiring: settings in, a WSGI app out. Nothing else lives here."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import structlog
from flask import Flask
from flask.helpers import get_debug_flag
from whitenoise import WhiteNoise

from . import web, worker
from .config import Settings
from .db import Database, schema_problem, sqlite_warning
from .errors import BadSettings

PACKAGE = Path(__file__).parent
A_YEAR = 31_536_000

log = structlog.get_logger()


def create_app(
    settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Flask:
    """The product as a WSGI app; BadSettings when the settings or the schema allow no start."""
    settings.signing_key()
    settings.check_redirect()
    if get_debug_flag():
        raise BadSettings("FLASK_DEBUG is on, which shows the inside to strangers. Unset it.")
    db = Database(settings.url, settings.data_dir, settings.archives_open)
    problem = schema_problem(db)
    if problem is not None:
        raise BadSettings(problem)
    warning = sqlite_warning() if db.is_sqlite else None
    if warning is not None:
        log.warning("old_sqlite", sentence=warning)
    # The files' own hash in their address: they may be kept for ever, relative imports included.
    static, digest = PACKAGE / "static", _digest(PACKAGE / "static")
    prefix = f"/static/{digest}"
    app = Flask("music_time_machine", root_path=str(PACKAGE), static_url_path=prefix)
    wake = worker.waker(settings)
    served = web.compressed(static, settings.data_dir / "static" / digest)
    app.jinja_env.globals["sheets"] = web.sheets(served)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    context = web.Context(
        db=db, settings=settings, clock=clock, wake=wake, release=_digest(PACKAGE)
    )
    web.register(app, context)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(served),
        prefix=prefix,
        max_age=A_YEAR,
        allow_all_origins=False,
        immutable_file_test=lambda _path, _url: True,
    )
    return app


def _digest(folder: Path) -> str:
    digest = blake2b(digest_size=6)
    files = (path for path in folder.rglob("*") if path.is_file())
    for path in sorted(path for path in files if path.suffix != ".pyc"):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
