"""The stage: the real app on a port of its own, the real emulator, and visitors who speak HTTP."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from pydantic import SecretStr
from werkzeug.serving import make_server

from music_time_machine.app import create_app
from music_time_machine.config import DemoListener, Settings
from music_time_machine.db import Database
from music_time_machine.worker import Jobs
from spotify_emulator import EmulatorConfig
from spotify_emulator.testing import Running, running

WORLD_NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
ALICE, BOB = "maren", "teo"
LISTENERS = (
    DemoListener(id=ALICE, name="Maren Vossbrook", about="Plays one song until it gives in."),
    DemoListener(id=BOB, name="Teo Brandalise", about="Runs a small bar."),
)


@dataclass(slots=True)
class Clock:
    """A clock that tests move; it ticks no further by itself."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **much: float) -> None:
        self.now += timedelta(**much)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the app answers, and what stands behind it."""

    url: str
    settings: Settings
    db: Database
    spotify: Running
    clock: Clock

    def visitor(self) -> "Visitor":
        return Visitor(self.url)

    def jobs(self) -> Jobs:
        """What a worker can do, by the stage's clock."""
        return Jobs(self.db, self.settings, timedelta(seconds=10), self.clock)

    def do_jobs(self) -> None:
        """Bring every import that waits to its end."""
        self.jobs().take_up_imports()

    def calls(self) -> dict[str, int]:
        answer = requests.get(f"{self.spotify.url}/_emulator/calls", timeout=10)
        return {str(key): int(value) for key, value in answer.json().items()}

    def break_spotify(self, *faults: dict[str, object]) -> None:
        requests.put(
            f"{self.spotify.url}/_emulator/fault", json=list(faults), timeout=10
        ).raise_for_status()


class Visitor:
    """A browser without JavaScript: keeps cookies, follows redirects, sends forms."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()

    def get(self, path: str, **options: object) -> requests.Response:
        return self.http.get(urljoin(self.url, path), timeout=30, **options)  # type: ignore[arg-type]

    def post(
        self, path: str, data: dict[str, str] | None = None, **options: object
    ) -> requests.Response:
        """Send a form as the pages' own forms are sent: with the token of this session."""
        fields = {"csrf_token": self.token(), **(data or {})}
        return self.http.post(urljoin(self.url, path), data=fields, timeout=60, **options)  # type: ignore[arg-type]

    def upload(self, content: bytes, name: str = "my_spotify_data.zip") -> requests.Response:
        return self.post("/imports", files={"file": (name, content)})

    def token(self) -> str:
        """The CSRF token that the pages carry for this session."""
        for path in ("/imports", "/"):
            for form in forms(self.get(path).text):
                if "csrf_token" in form.fields:
                    return form.fields["csrf_token"]
        return ""

    def consent(
        self, listener: str, decision: str = "agree", login: str = "/login"
    ) -> requests.Response:
        """Through the consent page; where it ended."""
        page = self.get(f"{login}?listener={listener}")
        form = forms(page.text)[0]
        sent = {**form.fields, "listener": listener, "decision": decision}
        return self.http.post(urljoin(page.url, form.action), data=sent, timeout=60)

    def sign_in(self, listener: str = ALICE) -> requests.Response:
        page = self.consent(listener)
        assert page.status_code == 200, page.text
        assert urlsplit(page.url).path == "/"
        return page


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes and its hidden fields."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


def forms(page: str) -> list[Form]:
    """Every form of a page, in order."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


def text_of(page: str) -> str:
    """What a person reads on a page, as one line."""
    reader = _Text()
    reader.feed(page)
    return " ".join(" ".join(reader.parts).split())


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(values.get("action", "")))
        elif tag == "input" and self.found and values.get("type") == "hidden":
            self.found[-1].fields[values.get("name", "")] = values.get("value", "")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


@pytest.fixture(scope="session")
def _spotify() -> Iterator[Running]:
    with running(EmulatorConfig(world_clock=lambda: WORLD_NOW)) as emulator:
        yield emulator


@pytest.fixture
def spotify(_spotify: Running) -> Iterator[Running]:
    """Our own Spotify, with nothing broken and no call counted."""
    yield _spotify
    requests.put(f"{_spotify.url}/_emulator/fault", json=[], timeout=10)
    requests.put(f"{_spotify.url}/_emulator/clock", json={"now": None}, timeout=10)
    requests.delete(f"{_spotify.url}/_emulator/calls", timeout=10)


@pytest.fixture
def stage(settings: Settings, spotify: Running) -> Iterator[Stage]:
    """The app and the emulator, met at two addresses."""
    with open_stage(settings, spotify) as opened:
        yield opened


@contextmanager
def open_stage(
    settings: Settings, spotify: Running, clock: Callable[[], datetime] | None = None
) -> Iterator[Stage]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        own = Clock()
        settings = settings.model_copy(
            update={
                "spotify_client_id": "demo-client",
                "spotify_client_secret": SecretStr("demo-secret"),
                "spotify_redirect_uri": f"{url}/callback",
                "spotify_accounts_url": spotify.url,
                "spotify_api_url": f"{spotify.url}/v1",
                "demo_listeners": LISTENERS,
            }
        )
        db = Database(settings.url, settings.data_dir)
        app = create_app(settings, clock or own)
        server = make_server("127.0.0.1", 0, app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield Stage(url, settings, db, spotify, own)
        finally:
            server.shutdown()
            thread.join()
            db.close()
            app.extensions["music_time_machine"].db.close()
