"""Rules that the Vyper compiler and ruff do not have, checked over the compiler's own syntax tree.

python -m tools.lint [--json] [--rules]
"""

from tools.lint.runner import lint

__all__ = ["lint"]
