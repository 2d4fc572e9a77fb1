"""The Safe's own part, through ape-safe: one MultiSend batch, signed by enough owners, executed or queued.

The addresses are the canonical ones of Safe 1.4.1, taken from this repository instead of a look-up online, so
that it works on a fork and without internet as well.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ape.api import AccountAPI, ReceiptAPI
from ape.exceptions import ApeException
from ape.utils import ManagerAccessMixin
from ape_safe.accounts import SafeAccount, get_signatures
from ape_safe.exceptions import ApeSafeError
from ape_safe.factory import SafeFactory
from ape_safe.multisend import MultiSend
from ape_safe.packages import PackageType
from ape_safe.utils import encode_signatures, get_safe_tx_hash
from packaging.version import Version

from ganglion.deployment import Call, DeploymentError, SignaturesMissing, TransactionFailed
from ganglion.deployment.safe import FACTORY, MULTISEND, VERSION, missing, read

from .ape_chain import ApeSender, connected_chain

_VERSION = Version(VERSION)


class Owners:
    """A Safe and those of its owners who sign here.

    Args:
        address: of the Safe.
        signers: accounts of owners.

    Raises:
        DeploymentError: there is no Safe, or the chain lacks the canonical MultiSendCallOnly.
        SignaturesMissing: a signer is no owner.
    """

    def __init__(self, address: str, signers: Sequence[AccountAPI]) -> None:
        chain = connected_chain()
        lacking = missing(chain, MULTISEND)
        if lacking:
            raise DeploymentError(lacking[0])
        self.state = read(chain, address)
        self.signers = list(signers)
        strangers = [str(signer.address) for signer in signers if signer.address not in self.state.owners]
        if strangers:
            owners = ", ".join(self.state.owners)
            raise SignaturesMissing(f"--signer {strangers[0]} is no owner of the Safe; owners are {owners}")
        self.safe = self._account(address)

    @property
    def is_simulated(self) -> bool:
        """Whether this is a fork or a local chain."""
        provider = ManagerAccessMixin.provider
        return provider.network.is_dev or provider.client_version.lower().startswith("anvil")

    def _account(self, address: str) -> SafeAccount:
        version = Version(self.state.version)
        SafeFactory._singleton[version] = PackageType.SINGLETON(version).at(self.state.singleton)
        SafeFactory._factory[version] = PackageType.PROXY_FACTORY(version).at(FACTORY.address)
        provider = ManagerAccessMixin.provider
        # ape-safe reads a Safe from a file of the user's data folder; nothing of ours stays there.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "safe.json"
            file.write_text(json.dumps({"address": address, "deployed_chain_ids": [provider.chain_id]}))
            safe = SafeAccount(account_file_path=file)
            _ = safe.address
            # Its ABI would be looked up online, and nothing here calls it.
            safe.fallback_handler = None
            # With chain id 0 the queue is one of this process: the service does not know a simulated chain.
            safe.client = safe.get_client(chain_id=0 if self.is_simulated else provider.chain_id)
        return safe

    def batch(self, calls: Iterable[Call]) -> MultiSend:
        """Return one MultiSend of all calls, in order."""
        multisend = MultiSend(safe=self.safe, version=_VERSION)
        multisend.contract = PackageType.MULTISEND(_VERSION).at(MULTISEND.address)
        for call in calls:
            multisend.calls.append({"target": call.to, "value": 0, "callData": call.data})
        return multisend

    def execute(self, calls: Sequence[Call], submitter: AccountAPI) -> ReceiptAPI:
        """Sign one batch with the signers and have the submitter, any account, execute it.

        Raises:
            SignaturesMissing: fewer signers than the threshold.
            TransactionFailed: a call in the batch would fail, or the Safe refuses the signatures.
        """
        self._rehearse(calls)
        if len(self.signers) < self.state.threshold:
            raise SignaturesMissing(
                f"{len(self.signers)} of {self.state.threshold} signatures; give more --signer, "
                "or --queue for the other owners to sign"
            )
        transaction = self.batch(calls).as_safe_tx(nonce=self.state.nonce)
        signatures = encode_signatures(get_signatures(transaction, self.signers))
        # Not through ape-safe's own sending: it traces a refusal for minutes before it says so.
        arguments = list(transaction)[:-1]  # all but the nonce
        data = self.safe.contract.execTransaction.encode_input(*arguments, signatures)
        sent = ApeSender(submitter).send(str(self.safe.address), bytes(data))
        return ManagerAccessMixin.provider.get_receipt(sent)

    def _rehearse(self, calls: Sequence[Call]) -> None:
        # The Safe would only say GS013, whatever the reason inside the batch.
        outcomes = connected_chain().rehearse(str(self.safe.address), calls)
        for call, outcome in zip(calls, outcomes or [], strict=False):
            if outcome.reason is not None:
                raise TransactionFailed(f"{call.what} would fail: {outcome.reason}")

    def queue(self, calls: Sequence[Call]) -> str:
        """Sign one batch with the signers, leave it with the Safe's transaction service, return its hash.

        Raises:
            SignaturesMissing: no signer; the service takes nothing unsigned.
            TransactionFailed: a call in the batch would fail, or the service refused.
        """
        self._rehearse(calls)
        if not self.signers:
            raise SignaturesMissing("give at least one --signer; the service takes nothing unsigned")
        transaction = self.batch(calls).as_safe_tx()
        try:
            signatures = get_signatures(transaction, self.signers)
            self.safe.propose_safe_tx(transaction, submitter=self.signers[0], sigs_by_signer=signatures)
        except (ApeException, ApeSafeError) as error:
            raise TransactionFailed(f"the Safe's transaction service refused: {error}") from error
        return str(get_safe_tx_hash(transaction))


def as_builder_file(calls: Iterable[Call], chain_id: int, safe: str, name: str) -> dict[str, Any]:
    """Return a batch in the format that the Transaction Builder of the Safe interface imports."""
    return {
        "version": "1.0",
        "chainId": str(chain_id),
        "meta": {"name": name, "createdFromSafeAddress": safe},
        "transactions": [
            {"to": call.to, "value": "0", "data": "0x" + call.data.hex(), "contractMethod": None}
            for call in calls
        ],
    }
