"""What a rule sees: one analysed Vyper source, and the run it belongs to."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from vyper import ast as vy_ast
from vyper.semantics.types.function import ContractFunctionT

from tools.lint.config import Config


@dataclass(frozen=True, order=True)
class Finding:
    """One violation; `line` counts from 1."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Source:
    """One contract or module under `contracts/`, with the tree that the compiler annotated with types."""

    path: str
    text: str
    tree: vy_ast.Module

    @property
    def stem(self) -> str:
        """File name without suffix: the contract's or module's name."""
        return Path(self.path).stem

    @property
    def in_modules(self) -> bool:
        """Whether this is a module, whose functions run as part of a contract."""
        return Path(self.path).parts[1:2] == ("modules",)

    @cached_property
    def comments(self) -> dict[int, str]:
        """Comment of each line that has one."""
        return comments_of(self.text)

    @property
    def functions(self) -> list[vy_ast.FunctionDef]:
        """Functions written in this file, in order."""
        return self.tree.get_children(vy_ast.FunctionDef)

    def exports(self) -> Iterator[tuple[ContractFunctionT, int]]:
        """Functions that the file exports from modules, with the line that exports them."""
        for node in self.tree.get_children(vy_ast.ExportsDecl):
            for function in node._metadata["exports_info"].functions:
                yield function, node.lineno

    def state_changing(self) -> Iterator[tuple[ContractFunctionT, int]]:
        """External functions that may write, own and exported, each with the line to report."""
        for node in self.functions:
            function = node._metadata["func_type"]
            if function.is_external and function.is_mutable:
                yield function, node.lineno
        for function, line in self.exports():
            if function.is_mutable:
                yield function, line


@dataclass
class Run:
    """A whole run: the project's root, its exceptions and what was used of them."""

    root: Path
    config: Config = field(default_factory=Config)
    used: set[tuple[str, str]] = field(default_factory=set)
    contracts: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    codes: dict[str, int] = field(default_factory=dict)

    def allows(self, table: str, key: str) -> bool:
        """Whether the config excuses `key`; remembers that the entry was needed."""
        if key not in getattr(self.config, table):
            return False
        self.used.add((table, key))
        return True

    def prefix(self, stem: str) -> str:
        """Prefix that a contract's or module's reasons carry, without the colon."""
        if stem in self.config.prefixes:
            self.used.add(("prefixes", stem))
            return self.config.prefixes[stem]
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stem).lower()


Check = Callable[[Source, Run], Iterator[tuple[int, str]]]
RULES: dict[str, Check] = {}


def rule(name: str) -> Callable[[Check], Check]:
    """Register a check over one Vyper source under the id that its findings carry."""

    def register(check: Check) -> Check:
        if name in RULES:
            raise ValueError(f"rule {name} is registered twice")
        RULES[name] = check
        return check

    return register


def comments_of(text: str) -> dict[int, str]:
    """Comment of each line, from `#` to its end; a `#` inside a string is none."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}
