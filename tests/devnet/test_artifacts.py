from __future__ import annotations

from pathlib import Path

import pytest

from ganglion.devnet import artifacts
from ganglion.devnet.artifacts import MORPHO, SOLMATE, SolidityJob
from ganglion.devnet.errors import CompilationFailed, ToolMissing

MODULE = "# pragma version 0.4.3\n@internal\n@pure\ndef _answer() -> uint256:\n    return {value}\n"
CONTRACT = """# pragma version 0.4.3
from contracts.modules import inner
from interfaces import IThing

implements: IThing


@external
@pure
def answer() -> uint256:
    return inner._answer()
"""
INTERFACE = "# pragma version 0.4.3\n@external\n@pure\ndef answer() -> uint256:\n    ...\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("contracts/modules", "interfaces"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "contracts/Thing.vy").write_text(CONTRACT)
    (tmp_path / "contracts/modules/inner.vy").write_text(MODULE.format(value=42))
    (tmp_path / "contracts/modules/unrelated.vy").write_text(MODULE.format(value=1))
    (tmp_path / "interfaces/IThing.vyi").write_text(INTERFACE)
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    monkeypatch.setattr(artifacts, "BUILD", tmp_path / ".build")
    return tmp_path


def test_vyper_artifact__imported_module_changes__compiled_again(project: Path) -> None:
    steps: list[str] = []
    first = artifacts.vyper_artifact("contracts/Thing.vy", steps.append)
    assert artifacts.vyper_artifact("contracts/Thing.vy", steps.append) == first
    (project / "contracts/modules/unrelated.vy").write_text(MODULE.format(value=2))
    assert artifacts.vyper_artifact("contracts/Thing.vy", steps.append) == first
    assert steps == ["compiling Thing.vy (vyper)"]

    (project / "contracts/modules/inner.vy").write_text(MODULE.format(value=43))
    second = artifacts.vyper_artifact("contracts/Thing.vy", steps.append)
    assert second.runtime != first.runtime
    assert second.abi == first.abi
    assert len(steps) == 2
    assert not list((project / ".build").glob("*.tmp"))


def test_with_imports__every_form__found_once(project: Path) -> None:
    (project / "contracts/modules/deep.vy").write_text(
        "from . import inner\nfrom ..modules import unrelated\n"
    )
    (project / "contracts/Forms.vy").write_text(
        "import contracts.modules.deep as deep\n"
        "from contracts.modules import (\n    inner,\n    unrelated as other,\n)\n"
        "from interfaces import IThing  # why\n"
        "from snekmate.auth import ownable\n"
    )
    found = artifacts._with_imports(project / "contracts/Forms.vy")
    assert {path.name for path in found} == {"Forms.vy", "deep.vy", "inner.vy", "unrelated.vy", "IThing.vyi"}


def test_vyper_artifact__source_with_an_error__carries_the_compilers_words(project: Path) -> None:
    (project / "contracts/Broken.vy").write_text("# pragma version 0.4.3\nx: uint255\n")
    with pytest.raises(CompilationFailed, match=r"(?s)compiling Broken\.vy failed:.*uint255"):
        artifacts.vyper_artifact("contracts/Broken.vy")
    assert not (project / ".build").exists()


def test_vyper_artifact__no_such_file__named(project: Path) -> None:
    with pytest.raises(ToolMissing, match=r"no Vyper source at .*Absent\.vy"):
        artifacts.vyper_artifact("contracts/Absent.vy")


def test_solidity_artifacts__package_missing__names_npm_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "NODE_MODULES", tmp_path)
    with pytest.raises(
        ToolMissing, match="npm package @morpho-org/morpho-blue is not installed; run `npm ci`"
    ):
        artifacts.solidity_artifacts(MORPHO)
    with pytest.raises(ToolMissing, match="run `npm ci`"):
        artifacts.npm_artifact("absent.json")


def test_solidity_artifacts__source_with_an_error__carries_the_compilers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "package.json").write_text('{"version": "1.0.0"}')
    (broken / "Broken.sol").write_text("pragma solidity >=0.8.0; contract Broken { uint255 x; }")
    (tmp_path / "solc").symlink_to(artifacts.NODE_MODULES / "solc")
    job = SolidityJob("broken", "solc", {"Broken": "broken/Broken.sol"}, {}, {})
    monkeypatch.setattr(artifacts, "NODE_MODULES", tmp_path)
    monkeypatch.setattr(artifacts, "BUILD", tmp_path / ".build")
    with pytest.raises(CompilationFailed, match=r"(?s)solc rejected broken:.*uint255"):
        artifacts.solidity_artifacts(job)


def test_solidity_artifacts__morpho__abi_has_the_events_of_its_library() -> None:
    events = {e["name"] for e in artifacts.solidity_artifacts(MORPHO)["Morpho"].abi if e["type"] == "event"}
    assert {"Supply", "Withdraw", "Borrow", "Repay", "Liquidate", "AccrueInterest"} <= events


def test_solidity_artifacts__solmate__token_and_vault_within_the_code_limit() -> None:
    built = artifacts.solidity_artifacts(SOLMATE)
    assert all(0 < len(artifact.runtime) <= 24_576 for artifact in built.values())
    assert artifacts.Artifact.from_json(built["MockERC20"].as_json()) == built["MockERC20"]
