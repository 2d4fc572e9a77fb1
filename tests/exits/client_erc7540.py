"""A client of any ERC-7540 vault with asynchronous redemption, written from the EIP alone.

It knows the functions and the event that ERC-7540, ERC-7575, ERC-4626 and ERC-20 name, and nothing of the
vault behind them: no epoch, no settlement, no strategy.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eth_utils import keccak

from ganglion.devnet.rpc import Rpc

REDEEM_REQUEST = "0x" + keccak(text="RedeemRequest(address,address,uint256,address,uint256)").hex()
REDEMPTION = 0x620EE8E4  # ERC-165 id of asynchronous redemption


@dataclass
class RedemptionClient:
    """One holder of shares who wants assets.

    Attributes:
        vault: address that answers ERC-7540.
        account: the holder; owner, controller and receiver at once.
        ids: requests made, in their order.
        claimed: shares claimed so far.
        received: asset wei that the claims said they paid.
    """

    rpc: Rpc
    vault: str
    account: str
    ids: list[int] = field(default_factory=list)
    claimed: int = 0
    received: int = 0

    def is_asynchronous(self) -> bool:
        """Whether the vault says that redemptions are requested first."""
        answer = self.rpc.read(
            self.vault, "supportsInterface(bytes4)", REDEMPTION.to_bytes(4, "big"), returns=("bool",)
        )
        return bool(answer)

    def share(self) -> str:
        """The share token."""
        return self.rpc.read(self.vault, "share()", returns=("address",))

    def shares(self) -> int:
        """Shares in the holder's own hands."""
        return self.rpc.read(self.share(), "balanceOf(address)", self.account)

    def assets(self) -> int:
        """Asset wei in the holder's own hands."""
        asset = self.rpc.read(self.vault, "asset()", returns=("address",))
        return self.rpc.read(asset, "balanceOf(address)", self.account)

    def request(self, shares: int) -> int:
        """Request a redemption and return its id, taken from the event."""
        signature = "requestRedeem(uint256,address,address)"
        receipt = self.rpc.transact(self.account, self.vault, signature, shares, self.account, self.account)
        topics = next(log["topics"] for log in receipt["logs"] if log["topics"][0] == REDEEM_REQUEST)
        self.ids.append(int(topics[3], 16))
        return self.ids[-1]

    def pending(self) -> int:
        """Shares of all requests that are not claimable yet."""
        return sum(self._of("pendingRedeemRequest", identifier) for identifier in set(self.ids))

    def claimable(self) -> int:
        """Shares of all requests that are claimable."""
        return sum(self._of("claimableRedeemRequest", identifier) for identifier in set(self.ids))

    def is_done(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.pending() == 0 and self.claimable() == 0

    def redeem(self, shares: int | None = None) -> int:
        """Claim a number of shares, all that can be by default; returns asset wei paid."""
        most = self.rpc.read(self.vault, "maxRedeem(address)", self.account)
        amount = most if shares is None else min(shares, most)
        before = self.assets()
        self._claim("redeem", amount)
        self.claimed += amount
        self.received += self.assets() - before
        return self.assets() - before

    def withdraw(self, assets: int | None = None) -> int:
        """Claim an amount of assets, all that can be by default; returns shares claimed."""
        most = self.rpc.read(self.vault, "maxWithdraw(address)", self.account)
        amount = most if assets is None else min(assets, most)
        before, waiting = self.assets(), self.claimable()
        self._claim("withdraw", amount)
        shares = waiting - self.claimable()
        self.claimed += shares
        self.received += self.assets() - before
        return shares

    def _of(self, function: str, identifier: int) -> int:
        return self.rpc.read(self.vault, f"{function}(uint256,address)", identifier, self.account)

    def _claim(self, function: str, amount: int) -> None:
        signature = f"{function}(uint256,address,address)"
        self.rpc.transact(self.account, self.vault, signature, amount, self.account, self.account)
