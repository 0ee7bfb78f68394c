"""What cannot run everywhere: Windows neither forks nor limits a process's memory."""

import sys

collect_ignore = ["test_hostile.py"] if sys.platform == "win32" else []
