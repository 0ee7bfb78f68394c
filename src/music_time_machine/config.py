"""The settings, each documented by one sentence here and nowhere else.

Read once at the entry from the environment or `.env`, then passed down. `.env.example` and
`docs/settings.md` are made from this module.
"""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from .errors import BadSettings

WEAK_WORDS = ("changeme", "change-me", "change_me", "password", "secret-key", "secret_key")
FEWEST_CHARACTERS = 10
SHORTEST_KEY = 32
# Of plain http Spotify takes these alone, and no name that stands for them.
LOOPBACK = frozenset({"127.0.0.1", "::1"})
DATABASES = ("sqlite:///", "postgresql+psycopg://", "postgresql://", "postgres://")


class DemoListener(BaseModel):
    """An invented listener that the demo's start page offers to be."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    about: str


class Settings(BaseSettings):
    """Everything that differs from one server to another."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
    )

    secret_key: SecretStr | None = Field(
        default=None,
        description="A long random text that signs cookies and seals tokens; make one with "
        '`python3 -c "import secrets; print(secrets.token_urlsafe(48))"`.',
    )
    spotify_client_id: str | None = Field(
        default=None, description="The client id of your app in Spotify's developer dashboard."
    )
    spotify_client_secret: SecretStr | None = Field(
        default=None, description="The client secret of that app."
    )
    spotify_redirect_uri: str = Field(
        default="http://127.0.0.1:5000/callback",
        description="Where Spotify sends people back to: exactly as registered in the dashboard, "
        "https or a loopback address.",
    )
    database_url: str | None = Field(
        default=None,
        description="Where the archive lives; empty means a SQLite file in `DATA_DIR`, PostgreSQL "
        "is `postgresql+psycopg://user:password@host/name`.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="The folder for the SQLite file, uploads under way and what is derived from "
        "the archive.",
    )
    spotify_accounts_url: str = Field(
        default="https://accounts.spotify.com",
        description="Spotify's accounts service; the demo points it at the emulator.",
    )
    spotify_api_url: str = Field(
        default="https://api.spotify.com/v1",
        description="Spotify's Web API; the demo points it at the emulator.",
    )
    admin_accounts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="The Spotify account ids of this server's admins, separated by commas.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged: DEBUG, INFO, WARNING or ERROR."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="How it is logged: console for people, json for machines."
    )
    time_zone: str = Field(
        default="UTC",
        description="The time zone of an account until its browser tells a better one, such as "
        "Europe/Berlin.",
    )
    max_upload_mb: int = Field(
        default=500,
        ge=1,
        description="The largest upload in megabytes; ten years of Spotify are about 20.",
    )
    poll_minutes: int = Field(
        default=20,
        ge=1,
        le=60,
        description="How often, in minutes, the worker asks Spotify for an account's latest plays; "
        "Spotify lists only the last 50.",
    )
    poll_minutes_listening: int = Field(
        default=5,
        ge=1,
        le=60,
        description="The same while somebody is listening.",
    )
    details_a_day: int = Field(
        default=500,
        ge=0,
        le=10_000,
        description="How many tracks a day the worker asks Spotify about, to fill in the lengths, "
        "covers and release dates that exports do not tell; 0 asks for none.",
    )
    archives_open: int = Field(
        default=16,
        ge=1,
        le=10_000,
        description="How many accounts' columns a process keeps open, the last ones asked for; "
        "each takes about 45 bytes a play.",
    )
    pages_kept: int = Field(
        default=200,
        ge=0,
        le=100_000,
        description="How many rendered pages a process keeps until something of their account "
        "changes, about 50 kB each; 0 keeps none.",
    )
    demo_listeners: tuple[DemoListener, ...] = Field(
        default=(),
        description="Set by the demo itself: the invented listeners its start page offers.",
    )

    @field_validator("admin_accounts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(DATABASES):
            raise ValueError("is neither sqlite:///... nor postgresql+psycopg://...")
        return value

    @field_validator("spotify_redirect_uri", "spotify_accounts_url", "spotify_api_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("is not a web address that begins with http:// or https://")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("is not a time zone such as Europe/Berlin") from error
        return value

    @property
    def url(self) -> str:
        """The database's address, with the default filled in and psycopg named."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir.absolute() / 'music_time_machine.db'}"
        for plain in ("postgres://", "postgresql://"):
            if self.database_url.startswith(plain):
                return "postgresql+psycopg://" + self.database_url.removeprefix(plain)
        return self.database_url

    @property
    def is_demo(self) -> bool:
        """Whether this server is the demo, whose start page offers invented listeners."""
        return bool(self.demo_listeners)

    @property
    def has_spotify_app(self) -> bool:
        """Whether there is an app of Spotify's through which people can sign in."""
        return bool(self.spotify_client_id and self.spotify_client_secret)

    def check_redirect(self) -> None:
        """BadSettings when Spotify would never send anybody to SPOTIFY_REDIRECT_URI."""
        address = urlsplit(self.spotify_redirect_uri)
        if address.scheme == "https" or address.hostname in LOOPBACK:
            return
        raise BadSettings(
            f"SPOTIFY_REDIRECT_URI is {self.spotify_redirect_uri}, and Spotify sends nobody there: "
            "it takes https, or http with 127.0.0.1 in place of localhost. Mend it in the "
            "environment or in .env, and in Spotify's dashboard too."
        )

    def signing_key(self) -> str:
        """SECRET_KEY, or BadSettings when it is missing or known to be weak."""
        key = self.secret_key.get_secret_value() if self.secret_key else ""
        is_known = any(word in key.lower() for word in WEAK_WORDS)
        if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS or is_known:
            what = "is not set" if not key else "is too short, too plain or well known"
            raise BadSettings(
                f"SECRET_KEY {what}. Make one with: python3 -c "
                '"import secrets; print(secrets.token_urlsafe(48))" and put it into .env.'
            )
        return key


def load_settings() -> Settings:
    """The settings of this process; BadSettings names the first one that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "a setting"
        problem = first["msg"].removeprefix("Value error, ")
        raise BadSettings(f"{name} {problem}. Mend it in the environment or in .env.") from None
    except (SettingsError, UnicodeDecodeError) as error:
        raise BadSettings(f"The settings cannot be read: {error}. Mend .env.") from None


def env_example() -> str:
    """The text of `.env.example`."""
    lines = [
        "# Copy this file to .env and fill in what you need. Made from music_time_machine.config.",
        "",
    ]
    for name, field in Settings.model_fields.items():
        lines += [f"# {field.description}", f"#{name.upper()}={_default(name)}", ""]
    return "\n".join(lines)


def settings_page() -> str:
    """The text of `docs/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Read from the environment or from a file `.env` in the folder you start from.",
        "This page is made from `music_time_machine.config`.",
        "",
        "| setting | default | what it is |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = _default(name)
        shown = f"`{default}`" if default else ""
        lines.append(
            f"| `{name.upper()}` | {shown} | {(field.description or '').replace('|', '/')} |"
        )
    return "\n".join([*lines, ""])


def _default(name: str) -> str:
    default = Settings.model_fields[name].default
    return "" if default in (None, ()) else str(default)
