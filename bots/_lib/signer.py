"""An Ape account as the agents' SDK takes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ape.api import AccountAPI
from ape.utils import ManagerAccessMixin
from eth_utils import keccak
from hexbytes import HexBytes

from ganglion.agent.errors import Invalid


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction: its bytes, and its hash."""

    raw_transaction: bytes
    hash: bytes


class ApeSigner:
    """An Ape account that signs: a keyfile, a hardware wallet, a test account.

    Args:
        account: of Ape.
    """

    def __init__(self, account: AccountAPI) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """Checksum address of the account."""
        return str(self._account.address)

    def sign_transaction(self, transaction_dict: dict[str, Any]) -> Signed:
        """Sign a transaction as it is; raises Invalid where the account does not."""
        fields = dict(transaction_dict)
        fields["receiver"], fields["data"] = fields.pop("to"), HexBytes(fields["data"])
        ecosystem = ManagerAccessMixin.provider.network.ecosystem
        signed = self._account.sign_transaction(ecosystem.create_transaction(**fields))
        if signed is None:
            raise Invalid(f"account: {self.address} did not sign; unlock it, or give the bot another")
        raw = bytes(signed.serialize_transaction())
        return Signed(raw, keccak(raw))
