"""The record of one deployment: what stands where, made by which transaction from which sources.

Written whole after every step, in one rename: an interruption leaves either the old record or the new one.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from eth_utils import keccak
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ganglion import __version__

from . import config
from .build import Build
from .config import Treasury
from .errors import ConfigInvalid, ManifestInvalid
from .fields import explain

FORMAT = 4


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ContractRecord(_Record):
    """One contract: constructor arguments by name, hashes (keccak256) of creation and runtime code."""

    address: str
    constructor: dict[str, Any]
    creation_hash: str
    runtime_hash: str
    transaction: str | None
    block: int | None


class StepRecord(_Record):
    """One step that is done; without a transaction if the chain was as wanted already."""

    name: str
    transaction: str | None = None
    block: int | None = None
    gas_used: int | None = None


class Pending(_Record):
    """A transaction about to be sent: after an interruption the nonce says whether it was."""

    step: str
    nonce: int
    block: int


class Manifest(_Record):
    """One deployment. ``finished`` once all seals are set and the deployer has no right left."""

    format: int = FORMAT
    ganglion: str = __version__
    chain_id: int
    deployer: str
    config_hash: str
    config: dict[str, Any]
    compiler: dict[str, str]
    integrity: dict[str, str]
    sources: dict[str, str]
    safe: str | None = None
    contracts: dict[str, ContractRecord] = Field(default_factory=dict)
    strategies: dict[str, int] = Field(default_factory=dict)
    groups: dict[str, int] = Field(default_factory=dict)
    steps: list[StepRecord] = Field(default_factory=list)
    pending: Pending | None = None
    finished: bool = False

    @property
    def treasury(self) -> Treasury:
        """The configuration that was deployed."""
        return config.parse(self.config, "configuration in the manifest")

    @property
    def addresses(self) -> dict[str, str]:
        """Contract name (and ``Safe``) to address, as far as they are known."""
        known = {name: record.address for name, record in self.contracts.items()}
        return known if self.safe is None else {"Safe": self.safe, **known}

    @property
    def first_block(self) -> int:
        """Block of the first recorded contract: no event of the treasury is older."""
        return min(
            (record.block for record in self.contracts.values() if record.block is not None), default=0
        )

    def save(self, path: Path) -> None:
        """Write the manifest in one rename; the folder is made if it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def start(treasury: Treasury, deployer: str, built: Build) -> Manifest:
    """Return the manifest of a deployment that has not begun."""
    canonical = treasury.canonical()
    return Manifest(
        chain_id=treasury.chain_id,
        deployer=deployer,
        config_hash=config_hash(canonical),
        config=canonical,
        compiler=dict(built.compiler),
        integrity=dict(built.integrity),
        sources=dict(built.sources),
        safe=treasury.safe.address,
        strategies=treasury.identifiers,
        groups=treasury.numbers,
    )


def load(path: Path) -> Manifest:
    """Read a manifest and check that its configuration is whole.

    Raises:
        ManifestInvalid: names the field.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ManifestInvalid(f"{path}: {error.strerror}; give the one that `deploy` wrote") from None
    except ValueError as error:
        raise ManifestInvalid(f"{path} is not JSON: {error}; restore it from version control") from None
    try:
        _check_format(path, content)
        manifest = Manifest.model_validate(content)
        _ = manifest.treasury
    except ValidationError as error:
        raise ManifestInvalid("\n  ".join([f"{path}:", *explain(error, Manifest)])) from None
    except ConfigInvalid as error:
        raise ManifestInvalid(f"{path}: {error}") from None
    if manifest.config_hash != config_hash(manifest.config):
        raise ManifestInvalid(f"{path}: config was edited; restore it from version control")
    return manifest


def _check_format(path: Path, content: Any) -> None:
    """Refuse a manifest of another format before its fields are looked at: they need not be the same."""
    told = content.get("format", FORMAT) if isinstance(content, dict) else FORMAT
    if told != FORMAT:
        raise ManifestInvalid(
            f"{path} has format {told}, this version reads {FORMAT}; use the version that wrote it"
        )


def config_hash(canonical: dict[str, Any]) -> str:
    """Return keccak256 of a canonical configuration, independent of the order of its fields."""
    return "0x" + keccak(text=json.dumps(canonical, sort_keys=True, separators=(",", ":"))).hex()


def require_same(manifest: Manifest, path: Path, expected: Manifest) -> None:
    """Refuse to continue a deployment with another configuration, deployer or source tree.

    Raises:
        ManifestInvalid: names every field that differs.
    """
    differences = list(_differences(manifest.config, expected.config))
    for name in ("chain_id", "deployer", "compiler", "sources"):
        differences += _differences(getattr(manifest, name), getattr(expected, name), name)
    if differences:
        lines = [f"{path} was begun with other values; restore them, or deploy anew with another --manifest:"]
        raise ManifestInvalid("\n  ".join(lines + differences))


def _differences(old: Any, new: Any, path: str = "") -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(key for key in new if key not in old)]
        nested = [_differences(old.get(k), new.get(k), f"{path}.{k}" if path else k) for k in keys]
        return [line for lines in nested for line in lines]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        nested = [_differences(a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(old, new, strict=True))]
        return [line for lines in nested for line in lines]
    return [] if old == new else [f"{path}: {old!r} then, {new!r} now"]
