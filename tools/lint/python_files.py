"""Rules on Python sources that ruff does not have."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from tools.lint.config import MAX_FILE_LINES, MAX_FUNCTION_LINES
from tools.lint.source import Finding

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SKIPPED = {"node_modules", "build", "dist"}


def python_files(root: Path) -> Iterator[Path]:
    """Python files of the project: nothing installed, built or hidden."""
    for folder, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if name not in SKIPPED and not name.startswith("."))
        for name in sorted(names):
            if name.endswith(".py"):
                yield Path(folder) / name


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        doc = node.body[0]
        length -= (doc.end_lineno or doc.lineno) - doc.lineno + 1
    return length


def check_python(root: Path) -> Iterator[Finding]:
    """Files and functions that are too long; docstrings of functions are not counted."""
    for path in python_files(root):
        name, text = path.relative_to(root).as_posix(), path.read_text()
        lines = len(text.splitlines())
        if lines > MAX_FILE_LINES:
            message = f"the file has {lines} lines, {MAX_FILE_LINES} at most"
            yield Finding(name, MAX_FILE_LINES + 1, "file-length", message)
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            yield Finding(name, error.lineno or 1, "syntax", error.msg)
            continue
        functions = (node for node in ast.walk(tree) if isinstance(node, FUNCTIONS))
        for node in functions:
            length = _length(node)
            if length > MAX_FUNCTION_LINES:
                message = f"`{node.name}` has {length} lines without docstring, {MAX_FUNCTION_LINES} at most"
                yield Finding(name, node.lineno, "function-length", message)
