"""The Vault: price, entry, shares, petty cash, slices.

Parameters stand in ``parameters``, pokes in ``upkeep``, moves of capital in ``capital``, and what leavers
wait for in ``runoff``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from tests.model.arithmetic import BPS, DUST, MAX_112, Refused, gross, net, require, up
from tests.model.events import Event
from tests.model.fees import Fees
from tests.model.hashing import EMPTY
from tests.model.parameters import VAULT, Limits, Parameters, State
from tests.model.position import MAX_ABOVE, Position, Status
from tests.model.price import Price
from tests.model.strategy import StrategyFailed, Token
from tests.model.upkeep import Upkeep

QUEUE = "queue"
DEAD = "dead"
ENTRY_GAP = 300  # bps between the two prices
PETTY_GAP = 10  # bps between the two prices
MOST_SHARES = 2**128
FRACTION = 2**32  # of a second, in which the end of seasoning is kept


@dataclass(eq=False)
class Vault(Parameters, Upkeep):
    """One Vault over one asset. ``now`` is the block's timestamp and is set by whoever drives the model.

    ``told``: what the contracts around it tell, if whoever drives the model asks for it by giving a list.
    """

    TABLES: ClassVar = ("positions", "order", "shares", "unlocks", "allowances")
    token: Token
    decimals: int
    epoch: int
    now: int
    limits: Limits = field(default_factory=Limits)
    positions: list[Position] = field(default_factory=list)
    order: list[int] = field(default_factory=list)  # of live ids: the latest first, until one is retired
    idle: int = 0
    owed: int = 0  # cash of leavers, until they claim it
    supply: int = 0
    shares: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unlocks: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # in 1/FRACTION seconds
    allowances: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    state: State = State.CALM
    sealed: bool = False
    paused: bool = False
    sentinel: str = "sentinel"
    dry: bool = False  # whether the last poke saw too little liquidity
    poked_at: int = 0  # or when the first strategy ever was listed
    spent: int = 0
    spent_at: int = 0
    noted: int = 0
    noted_before: int = 0
    noted_at: int = 0
    fees: Fees = field(default_factory=Fees)
    fee_mark: int = 0  # highest price of a share that was charged, scaled; 0 while none is remembered
    changes: bytes = EMPTY  # hash over all changes of state and health so far
    told: list[Event] | None = None

    def tell(self, event: str, *values: int | str) -> None:
        """Note what a contract tells."""
        if self.told is not None:
            self.told.append(Event(event, values))

    @property
    def virtual(self) -> int:
        """Virtual shares."""
        return 10 ** max(3, 18 - self.decimals)

    @property
    def divisor(self) -> int:
        """All shares, with the virtual ones."""
        return self.supply + self.virtual

    def parts(self) -> list[object]:
        """What a call may change here, for ``Undo``; the strategies are the world's."""
        return [self, self.token, *self.positions]

    @property
    def live(self) -> Iterator[Position]:
        """Listed strategies in the order in which the Vault goes through them."""
        return (self.positions[identifier - 1] for identifier in self.order)

    # -- price -----------------------------------------------------------------

    def price(self) -> Price:
        """Both prices and what the veto looks at, asset wei."""
        price = Price(self.idle, self.idle, self.idle)
        for position in self.live:
            if position.units == 0:
                continue
            if position.status is Status.QUARANTINED:
                price.hi += position.book
                price.dark += position.book
                continue
            mark = position.mark(position.units)
            if mark is None:
                mark, price.failed = position.book, True
            price.failed |= position.above == MAX_ABOVE
            price.lo += min(mark, position.book)
            price.hi += max(mark, position.book)
            price.reference += position.book * (BPS + position.above) // BPS
        return price

    def shares_for_deposit(self, assets: int, price: Price) -> int:
        """Shares that a deposit mints, rounded down."""
        return net(assets, self.limits.entry_fee) * self.divisor // (price.hi + 1)

    def assets_for_mint(self, shares: int, price: Price) -> int:
        """Assets that a mint takes, rounded up."""
        return gross(up(shares * (price.hi + 1), self.divisor), self.limits.entry_fee)

    def assets_for_redeem(self, shares: int, price: Price) -> int:
        """Assets that petty cash pays for shares, rounded down."""
        return net(shares * (price.lo + 1) // self.divisor, self.limits.petty_fee)

    def shares_for_withdraw(self, assets: int, price: Price) -> int:
        """Shares that petty cash takes for assets, rounded up."""
        return up(gross(assets, self.limits.petty_fee) * self.divisor, price.lo + 1)

    # -- entry -----------------------------------------------------------------

    def seed(self, payer: str, assets: int) -> None:
        """Pay in for the dead shares."""
        require(not self.sealed, 2)
        self.token.move(payer, VAULT, assets)
        self.idle += assets
        self.supply += assets * self.virtual
        self.shares[DEAD] += assets * self.virtual

    def deposit(self, payer: str, assets: int, receiver: str) -> int:
        """Pay assets in for shares; returns the shares."""
        require(assets <= MAX_112, 28)
        price = self._open_for_entry()
        shares = self.shares_for_deposit(assets, price)
        self._enter(payer, assets, shares, receiver, price)
        return shares

    def mint(self, payer: str, shares: int, receiver: str) -> int:
        """Pay in for so many shares; returns the assets."""
        require(shares <= MOST_SHARES, 28)
        price = self._open_for_entry()
        assets = self.assets_for_mint(shares, price)
        self._enter(payer, assets, shares, receiver, price)
        return assets

    def _lost_nearly_all(self, price: Price) -> bool:
        return (price.lo + 1) * 10**6 * self.virtual < self.divisor

    def _open_for_entry(self) -> Price:
        require(self.sealed, 2)
        require(self.state is State.CALM, 5)
        require(not self.paused, 6)
        price = self.price()
        require(not (self.dry or price.veto), 7)
        require(not price.gap_over(ENTRY_GAP), 12)
        require(not self._lost_nearly_all(price), 9)
        return price

    def _enter(self, payer: str, assets: int, shares: int, receiver: str, price: Price) -> None:
        require(assets > 0 and shares > 0, 3)
        require(price.hi + assets <= self.limits.deposit_cap, 8)
        self.token.move(payer, VAULT, assets)
        self.idle += assets
        self.issue(receiver, shares, self.limits.hold)

    def max_deposit(self, price: Price | None = None) -> int:
        """Most assets that ``deposit`` takes now; ``price`` spares computing it, here and below."""
        price = price or self.price()
        shut = self.state is not State.CALM or self.paused or self.dry or not self.sealed
        if shut or price.veto or price.gap_over(ENTRY_GAP) or self._lost_nearly_all(price):
            return 0
        room = max(self.limits.deposit_cap - price.hi, 0)
        return room if self.shares_for_deposit(room, price) else 0

    def max_mint(self, price: Price | None = None) -> int:
        """Most shares that ``mint`` gives now."""
        price = price or self.price()
        return min(self.shares_for_deposit(self.max_deposit(price), price), MOST_SHARES)

    # -- shares ----------------------------------------------------------------

    def issue(self, receiver: str, shares: int, hold: int) -> None:
        """Mint shares that season for ``hold`` seconds, by their weight among the receiver's."""
        now, held = self.now * FRACTION, self.shares[receiver]
        waiting = max(self.unlocks[receiver] - now, 0)
        self.unlocks[receiver] = now + up(held * waiting + shares * hold * FRACTION, held + shares)
        self.supply += shares
        self.shares[receiver] += shares

    def unlock_time(self, owner: str) -> int:
        """End of an account's seasoning, whole seconds."""
        return self.unlocks[owner] // FRACTION

    def _require_seasoned(self, owner: str) -> None:
        require(self.unlock_time(owner) <= self.now, 11)

    def transfer(self, sender: str, receiver: str, shares: int) -> None:
        """Move shares that are seasoned."""
        self._require_seasoned(sender)
        self._move_shares(sender, receiver, shares)

    def _move_shares(self, sender: str, receiver: str, shares: int) -> None:
        if self.shares[sender] < shares:
            raise Refused("erc20: transfer amount exceeds balance")
        self.shares[sender] -= shares
        self.shares[receiver] += shares

    def approve(self, owner: str, spender: str, shares: int) -> None:
        """Let a spender use shares."""
        self.allowances[owner, spender] = shares

    def _spend_allowance(self, spender: str, owner: str, shares: int) -> None:
        if spender != owner:
            if self.allowances[owner, spender] < shares:
                raise Refused("erc20: insufficient allowance")
            self.allowances[owner, spender] -= shares

    def escrow(self, owner: str, spender: str, shares: int) -> None:
        """Move seasoned shares to the queue, for which a spender was let use them."""
        self._require_seasoned(owner)
        self._spend_allowance(spender, owner, shares)
        self._move_shares(owner, QUEUE, shares)

    def give_back(self, receiver: str, shares: int) -> None:
        """Move shares out of the queue; what the queue holds is seasoned already."""
        self._move_shares(QUEUE, receiver, shares)

    def collect(self, owner: str, spender: str, shares: int) -> None:
        """Take seasoned shares that leave at once, for which a spender was let use them."""
        self._require_seasoned(owner)
        self._spend_allowance(spender, owner, shares)
        if self.shares[owner] < shares:
            raise Refused("erc20: burn amount exceeds balance")
        self._move_shares(owner, QUEUE, shares)

    def burn_escrowed(self, shares: int) -> None:
        """Burn shares of the queue's own."""
        self._burn(QUEUE, QUEUE, shares)

    def pay_owed(self, receiver: str, assets: int) -> None:
        """Pay cash that is owed to leavers."""
        self.owed -= assets
        self.token.move(VAULT, receiver, assets)

    def _burn(self, caller: str, owner: str, shares: int) -> None:
        self._spend_allowance(caller, owner, shares)
        if self.shares[owner] < shares:
            raise Refused("erc20: burn amount exceeds balance")
        self.shares[owner] -= shares
        self.supply -= shares

    # -- petty cash ------------------------------------------------------------

    def _bucket(self, price: Price) -> tuple[int, int]:
        """Size of the bucket, and what is spent of it now."""
        base = min(self.noted, self.noted_before)
        size = min(base, price.lo) * self.limits.petty_share // BPS
        refilled = size * (self.now - self.spent_at) // self.epoch
        return size, max(self.spent - refilled, 0)

    def _petty_refusal(self, price: Price) -> int:
        if self.state is not State.CALM:
            return 5
        if self.dry or price.veto:
            return 7
        return 12 if price.gap_over(PETTY_GAP) else 0

    def _petty_price(self) -> Price:
        price = self.price()
        code = self._petty_refusal(price)
        require(code == 0, code)
        return price

    def withdraw(self, caller: str, assets: int, receiver: str, owner: str) -> int:
        """Pay so much petty cash; returns the shares it took."""
        require(assets <= MAX_112, 28)
        price = self._petty_price()
        shares = self.shares_for_withdraw(assets, price)
        self._pay_petty(caller, assets, shares, receiver, owner, price)
        return shares

    def redeem(self, caller: str, shares: int, receiver: str, owner: str) -> int:
        """Pay petty cash for so many shares; returns the assets."""
        require(shares <= MOST_SHARES, 28)
        price = self._petty_price()
        assets = self.assets_for_redeem(shares, price)
        self._pay_petty(caller, assets, shares, receiver, owner, price)
        return assets

    def _pay_petty(
        self, caller: str, assets: int, shares: int, receiver: str, owner: str, price: Price
    ) -> None:
        require(assets > 0 and shares > 0, 3)
        size, spent = self._bucket(price)
        require(spent + assets <= size, 13)
        require(assets <= self.idle, 14)
        self._burn(caller, owner, shares)
        self.spent, self.spent_at = spent + assets, self.now
        self.idle -= assets
        self.token.move(VAULT, receiver, assets)

    def petty_room(self, price: Price | None = None) -> int:
        """What petty cash can pay now, asset wei."""
        price = price or self.price()
        if self._petty_refusal(price):
            return 0
        size, spent = self._bucket(price)
        return min(self.idle, max(size - spent, 0))

    def max_withdraw(self, owner: str, price: Price | None = None) -> int:
        """Most assets that ``withdraw`` pays an owner now."""
        price = price or self.price()
        return min(self.assets_for_redeem(self.shares[owner], price), self.petty_room(price))

    def max_redeem(self, owner: str, price: Price | None = None) -> int:
        """Most shares that ``redeem`` takes from an owner now."""
        price = price or self.price()
        before_fee = self.petty_room(price) * BPS // (BPS - self.limits.petty_fee)
        shares = min(self.shares[owner], before_fee * self.divisor // (price.lo + 1))
        return shares if self.assets_for_redeem(shares, price) else 0

    # -- slice -----------------------------------------------------------------

    def redeem_slice(self, caller: str, shares: int, receiver: str, owner: str, least: int) -> int:
        """Leave with the same part of everything, at once; returns the assets."""
        require(shares > 0, 3)
        self._require_seasoned(owner)
        divisor = self.divisor
        self._burn(caller, owner, shares)
        cash = self.idle * shares // divisor
        self.idle -= cash
        paid = cash
        for position in self.live:
            units = position.units * shares // divisor
            if units == 0 or position.book * shares // divisor < DUST:
                continue
            paid += self._redeem_part(position, units)
        require(paid >= least, 16)
        self.token.move(VAULT, receiver, paid)
        return paid

    def _redeem_part(self, position: Position, units: int) -> int:
        require(position.status is not Status.QUARANTINED and not position.waits, 15)
        payable = position.world.max_redeem(VAULT)
        require(payable is not None and payable >= position.units, 15)
        before = self.token.balances[VAULT]
        try:
            position.world.redeem(VAULT, units)
        except StrategyFailed:
            require(False, 15)
        position.release(units)
        return self.token.balances[VAULT] - before
