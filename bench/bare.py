"""The least that a page can be: Flask, one SQLite read by the raw driver, a few bytes of text.

Served like `mtm serve` serves the product, over the same database.
"""

import os
import sqlite3
from threading import local

from flask import Flask

app = Flask("bare")
_own = local()


@app.get("/")
def show() -> str:
    if not hasattr(_own, "connection"):
        _own.connection = sqlite3.connect(os.environ["BARE_DATABASE"])
    return str(_own.connection.execute("SELECT version FROM archives").fetchone()[0])
