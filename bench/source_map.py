"""From a program counter of a compiled contract to the function and line that it came from."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from pathlib import Path

from vyper import ast as vy_ast
from vyper.compiler.settings import anchor_settings
from vyper.ir import compile_ir

from tools.vyper_source import compiler_data


@dataclass(frozen=True)
class Place:
    """A place in the source: ``function`` as ``module.name``, and the line of ``file`` (0: no line)."""

    function: str
    file: Path | None
    line: int

    @property
    def text(self) -> str:
        """The source line without its margins; empty where there is none."""
        if self.file is None or not self.file.is_file():
            return ""
        return self.file.read_text().splitlines()[self.line - 1].strip()


class SourceMap:
    """Places of one contract's runtime code; raises vyper's VyperException where it does not compile."""

    def __init__(self, path: Path) -> None:
        data = compiler_data(path)
        with anchor_settings(data.settings):
            _, maps = compile_ir.assembly_to_evm(data.assembly_runtime, compiler_metadata=None)
            self.code: bytes = data.bytecode_runtime
        nodes: dict[int, vy_ast.VyperNode] = maps["pc_raw_ast_map"]
        self._counters = sorted(nodes)
        self._places = [_place(nodes[counter]) for counter in self._counters]
        self._dispatch = Place(f"{path.stem} dispatch", None, 0)

    def at(self, counter: int) -> Place:
        """The place of an instruction: the nearest one marked before it."""
        index = bisect.bisect_right(self._counters, counter) - 1
        return self._places[index] if index >= 0 else self._dispatch


def _place(node: vy_ast.VyperNode) -> Place:
    function, above = "", node
    while above is not None and not isinstance(above, vy_ast.Module):
        if isinstance(above, vy_ast.FunctionDef):
            function = above.name
        above = above._parent
    if above is None:
        return Place("compiler", None, 0)
    file = Path(above.resolved_path)
    return Place(f"{file.stem}.{function or 'getter'}", file, node.lineno)
