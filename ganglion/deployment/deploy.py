"""Deploy a treasury, or continue a deployment that was interrupted.

Nothing is sent before configuration and chain have been checked and the whole rest has been rehearsed. What
is done is read from the chain; the manifest only says where to look, and what was about to be sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from eth_typing import ChecksumAddress
from eth_utils import keccak, to_checksum_address
from web3.types import TxReceipt

from ganglion.devnet.addresses import created_by
from ganglion.devnet.artifacts import silent

from . import preconditions, safe
from .build import MADE, build
from .chain import Chain, Sender
from .config import Treasury
from .errors import ManifestInvalid, PreconditionFailed, StepFailed, TransactionFailed
from .manifest import ContractRecord, Manifest, Pending, StepRecord, load, require_same, start
from .site import Site
from .steps import GOVERNED, Step, steps


@dataclass(frozen=True)
class Progress:
    """Step ``number`` of ``total`` is done; ``transaction`` is None if it needed none."""

    number: int
    total: int
    step: str
    transaction: str | None
    gas_used: int | None


Listener = Callable[[Progress], None]


def _unheard(_progress: Progress) -> None:
    """Listener that shows nothing."""


def deploy(
    treasury: Treasury,
    chain: Chain,
    sender: Sender,
    path: Path,
    *,
    listener: Listener = _unheard,
    compiling: Callable[[str], None] = silent,
) -> Manifest:
    """Deploy a treasury and hand every role over; returns the manifest, which stands in ``path`` too.

    With a manifest in ``path`` that was begun with the same configuration, deployer and sources, it continues
    behind the last step that is done; a finished one is only checked.

    Args:
        treasury: what to deploy.
        chain: where.
        sender: the deployer, who holds the seed; ends without any right.
        path: of the manifest.
        listener: told after every step.
        compiling: told what is compiled.

    Raises:
        PreconditionFailed: the chain is not as configured, or the rest would fail; nothing was sent.
        ManifestInvalid: ``path`` belongs to another deployment.
        StepFailed: a transaction failed; calling again continues.
    """
    run = _Run(treasury, chain, sender, path, listener, compiling)
    run.check()
    run.finish()
    return run.manifest


class _Run:
    def __init__(
        self,
        treasury: Treasury,
        chain: Chain,
        sender: Sender,
        path: Path,
        listener: Listener,
        compiling: Callable[[str], None],
    ) -> None:
        self.sender, self.path, self.listener = sender, path, listener
        built = build(compiling)
        fresh = start(treasury, sender.address, built)
        self.manifest = load(path) if path.exists() else fresh
        require_same(self.manifest, path, fresh)
        self.site = Site(chain, treasury, built, sender.address, dict(self.manifest.addresses))
        self.plan = steps(treasury)

    def check(self) -> None:
        """Refuse to go on unless everything that is left can be done."""
        self._require(preconditions.network(self.site))
        self._check_contracts()
        self._settle_pending()
        if not self.manifest.finished:
            self._require(preconditions.problems(self.site))
            self._adopt_safe()
            self._rehearse()

    @staticmethod
    def _require(problems: list[str]) -> None:
        if problems:
            raise PreconditionFailed(problems)

    def finish(self) -> None:
        """Do every step that is not done."""
        if self.manifest.finished:
            return
        recorded = {record.name for record in self.manifest.steps}
        for number, step in enumerate(self.plan, 1):
            if self._is_done(self.site, step):
                record = next((r for r in self.manifest.steps if r.name == step.name), None)
                if record is None:
                    record = StepRecord(name=step.name)
                    self.manifest.steps.append(record)
            else:
                if step.name in recorded:
                    raise StepFailed(f"{step.name}: recorded in {self.path} as done, undone on the chain")
                record = self._send(step)
            self.listener(Progress(number, len(self.plan), step.name, record.transaction, record.gas_used))
        self.manifest.finished = True
        self.manifest.save(self.path)

    @staticmethod
    def _is_done(site: Site, step: Step) -> bool:
        return all(name in site.addresses for name in step.needs) and step.done(site)

    # ---------------------------------------------------------------- what was done before

    def _check_contracts(self) -> None:
        for name, record in self.manifest.contracts.items():
            code = self.site.chain.code(record.address)
            if not code:
                raise ManifestInvalid(
                    f"{self.path} has {name} at {record.address}, where this chain has no contract; "
                    "connect to the chain of the manifest, or deploy anew with another --manifest"
                )
            if code != self.site.expected_code(name):
                raise ManifestInvalid(
                    f"{self.path}: the code at {record.address} is not {name} as configured"
                )
        sealed = (self.site.read(name, "is_sealed") for name in GOVERNED)
        if self.manifest.finished and not all(sealed):
            raise ManifestInvalid(f"{self.path} says finished, but the chain is not sealed: a reset chain?")

    def _settle_pending(self) -> None:
        pending = self.manifest.pending
        if pending is None:
            return
        chain, deployer = self.site.chain, self.manifest.deployer
        if chain.nonce(deployer) <= pending.nonce < chain.nonce(deployer, "pending"):
            raise StepFailed(
                f"{pending.step}: transaction {pending.nonce} of {deployer} is still waiting to be mined; "
                "wait for it, or replace it, then run again"
            )
        sent = chain.sent_with(deployer, pending.nonce, pending.block)
        step = next(step for step in self.plan if step.name == pending.step)
        call = step.call(self.site)
        if sent is not None and (sent.get("to"), bytes(sent["input"])) == (call.to, call.data):
            with contextlib.suppress(TransactionFailed):
                self._record(step, chain.receipt(sent["hash"].to_0x_hex()))
        self.manifest.pending = None
        self.manifest.save(self.path)

    def _adopt_safe(self) -> None:
        section = self.site.treasury.safe
        if section.address is None:
            address, _ = safe.creation(self.site.chain, section, self.site.treasury.chain_id)
            if self.site.chain.code(address):
                self.manifest.safe = self.site.addresses["Safe"] = address

    # ---------------------------------------------------------------- what is left

    def _rehearse(self) -> None:
        """Simulate all that is left in one go; refuse if any of it would revert or cannot be paid."""
        left = [step for step in self.plan if not self._is_done(self.site, step)]
        chain, deployer = self.site.chain, self.site.deployer
        nonce = chain.nonce(deployer)
        ahead = replace(self.site, addresses=dict(self.site.addresses))
        calls = []
        for place, step in enumerate(left):
            if step.creates == "Safe":
                section = self.site.treasury.safe
                ahead.addresses["Safe"], call = safe.creation(chain, section, self.site.treasury.chain_id)
            else:
                call = step.call(ahead)
                if step.creates is not None:
                    ahead.addresses[step.creates] = created_by(deployer, nonce + place)
                    call = replace(call, at=ahead.addresses[step.creates])
            calls.append(call)
        outcomes = chain.rehearse(deployer, calls) if calls else []
        if outcomes is None:
            outcomes = []
        for step, outcome in zip(left, outcomes, strict=False):
            if outcome.reason is not None:
                raise PreconditionFailed([f"{step.name} would fail: {outcome.reason}"])
        self._require_gas_money(sum(outcome.gas for outcome in outcomes))

    def _require_gas_money(self, gas: int) -> None:
        chain, deployer = self.site.chain, self.site.deployer
        need = gas * chain.w3.eth.gas_price
        held = chain.w3.eth.get_balance(cast(ChecksumAddress, deployer))
        if held < need or held == 0:
            raise PreconditionFailed(
                [
                    f"the deployer {deployer} holds {held / 10**18:.6f} of the native token, about "
                    f"{need / 10**18:.6f} is needed for gas; send it more"
                ]
            )

    def _send(self, step: Step) -> StepRecord:
        chain, deployer = self.site.chain, self.site.deployer
        call = step.call(self.site)
        block = chain.w3.eth.block_number
        self.manifest.pending = Pending(step=step.name, nonce=chain.nonce(deployer), block=block)
        self.manifest.save(self.path)
        try:
            receipt = chain.receipt(self.sender.send(call.to, call.data))
        except TransactionFailed as error:
            raise StepFailed(f"{step.name}: {error}; run again to continue") from error
        record = self._record(step, receipt)
        self.manifest.pending = None
        self.manifest.save(self.path)
        return record

    def _contract(self, name: str, transaction: str, block: int) -> ContractRecord:
        address = self.site.addresses[name]
        return ContractRecord(
            address=address,
            constructor=self.site.constructor(name),
            creation_hash="0x" + keccak(self.site.creation(name)).hex(),
            runtime_hash="0x" + keccak(self.site.chain.code(address)).hex(),
            transaction=transaction,
            block=block,
        )

    def _record(self, step: Step, receipt: TxReceipt) -> StepRecord:
        """Note a mined step in the manifest, not saved yet."""
        transaction, block = receipt["transactionHash"].to_0x_hex(), int(receipt["blockNumber"])
        if step.creates == "Safe":
            self._adopt_safe()
        elif step.creates is not None:
            self.site.addresses[step.creates] = to_checksum_address(cast(str, receipt["contractAddress"]))
            created = [step.creates]
            if step.creates == "Vault":
                self.site.addresses |= dict(zip(MADE, self.site.made(), strict=True))
                created += MADE
            for name in created:
                self.manifest.contracts[name] = self._contract(name, transaction, block)
        record = StepRecord(
            name=step.name, transaction=transaction, block=block, gas_used=int(receipt["gasUsed"])
        )
        self.manifest.steps.append(record)
        return record
