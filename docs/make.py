"""Write the pages that are made from the code: .venv/bin/python docs/make.py

Knows which pages those are; each one's words come from the settings, the routes and the commands.
"""

import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import SecretStr

from music_time_machine import db
from music_time_machine.app import create_app
from music_time_machine.cli import WIDEST, cli
from music_time_machine.config import Settings, env_example, settings_page
from music_time_machine.web import routes_page

ROOT = Path(__file__).resolve().parent.parent
WIDTH = WIDEST - 2  # as click leaves it in a terminal that is wide enough


def pages() -> dict[str, str]:
    """Every page made from the code, by its path in the repository."""
    return {
        ".env.example": env_example(),
        "docs/commands.md": commands_page(),
        "docs/routes.md": routes(),
        "docs/settings.md": settings_page(),
    }


def routes() -> str:
    """The page of routes, from an app that was wired like any other."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,
            secret_key=SecretStr(secrets.token_urlsafe(48)),
            database_url=f"sqlite:///{folder}/routes.db",
            data_dir=Path(folder),
        )
        db.upgrade(settings.url)
        app = create_app(settings)
        try:
            return routes_page(app)
        finally:
            app.extensions["music_time_machine"].db.close()


def commands_page() -> str:
    """Every command's own help, as the terminal shows it."""
    parts = ["# Commands\n\nMade from `mtm --help` and the help of each command.\n"]
    for context in commands(None, "mtm", cli):
        words = context.command.get_help(context)
        parts.append(f"## {context.command_path}\n\n```\n{words}\n```\n")
    return "\n".join(parts)


def commands(
    parent: click.Context | None, name: str, command: click.Command
) -> Iterator[click.Context]:
    """A command and all below it, each as if somebody had typed it."""
    with command.make_context(
        name, [], parent, resilient_parsing=True, terminal_width=WIDTH
    ) as context:
        yield context
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                found = command.get_command(context, below)
                assert found is not None
                yield from commands(context, below, found)


def main() -> None:
    """Write every page whose words have changed, and name it."""
    for name, words in pages().items():
        path = ROOT / name
        if not path.is_file() or path.read_text(encoding="utf-8") != words:
            path.write_text(words, encoding="utf-8")
            sys.stdout.write(f"{name} is written.\n")


if __name__ == "__main__":
    main()
