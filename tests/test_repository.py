"""The house rules that no other tool holds: locks, generated pages, templates, sizes and names."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
LOCKS = ["requirements.txt", "requirements-test.txt"]
# Put together here, because this file too may not hold them.
REGISTRIES = [
    ".".join(parts).encode()
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("cdn", "playwright", "dev"),
    ]
]
# Tests of the whole, which mirror no single module.
OF_THE_WHOLE = {"repository", "run", "newcomer"}
PACKAGES = {"emulator": SOURCE / "spotify_emulator"}
EVENT_HANDLER = re.compile(r"\son(?!e\s*=)[a-z]+\s*=", re.IGNORECASE)  # `one=` is no event
INLINE_STYLE = re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.IGNORECASE | re.DOTALL)
UNSAFE = re.compile(r"\|\s*safe\b|\bMarkup\(|autoescape\s+false")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def templates() -> list[Path]:
    return sorted(SOURCE.rglob("*.html"))


def pins(lock: str) -> dict[str, str]:
    """Each requirement's line without its hashes, by name."""
    text = (ROOT / lock).read_text().replace("\\\n", "")
    lines = [line.split("--hash")[0].strip() for line in text.splitlines() if line.strip()]
    return {line.split("==")[0]: line for line in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_and_hashes_every_line_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    for requirement in text.replace("\\\n", "").splitlines():
        assert re.fullmatch(
            r"[a-z0-9-]+==[^ ]+( ; [^-]+)?( +--hash=sha256:[0-9a-f]{64})+", requirement
        ), requirement[:120]


def test_the_test_lock_holds_the_run_lock_whole() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-test.txt").items()


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["build"]
    names = {re.split(r"[^a-z0-9-]", each)[0] for each in wanted}
    assert names <= pins("requirements.txt").keys()
    test_names = {re.split(r"[^a-z0-9-]", each)[0] for each in project["dependency-groups"]["test"]}
    assert test_names <= pins("requirements-test.txt").keys()


def test_no_file_names_a_registry() -> None:
    naming = [
        f"{shown(path)}: {host.decode()}"
        for path in tracked()
        for host in REGISTRIES
        if host in path.read_bytes()
    ]
    assert naming == []


def test_the_pages_made_from_the_code_are_up_to_date() -> None:
    from docs import make as made  # here, so that a broken app breaks this rule alone

    stale = [
        name
        for name, words in made.pages().items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != words
    ]
    assert stale == [], "write them anew with: .venv/bin/python docs/make.py"


def test_nothing_switches_escaping_off() -> None:
    sources = [*modules(), *templates(), *SOURCE.rglob("*.jinja"), *SOURCE.rglob("*.txt")]
    switching = [shown(path) for path in sources if UNSAFE.search(path.read_text("utf-8"))]
    assert switching == []


def test_no_template_has_an_inline_script_style_or_handler() -> None:
    found = []
    for path in templates():
        text = path.read_text("utf-8")
        if EVENT_HANDLER.search(text) or INLINE_STYLE.search(text):
            found.append(shown(path))
        for attributes, body in SCRIPT.findall(text):
            if body.strip() and 'type="application/json"' not in attributes:
                found.append(shown(path))
    assert found == []


def test_every_module_opens_with_what_it_knows() -> None:
    silent = [
        shown(path)
        for path in [*modules(), *ROOT.glob("*.py"), *(ROOT / "tests").rglob("*.py")]
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_bytes()))
    ]
    assert silent == []


def test_no_module_is_longer_than_600_lines() -> None:
    lengths = {shown(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > 600} == {}


def functions() -> Iterator[tuple[str, int]]:
    """Every function of ours, by name, and how many lines it has."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{shown(path)}:{node.name}", node.end_lineno - node.lineno + 1


def test_nine_functions_in_ten_have_at_most_30_lines() -> None:
    lengths = dict(functions())
    long = {name: length for name, length in lengths.items() if length > 30}
    assert len(long) <= len(lengths) / 10, long


def test_every_test_file_mirrors_something_in_the_source() -> None:
    strays = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.stem.removeprefix("test_")
        folder = path.parent.relative_to(ROOT / "tests")
        package = PACKAGES.get(folder.as_posix(), SOURCE / "music_time_machine" / folder)
        is_of_the_whole = name in OF_THE_WHOLE
        mirrors_module = (package / f"{name}.py").is_file() or (package / name).is_dir()
        # The tests of a package, or of a large module, may be cut by subject instead of by file.
        has_source = package.is_dir() or package.with_suffix(".py").is_file()
        mirrors_package = folder != Path() and has_source
        if not (is_of_the_whole or mirrors_module or mirrors_package):
            strays.append(shown(path))
    assert strays == []
