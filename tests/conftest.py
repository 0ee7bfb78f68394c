"""What every test may ask for; databases and browsers come from the modules of those names."""

import sys

from hypothesis import settings

pytest_plugins = ["tests.databases", "tests.browsers", "tests.cast", "tests.stage"]

# Its stand-ins for the tools are shell scripts.
collect_ignore = (
    ["test_run.py", "imports/test_kills.py", "imports/test_full_disk.py"]
    if sys.platform == "win32"
    else []
)

# How long an example takes is the machine's affair; all else stays as the surroundings have it.
settings.register_profile("house", parent=settings(), deadline=None)
settings.load_profile("house")
