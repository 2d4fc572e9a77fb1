"""Compile every contract and mock as its pragma says, with the compiler's warnings as errors.

Modules are analysed on their own too, so that one that no contract imports yet cannot rot.

    python -m tools.compile
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from vyper.compiler import compile_from_file_input
from vyper.compiler.settings import anchor_settings
from vyper.exceptions import VyperException
from vyper.warnings import VyperWarning

from tools.vyper_source import ROOT, compiler_data, every_contract, every_module

FORMATS = ["bytecode", "bytecode_runtime", "abi", "userdoc", "devdoc", "layout"]


def compile_strictly(path: Path, root: Path = ROOT) -> None:
    """Compile one contract to every output that is published; raises a `VyperException` or `VyperWarning`."""
    data = compiler_data(path, root)
    with warnings.catch_warnings():
        warnings.simplefilter("error", VyperWarning)
        compile_from_file_input(
            data.file_input,
            input_bundle=data.input_bundle,
            settings=data.original_settings,
            output_formats=FORMATS,
        )


def analyse_strictly(path: Path, root: Path = ROOT) -> None:
    """Type-check one module by itself; raises a `VyperException` or `VyperWarning`."""
    data = compiler_data(path, root)
    with warnings.catch_warnings(), anchor_settings(data.settings):
        warnings.simplefilter("error", VyperWarning)
        _ = data.natspec


def failures(root: Path = ROOT) -> Iterator[str]:
    """One message for each source that does not pass, with the compiler's own explanation."""
    work = [(path, analyse_strictly) for path in every_module(root)]
    work += [(path, compile_strictly) for path in every_contract(root)]
    for path, check in work:
        try:
            check(path, root)
        except (VyperException, VyperWarning) as error:
            yield f"{path.relative_to(root)}: {type(error).__name__}: {error}"


def main() -> int:
    """Compile all; returns 1 if any source fails or only warns."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.compile", description="Compile, warnings are errors."
    )
    parser.parse_args()
    count = 0
    for message in failures():
        print(message, file=sys.stderr)
        count += 1
    if count == 0:
        print(
            f"{len(every_contract())} contracts and {len(every_module())} modules compile without a warning"
        )
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
