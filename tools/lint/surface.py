"""Rules on what a contract shows to the outside: locks, events, exports and NatSpec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from vyper import ast as vy_ast
from vyper.semantics.types.function import ContractFunctionT

from tools.lint.source import Run, Source, rule

FUND_MOVERS = {
    "transfer",
    "transferFrom",
    "safeTransferFrom",
    "safeBatchTransferFrom",
    "burn",
    "burn_batch",
    "burn_from",
    "mint",
    "safe_mint",
    "safe_mint_batch",
    "deposit",
    "withdraw",
    "redeem",
}
HEADER_TAGS = ("title", "license", "notice")


def _emits(function: ContractFunctionT) -> bool:
    reached = [function, *function.reachable_internal_functions]
    return any(part.ast_def.get_descendants(vy_ast.Log) for part in reached if part.ast_def is not None)


def _home(function: ContractFunctionT) -> Path:
    return Path(function.ast_def.module_node.resolved_path)


@rule("no-lock")
def locked(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Whoever may write takes the lock; an export has its own file's pragma, not the exporter's."""
    for function, line in source.state_changing():
        if not function.nonreentrant and not run.allows("unlocked", f"{source.stem}.{function.name}"):
            yield line, f"`{function.name}` may write without the lock: write it here, or list it in UNLOCKED"


@rule("no-event")
def logged(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Every change of state can be followed from events."""
    for function, line in source.state_changing():
        if not _emits(function) and not run.allows("silent", f"{source.stem}.{function.name}"):
            yield line, f"`{function.name}` may write and emits no event: log it, or list it in SILENT"


@rule("export-interface")
def exports_by_name(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """What a contract exports is listed by name, so that an update of a module cannot widen it."""
    for node in source.tree.get_children(vy_ast.ExportsDecl):
        for item in node.get_descendants(vy_ast.Attribute):
            if item.attr == "__interface__":
                yield item.lineno, "export functions by name, not `__interface__`"


@rule("export-fund-mover")
def no_exported_fund_mover(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """A library's functions that move funds know nothing of the contract's rules."""
    for function, line in source.exports():
        if function.name in FUND_MOVERS and "snekmate" in _home(function).parts:
            yield line, f"`{function.name}` moves funds past the contract's rules: write the external here"


def _tags(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag, words in re.findall(r"(?:^|\n)\s*@(\S+)[ \t]*([^\n]*)", text):
        found.setdefault(tag, []).append(words)
    return found


def _documented(node: vy_ast.VyperNode) -> dict[str, list[str]]:
    doc = node.get("doc_string")
    return _tags(doc.value) if doc else {}


@rule("natspec-header")
def header(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """A file says what it is before its first line of code."""
    tags = _documented(source.tree)
    missing = [f"@{tag}" for tag in HEADER_TAGS if tag not in tags]
    if missing:
        yield 1, f"the file's NatSpec header lacks {', '.join(missing)}"


def _own_externals(source: Source) -> Iterator[vy_ast.FunctionDef]:
    for node in source.functions:
        if node._metadata["func_type"].is_external:
            yield node


@rule("natspec-notice")
def notice(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Every external says what it does."""
    for node in _own_externals(source):
        if "notice" not in _documented(node):
            yield node.lineno, f"`{node.name}` has no @notice"


@rule("natspec-param")
def parameters(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Every parameter of an external is explained."""
    for node in _own_externals(source):
        named = {words.split(maxsplit=1)[0] for words in _documented(node).get("param", []) if words.strip()}
        for argument in node.args.args:
            if argument.arg not in named:
                yield node.lineno, f"`{node.name}` has no @param for `{argument.arg}`"


@rule("natspec-return")
def returns(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Every value that an external returns is explained, with its unit."""
    for node in _own_externals(source):
        if node.returns is None:
            continue
        wanted = len(node.returns.elements) if isinstance(node.returns, vy_ast.Tuple) else 1
        found = len(_documented(node).get("return", []))
        if found < wanted:
            yield node.lineno, f"`{node.name}` returns {wanted} and has {found} @return"
