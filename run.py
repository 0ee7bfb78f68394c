#!/usr/bin/env python3
"""The project's commands, from nothing but Python 3.11 or newer with venv and pip.

    python3 run.py demo [options]   the whole of it with an invented listener, on port 5000
    python3 run.py test [options]   every check and every test; options go to pytest,
                                    --no-browser leaves the browser tests out
    python3 run.py setup            only install, into .venv
    python3 run.py lock [--upgrade] write the two locks anew (for developers)

Everything is installed into .venv beside this file, once: a second start installs nothing.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# Checked before anything below is defined, so that an old Python says this and nothing else.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "Music Time Machine needs Python 3.11 or newer, and this is Python "
        + platform.python_version()
        + ". Install a newer one and start again with it, for instance: python3.13 run.py demo"
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
EXE = ".exe" if os.name == "nt" else ""
LOCKS = {"run": ROOT / "requirements.txt", "test": ROOT / "requirements-test.txt"}
# The test lock holds the run lock whole, so whoever has it needs nothing more to run.
ALSO_INSTALLS = {"run": ("run",), "test": ("run", "test")}

# In the order in which they run: the quick ones first, the tests after them.
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "templates": ["djlint", "--lint", "--quiet", "src"],
    "types": ["mypy", "--strict"],
    "floors": ["lint-imports", "--no-logo"],
}

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
            "microsoft-edge", "microsoft-edge-stable", "msedge", "chrome")  # fmt: skip
BROWSERS_ON_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
BROWSERS_ON_WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)


class Trouble(Exception):
    """A need that cannot be had; the text says what to do."""


def main(arguments: list[str]) -> int:
    """Do what the first argument names; the process's exit code."""
    commands = {"demo": demo, "test": test, "setup": setup_only, "lock": lock}
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0 if arguments else 2
    if arguments[0] not in commands:
        print(
            f"run.py knows no '{arguments[0]}'. It knows: {', '.join(commands)}.", file=sys.stderr
        )
        return 2
    try:
        return commands[arguments[0]](arguments[1:])
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def demo(options: list[str]) -> int:
    """Install what is missing, then become `mtm demo`."""
    install("run")
    command = [str(BIN / f"mtm{EXE}"), "demo", *options]
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606
    return subprocess.call(command)


def setup_only(options: list[str]) -> int:
    """Install what is missing, and say what can be done now."""
    if options:
        raise Trouble("setup takes no options.")
    install("run")
    print(f"Ready. {BIN / f'mtm{EXE}'} --help shows what it can do.")
    return 0


def test(options: list[str]) -> int:
    """Run every check, then pytest, whose own closing line comes last; 1 when any failed."""
    install("test")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if "--no-browser" not in options:
        environment["CHROMIUM_PATH"] = chromium()
    failed = [name for name, command in CHECKS.items() if not check(name, command)]
    print("tests", flush=True)
    tests = [str(BIN / f"pytest{EXE}"), *side_by_side(options), *options]
    code = subprocess.call(tests, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    if failed:
        print(f"These checks failed, see above: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else code


def lock(options: list[str]) -> int:
    """Write both locks anew from pyproject.toml; `--upgrade` takes the newest versions."""
    with tempfile.TemporaryDirectory() as folder:
        uv = shutil.which("uv") or fetch_uv(Path(folder))
        for name, path in LOCKS.items():
            groups = ["--group", "build", *(["--group", "test"] if name == "test" else [])]
            run(
                [uv, "pip", "compile", "pyproject.toml", *groups, "--universal",
                 "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
                 "--no-annotate", "--no-header", "--quiet", "-o", path.name, *options],
                "The lock could not be written; uv's own words are above.",
            )  # fmt: skip
            print(f"{path.name} is written.")
    return 0


# Installing


def install(kind: str) -> None:
    """Make sure that .venv holds the lock `kind` and this project; nothing when it already does."""
    stamp = VENV / f".installed-{kind}"
    key = fingerprint(kind)
    if stamp.is_file() and stamp.read_text() == key:
        return
    started = time.monotonic()
    print("Installing into .venv, once; the first time takes about a minute.", flush=True)
    make_venv()
    pip("--require-hashes", "-r", str(LOCKS[kind]))
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    for old in LOCKS:
        (VENV / f".installed-{old}").unlink(missing_ok=True)
    for each in ALSO_INSTALLS[kind]:
        (VENV / f".installed-{each}").write_text(fingerprint(each))
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)


def fingerprint(kind: str) -> str:
    """What the installation depends on: the lock, the project file, this Python and this folder."""
    parts = (LOCKS[kind].read_bytes(), (ROOT / "pyproject.toml").read_bytes())
    where = f"{kind} {platform.python_version()} {platform.machine()} {ROOT}"
    return hashlib.sha256(b"\0".join((*parts, where.encode()))).hexdigest()


def make_venv() -> None:
    """Make .venv with this very Python; one of another version, or a broken one, is replaced."""
    wanted = f"version = {platform.python_version()}"
    settings = VENV / "pyvenv.cfg"
    is_ours = settings.is_file() and wanted in settings.read_text().splitlines()
    if is_ours and answers([str(BIN / f"python{EXE}"), "-m", "pip", "--version"]):
        return
    run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        "This Python cannot make a virtual environment: its venv or pip part is missing. "
        "On Debian and Ubuntu install it with: apt install python3-venv",
    )


def pip(*arguments: str) -> None:
    """Run the environment's own pip, quietly."""
    # A pip told elsewhere to install for the user refuses to work in an environment.
    run(
        [str(BIN / f"python{EXE}"), "-m", "pip", "install", "-qq", "--no-input",
         "--disable-pip-version-check", *arguments],
        "The libraries could not be installed; pip's own words are above. The first start needs "
        "the network. When it is back, start the same command again: it goes on from there.",
        {**os.environ, "PIP_USER": "0"},
    )  # fmt: skip


def fetch_uv(folder: Path) -> str:
    """Install uv into a throw-away environment and say where it is."""
    run([sys.executable, "-m", "venv", str(folder)], "This Python cannot make an environment.")
    binaries = folder / BIN.name
    run(
        [str(binaries / f"python{EXE}"), "-m", "pip", "install", "--quiet", "uv"],
        "uv could not be installed; install it by hand and start again.",
    )
    return str(binaries / f"uv{EXE}")


# Checking


def check(name: str, command: list[str]) -> bool:
    """Run one check and print its name, its time and, when it fails, what it said."""
    print(f"{name:10}", end="", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        [str(BIN / f"{command[0]}{EXE}"), *command[1:]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    print(f"{time.monotonic() - started:6.1f} s  {'FAILED' if done.returncode else 'ok'}")
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def side_by_side(options: list[str]) -> list[str]:
    """The options that let pytest use the machine's cores, unless the caller chose."""
    cores = min(os.cpu_count() or 1, 8)
    if cores == 1 or any(
        option.startswith(("-n", "--numprocesses", "--pdb")) for option in options
    ):
        return []
    return ["-n", str(cores), "--dist", "worksteal"]


# The browser


def chromium() -> str:
    """The path of a Chromium that starts, found or installed."""
    path = find_chromium()
    for fetch in (fetch_debians_chromium, fetch_playwrights_chromium):
        if path is None:
            fetch()
            path = find_chromium()
    if path is None:
        raise Trouble(
            "No Chromium was found and none could be installed, so the browser tests cannot run. "
            "Install Chromium, Google Chrome or Edge and start again, or set CHROMIUM_PATH to one. "
            "To leave the browser tests out on purpose: python3 run.py test --no-browser"
        )
    return path


def find_chromium() -> str | None:
    """The first Chromium that starts, from CHROMIUM_PATH, the usual names and the usual folders."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        if starts(named):
            return named
        raise Trouble(f"CHROMIUM_PATH is {named}, and that does not start. Correct it or unset it.")
    return next((path for path in known_places() if starts(path)), None)


def known_places() -> Iterator[str]:
    """Where a Chromium may be, whether or not it is there, the likeliest first."""
    yield from filter(None, map(shutil.which, BROWSERS))
    if sys.platform == "darwin":
        yield from BROWSERS_ON_MACOS
    if os.name == "nt":
        for folder in (os.environ.get("PROGRAMFILES"), os.environ.get("PROGRAMFILES(X86)")):
            yield from (f"{folder}/{end}" for end in BROWSERS_ON_WINDOWS)
    yield from playwrights_own()


def playwrights_own() -> list[str]:
    """Where Playwright keeps the Chromium that it fetched, whether or not it is there."""
    question = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    python = BIN / f"python{EXE}"
    if not python.is_file():
        return []
    done = subprocess.run(
        [str(python), "-c", question], capture_output=True, text=True, check=False
    )
    return done.stdout.split("\n")[:1] if done.returncode == 0 else []


def starts(path: str) -> bool:
    """Whether this browser is there and has the libraries it needs."""
    if not Path(path).is_file():
        return False
    # On Windows --version opens a window instead of printing.
    return os.name == "nt" or answers([path, "--version"])


def fetch_debians_chromium() -> None:
    """Install Debian's package when that can be done; Ubuntu's is only a pointer to a snap."""
    release = Path("/etc/os-release")
    is_debian = release.is_file() and "ID=debian" in release.read_text().splitlines()
    if not (is_debian and is_root() and shutil.which("apt-get")):
        return
    print("No Chromium here: installing Debian's package.", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if succeeds(["apt-get", "update", "-qq"], environment):
        succeeds(["apt-get", "install", "-y", "-qq", "chromium"], environment)


def fetch_playwrights_chromium() -> None:
    """Let Playwright fetch its own, and the system libraries that it may turn out to need."""
    print("No Chromium here: asking Playwright to fetch one.", flush=True)
    playwright = str(BIN / f"playwright{EXE}")
    if not succeeds([playwright, "install", "chromium"]):
        return
    if is_root() and shutil.which("apt-get") and find_chromium() is None:
        succeeds([playwright, "install-deps", "chromium"])


def is_root() -> bool:
    """Whether the system's own packages can be installed."""
    return os.name != "nt" and os.geteuid() == 0


# Processes


def run(command: list[str], sentence: str, environment: dict[str, str] | None = None) -> None:
    """Run a command to its end; Trouble with the sentence when it fails."""
    if not succeeds(command, environment):
        raise Trouble(sentence)


def succeeds(command: list[str], environment: dict[str, str] | None = None) -> bool:
    """Run a command to its end, showing what it says."""
    return not subprocess.call(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)


def answers(command: list[str]) -> bool:
    """Run a command to its end, hiding what it says; False too when it hangs or is not there."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    if sys.stdin is None:
        # With its input closed, the next file opened would become some child's input.
        os.open(os.devnull, os.O_RDONLY)
    sys.exit(main(sys.argv[1:]))
