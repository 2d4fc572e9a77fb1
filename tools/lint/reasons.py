"""Rules on revert reasons, which agents parse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from vyper import ast as vy_ast

from tools.lint.config import CODED_FILE, CODED_PREFIX, ERRORS_DOC, MAX_REASON_LENGTH
from tools.lint.source import Finding, Run, Source, rule

SHAPE = re.compile(r"[a-z][a-z0-9_]*: \S")
LISTED = re.compile(r"`([a-z][a-z0-9_]*: [^`]+)`")


def _given(source: Source) -> Iterator[tuple[int, vy_ast.VyperNode | None]]:
    if source.path == CODED_FILE:
        return
    for node in source.tree.get_descendants((vy_ast.Assert, vy_ast.Raise)):
        given = node.msg if isinstance(node, vy_ast.Assert) else node.exc
        if not (isinstance(given, vy_ast.Name) and given.id == "UNREACHABLE"):
            yield node.lineno, given


def _texts(source: Source) -> Iterator[tuple[int, str]]:
    for line, given in _given(source):
        value = given.reduced() if given is not None else None
        if isinstance(value, vy_ast.Str):
            yield line, value.value


def _codes(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Numbered reasons, wherever one is named: a function may return it for another to give."""
    for node in source.tree.get_descendants(vy_ast.Attribute):
        module = getattr(getattr(node.value, "_expr_info", None), "module_info", None)
        number = node.reduced()
        if module is None or not isinstance(number, vy_ast.Int):
            continue
        if Path(module.module_node.resolved_path) == run.root / CODED_FILE:
            yield node.lineno, f"{CODED_PREFIX}: {number.value}"


def _defined_codes(source: Source) -> Iterator[tuple[int, str]]:
    if source.path == CODED_FILE:
        for node in source.tree.get_children(vy_ast.VariableDecl, {"is_constant": True}):
            yield node.lineno, f"{CODED_PREFIX}: {node.value.reduced().value}"


def listed(run: Run) -> list[tuple[int, str]]:
    """Reasons that the error list opens a line or a table row with, each with its line number."""
    path = run.root / ERRORS_DOC
    if not path.is_file():
        return []
    found = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        opening = re.match(r"[|\s#*-]*" + LISTED.pattern, line)
        if opening:
            found.append((number, opening[1]))
    return found


@rule("reason-missing")
def reasoned(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """A revert says why, with a text that is known beforehand."""
    for line, given in _given(source):
        if given is None:
            yield line, "the revert gives no reason"
        elif not isinstance(given.reduced(), vy_ast.Str):
            yield line, "the reason is not a literal, so nobody can look it up"


@rule("reason-length")
def short(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """A reason fits one word."""
    for line, reason in _texts(source):
        if len(reason) > MAX_REASON_LENGTH:
            yield line, f'"{reason}" has {len(reason)} characters, {MAX_REASON_LENGTH} at most'


@rule("reason-prefix")
def prefixed(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """A reason opens with the contract that gives it; a module may speak for the contract it is part of."""
    allowed = {run.prefix(source.stem)}
    if source.in_modules:
        allowed |= {run.prefix(stem) for stem in run.contracts}
    for line, reason in _texts(source):
        if not SHAPE.match(reason) or reason.split(":")[0] not in allowed:
            yield line, f'"{reason}" does not open with "{run.prefix(source.stem)}: "'


@rule("reason-listed")
def documented(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Every reason is in the list that says what to do about it."""
    known = {reason for _, reason in listed(run)}
    run.codes |= {reason: line for line, reason in _defined_codes(source)}
    for line, reason in (*_texts(source), *_codes(source, run)):
        run.reasons.add(reason)
        if reason not in known:
            yield line, f'"{reason}" is not listed in {ERRORS_DOC}'


def check_list(run: Run) -> Iterator[Finding]:
    """Once all sources are read: a reason listed twice, or one that no contract gives any more."""
    prefixes = {run.prefix(stem) for stem in run.contracts}
    seen: dict[str, int] = {}
    for line, reason in listed(run):
        if reason in seen:
            message = f"`{reason}` is listed on line {seen[reason]} already"
            yield Finding(ERRORS_DOC, line, "reason-repeated", message)
        elif reason not in run.reasons and reason.split(":")[0] in prefixes:
            yield Finding(ERRORS_DOC, line, "reason-stale", f"no contract gives `{reason}`")
        seen.setdefault(reason, line)
    for reason, line in run.codes.items():
        if reason not in run.reasons:
            yield Finding(CODED_FILE, line, "reason-stale", f"no contract gives `{reason}`")
