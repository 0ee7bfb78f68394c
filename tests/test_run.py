"""run.py from the outside: what it installs, hands over to, finds, and says when it cannot."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "run.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with run.py and a project that needs nothing, not installed yet."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copy(SCRIPT, folder)
    for name in ("requirements.txt", "requirements-test.txt", "pyproject.toml"):
        (folder / name).touch()
    return folder


@pytest.fixture
def installed(checkout: Path) -> Path:
    """The same with everything installed, its programs only saying that they were called."""
    programs = checkout / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("mtm", "ruff", "djlint", "mypy", "lint-imports", "pytest"):
        program(programs / name, f'echo "{name} $*"')
    stamp(checkout)
    return checkout


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def stamp(checkout: Path) -> None:
    """Note what is there as installed, in run.py's own words."""
    words = (
        "import run\n"
        "for kind in run.LOCKS:\n"
        "    (run.VENV / f'.installed-{kind}').write_text(run.fingerprint(kind))"
    )
    subprocess.run([sys.executable, "-c", words], cwd=checkout, check=True)


def start(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "run.py"), *arguments],
        cwd=checkout.parent,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_is_told_which_one_is_needed(checkout: Path) -> None:
    pretending = "import runpy, sys; sys.version_info = (3, 10); runpy.run_path('run.py')"
    done = subprocess.run(
        [sys.executable, "-c", pretending], cwd=checkout, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Music Time Machine needs Python 3.11 or newer")


def test_help_shows_the_commands_and_no_command_is_wrong_usage(checkout: Path) -> None:
    assert "run.py demo [options]" in start(checkout, "--help").stdout
    assert start(checkout, "--help").returncode == 0
    assert start(checkout).returncode == 2
    assert start(checkout, "dmeo").returncode == 2
    assert "It knows: demo, test, setup, lock." in start(checkout, "dmeo").stderr


def test_demo_hands_its_options_over_and_installs_nothing_twice(installed: Path) -> None:
    done = start(installed, "demo", "--port", "5100")
    assert (done.returncode, done.stdout) == (0, "mtm demo --port 5100\n")


def test_a_changed_lock_is_installed_again_and_without_network_that_is_said(
    installed: Path,
) -> None:
    (installed / "requirements.txt").write_text(
        "no-such-library-here==1.0 --hash=sha256:" + "0" * 64 + "\n"
    )
    done = start(installed, "demo", PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert done.returncode == 1
    assert "no-such-library-here" in done.stderr
    assert "The first start needs the network" in done.stderr
    assert "mtm demo" not in done.stdout


def test_another_folder_or_lock_counts_as_not_installed(installed: Path) -> None:
    def fingerprint(folder: Path) -> str:
        words = "import run; print(run.fingerprint('run'))"
        return subprocess.check_output([sys.executable, "-c", words], cwd=folder, text=True)

    here = fingerprint(installed)
    (installed / "requirements.txt").write_text("something==1.0\n")
    with_another_lock = fingerprint(installed)
    elsewhere = fingerprint(installed.rename(installed.with_name("elsewhere")))
    assert len({here, with_another_lock, elsewhere}) == 3


def test_every_check_runs_before_the_tests_whose_last_line_is_the_last(installed: Path) -> None:
    program(installed / ".venv/bin/pytest", 'echo "pytest $*"; echo "=== 3 passed in 0.1s ==="')
    done = start(installed, "test", "--no-browser", "-k", "period")
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names[:6] == ["format", "lint", "templates", "types", "floors", "tests"]
    assert "--no-browser -k period" in done.stdout
    assert done.stdout.splitlines()[-1] == "=== 3 passed in 0.1s ==="
    assert (done.returncode, done.stderr) == (0, "")


def test_a_failed_check_is_shown_and_named_and_the_others_still_run(installed: Path) -> None:
    program(installed / ".venv/bin/mypy", "echo 'one error in one file'; exit 1")
    done = start(installed, "test", "--no-browser")
    assert done.returncode == 1
    assert "one error in one file" in done.stdout
    assert "floors" in done.stdout
    assert "pytest" in done.stdout
    assert done.stderr == "These checks failed, see above: types.\n"


def test_failed_tests_fail_the_run(installed: Path) -> None:
    program(installed / ".venv/bin/pytest", "exit 5")
    assert start(installed, "test", "--no-browser").returncode == 5


def test_the_tests_are_given_a_chromium_that_starts(installed: Path, tmp_path: Path) -> None:
    program(tmp_path / "chromium", "echo 'a stub that only points elsewhere'; exit 1")
    program(tmp_path / "google-chrome", "echo 'Chrome 999'")
    program(installed / ".venv/bin/pytest", 'echo "with $CHROMIUM_PATH"')
    done = start(installed, "test", PATH=str(tmp_path), CHROMIUM_PATH="")
    assert f"with {tmp_path}/google-chrome\n" in done.stdout


def test_a_chromium_that_does_not_start_is_refused_by_name(installed: Path) -> None:
    done = start(installed, "test", CHROMIUM_PATH="/nowhere/chromium")
    assert done.returncode == 1
    assert "CHROMIUM_PATH is /nowhere/chromium, and that does not start." in done.stderr


def test_with_no_chromium_to_be_had_the_way_out_is_named(installed: Path, tmp_path: Path) -> None:
    program(installed / ".venv/bin/playwright", "echo 'no network' >&2; exit 1")
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    program(nothing / "apt-get", "exit 1")
    done = start(installed, "test", PATH=str(nothing), CHROMIUM_PATH="")
    assert done.returncode == 1
    assert "asking Playwright to fetch one" in done.stdout
    assert "python3 run.py test --no-browser" in done.stderr
