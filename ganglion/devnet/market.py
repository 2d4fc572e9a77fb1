"""Shocks to the seeded lending market: interest, illiquidity, a crash with bad debt, recovery.

Everything goes through Morpho Blue's public functions, sent by impersonated actors; only the price is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .abi import actor, decode, event_topic
from .addresses import MarketParams
from .errors import MarketImpossible
from .funding import fund_eth, fund_token
from .rpc import Rpc, quantity
from .seed import BORROWER, ETH, MARKET_OPERATOR, MAX_UINT256, ORACLE_UNIT

BPS = 10_000
WAD = 10**18
ORACLE_SCALE = 10**36
WHALE = actor("whale")
LIQUIDATOR = actor("liquidator")

_LIQUIDATE_EVENT = event_topic("Liquidate(bytes32,address,address,uint256,uint256,uint256,uint256,uint256)")


@dataclass(frozen=True)
class MarketState:
    """Totals as Morpho stores them: USDC units, Morpho's shares, ``last_update`` in s, ``fee`` in WAD."""

    total_supply_assets: int
    total_supply_shares: int
    total_borrow_assets: int
    total_borrow_shares: int
    last_update: int
    fee: int

    @property
    def liquidity(self) -> int:
        """USDC units that are not lent out; pending interest does not change it."""
        return self.total_supply_assets - self.total_borrow_assets

    @property
    def utilisation_bps(self) -> int:
        """Lent share of the supply, in bps, rounded down; 0 for an empty market."""
        return self.total_borrow_assets * BPS // self.total_supply_assets if self.total_supply_assets else 0


@dataclass(frozen=True)
class Position:
    """One account's position: shares in Morpho's units, collateral in WETH wei."""

    supply_shares: int
    borrow_shares: int
    collateral: int


@dataclass(frozen=True)
class Liquidation:
    """What a liquidation did: repaid and bad debt in USDC units, ``seized`` in WETH wei."""

    repaid_assets: int
    seized: int
    bad_debt_assets: int
    block_number: int


class Market:
    """One Morpho Blue market that can be pushed around.

    Args:
        rpc: an anvil with auto-impersonation.
        morpho: address of Morpho Blue.
        params: of the market; its oracle is Morpho's OracleMock.
    """

    def __init__(self, rpc: Rpc, morpho: str, params: MarketParams) -> None:
        self.rpc = rpc
        self.morpho = morpho
        self.params = params

    def state(self) -> MarketState:
        """Return the stored totals, without pending interest."""
        fields = ["uint256"] * 6
        return MarketState(*self.rpc.read(self.morpho, "market(bytes32)", self.params.id, returns=fields))

    def position(self, account: str) -> Position:
        """Return the stored position of ``account``."""
        fields = ["uint256"] * 3
        return Position(
            *self.rpc.read(self.morpho, "position(bytes32,address)", self.params.id, account, returns=fields)
        )

    def price(self) -> int:
        """Return the oracle's price: USDC units per WETH wei, scaled by 10**36."""
        return self.rpc.read(self.params.oracle, "price()")

    def warp(self, seconds: int) -> int:
        """Let ``seconds`` pass in one empty block and return its timestamp; interest becomes pending."""
        return self.rpc.warp(seconds)

    def accrue(self, seconds: int = 1) -> MarketState:
        """Book the interest up to ``seconds`` (at least 1) after the latest block and return the totals."""
        self.rpc.call("evm_setNextBlockTimestamp", quantity(self.rpc.timestamp() + seconds))
        fund_eth(self.rpc, WHALE, ETH)
        self._transact(WHALE, f"accrueInterest({self.params.TYPE})")
        return self.state()

    def set_utilisation(self, bps: int) -> MarketState:
        """Bring the lent share of the supply to ``bps`` (0 to 10,000) and return the totals.

        Upwards a whale borrows, on ample collateral; at 10,000 nothing is left to withdraw. Downwards the
        whale repays, then the borrower. The result is exact but for the interest of the second that it takes.

        Raises:
            MarketImpossible: ``bps`` out of range, or nothing supplied to borrow.
        """
        if not 0 <= bps <= BPS:
            raise MarketImpossible(f"utilisation of {bps} bps; give 0 to {BPS}")
        state = self.accrue()
        if state.total_supply_assets == 0:
            raise MarketImpossible("the market has no supply to borrow from; supply first")
        wanted = state.total_supply_assets * bps // BPS
        if wanted > state.total_borrow_assets:
            self._borrow(wanted - state.total_borrow_assets)
        elif wanted < state.total_borrow_assets:
            excess = state.total_borrow_assets - wanted
            for account in (WHALE, BORROWER):
                excess -= self._repay(account, excess)
        return self.state()

    def crash(self, price: int | Decimal) -> None:
        """Set the oracle to ``price`` whole USDC per whole WETH; also undoes a crash."""
        fund_eth(self.rpc, MARKET_OPERATOR, ETH)
        self.rpc.transact(MARKET_OPERATOR, self.params.oracle, "setPrice(uint256)", int(price * ORACLE_UNIT))

    def liquidate(self, borrower: str = BORROWER) -> Liquidation:
        """Seize everything that ``borrower``'s debt allows; what the collateral cannot cover is bad debt.

        Bad debt lowers the suppliers' assets in the same transaction.

        Raises:
            MarketImpossible: there is no debt, or the position is healthy at the oracle's price.
        """
        position = self.position(borrower)
        if position.borrow_shares == 0:
            raise MarketImpossible(f"{borrower} owes nothing; borrow first")
        state = self.accrue()
        debt = self._debt(position.borrow_shares, state)
        worth = position.collateral * self.price() // ORACLE_SCALE
        if debt <= worth * self.params.lltv // WAD:
            raise MarketImpossible(f"{borrower} is healthy: owes {debt}, pledged {worth}; crash() first")
        incentive = min(115 * 10**16, WAD * WAD // (WAD - 3 * 10**17 * (WAD - self.params.lltv) // WAD))
        falls_short = worth * WAD // incentive < debt
        self._fund_and_approve(LIQUIDATOR, self.params.loan_token, 2 * debt)
        receipt = self._transact(
            LIQUIDATOR,
            f"liquidate({self.params.TYPE},address,uint256,uint256,bytes)",
            borrower,
            position.collateral if falls_short else 0,
            0 if falls_short else position.borrow_shares,
            b"",
        )
        return self._liquidation(receipt)

    def repay(self, accounts: tuple[str, ...] = (WHALE, BORROWER)) -> MarketState:
        """Have ``accounts`` repay all they owe, by shares and so to the last wei, and return the totals."""
        for account in accounts:
            self._repay(account, None)
        return self.state()

    def supply(self, account: str, amount: int) -> MarketState:
        """Have ``account`` lend ``amount`` USDC units, which it is given first, and return the totals."""
        self._fund_and_approve(account, self.params.loan_token, amount)
        self._transact(
            account, f"supply({self.params.TYPE},uint256,uint256,address,bytes)", amount, 0, account, b""
        )
        return self.state()

    def _borrow(self, amount: int) -> None:
        owed = self._debt(self.position(WHALE).borrow_shares, self.state()) + amount
        # Twice what the loan-to-value limit asks: only a deliberate crash makes the whale unhealthy.
        collateral = 2 * owed * ORACLE_SCALE // self.price() * WAD // self.params.lltv + 1
        self._fund_and_approve(WHALE, self.params.collateral_token, collateral)
        self._transact(
            WHALE, f"supplyCollateral({self.params.TYPE},uint256,address,bytes)", collateral, WHALE, b""
        )
        self._transact(
            WHALE, f"borrow({self.params.TYPE},uint256,uint256,address,address)", amount, 0, WHALE, WHALE
        )

    def _repay(self, account: str, amount: int | None) -> int:
        """Repay at most ``amount`` (None: everything) of what ``account`` owes; return the assets repaid."""
        shares = self.position(account).borrow_shares
        owed = self._debt(shares, self.state())
        if shares == 0 or amount == 0:
            return 0
        everything = amount is None or amount >= owed
        # Interest grows until the repayment is mined; what is left over stays with the account.
        self._fund_and_approve(account, self.params.loan_token, 2 * owed if everything else amount)
        self._transact(
            account,
            f"repay({self.params.TYPE},uint256,uint256,address,bytes)",
            0 if everything else amount,
            shares if everything else 0,
            account,
            b"",
        )
        return owed if everything else amount

    def _debt(self, shares: int, state: MarketState) -> int:
        return -(-shares * (state.total_borrow_assets + 1) // (state.total_borrow_shares + 10**6))

    def _fund_and_approve(self, account: str, token: str, amount: int) -> None:
        fund_eth(self.rpc, account, ETH)
        fund_token(self.rpc, token, account, amount)
        self.rpc.transact(account, token, "approve(address,uint256)", self.morpho, MAX_UINT256)

    def _transact(self, sender: str, signature: str, *arguments: object) -> dict:
        return self.rpc.transact(sender, self.morpho, signature, self.params.as_tuple(), *arguments)

    def _liquidation(self, receipt: dict) -> Liquidation:
        entry = next(log for log in receipt["logs"] if log["topics"][0] == _LIQUIDATE_EVENT)
        data = bytes.fromhex(entry["data"][2:])
        repaid, _, seized, bad_debt, _ = decode(["uint256"] * 5, data)
        return Liquidation(repaid, seized, bad_debt, int(receipt["blockNumber"], 16))
