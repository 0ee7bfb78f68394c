"""What every test may ask for; databases and browsers come from the modules of those names."""

import sys

pytest_plugins = ["tests.databases", "tests.browsers"]

# Its stand-ins for the tools are shell scripts.
collect_ignore = ["test_run.py"] if sys.platform == "win32" else []
