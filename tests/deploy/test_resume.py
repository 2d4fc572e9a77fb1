"""Interruptions: before a transaction is sent, after it is sent, after it is recorded, after every step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganglion.deployment import (
    Manifest,
    ManifestInvalid,
    Progress,
    StepFailed,
    TransactionFailed,
    Treasury,
    UnlockedSender,
    config,
    deploy,
    verify,
)
from ganglion.deployment.manifest import load
from ganglion.deployment.steps import steps

from .stage import EXAMPLE, Stage, changed, example, example_treasury

STEPS = len(steps(example_treasury()))


def small_treasury() -> Treasury:
    """One strategy, so that a deployment interrupted at every step takes seconds."""
    content = changed("strategies", example()["strategies"][:1])
    content["mandates"] = []
    content["groups"] = [content["groups"][0] | {"members": ["morpho"]}]
    return config.parse(content, folder=EXAMPLE.parent)


SMALL_STEPS = len(steps(small_treasury()))


class Interrupted(BaseException):
    """What a killed process looks like from inside: nothing of ours catches it."""


class InterruptedSender:
    """Sends one transaction and is interrupted: before or after the next one left."""

    def __init__(self, sender: UnlockedSender, sends: int, *, after: bool) -> None:
        self._sender, self._left, self._after = sender, sends, after

    @property
    def address(self) -> str:
        return self._sender.address

    def send(self, to: str | None, data: bytes) -> str:
        if self._left == 0 and not self._after:
            raise Interrupted
        transaction = self._sender.send(to, data)
        if self._left == 0:
            raise Interrupted
        self._left -= 1
        return transaction


def interrupting(_progress: Progress) -> None:
    if _progress.transaction is not None and _progress.number > interrupting.done:
        interrupting.done = _progress.number
        raise Interrupted


def result(stage: Stage, manifest: Manifest) -> tuple[object, ...]:
    """What must not depend on interruptions."""
    report = verify(manifest, stage.chain)
    assert report.differences == ()
    contracts = {
        name: (record.address, record.constructor, record.creation_hash, record.runtime_hash)
        for name, record in manifest.contracts.items()
    }
    done = [(step.name, step.gas_used, step.transaction is not None) for step in manifest.steps]
    return manifest.safe, contracts, done, manifest.pending, manifest.finished, stage.sent()


@pytest.fixture(scope="module")
def uninterrupted(session_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    with session_stage.undone():
        path = tmp_path_factory.mktemp("whole") / "treasury.json"
        manifest = deploy(small_treasury(), session_stage.chain, session_stage.sender(), path)
        return result(session_stage, manifest)


@pytest.mark.parametrize("after", [False, True], ids=["before_sending", "after_sending"])
def test_deploy__interrupted_around_every_transaction__same_result(
    stage: Stage, manifest_path: Path, uninterrupted: tuple[object, ...], after: bool
) -> None:
    interruptions = 0
    while True:
        sender = InterruptedSender(stage.sender(), sends=0 if after else 1, after=after)
        try:
            manifest = deploy(small_treasury(), stage.chain, sender, manifest_path)
            break
        except Interrupted:
            interruptions += 1
            assert load(manifest_path).pending is not None
    assert interruptions == (SMALL_STEPS if after else SMALL_STEPS - 1)
    assert result(stage, manifest) == uninterrupted


def test_deploy__interrupted_after_every_record__same_result(
    stage: Stage, manifest_path: Path, uninterrupted: tuple[object, ...]
) -> None:
    interrupting.done = 0
    for step in steps(small_treasury()):
        with pytest.raises(Interrupted):
            deploy(small_treasury(), stage.chain, stage.sender(), manifest_path, listener=interrupting)
        manifest = load(manifest_path)
        assert manifest.steps[-1].name == step.name
        assert manifest.pending is None
    manifest = deploy(small_treasury(), stage.chain, stage.sender(), manifest_path, listener=interrupting)
    assert result(stage, manifest) == uninterrupted


def test_deploy__deployer_did_something_else_meanwhile__continues(stage: Stage, manifest_path: Path) -> None:
    sender = InterruptedSender(stage.sender(), sends=2, after=False)
    with pytest.raises(Interrupted):
        deploy(example_treasury(), stage.chain, sender, manifest_path)
    stage.net.rpc.send({"from": stage.deployer, "to": stage.deployer})
    manifest = deploy(example_treasury(), stage.chain, stage.sender(), manifest_path)
    assert verify(manifest, stage.chain).differences == ()
    assert len(manifest.steps) == STEPS


def test_deploy__transaction_still_waiting__says_so_and_sends_nothing(
    stage: Stage, manifest_path: Path
) -> None:
    sender = InterruptedSender(stage.sender(), sends=5, after=True)
    rpc = stage.net.rpc
    with pytest.raises(Interrupted):
        # The sixth transaction leaves, but no block takes it.
        deploy(
            example_treasury(),
            stage.chain,
            sender,
            manifest_path,
            listener=lambda progress: rpc.call("evm_setAutomine", False) if progress.number == 5 else None,
        )
    try:
        before = stage.chain.nonce(stage.deployer, "pending")
        with pytest.raises(
            StepFailed, match=r"deploy Vault: transaction 5 of 0x.* is still waiting to be mined"
        ):
            deploy(example_treasury(), stage.chain, stage.sender(), manifest_path)
        assert stage.chain.nonce(stage.deployer, "pending") == before
    finally:
        rpc.call("evm_mine")
        rpc.call("evm_setAutomine", True)
    manifest = deploy(example_treasury(), stage.chain, stage.sender(), manifest_path)
    assert verify(manifest, stage.chain).differences == ()


class FailingSender(InterruptedSender):
    """Refuses one transaction, as a node does that is out of sync or a wallet whose owner declines."""

    def send(self, to: str | None, data: bytes) -> str:
        try:
            return super().send(to, data)
        except Interrupted:
            raise TransactionFailed("declined on the device") from None


def test_deploy__transaction_refused__named_and_continued(stage: Stage, manifest_path: Path) -> None:
    sender = FailingSender(stage.sender(), sends=7, after=False)
    with pytest.raises(StepFailed, match="deploy Executor: declined on the device; run again to continue"):
        deploy(example_treasury(), stage.chain, sender, manifest_path)
    manifest = deploy(example_treasury(), stage.chain, stage.sender(), manifest_path)
    assert verify(manifest, stage.chain).differences == ()


@pytest.fixture
def half_done(stage: Stage, manifest_path: Path) -> Stage:
    """Interrupted with the Vault deployed."""
    with pytest.raises(Interrupted):
        deploy(
            example_treasury(),
            stage.chain,
            InterruptedSender(stage.sender(), sends=6, after=False),
            manifest_path,
        )
    return stage


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("timelock.delay", "3 days", "timelock.delay: '172800 seconds' then, '259200 seconds' now"),
        ("strategies.1.ceiling", "4_000_001 USDC", r"strategies\[1\].ceiling: '5000000000000 wei' then"),
        ("mandates", [], r"mandates: \[.*\] then, \[\] now"),
        ("mandates.0.heartbeat", None, r"mandates\[0\]\.heartbeat: '86400 seconds' then, '0 seconds' now"),
        ("groups.1.relative", "51 %", r"groups\[1\]\.relative: '5200 bps' then, '5100 bps' now"),
        ("strategies.0.inflow", None, r"strategies\[0\]\.inflow: \{.*\} then, None now"),
        ("sentinel.fall.bad", "2 %", r"sentinel\.fall\.bad: '300 bps' then, '200 bps' now"),
        ("reflexes.usual.bounty", "1 USDC", r"reflexes\.usual\.bounty: '25000000 wei' then"),
    ],
)
def test_deploy__configuration_changed_meanwhile__field_named(
    half_done: Stage, manifest_path: Path, path: str, value: object, message: str
) -> None:
    before = half_done.sent()
    treasury = config.parse(changed(path, value), folder=EXAMPLE.parent)
    with pytest.raises(ManifestInvalid, match=message):
        deploy(treasury, half_done.chain, half_done.sender(), manifest_path)
    assert half_done.sent() == before


def test_deploy__same_configuration_written_otherwise__continues(
    half_done: Stage, manifest_path: Path
) -> None:
    treasury = config.parse(changed("timelock.delay", "48 hours"), folder=EXAMPLE.parent)
    manifest = deploy(treasury, half_done.chain, half_done.sender(), manifest_path)
    assert manifest.finished


def test_deploy__another_deployer__refused(half_done: Stage, manifest_path: Path) -> None:
    with pytest.raises(ManifestInvalid, match=r"deployer: '0x.*' then, '0x.*' now"):
        deploy(example_treasury(), half_done.chain, half_done.sender("somebody_else"), manifest_path)


def edit(path: Path, change: object) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_deploy__sources_changed_meanwhile__file_named(half_done: Stage, manifest_path: Path) -> None:
    edit(manifest_path, lambda content: content["sources"].update({"contracts/Vault.vy": "00"}))
    with pytest.raises(ManifestInvalid, match=r"sources\.contracts/Vault\.vy: '00' then"):
        deploy(example_treasury(), half_done.chain, half_done.sender(), manifest_path)


def test_deploy__manifest_of_another_chain__contract_named(half_done: Stage, manifest_path: Path) -> None:
    nowhere = half_done.net.actor("nowhere")
    edit(manifest_path, lambda content: content["contracts"]["Steward"].update({"address": nowhere}))
    with pytest.raises(ManifestInvalid, match=f"has Steward at {nowhere}, where this chain has no contract"):
        deploy(example_treasury(), half_done.chain, half_done.sender(), manifest_path)


def test_deploy__recorded_contract_is_another__refused(half_done: Stage, manifest_path: Path) -> None:
    other = half_done.net.addresses.weth
    edit(manifest_path, lambda content: content["contracts"]["Vault"].update({"address": other}))
    with pytest.raises(ManifestInvalid, match=f"the code at {other} is not Vault as configured"):
        deploy(example_treasury(), half_done.chain, half_done.sender(), manifest_path)


def test_deploy__recorded_step_undone_on_chain__refused(half_done: Stage, manifest_path: Path) -> None:
    edit(manifest_path, lambda content: content["steps"].append({"name": "name the Executor"}))
    with pytest.raises(StepFailed, match=r"name the Executor: recorded in .* as done, undone on the chain"):
        deploy(example_treasury(), half_done.chain, half_done.sender(), manifest_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.update(format=3), "has format 3, this version reads 4; use the version"),
        (lambda content: (content.update(format=3), content.pop("groups")), "has format 3, this version"),
        (lambda content: content.update(colour="red"), "colour: unknown field"),
        (lambda content: content.pop("chain_id"), "chain_id: missing"),
        (lambda content: content["config"]["limits"].update(hold="1 second"), "config was edited"),
        (lambda content: content["config"]["limits"].update(hold="1"), "limits.hold: '1' is not a number"),
    ],
)
def test_load__manifest_edited__refused(
    half_done: Stage, manifest_path: Path, change: object, message: str
) -> None:
    edit(manifest_path, change)
    with pytest.raises(ManifestInvalid, match=message):
        load(manifest_path)


def test_load__no_json_or_no_file__remedy(tmp_path: Path) -> None:
    with pytest.raises(ManifestInvalid, match=r"No such file.*; give the one that `deploy` wrote"):
        load(tmp_path / "gone.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ManifestInvalid, match=r"is not JSON: .*; restore it from version control"):
        load(tmp_path / "bad.json")


def test_save__disk_full__old_manifest_stays(
    half_done: Stage, manifest_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, before = load(manifest_path), manifest_path.read_text()

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ganglion.deployment.manifest.os.fsync", refuse)
    manifest.finished = True
    with pytest.raises(OSError, match="No space left"):
        manifest.save(manifest_path)
    assert manifest_path.read_text() == before
    assert [file.name for file in manifest_path.parent.iterdir()] == [manifest_path.name]
