"""A Vault, its queue and a few markets in the model, and what happens to them in a property's history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.exits.market import Market
from tests.model import capital, runoff
from tests.model.arithmetic import BPS, DAY, DUST, HOUR, Refused, Undo, up
from tests.model.exit_queue import ALL, ExitQueue
from tests.model.position import PATIENCE, Position, Terms
from tests.model.strategy import Token
from tests.model.vault import VAULT, Limits, Vault

EPOCH = 7 * DAY
WAD = 10**18
WHOLE = 10**6  # the largest number that a part of something is counted in
TERMS = Terms(max_rate=10_000, tolerance=50, band=300)


@dataclass(frozen=True)
class Plan:
    """What a stage starts as: decimals, deposits (whole units), and parts of them in markets (of WHOLE)."""

    decimals: int = 6
    deposits: tuple[int, ...] = (1_000, 1_000, 1_000)
    parts: tuple[int, ...] = (700_000,)
    prices: tuple[int, ...] = (WAD,) * 10
    in_assets: bool = False
    epoch: int = EPOCH
    terms: Terms = TERMS


class Stage:
    """A plan on stage. Holders are named by numbers, and are their own controllers and receivers."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.unit = plan, 10**plan.decimals
        self.token = Token()
        self.vault = Vault(self.token, plan.decimals, plan.epoch, 20_000 * DAY, Limits(hold=0, petty_share=0))
        self.token.balances["deployer"] = WHOLE
        self.vault.seed("deployer", WHOLE)
        self.queue = ExitQueue(self.vault)
        self.markets = [self._market(number) for number in range(len(plan.parts))]
        self.vault.sealed = True
        self.holders = [f"holder {number}" for number in range(len(plan.deposits))]
        for holder, deposit in zip(self.holders, plan.deposits, strict=True):
            self.pay_in(holder, deposit * self.unit)
        self.pass_time(plan.epoch)
        total = self.vault.idle
        for number, part in enumerate(plan.parts):
            capital.allocate(self.vault, number + 1, total * part // WHOLE, 0)

    def _market(self, number: int) -> Market:
        market = Market(f"market {number}", self.token, self.plan.prices[number])
        market.in_assets = self.plan.in_assets
        self.vault.list(market, self.plan.terms, 2**112 - 1)
        return market

    # -- what stands where -----------------------------------------------------

    @property
    def positions(self) -> list[Position]:
        """The Vault's positions, one for each market."""
        return self.vault.positions

    @property
    def size(self) -> int:
        """Number of markets."""
        return len(self.markets)

    def parts(self) -> list[object]:
        """Everything that an operation may change."""
        return [*self.vault.parts(), *self.markets, *self.queue.parts()]

    def attempt(self, action: Callable[[], Any]) -> Any:
        """The answer of a call, or the reason for which it was refused and did nothing."""
        undo = Undo(self.parts())
        try:
            return action()
        except Refused as refused:
            undo.restore()
            return refused.reason

    def cash(self, holder: str) -> int:
        """What a holder has been paid or can claim, asset wei."""
        claims = (self.queue.claimable(holder, number)[1] for name, number in self.requests(holder))
        return self.token.balances[holder] + sum(claims)

    def requests(self, holder: str) -> list[tuple[str, int]]:
        """Keys of a holder's requests."""
        return [key for key in self.queue.requests if key[0] == holder]

    def waiting(self, holder: str, number: int) -> int:
        """Units of one position that wait for a holder."""
        total = 0
        for key in self.requests(holder):
            record, asked = self.queue.records.get(key[1]), self.queue.requests[key]
            slices = record.slices if record else ()
            waits = sum(self.queue.walked(part).waiting for part in slices if part.strategy == number)
            total += waits * asked.shares // record.shares if record else 0
        return total

    # -- what happens ----------------------------------------------------------

    def covered(self, number: int) -> int:
        """Units of the stayers that are covered: what is liquid, where nobody waits."""
        position = self.positions[number]
        return position.coverage if position.runoff else runoff.observe(position)

    def dust(self, number: int) -> int:
        """Units that are worth what is not redeemed for being too little."""
        return up(DUST * WAD, self.markets[number].price)

    def scarce(self, parts: Sequence[int]) -> list[int]:
        """Let markets pay parts (of WHOLE) of the Vault's units there; returns those units."""
        for market, position, part in zip(self.markets, self.positions, parts, strict=False):
            market.liquid = position.units * part // WHOLE
        return [position.units for position in self.positions]

    def pass_time(self, seconds: int) -> None:
        """Let time pass, and poke."""
        self.vault.now += seconds
        self.vault.poke()

    def pay_in(self, holder: str, assets: int) -> int:
        """Give a holder money to deposit; returns the shares."""
        self.token.balances[holder] += assets
        return self.vault.deposit(holder, assets, holder)

    def dry(self) -> None:
        """Take all liquidity out of all markets."""
        for market in self.markets:
            market.liquid = 0

    def flood(self) -> None:
        """Let every market pay everything."""
        for market in self.markets:
            market.liquid = 10**40

    def arrive(self, number: int, amount: int) -> None:
        """Liquidity arrives at a market, in its own counting."""
        self.markets[number].liquid += amount

    def mend(self) -> None:
        """Every market answers and pays again; quarantine ends, and leavers have lost their patience."""
        for market in self.markets:
            market.pays = market.reads = market.answers_max = True
        for _ in range(5):
            self.pass_time(HOUR)
        self.pass_time(PATIENCE)

    def drain(self, number: int, amount: int) -> None:
        """Somebody else takes liquidity out of a market."""
        self.markets[number].liquid = max(0, self.markets[number].liquid - amount)

    def move_price(self, number: int, bps: int) -> None:
        """Multiply a price, and let it be seen by two pokes an hour apart."""
        self.markets[number].price = self.markets[number].price * bps // BPS
        for _ in range(2):
            self.pass_time(HOUR)

    def request(self, holder: str, shares: int) -> int:
        """Ask to leave with the open epoch."""
        return self.queue.request_redeem(holder, shares, holder, holder)

    def cancel(self, holder: str) -> int:
        """Take back what is asked for in the open epoch."""
        return self.queue.cancel(holder, self.queue.open_id, holder, holder)

    def settle(self) -> None:
        """Let an epoch pass and settle it, if anybody asked."""
        self.pass_time(self.plan.epoch)
        if self.queue.due:
            self.queue.settle()

    def exit(self, holder: str, shares: int, tries: int = ALL) -> tuple[int, int]:
        """Leave at once."""
        return self.queue.exit_now(holder, shares, holder, holder, 0, tries)

    def unwind(self, number: int, most: int = ALL) -> int:
        """Unwind one market's runoff."""
        return self.queue.unwind(number + 1, most)

    def unwind_all(self) -> None:
        """Unwind every market's runoff."""
        for number in range(self.size):
            self.unwind(number)

    def allocate(self, number: int, part: int) -> capital.Moved:
        """An agent puts a part of idle to work."""
        return capital.allocate(self.vault, number + 1, self.vault.idle * part // WHOLE, 0)

    def deallocate(self, number: int, part: int) -> capital.Moved:
        """An agent takes a part of what the stayers may take; leavers come first, as always."""
        position, market = self.positions[number], self.markets[number]
        self.unwind(number)
        covered = min(position.units, market.max_redeem(VAULT))
        if position.runoff:
            covered = min(covered, position.coverage)
        assets = market.to_assets(covered * part // WHOLE)
        return capital.deallocate(self.vault, number + 1, assets, 0)

    def claim_all(self) -> None:
        """Everybody claims everything."""
        for holder, number in list(self.queue.requests):
            if number in self.queue.records:
                self.queue.claim(holder, number, holder, holder)

    def pay_out(self) -> None:
        """Settle what is open, make everything liquid, unwind, and let everybody claim."""
        self.settle()
        self.flood()
        for number, position in enumerate(self.positions):
            for _ in range(3):
                self.unwind(number)
            assert position.runoff == 0
        self.claim_all()
