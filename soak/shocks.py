"""What happens to a treasury between two blocks of the bots: one seed, one history."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ganglion.devnet.abi import actor
from soak.ground import BOTS, CAPS, EPOCH, FUNDS, HOLDERS, STRATEGIES, UNIT, Ground, set_cap
from tests.modes import Group, Mode
from tests.treasury import DAY, GOVERNOR, HOUR, SAFE, STRANGER

LEAST_TOTAL = 300_000 * UNIT
REQUEST = "requestRedeem(uint256,address,address)"
EXIT_NOW = "exit_now(uint256,address,address,uint256,uint256)"
CLAIM = "claim(uint256,address,address)"
DONOR = actor("donor")
MILLION = 10**6
LAPSE = 30  # blocks for which a lapsed market is gone, at least; at most three times as many
_WAYS_TO_FAIL = (Mode.REVERT_REASON, Mode.REVERT_EMPTY, Mode.BURN_LOOP, Mode.RETURN_31, Mode.RETURN_BOMB)


@dataclass(frozen=True)
class Shock:
    """Something that may happen in a block.

    Attributes:
        name: for the report.
        chance: per mille of blocks.
        strike: does it; returns whether it happened.
    """

    name: str
    chance: int
    strike: Callable[[], bool]


class Shocks:
    """All shocks over one treasury.

    Args:
        ground: the treasury.
        chance: where the chances come from.
        restart: ends a bot by its name.
    """

    def __init__(self, ground: Ground, chance: random.Random, restart: Callable[[str], None]) -> None:
        self._ground, self._bed, self._chance, self._restart = ground, ground.bed, chance, restart
        self.struck: Counter[str] = Counter()
        self._lapsed: dict[int, int] = {}  # by strategy, for how many blocks it is still gone
        self._beat_at = 0
        self._all = self._listed()

    def _listed(self) -> tuple[Shock, ...]:
        return (
            Shock("deposit", 60, self._deposit),
            Shock("request", 70, self._request),
            Shock("exit now", 20, self._exit_now),
            Shock("claim", 60, self._claim),
            Shock("interest", 200, lambda: self._gain(3)),
            Shock("windfall", 5, lambda: self._gain(2_000)),
            Shock("loss", 6, lambda: self._lose(50)),
            Shock("crash", 1, lambda: self._lose(1_200)),
            Shock("drought", 25, self._dry),
            Shock("relief", 120, lambda: self._heal(Group.LIQUIDITY)),
            Shock("prices fail", 5, lambda: self._break(Group.READ)),
            Shock("redeems fail", 8, lambda: self._break(Group.REDEEM)),
            Shock("redeems leak", 5, self._leak),
            Shock("deposits fail", 5, lambda: self._break(Group.DEPOSIT)),
            Shock("repair", 120, lambda: self._heal(Group.READ, Group.REDEEM, Group.DEPOSIT)),
            Shock("lapse", 3, self._lapse),
            Shock("cap lowered", 10, self._lower_cap),
            Shock("cap restored", 60, self._restore_caps),
            Shock("revival", 30, self._revive),
            Shock("stranger pokes", 20, lambda: self._stranger(self._bed.sentinel, "poke()")),
            Shock("stranger settles", 10, lambda: self._stranger(self._bed.queue, "settle()")),
            Shock("stranger unwinds", 20, self._unwind),
            Shock("donation", 10, self._donate),
            Shock("bot restarts", 10, self._restarts),
        )

    def pass_block(self) -> None:
        """Let time pass, and strike with whatever the chances say."""
        self._ground.rpc.warp(self._chance.randint(120, 900))
        if self._ground.rpc.timestamp() - self._beat_at > DAY:
            self._ground.rpc.transact(SAFE, self._bed.sentinel, "beat()")
            self._beat_at = self._ground.rpc.timestamp()
        self._outlive()
        for shock in self._all:
            if self._chance.randrange(1_000) < shock.chance and shock.strike():
                self.struck[shock.name] += 1

    def outage(self) -> None:
        """Let hours pass in which no bot is told of a block."""
        self._ground.rpc.warp(self._chance.randint(HOUR, 3 * EPOCH))
        self.struck["outage"] += 1

    def calm(self) -> None:
        """Let everything be well again."""
        self._lapsed.clear()
        for identifier in STRATEGIES:
            for group in (Group.READ, Group.DEPOSIT, Group.REDEEM, Group.MAX, Group.LIQUIDITY):
                self._bed.dial(identifier, group, Mode.HONEST)
        self._restore_caps()
        self._revive()

    # -- holders --------------------------------------------------------------

    def _deposit(self) -> bool:
        missing = LEAST_TOTAL - self._ground.total()
        amount = max(missing, self._chance.randint(FUNDS // 50, FUNDS // 3))
        holder = self._chance.choice(HOLDERS)
        self._bed.mint(holder, amount)
        return self._ground.tries(holder, self._bed.vault, "deposit(uint256,address)", amount, holder)

    def _shares(self, holder: str) -> int:
        return self._bed.shares(holder) * self._chance.randint(50, 3_000) // 10_000

    def _request(self) -> bool:
        holder = self._chance.choice(HOLDERS)
        shares = self._shares(holder)
        return self._ground.tries(holder, self._bed.queue, REQUEST, shares, holder, holder)

    def _exit_now(self) -> bool:
        holder = self._chance.choice(HOLDERS)
        arguments = (self._shares(holder), holder, holder, 0, 2**256 - 1)
        return self._ground.tries(holder, self._bed.queue, EXIT_NOW, *arguments)

    def _claim(self) -> bool:
        holder = self._chance.choice(HOLDERS)
        ids = self._ground.rpc.read(self._bed.queue, "requests_of(address)", holder, returns=("uint256[]",))
        claimed = [self._ground.tries(holder, self._bed.queue, CLAIM, each, holder, holder) for each in ids]
        return any(claimed)

    # -- markets --------------------------------------------------------------

    def _any(self) -> int:
        return self._chance.choice(STRATEGIES)

    def _held(self, identifier: int) -> int:
        return self._ground.rpc.read(self._bed.strategies[identifier - 1], "held()")

    def _gain(self, most: int) -> bool:
        """Every strategy earns up to ``most`` millionths."""
        for identifier in STRATEGIES:
            self._bed.gain(identifier, self._held(identifier) * self._chance.randint(0, most) // MILLION)
        return True

    def _lose(self, most: int) -> bool:
        """One strategy loses up to ``most`` bps."""
        identifier = self._any()
        self._bed.lose(identifier, self._held(identifier) * self._chance.randint(1, most) // 10_000)
        return True

    def _dry(self) -> bool:
        identifier = self._any()
        left = self._held(identifier) * self._chance.randint(0, 4_000) // 10_000
        self._bed.dial(identifier, Group.LIQUIDITY, self._chance.choice((Mode.LIMITED, Mode.PARTIAL)), left)
        return True

    def _break(self, group: Group) -> bool:
        self._bed.dial(self._any(), group, self._chance.choice(_WAYS_TO_FAIL))
        return True

    def _leak(self) -> bool:
        self._bed.dial(self._any(), Group.REDEEM, Mode.SHORT, self._chance.randint(10, 200))
        return True

    def _heal(self, *groups: Group) -> bool:
        identifier = self._any()
        if identifier in self._lapsed:
            return False
        for group in groups:
            self._bed.dial(identifier, group, Mode.HONEST)
        return True

    def _lapse(self) -> bool:
        identifier = self._any()
        for group in (Group.READ, Group.DEPOSIT, Group.REDEEM, Group.MAX):
            self._bed.dial(identifier, group, Mode.REVERT_EMPTY)
        self._lapsed[identifier] = self._chance.randint(LAPSE, 3 * LAPSE)
        return True

    def _outlive(self) -> None:
        for identifier in list(self._lapsed):
            self._lapsed[identifier] -= 1
            if not self._lapsed[identifier]:
                del self._lapsed[identifier]
                for group in (Group.READ, Group.DEPOSIT, Group.REDEEM, Group.MAX):
                    self._bed.dial(identifier, group, Mode.HONEST)

    def _donate(self) -> bool:
        target = self._chance.choice([self._bed.vault, *self._bed.strategies])
        self._ground.rpc.transact(STRANGER, self._bed.asset, "mint(address,uint256)", target, 1_000 * UNIT)
        return True

    # -- governance, strangers, bots ---------------------------------------------

    def _lower_cap(self) -> bool:
        identifier = self._any()
        set_cap(self._ground, identifier, CAPS[identifier] // 3)
        return True

    def _restore_caps(self) -> bool:
        for identifier, share in CAPS.items():
            set_cap(self._ground, identifier, share)
        return True

    def _revive(self) -> bool:
        agent = self._ground.accounts["rebalancer"].address
        return self._ground.tries(GOVERNOR, self._bed.executor, "revive(address)", agent)

    def _stranger(self, to: str, signature: str) -> bool:
        return self._ground.tries(STRANGER, to, signature)

    def _unwind(self) -> bool:
        signature = "unwind(uint256,uint256)"
        return self._ground.tries(STRANGER, self._bed.queue, signature, self._any(), 2**112 - 1)

    def _restarts(self) -> bool:
        self._restart(self._chance.choice(BOTS))
        return True
