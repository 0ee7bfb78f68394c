"""A real browser for tests: Chromium, from CHROMIUM_PATH or wherever run.py finds one.

Hides how it is started, and that it reaches nothing but this machine.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page of ours that asks for anything from elsewhere gets an error, and the test sees it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know --no-browser."""
    parser.addoption("--no-browser", action="store_true", help="leave the browser tests out")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a browser, when asked to."""
    if not config.getoption("--no-browser"):
        return
    left_out = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say so when the browser tests were left out."""
    if config.getoption("--no-browser"):
        terminalreporter.write_line("Less than everything: --no-browser left the browser out.")


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A Chromium without a window."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM_PATH") or run.find_chromium()
    if path is None:
        pytest.fail(
            "No Chromium was found. Install one or set CHROMIUM_PATH; `python3 run.py test` "
            "installs one where it can; --no-browser leaves these tests out."
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def console_errors() -> list[str]:
    """What the page complained of so far; a test that provokes a complaint clears the list."""
    return []


@pytest.fixture
def page(browser: "Browser", console_errors: list[str]) -> Iterator["Page"]:
    """A tab of a browser that has never been here; at the end it must have no complaint."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    tab = context.new_page()
    tab.on("console", lambda said: said.type == "error" and console_errors.append(said.text))
    tab.on("pageerror", lambda error: console_errors.append(str(error)))
    yield tab
    context.close()
    assert console_errors == []
