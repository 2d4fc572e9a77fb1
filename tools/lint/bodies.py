"""Rules on expressions and statements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vyper import ast as vy_ast
from vyper.semantics.types.function import ContractFunctionT, MemberFunctionT
from vyper.semantics.types.user import FlagT

from tools.lint.config import GUARDED_CALL, MAX_FILE_LINES, MAX_FUNCTION_LINES
from tools.lint.source import Run, Source, rule

UNSAFE = {"unsafe_add", "unsafe_sub", "unsafe_mul", "unsafe_div"}
# Builtins whose call changes something outside the frame.
EFFECTS = {
    "raw_call",
    "raw_create",
    "raw_log",
    "send",
    "selfdestruct",
    "create_copy_of",
    "create_from_blueprint",
    "create_minimal_proxy_to",
}


def _builtin(node: vy_ast.Call) -> str:
    return node.func.id if isinstance(node.func, vy_ast.Name) else ""


def _is_constant(node: vy_ast.VyperNode) -> bool:
    if isinstance(node, vy_ast.Constant) or node.has_folded_value:
        return True
    if isinstance(node, vy_ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    if isinstance(node, vy_ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, vy_ast.Attribute):
        return _is_flag_member(node)
    if isinstance(node, vy_ast.Call) and _builtin(node) in {"convert", "empty"}:
        return _builtin(node) == "empty" or _is_constant(node.args[0])
    return False


def _is_flag_member(node: vy_ast.Attribute) -> bool:
    flag = getattr(node._metadata.get("type"), "typedef", node._metadata.get("type"))
    if not isinstance(flag, FlagT) or node.attr not in flag._flag_members:
        return False
    return getattr(node.value._metadata.get("type"), "typedef", None) == flag


@rule("ternary-bitwise")
def no_bitwise_in_ternary(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """CVE-2026-114117: the optimiser may treat the arms of a ternary as conditions."""
    seen: set[int] = set()
    for ternary in source.tree.get_descendants(vy_ast.IfExp):
        for node in ternary.get_descendants(vy_ast.BinOp):
            bitwise = isinstance(node.op, (vy_ast.BitAnd, vy_ast.BitOr))
            if not bitwise or id(node) in seen or not (_is_constant(node.left) or _is_constant(node.right)):
                continue
            seen.add(id(node))
            yield (
                node.lineno,
                "bitwise and/or with a constant inside a ternary miscompiles: compute it before",
            )


@rule("unsafe-math")
def reasoned_unsafe_math(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Unchecked arithmetic says on its line why it cannot wrap."""
    for node in source.tree.get_descendants(vy_ast.Call):
        if _builtin(node) not in UNSAFE:
            continue
        comments = (source.comments.get(line, "") for line in range(node.lineno, node.end_lineno + 1))
        if not any(re.search(r"#\s*unsafe:\s*\S+", comment) for comment in comments):
            yield (
                node.lineno,
                f"`{_builtin(node)}` needs `# unsafe: <why it cannot wrap>` on its line",
            )


@rule("raw-call-place")
def raw_call_in_one_place(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """Calls without an interface stand in one module, where a reader checks them all."""
    if source.path == GUARDED_CALL:
        return
    for node in source.tree.get_descendants(vy_ast.Call):
        if _builtin(node) == "raw_call":
            yield node.lineno, f"`raw_call` belongs in {GUARDED_CALL} only"


def _effect(node: vy_ast.VyperNode) -> str:
    if isinstance(node, vy_ast.ExtCall):
        return "an external call"
    if not isinstance(node, vy_ast.Call):
        return ""
    if _builtin(node) in EFFECTS:
        return f"`{_builtin(node)}`"
    info = node.func._expr_info
    callee = getattr(info, "typ", None)
    if isinstance(callee, ContractFunctionT) and callee.is_internal and callee.is_mutable:
        return f"`{callee.name}`, which may write"
    if isinstance(callee, MemberFunctionT) and callee.is_modifying:
        return f"`{callee.name}`, which writes"
    return ""


@rule("loop-header")
def no_effect_in_loop_header(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """The compiler may evaluate a loop's iterator more than once or out of order."""
    for loop in source.tree.get_descendants(vy_ast.For):
        nodes = [loop.iter, *loop.iter.get_descendants((vy_ast.ExtCall, vy_ast.Call))]
        for effect in dict.fromkeys(filter(None, map(_effect, nodes))):
            yield loop.lineno, f"the loop's header has {effect}: do it on a line before"


@rule("function-length")
def short_function(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """A function fits a screen; its NatSpec is not counted."""
    for node in source.functions:
        doc = node.get("doc_string")
        length = node.end_lineno - node.lineno + 1
        length -= doc.end_lineno - doc.lineno + 1 if doc else 0
        if length > MAX_FUNCTION_LINES:
            yield (
                node.lineno,
                f"`{node.name}` has {length} lines without NatSpec, {MAX_FUNCTION_LINES} at most",
            )


@rule("file-length")
def short_file(source: Source, run: Run) -> Iterator[tuple[int, str]]:
    """A contract is read in one evening."""
    length = len(source.text.splitlines())
    if length > MAX_FILE_LINES:
        yield MAX_FILE_LINES + 1, f"the file has {length} lines, {MAX_FILE_LINES} at most"
