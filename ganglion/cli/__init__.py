"""``ganglion``: observe a treasury; plan, simulate, submit an agent's intent; verify and follow the journal.

What ``--json`` prints and what exit codes mean stands in ``ganglion --help`` (``group.py``).
"""

from .group import main

__all__ = ["main"]
