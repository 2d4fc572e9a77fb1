"""The Vault: price, entry, petty cash, slices, pokes, parameters. Moves of capital stand in ``capital``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import ClassVar

from tests.model.arithmetic import BPS, DAY, DUST, MAX_112, PROBE, Refused, gross, net, require, up
from tests.model.position import MAX_ABOVE, Position, Status, Terms
from tests.model.price import Price
from tests.model.strategy import Strategy, StrategyFailed, Token

VAULT = "vault"
DEAD = "dead"
ENTRY_GAP = 300  # bps between the two prices
PETTY_GAP = 10  # bps between the two prices
MOST_SHARES = 2**128
FRACTION = 2**32  # of a second, in which the end of seasoning is kept


class State(IntEnum):
    """Stress state."""

    CALM = 0
    STRESS = 1
    WINDDOWN = 2


@dataclass(frozen=True)
class Limits:
    """Limits of the whole Vault: asset wei, bps, seconds, bps, bps, bps."""

    deposit_cap: int = 10**30
    entry_fee: int = 0
    hold: int = 3_600
    petty_share: int = 100
    petty_fee: int = 5
    idle_floor: int = 0

    def rounded(self) -> Limits:
        """The limits as they are kept: six significant digits of the deposit cap."""
        digits = max(0, len(str(self.deposit_cap)) - 6)
        return replace(self, deposit_cap=self.deposit_cap // 10**digits * 10**digits)


@dataclass(eq=False)
class Vault:
    """One Vault over one asset. ``now`` is the block's timestamp and is set by whoever drives the model."""

    TABLES: ClassVar = ("positions", "shares", "unlocks", "allowances")
    token: Token
    decimals: int
    epoch: int
    now: int
    limits: Limits = field(default_factory=Limits)
    positions: list[Position] = field(default_factory=list)
    idle: int = 0
    supply: int = 0
    shares: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unlocks: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # in 1/FRACTION seconds
    allowances: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    state: State = State.CALM
    sealed: bool = False
    paused: bool = False
    poked_at: int = 0
    spent: int = 0
    spent_at: int = 0
    noted: int = 0
    noted_before: int = 0
    noted_at: int = 0

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

    # -- price -----------------------------------------------------------------

    def price(self) -> Price:
        """Both prices and what the veto looks at, asset wei."""
        price = Price(self.idle, self.idle, self.idle, self.idle)
        for position in self.positions:
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
            price.marked += mark
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
        require(not price.veto, 7)
        require(not price.gap_over(ENTRY_GAP), 12)
        require(not self._lost_nearly_all(price), 9)
        return price

    def _enter(self, payer: str, assets: int, shares: int, receiver: str, price: Price) -> None:
        require(assets > 0 and shares > 0, 3)
        require(price.hi + assets <= self.limits.deposit_cap, 8)
        self.token.move(payer, VAULT, assets)
        self.idle += assets
        self._season(receiver, shares)
        self.supply += shares
        self.shares[receiver] += shares

    def max_deposit(self, price: Price | None = None) -> int:
        """Most assets that ``deposit`` takes now; ``price`` spares computing it, here and below."""
        price = price or self.price()
        shut = self.state is not State.CALM or self.paused or not self.sealed
        if shut or price.veto or price.gap_over(ENTRY_GAP) or self._lost_nearly_all(price):
            return 0
        room = max(self.limits.deposit_cap - price.hi, 0)
        return room if self.shares_for_deposit(room, price) else 0

    def max_mint(self, price: Price | None = None) -> int:
        """Most shares that ``mint`` gives now."""
        price = price or self.price()
        return min(self.shares_for_deposit(self.max_deposit(price), price), MOST_SHARES)

    # -- shares ----------------------------------------------------------------

    def _season(self, receiver: str, minted: int) -> None:
        now, held = self.now * FRACTION, self.shares[receiver]
        waiting = max(self.unlocks[receiver] - now, 0)
        hold = self.limits.hold * FRACTION
        self.unlocks[receiver] = now + up(held * waiting + minted * hold, held + minted)

    def unlock_time(self, owner: str) -> int:
        """End of an account's seasoning, whole seconds."""
        return self.unlocks[owner] // FRACTION

    def _require_seasoned(self, owner: str) -> None:
        require(self.unlock_time(owner) <= self.now, 11)

    def transfer(self, sender: str, receiver: str, shares: int) -> None:
        """Move shares that are seasoned."""
        self._require_seasoned(sender)
        if self.shares[sender] < shares:
            raise Refused("erc20: transfer amount exceeds balance")
        self.shares[sender] -= shares
        self.shares[receiver] += shares

    def approve(self, owner: str, spender: str, shares: int) -> None:
        """Let a spender use shares."""
        self.allowances[owner, spender] = shares

    def _burn(self, caller: str, owner: str, shares: int) -> None:
        if caller != owner:
            if self.allowances[owner, caller] < shares:
                raise Refused("erc20: insufficient allowance")
            self.allowances[owner, caller] -= shares
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
        if price.veto:
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
        for position in self.positions:
            units = position.units * shares // divisor
            if units == 0 or position.book * shares // divisor < DUST:
                continue
            paid += self._redeem_part(position, units)
        require(paid >= least, 16)
        self.token.move(VAULT, receiver, paid)
        return paid

    def _redeem_part(self, position: Position, units: int) -> int:
        require(position.status is not Status.QUARANTINED, 15)
        payable = position.world.max_redeem(VAULT)
        require(payable is not None and payable >= position.units, 15)
        before = self.token.balances[VAULT]
        try:
            position.world.redeem(VAULT, units)
        except StrategyFailed:
            require(False, 15)
        position.release(units)
        return self.token.balances[VAULT] - before

    # -- pokes -----------------------------------------------------------------

    def poke(self, direct: bool = True) -> None:
        """Move the books and note what petty cash rests on.

        ``direct``: whether the caller is an account without code and the origin of the transaction.
        """
        require(direct, 1)
        elapsed = min(self.now - self.poked_at, DAY)
        for position in self.positions:
            position.poke(self.now, elapsed)
        self.poked_at = self.now
        if self.now - self.noted_at >= self.epoch:
            self.noted_before, self.noted, self.noted_at = self.noted, self.price().lo, self.now

    # -- parameters ------------------------------------------------------------

    def find(self, identifier: int) -> Position | None:
        """The live strategy with an id, if there is one."""
        return self.positions[identifier - 1] if 1 <= identifier <= len(self.positions) else None

    def list(self, world: Strategy, terms: Terms, ceiling: int) -> int:
        """List a strategy; returns its id."""
        if not world.read(PROBE, terms.charges_on_exit):
            raise Refused("steward: no price")
        require(all(position.world is not world for position in self.positions), 26)
        identifier = len(self.positions) + 1
        self.positions.append(Position.listed(identifier, world, terms, ceiling, self.now, self.epoch))
        return identifier

    def set_ceiling(self, identifier: int, ceiling: int, refusal: str = "") -> None:
        """Set a ceiling, unless the caller's role refuses it with a reason."""
        if refusal:
            raise Refused(refusal)
        self.positions[identifier - 1].ceiling = ceiling

    def set_state(self, state: State) -> None:
        """Move to another state; nothing leaves WINDDOWN."""
        require(self.state is not State.WINDDOWN or state is State.WINDDOWN, 4)
        self.state = state

    def write_down(self, identifier: int) -> None:
        """Take the book of a quarantined strategy to 0."""
        position = self.find(identifier)
        require(position is not None and position.status is Status.QUARANTINED, 19)
        position.book = 0

    def excess(self, world: Strategy | None) -> int:
        """What nobody owns: of the asset (None) or of a strategy's units."""
        if world is None:
            return self.token.balances[VAULT] - self.idle
        return world.units_of[VAULT] - sum(p.units for p in self.positions if p.world is world)

    def recover(self, world: Strategy | None, receiver: str, amount: int) -> None:
        """Send away what is nobody's: of the asset (None) or of a strategy's units."""
        if world is None:
            self.token.move(VAULT, receiver, amount)
        else:
            world.transfer(VAULT, receiver, amount)
        require(self.excess(world) >= 0, 30)
