"""Run every rule over a project."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from vyper.compiler.settings import anchor_settings
from vyper.exceptions import VyperException
from vyper.warnings import VyperWarning

from tools.lint import bodies, pragmas, surface  # noqa: F401  (registers their rules)
from tools.lint.config import Config
from tools.lint.python_files import check_python
from tools.lint.reasons import check_list
from tools.lint.source import RULES, Finding, Run, Source
from tools.vyper_source import compiler_data, deployable, modules


def analysed(path: Path, root: Path) -> Source:
    """One source with its annotated tree; raises `VyperException` where it does not type-check."""
    data = compiler_data(path, root)
    with warnings.catch_warnings(), anchor_settings(data.settings):
        warnings.simplefilter("ignore", VyperWarning)
        tree = data.annotated_vyper_module
    return Source(path.relative_to(root).as_posix(), path.read_text(), tree)


def _line(error: VyperException) -> int:
    nodes = [item[1] if isinstance(item, tuple) else item for item in error.annotations or []]
    lines = [node.lineno for node in nodes if getattr(node, "lineno", None)]
    return error.lineno or (lines[0] if lines else 1)


def _check_source(path: Path, run: Run) -> Iterator[Finding]:
    try:
        source = analysed(path, run.root)
    except VyperException as error:
        told = [line.strip() for line in str(error.message).splitlines() if line.strip()]
        message = told[1] if told[0].startswith("Compilation failed") and len(told) > 1 else told[0]
        yield Finding(path.relative_to(run.root).as_posix(), _line(error), "compile", message)
        return
    for name, check in RULES.items():
        for line, message in check(source, run):
            yield Finding(source.path, line, name, message)


def _stale(run: Run, known: set[str]) -> Iterator[Finding]:
    for table in ("unlocked", "silent", "prefixes"):
        for key, reason in getattr(run.config, table).items():
            if not reason.strip():
                yield Finding("tools/lint/config.py", 1, "stale-allowance", f"{key} has no reason")
            elif (table, key) not in run.used and key.split(".")[0] in known:
                message = f"{table.upper()} excuses `{key}`, which no longer needs it"
                yield Finding("tools/lint/config.py", 1, "stale-allowance", message)


def lint(root: Path, config: Config | None = None) -> list[Finding]:
    """Every violation in a project, in order of place.

    Reads `contracts/*.vy`, `contracts/modules/**/*.vy`, `docs/ERRORS.md` and the Python sources under `root`.
    Mocks are not read: they exist to break the rules.
    """
    root = root.resolve()
    run = Run(root, config or Config())
    contracts, parts = deployable(root), modules(root)
    run.contracts = {path.stem for path in contracts}
    found = [finding for path in (*contracts, *parts) for finding in _check_source(path, run)]
    found += check_list(run)
    found += _stale(run, {path.stem for path in (*contracts, *parts)})
    found += check_python(root)
    return sorted(set(found))
