"""The pages: each view parses, asks one deep function, renders.

One module a page, found by its URL: `/imports` is `web/imports.py`. Only this floor and `app` know
Flask.
"""

from flask import Flask

from . import (
    albums,
    analytics,
    answering,
    artists,
    errors,
    home,
    imports,
    live,
    login,
    machines,
    on,
    search,
    security,
    settings,
    snapshots,
    tracks,
    words,
    years,
)
from .context import Context
from .static_files import compressed, sheets

__all__ = ["Context", "compressed", "register", "routes_page", "sheets"]


def register(app: Flask, context: Context) -> None:
    """Put every page, error page, header and template word onto the app."""
    app.extensions["music_time_machine"] = context
    security.protect(app, context.settings)
    errors.register(app)
    words.register(app)
    answering.register(app, context.settings)
    for module in (home, login, analytics, imports, live, settings, machines):
        app.register_blueprint(module.pages)
    for module in (artists, albums, tracks, search, snapshots):
        app.register_blueprint(module.pages)
    app.register_blueprint(on.pages)
    app.register_blueprint(years.pages)
    login.prepare(app, context.settings)


def routes_page(app: Flask) -> str:
    """The text of `docs/routes.md`, from the app's own routes."""
    lines = [
        "# Routes",
        "",
        "Made from the app itself.",
        "",
        "| route | methods | what |",
        "|---|---|---|",
    ]
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        if rule.endpoint == "static":
            continue
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        what = (app.view_functions[rule.endpoint].__doc__ or "").strip().splitlines()[0]
        lines.append(f"| `{rule.rule}` | {methods} | {what} |")
    return "\n".join([*lines, ""])
