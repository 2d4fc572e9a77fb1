"""Ape's connection and accounts as the deployment library takes them."""

from __future__ import annotations

from ape.api import AccountAPI
from ape.exceptions import ApeException
from ape.utils import ManagerAccessMixin
from hexbytes import HexBytes

from ganglion.deployment import Call, Chain, DeploymentError, TransactionFailed


class ApeSender:
    """An Ape account that sends: a keyfile, a hardware wallet, a test account, an impersonated one."""

    def __init__(self, account: AccountAPI) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """Checksum address of the account."""
        return str(self._account.address)

    def send(self, to: str | None, data: bytes) -> str:
        """Sign and broadcast, wait for the network's confirmations, return the hash.

        Raises:
            TransactionFailed: it would revert, reverted, or was refused.
        """
        ecosystem = ManagerAccessMixin.provider.network.ecosystem
        receiver = {} if to is None else {"receiver": to}
        self._require_success(to, data)
        try:
            # Without its sender the gas would be estimated for an account that has no right here.
            transaction = ecosystem.create_transaction(data=HexBytes(data), sender=self.address, **receiver)
            return str(self._account.call(transaction).txn_hash)
        except ApeException as error:
            raise TransactionFailed(str(error)) from error

    def _require_success(self, to: str | None, data: bytes) -> None:
        # Of a failed transaction Ape fetches the whole trace, which takes minutes for a large contract.
        outcomes = None if to is None else connected_chain().rehearse(self.address, [Call(to, data, "")])
        if outcomes and outcomes[0].reason is not None:
            raise TransactionFailed(outcomes[0].reason)


def connected_chain() -> Chain:
    """Return the chain that Ape is connected to.

    Raises:
        DeploymentError: the connection is not a node's.
    """
    provider = ManagerAccessMixin.provider
    if not hasattr(provider, "web3"):
        raise DeploymentError(f"provider {provider.name} is no JSON-RPC node; choose another --network")
    return Chain(provider.web3)
