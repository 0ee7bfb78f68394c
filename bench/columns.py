"""Builds the columns of every account of an archive, as the first page after an import does.

A process of its own, so that its memory is counted as nobody else's.
"""

from music_time_machine import accounts, columns
from music_time_machine.config import load_settings
from music_time_machine.db import Database


def main() -> None:
    settings = load_settings()
    db = Database(settings.url, settings.data_dir)
    for account in accounts.everyone(db, settings):
        columns.load(db, account)
    db.close()


if __name__ == "__main__":
    main()
