"""The shocks: what each prepares, the transaction that makes it readable, and what should answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from ganglion.devnet.market import LIQUIDATOR, WHALE
from ganglion.devnet.seed import BORROWER, ETH, MAX_UINT256
from latency.ground import MORPHO, SNEKMATE, SOLMATE, SPACING, UNIT, Ground, Sent
from tests.treasury import DAY, STRANGER

THIEF = STRANGER  # who empties a vault in part; any account would do
SPREAD = {MORPHO: 400_000 * UNIT, SOLMATE: 300_000 * UNIT, SNEKMATE: 100_000 * UNIT}
DEEP = {MORPHO: 300_000 * UNIT, SOLMATE: 400_000 * UNIT, SNEKMATE: 100_000 * UNIT}
CONCENTRATED = {MORPHO: 940_000 * UNIT, SNEKMATE: 20_000 * UNIT}
RETURNED = 200_000 * UNIT  # liquidity that comes back while the market is still short of it
LOAN = "(address,address,address,address,uint256)"


class Step(Enum):
    """What a stranger, or the market, does in the course of a reaction."""

    POKE = "Sentinel.poke"
    FIRE = "Reflexes.fire"
    RELIEF = "liquidity returns"


class Veto(Enum):
    """Who has to notice before the whole Vault is closed to entry, petty cash and allocations."""

    AT_ONCE = "nobody"
    ALLOCATIONS = "nobody; allocations alone, until a poke"
    POKED = "a poke"
    NEVER = "it stays open"


class Speed(Enum):
    """How soon a reaction is promised."""

    NEXT = "the next transaction"
    SPACED = "the next after its spacing"
    LIQUID = "the next once liquidity returns"


@dataclass(frozen=True)
class Reaction:
    """A standing order and the shortest way to have it carried out.

    Attributes:
        order: its id.
        speed: what is promised.
        steps: seconds to wait before each, since the one before; 0 is the same block.
    """

    order: int
    speed: Speed
    steps: tuple[tuple[int, Step], ...]


@dataclass(frozen=True)
class Shock:
    """One kind of trouble.

    Attributes:
        parts: what stands in each strategy before, asset wei.
        hit: the strategy that it strikes; 0 for none.
        prepare: does what comes before, and returns the transaction with which the trouble can be read; None
            where it can be read without one.
        reactions: what is expected to answer.
        watches: seconds before each poke of the Sentinel, the last of which latches; none if it must not.
        veto: when the whole Vault's veto is on: by itself, once a poke has seen it, or never.
        cause: the signal that latches.
    """

    key: str
    title: str
    parts: Mapping[int, int]
    hit: int
    prepare: Callable[[Ground], Sent | None]
    reactions: tuple[Reaction, ...]
    watches: tuple[int, ...]
    veto: Veto
    cause: str = ""

    @property
    def other(self) -> int:
        """A strategy that nothing happens to."""
        return SNEKMATE


AT_ONCE = ((0, Step.FIRE),)
SEEN_TWICE = ((0, Step.POKE), (SPACING, Step.POKE), (0, Step.FIRE))
ARMED = ((0, Step.FIRE), (SPACING, Step.FIRE))
ON_RELIEF = ((0, Step.FIRE), (SPACING, Step.RELIEF), (0, Step.FIRE))
TWICE = (0, SPACING)


def drained(bps: int) -> Callable[[Ground], Sent]:
    """A part of what solmate's vault holds is stolen from it."""

    def prepare(ground: Ground) -> Sent:
        vault, asset = ground.net.addresses.solmate_vault, ground.treasury.asset
        ground.net.fund_eth(vault, ETH)
        lost = ground.treasury.assets(vault) * bps // 10_000
        return (vault, asset, "transfer(address,uint256)", THIEF, lost)

    return prepare


def _borrowed_out(ground: Ground) -> Sent:
    market, params = ground.net.market, ground.net.market_params
    pledge(ground, WHALE, 8_000 * ETH)
    free = market.accrue().liquidity
    signature = f"borrow({LOAN},uint256,uint256,address,address)"
    return (WHALE, market.morpho, signature, params.as_tuple(), free, 0, WHALE, WHALE)


def pledge(ground: Ground, account: str, collateral: int) -> None:
    """Give an account WETH and have it pledge it in the market."""
    net, market = ground.net, ground.net.market
    net.fund_eth(account, ETH)
    net.fund(account, collateral, net.addresses.weth)
    approve = "approve(address,uint256)"
    for token in (net.addresses.weth, net.addresses.usdc):
        ground.rpc.transact(account, token, approve, market.morpho, MAX_UINT256)
    signature = f"supplyCollateral({LOAN},uint256,address,bytes)"
    ground.rpc.transact(
        account, market.morpho, signature, net.market_params.as_tuple(), collateral, account, b""
    )


def _liquidated(ground: Ground) -> Sent:
    net, market = ground.net, ground.net.market
    market.crash(1_500)
    net.fund_eth(LIQUIDATOR, ETH)
    net.fund(LIQUIDATOR, 20_000_000 * UNIT)
    ground.rpc.transact(
        LIQUIDATOR, net.addresses.usdc, "approve(address,uint256)", market.morpho, MAX_UINT256
    )
    seized = market.position(BORROWER).collateral
    signature = f"liquidate({LOAN},address,uint256,uint256,bytes)"
    return (LIQUIDATOR, market.morpho, signature, net.market_params.as_tuple(), BORROWER, seized, 0, b"")


def _grown_stale(ground: Ground) -> None:
    last = (ground.treasury.word(9) >> 160) & (2**40 - 1)  # Vault.word of the clock
    ground.rpc.warp(last + 2 * DAY - ground.rpc.timestamp())  # the next block is the first that is too late


def _died(ground: Ground) -> None:
    ground.rpc.call("anvil_setCode", ground.net.addresses.solmate_vault, "0x")


def relief(ground: Ground) -> Sent:
    """The transaction with which a part of the liquidity returns."""
    market, params = ground.net.market, ground.net.market_params
    signature = f"repay({LOAN},uint256,uint256,address,bytes)"
    return (WHALE, market.morpho, signature, params.as_tuple(), RETURNED, 0, WHALE, b"")


SHOCKS = (
    Shock(
        "price_drop",
        "a vault loses 10%",
        DEEP,
        SOLMATE,
        drained(1_000),
        (Reaction(2, Speed.NEXT, AT_ONCE), Reaction(1, Speed.SPACED, SEEN_TWICE)),
        TWICE,
        Veto.AT_ONCE,
        "fall",
    ),
    Shock(
        "small_price_drop",
        "a vault loses 5%, the whole 1.5%",
        SPREAD,
        SOLMATE,
        drained(500),
        (Reaction(2, Speed.NEXT, AT_ONCE), Reaction(1, Speed.SPACED, SEEN_TWICE)),
        (),
        Veto.NEVER,
    ),
    Shock(
        "utilisation_100",
        "a whale borrows all there is",
        CONCENTRATED,
        MORPHO,
        _borrowed_out,
        (Reaction(4, Speed.LIQUID, ON_RELIEF),),
        TWICE,
        Veto.POKED,
        "liquid",
    ),
    Shock(
        "utilisation_100_spread",
        "the same, two fifths of the treasury in it",
        SPREAD,
        MORPHO,
        _borrowed_out,
        (Reaction(4, Speed.LIQUID, ON_RELIEF),),
        (),
        Veto.NEVER,
    ),
    Shock(
        "bad_debt",
        "a liquidation falls short",
        SPREAD,
        MORPHO,
        _liquidated,
        (
            Reaction(3, Speed.SPACED, SEEN_TWICE),
            Reaction(6, Speed.SPACED, SEEN_TWICE),
        ),
        TWICE,
        Veto.AT_ONCE,
        "fall",
    ),
    Shock(
        "stale_book",
        "nobody pokes for three epochs",
        SPREAD,
        0,
        _grown_stale,
        (),
        (DAY, 3 * DAY),
        Veto.ALLOCATIONS,
        "age",
    ),
    Shock(
        "strategy_death",
        "a vault's code is gone",
        SPREAD,
        SOLMATE,
        _died,
        (
            Reaction(5, Speed.SPACED, ARMED),
            Reaction(6, Speed.SPACED, ((0, Step.POKE),) + 2 * ((SPACING, Step.POKE),) + ((0, Step.FIRE),)),
        ),
        (0, SPACING, SPACING),
        Veto.AT_ONCE,
        "dark",
    ),
)
