"""The emulator's command line.

Knows the options. Hides signals.
"""

import signal
from types import FrameType

import click

from spotify_emulator.app import create_emulator
from spotify_emulator.config import EmulatorConfig
from spotify_emulator.serving import Server
from spotify_emulator.state import of

_EXAMPLE = "Example: mtm emulator --port 5001 --redirect-uri http://127.0.0.1/callback"


@click.command("emulator", epilog=_EXAMPLE)
@click.option("--port", default=5001, show_default=True, help="Where to listen; 0: any free port.")
@click.option("--seed", default=2026, show_default=True, help="Another number, another world.")
@click.option("--client-id", default="demo-client", show_default=True, help="The app's id.")
@click.option("--client-secret", default="demo-secret", show_default=True, help="Its secret.")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    default=("http://127.0.0.1/callback",),
    show_default=True,
    help="Where the app may be answered; may be given more than once.",
)
def command(
    port: int, seed: int, client_id: str, client_secret: str, redirect_uris: tuple[str, ...]
) -> None:
    """Run a Spotify of your own on this computer, with invented listeners."""
    try:
        config = EmulatorConfig(
            seed=seed,
            client_id=client_id,
            client_secret=client_secret,
            redirect_uris=redirect_uris,
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--redirect-uri") from error
    app = create_emulator(config)
    try:
        server = Server(app, port)
    except OSError as error:
        raise click.ClickException(
            f"Port {port} is taken ({error.strerror}). Choose another one with --port."
        ) from error

    def end(_signal: int, _frame: FrameType | None) -> None:
        of(app).faults.arm([])
        server.end()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    click.echo(f"Spotify emulator on {server.url}")
    server.run()
