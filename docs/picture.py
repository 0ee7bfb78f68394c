"""Make docs/home.png from a running demo: `.venv/bin/python docs/picture.py http://127.0.0.1:5000`.

Signs in as the demo's first listener, in the browser that the tests use.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
import run

WIDTH, HEIGHT = 1280, 860


def main(url: str) -> None:
    """Take the picture."""
    chromium = os.environ.get("CHROMIUM_PATH") or run.find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(url)
        page.get_by_role("link", name="Be ").first.click()
        page.get_by_role("button", name="Agree").click()
        page.wait_for_url(f"{url}/")
        page.reload()  # without the word of welcome
        page.wait_for_timeout(1500)  # until the chart stands
        page.screenshot(path=Path(__file__).with_name("home.png"))
        browser.close()


main(sys.argv[1].rstrip("/"))
