"""Where Vyper sources are and how they are handed to the compiler: one place for lint, size and compile.

Imports resolve as they do under Ape: first the project's root, then the installed packages.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from vyper.cli.vyper_compile import get_search_paths
from vyper.compiler.input_bundle import FileInput, FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = "contracts"
MODULES = "modules"


def evm_version(root: Path = ROOT) -> str:
    """EVM version that ape-config.yaml sets for Vyper; this project's own where `root` has none."""
    config = root / "ape-config.yaml"
    if not config.is_file():
        config = ROOT / "ape-config.yaml"
    return yaml.safe_load(config.read_text())["vyper"]["evm_version"]


def deployable(root: Path = ROOT) -> list[Path]:
    """Contracts that go on chain: `contracts/*.vy`, neither modules nor mocks."""
    return sorted((root / CONTRACTS).glob("*.vy"))


def modules(root: Path = ROOT) -> list[Path]:
    """Modules of the deployable contracts: `contracts/modules/**/*.vy`."""
    return sorted((root / CONTRACTS / MODULES).rglob("*.vy"))


def every_module(root: Path = ROOT) -> list[Path]:
    """Everything that compiles only as part of a contract, the mocks' modules included."""
    return [path for path in _every_source(root) if _is_module(path, root)]


def every_contract(root: Path = ROOT) -> list[Path]:
    """Everything that compiles by itself: the deployable contracts and the mocks."""
    return [path for path in _every_source(root) if not _is_module(path, root)]


def _every_source(root: Path) -> list[Path]:
    return sorted((root / CONTRACTS).rglob("*.vy"))


def _is_module(path: Path, root: Path) -> bool:
    return MODULES in path.relative_to(root / CONTRACTS).parent.parts


def compiler_data(path: Path, root: Path = ROOT) -> CompilerData:
    """Compiler front end for one source, at the source's own pragma and the project's EVM version.

    Nothing is compiled until an attribute of the result is read, so a `VyperException` comes from there.
    """
    root, path = root.resolve(), path.resolve()
    bundle = FilesystemInputBundle(get_search_paths([str(root)]))
    loaded = bundle.load_file(path)
    relative = path.relative_to(root) if path.is_relative_to(root) else path
    source = FileInput(loaded.source_id, relative, path, loaded.contents)
    return CompilerData(source, input_bundle=bundle, settings=Settings(evm_version=evm_version(root)))
