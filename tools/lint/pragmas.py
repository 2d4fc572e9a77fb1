"""Rules on a file's pragmas, comments and imports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vyper import ast as vy_ast

from tools.lint.config import COMPILER_VERSION
from tools.lint.source import Run, Source, rule


def _pragmas(source: Source, pattern: str) -> Iterator[int]:
    for line, comment in source.comments.items():
        if re.match(rf"#\s*pragma\s+{pattern}", comment):
            yield line


def _is_stateful(source: Source) -> bool:
    tree = source.tree
    declares = any(
        not (node.is_constant or node.is_immutable) for node in tree.get_children(vy_ast.VariableDecl)
    )
    borrows = bool(tree.get_children((vy_ast.InitializesDecl, vy_ast.UsesDecl)))
    return declares or borrows or any(True for _ in source.state_changing())


@rule("pragma-version")
def pinned_version(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """The compiler is pinned to one version."""
    if not list(_pragmas(source, rf"version\s+{re.escape(COMPILER_VERSION)}\s*$")):
        yield 1, f"add `# pragma version {COMPILER_VERSION}`"


@rule("pragma-nonreentrancy")
def locked_by_default(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """A stateful file locks its externals by default; the pragma counts for its own file only."""
    if _is_stateful(source) and not list(_pragmas(source, r"nonreentrancy\s+on\s*$")):
        yield 1, "the file has state: add `# pragma nonreentrancy on`"


@rule("venom-pragma")
def no_venom(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """The experimental code generator stays off."""
    for line in _pragmas(source, r"(experimental-codegen|venom)"):
        yield line, "remove it: the experimental code generator (Venom) is not for production"


@rule("evm-version-pragma")
def no_evm_version(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """The EVM version is set once, in ape-config.yaml."""
    for line in _pragmas(source, r"evm-version"):
        yield line, "remove it: ape-config.yaml sets the EVM version for every contract"


@rule("dev-comment")
def no_dev_comment(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Ape loses `# dev:` messages inside modules; reasons are strings."""
    for line, comment in source.comments.items():
        if re.match(r"#\s*dev:", comment):
            yield line, "write a reason string: `# dev:` messages are lost inside modules"


@rule("duplicate-import")
def no_duplicate_import(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """The compiler notices only a second import by the same path; this compares the files."""
    seen: dict[str, tuple[int, str]] = {}
    for node in source.tree.get_children((vy_ast.Import, vy_ast.ImportFrom)):
        info = node._metadata["import_info"]
        target = str(info.compiler_input.resolved_path)
        if target in seen:
            line, alias = seen[target]
            yield node.lineno, f"`{info.alias}` is the file that line {line} imports as `{alias}`"
        else:
            seen[target] = node.lineno, info.alias
