"""Runtime size of every deployable contract against EIP-170.

Vyper appends immutables to the runtime code when the constructor returns, so `bytecode_runtime` alone is less
than what the chain stores: the size here is both together.

    python -m tools.size [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from vyper.compiler.settings import anchor_settings
from vyper.exceptions import VyperException

from tools.vyper_source import ROOT, compiler_data, deployable

LIMIT = 24_576  # bytes, EIP-170
MADE = ("ExitQueue", "VaultAnnex")  # by the Vault, from blueprints, which are contracts too
PREAMBLE = 3  # bytes before the creation code of a blueprint, ERC-5202


@dataclass(frozen=True)
class Size:
    """Sizes of one contract in bytes: `code` without immutables, `immutables`, and the `total` on chain."""

    contract: str
    code: int
    immutables: int
    total: int
    limit: int = LIMIT

    @property
    def over(self) -> bool:
        """Whether the chain would refuse the contract."""
        return self.total > self.limit


def measure(path: Path, root: Path = ROOT) -> Size:
    """Compile one contract and measure it; raises `VyperException` where it does not compile."""
    data = compiler_data(path, root)
    with anchor_settings(data.settings):
        code = len(data.bytecode_runtime)
        immutables = data.global_ctx.immutable_section_bytes
    return Size(path.stem, code, immutables, code + immutables)


def measure_blueprint(path: Path, root: Path = ROOT) -> Size:
    """Compile one contract and measure its blueprint; raises `VyperException` where it does not compile."""
    data = compiler_data(path, root)
    with anchor_settings(data.settings):
        code = len(data.bytecode) + PREAMBLE
    return Size(f"{path.stem} blueprint", code, 0, code)


def runtime_size(path: Path, root: Path = ROOT) -> int:
    """Bytes of code that a deployed contract has on chain, immutables included."""
    return measure(path, root).total


def table(sizes: list[Size]) -> Table:
    """Sizes as a table a person reads, largest first."""
    view = Table(title="Runtime size in bytes, immutables included")
    view.add_column("contract")
    for name in ("code", "immutables", "total", "limit", "left"):
        view.add_column(name, justify="right")
    for size in sorted(sizes, key=lambda size: -size.total):
        row = (size.code, size.immutables, size.total, size.limit, size.limit - size.total)
        view.add_row(size.contract, *(f"{value:,}" for value in row), style="red" if size.over else None)
    return view


def main() -> int:
    """Print the sizes; returns 1 if a contract is over the limit or does not compile."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.size", description="Runtime size of each contract."
    )
    parser.add_argument("--json", action="store_true", help="print a JSON array instead of a table")
    parser.add_argument("--root", type=Path, default=ROOT, help="project to measure (default: this one)")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    sizes, failed = [], False
    for path in deployable(root):
        try:
            sizes.append(measure(path, root))
            if path.stem in MADE:
                sizes.append(measure_blueprint(path, root))
        except VyperException as error:
            print(f"{path.relative_to(root)}: does not compile: {error.message}", file=sys.stderr)
            failed = True
    if arguments.json:
        print(json.dumps([asdict(size) for size in sizes], indent=2))
    else:
        Console().print(table(sizes))
    over = [size for size in sizes if size.over]
    for size in over:
        print(f"{size.contract}: {size.total - LIMIT:,} bytes over the limit of {LIMIT:,}", file=sys.stderr)
    return 1 if over or failed else 0


if __name__ == "__main__":
    sys.exit(main())
