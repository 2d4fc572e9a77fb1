"""The contracts of a treasury as compiled code, with everything that the code depends on.

Not Ape's build: that one keeps a contract when an imported module changed.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from vyper import __long_version__ as VYPER_VERSION
from vyper.cli.vyper_compile import get_search_paths
from vyper.compiler.input_bundle import FileInput, FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import Settings

from ganglion.devnet.artifacts import EVM_VERSION, ROOT, Artifact, Progress, silent, vyper_artifact

NAMES = (
    "Timelock",
    "Steward",
    "ExitQueue",
    "VaultAnnex",
    "Vault",
    "Executor",
    "Sentinel",
    "Reflexes",
    "Lens",
)
MADE = ("ExitQueue", "VaultAnnex")  # by the Vault's constructor, in this order
BLUEPRINTS = {f"{name} blueprint": name for name in MADE}  # what it makes them from
RECORDED = (*NAMES, *BLUEPRINTS)


@dataclass(frozen=True)
class Build:
    """Compiled contracts and their provenance.

    Attributes:
        artifacts: contract name to code and ABI.
        compiler: versions and settings that decide the code.
        sources: path of every source file, imported ones included, to its SHA-256.
        integrity: contract name to Vyper's integrity sum, which the creation code carries as well.
    """

    artifacts: Mapping[str, Artifact] = field(repr=False)
    compiler: Mapping[str, str]
    sources: Mapping[str, str] = field(repr=False)
    integrity: Mapping[str, str] = field(repr=False)

    def creation(self, name: str) -> bytes:
        """Return creation code without arguments; KeyError for a name that is not in ``RECORDED``."""
        if name in BLUEPRINTS:
            return self.artifacts[BLUEPRINTS[name]].blueprint
        return self.artifacts[name].initcode

    def abi(self, name: str) -> list[dict[str, Any]]:
        """Return the JSON ABI of a contract; KeyError for one that is not a treasury's."""
        return self.artifacts[name].abi


_read: list[Build] = []  # the one build of this process


def build(progress: Progress = silent) -> Build:
    """Return the contracts of this source tree, read once per process and compiled if the cache lacks them.

    Raises:
        CompilationFailed: vyper rejects a source.
    """
    if not _read:
        _read.append(_build(progress))
    return _read[0]


def _build(progress: Progress) -> Build:
    artifacts = {name: vyper_artifact(f"contracts/{name}.vy", progress) for name in NAMES}
    return Build(artifacts, *_provenance())


def _provenance() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Compiler, sources and integrity sums, as in ``Build``."""
    sources: dict[str, str] = {}
    integrity: dict[str, str] = {}
    optimisation: dict[str, str] = {}
    for name in NAMES:
        data = _front_end(Path("contracts") / f"{name}.vy")
        files = [data.file_input, *data.resolved_imports.compiler_inputs]
        sources |= {_public_name(file.resolved_path): file.sha256sum for file in files}
        integrity[name] = data.integrity_sum
        level = data.settings.optimize
        optimisation[f"optimize {name}"] = str(level) if level is not None else "compiler's default"
    compiler = {
        "vyper": VYPER_VERSION,
        "snekmate": importlib.metadata.version("snekmate"),
        "evm_version": EVM_VERSION,
        **optimisation,
    }
    return compiler, dict(sorted(sources.items())), integrity


def _front_end(path: PurePath) -> CompilerData:
    bundle = FilesystemInputBundle(get_search_paths([str(ROOT)]))
    loaded = bundle.load_file(ROOT / path)
    source = FileInput(loaded.source_id, path, loaded.resolved_path, loaded.contents)
    return CompilerData(source, input_bundle=bundle, settings=Settings(evm_version=EVM_VERSION))


def _public_name(path: PurePath) -> str:
    """Path inside this repository or inside the package that a source comes from."""
    parts = path.parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    return PurePath(path).relative_to(ROOT).as_posix()
