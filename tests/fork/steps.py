"""What happens in a campaign on the fork: one function per kind of step, each a call or the passing of time.

Amounts are parts of what the world held at the start: the world here is real and not modelled, so a step may
ask for too much, and then must be refused with a listed reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ganglion.devnet.abi import call_data
from ganglion.devnet.market import LIQUIDATOR, WHALE
from ganglion.devnet.seed import BORROWER, COLLATERAL, MARKET_OPERATOR, ORACLE_UNIT
from tests import treasury as chain
from tests.fork.place import FUNDS, HOLDERS, START, USDC, WORLD, Place
from tests.modes import SINK

SECONDS = (12, 600, 3_600, 3_601, 43_200, 86_400, 604_800)
SHARES = START * 10**12  # about what a holder has at the start


class Who(Enum):
    """Whose step it is, which decides what must hold after it."""

    HOLDER = "holder"
    AGENT = "agent"
    KEEPER = "keeper"
    WORLD = "world"


@dataclass(frozen=True)
class Call:
    """A call of a campaign; ``given``: asset wei that it gives the Vault beyond its ledger."""

    who: Who
    text: str
    sender: str
    target: str
    data: str
    given: int = 0


Step = Callable[[Place, int, int, int], Call | int]


def _part(size: int, whole: int) -> int:
    """Mostly a part of the whole, at times dust, at times more than the whole."""
    if size < 192:
        return whole * (size + 1) // 192
    return size - 192 if size < 208 else whole * (size - 192) // 16


def _vault(place: Place, who: Who, sender: str, signature: str, *arguments: object) -> Call:
    text = f"{signature.partition('(')[0]}{arguments}"
    return Call(who, text, sender, place.treasury.vault, call_data(signature, *arguments))


def warp(place: Place, which: int, size: int, variant: int) -> int:
    """Seconds that pass."""
    return SECONDS[size % len(SECONDS)]


def poke(place: Place, which: int, size: int, variant: int) -> Call:
    """Poke."""
    return _vault(place, Who.KEEPER, chain.STRANGER, "poke()")


def deposit(place: Place, which: int, size: int, variant: int) -> Call:
    """Pay in."""
    holder = HOLDERS[which % 3]
    return _vault(place, Who.HOLDER, holder, "deposit(uint256,address)", _part(size, FUNDS // 4), holder)


def mint(place: Place, which: int, size: int, variant: int) -> Call:
    """Pay in for shares."""
    holder = HOLDERS[which % 3]
    return _vault(place, Who.HOLDER, holder, "mint(uint256,address)", _part(size, SHARES // 2), holder)


def withdraw(place: Place, which: int, size: int, variant: int) -> Call:
    """Petty cash by assets."""
    holder, signature = HOLDERS[which % 3], "withdraw(uint256,address,address)"
    return _vault(place, Who.HOLDER, holder, signature, _part(size, START // 25), holder, holder)


def redeem(place: Place, which: int, size: int, variant: int) -> Call:
    """Petty cash by shares."""
    holder, signature = HOLDERS[which % 3], "redeem(uint256,address,address)"
    return _vault(place, Who.HOLDER, holder, signature, _part(size, SHARES // 25), holder, holder)


def redeem_slice(place: Place, which: int, size: int, variant: int) -> Call:
    """Leave with a slice."""
    holder, signature = HOLDERS[which % 3], "redeem_slice(uint256,address,address,uint256)"
    return _vault(place, Who.HOLDER, holder, signature, _part(size, SHARES), holder, holder, 0)


def transfer(place: Place, which: int, size: int, variant: int) -> Call:
    """Hand shares on."""
    holder, receiver = HOLDERS[which % 3], HOLDERS[(which + 1) % 3]
    return _vault(place, Who.HOLDER, holder, "transfer(address,uint256)", receiver, _part(size, SHARES))


def _intent(place: Place, moves: list[tuple[int, int, int]]) -> Call:
    intent = chain.intent_of(chain.AGENT, moves, FUNDS, chain.MAX_UINT)
    data = call_data(f"execute({chain.INTENT})", intent)
    return Call(Who.AGENT, f"execute{moves}", chain.AGENT, place.treasury.executor, data)


def allocate(place: Place, which: int, size: int, variant: int) -> Call:
    """The agent puts cash to work."""
    return _intent(place, [(which % 3 + 1, _part(size, START // 2) or 1, 0)])


def deallocate(place: Place, which: int, size: int, variant: int) -> Call:
    """The agent frees cash, or all of it."""
    assets = -(2**255) if variant % 4 == 3 else -(_part(size, START // 2) or 1)
    return _intent(place, [(which % 3 + 1, assets, 0)])


def rebalance(place: Place, which: int, size: int, variant: int) -> Call:
    """The agent moves capital between two strategies."""
    one, other, assets = which % 3, (which + 1 + variant % 2) % 3, _part(size, START // 2) or 2
    return _intent(place, [(one + 1, -assets, 0), (other + 1, max(1, assets - 2), 0)])


def interest(place: Place, which: int, size: int, variant: int) -> Call:
    """A vault earns: somebody pays into solmate's or snekmate's, or gives to the Vault itself."""
    receiver = (*place.strategies[1:], place.treasury.vault)[which % 3]
    assets = _part(size, 20_000 * USDC)
    data = call_data("transfer(address,uint256)", receiver, assets)
    given = assets if which % 3 == 2 else 0
    return Call(Who.WORLD, f"give {assets} to {receiver}", WORLD, place.treasury.asset, data, given)


def theft(place: Place, which: int, size: int, variant: int) -> Call:
    """A vault is robbed of part of what it holds."""
    victim, assets = place.strategies[1 + which % 2], _part(size, 200_000 * USDC)
    data = call_data("transfer(address,uint256)", SINK, assets)
    return Call(Who.WORLD, f"lose {assets}", victim, place.treasury.asset, data)


def _morpho(place: Place, text: str, sender: str, signature: str, *arguments: object) -> Call:
    params = place.net.market_params
    data = call_data(signature.replace("market", params.TYPE), params.as_tuple(), *arguments)
    return Call(Who.WORLD, text, sender, place.net.addresses.morpho, data)


def borrow(place: Place, which: int, size: int, variant: int) -> Call:
    """A whale borrows what lenders would need to leave."""
    assets = _part(size, 2_400_000 * USDC)
    signature = "borrow(market,uint256,uint256,address,address)"
    return _morpho(place, f"borrow {assets}", WHALE, signature, assets, 0, WHALE, WHALE)


def repay(place: Place, which: int, size: int, variant: int) -> Call:
    """The whale repays."""
    assets, signature = _part(size, 2_400_000 * USDC), "repay(market,uint256,uint256,address,bytes)"
    return _morpho(place, f"repay {assets}", WHALE, signature, assets, 0, WHALE, b"")


def crash(place: Place, which: int, size: int, variant: int) -> Call:
    """Collateral falls, or recovers."""
    price = (3_000, 1_900, 1_500)[variant % 3] * ORACLE_UNIT
    data = call_data("setPrice(uint256)", price)
    return Call(Who.WORLD, f"price {price}", MARKET_OPERATOR, place.net.market_params.oracle, data)


def liquidate(place: Place, which: int, size: int, variant: int) -> Call:
    """The borrower's collateral is seized; what it cannot cover is the lenders' loss."""
    signature = "liquidate(market,address,uint256,uint256,bytes)"
    return _morpho(place, "liquidate", LIQUIDATOR, signature, BORROWER, COLLATERAL, 0, b"")


def pause(place: Place, which: int, size: int, variant: int) -> Call:
    """A guardian pauses entry, or governance resumes it."""
    paused = variant % 4 == 3
    sender = chain.GUARDIAN if paused else chain.GOVERNOR
    data = call_data("set_entry_paused(bool)", paused)
    return Call(Who.KEEPER, f"pause {paused}", sender, place.treasury.steward, data)


def cut(place: Place, which: int, size: int, variant: int) -> Call:
    """A guardian cuts an operating cap, or governance lifts it."""
    number, cutting = which % 3 + 1, variant % 4 == 3
    name, sender = ("cut", chain.GUARDIAN) if cutting else ("set_cap", chain.GOVERNOR)
    cap = _part(size, START) if cutting else 2**100
    data = call_data(f"{name}(uint256,uint256,uint256)", number, cap, 5_000 if cutting else 10_000)
    return Call(Who.KEEPER, f"{name} {number} {cap}", sender, place.treasury.executor, data)


def watch(place: Place, which: int, size: int, variant: int) -> Call:
    """Poke the Sentinel, which pokes the Vault and may change its state."""
    return Call(Who.KEEPER, "watch", chain.STRANGER, place.treasury.sentinel, call_data("poke()"))


def trim(place: Place, which: int, size: int, variant: int) -> Call:
    """A stranger brings a position back to its cap."""
    number = which % 3 + 1
    data = call_data("trim(uint256)", number)
    return Call(Who.KEEPER, f"trim {number}", chain.STRANGER, place.treasury.executor, data)


WEIGHTS: tuple[tuple[Step, int], ...] = (
    (poke, 3),
    (watch, 5),
    (trim, 1),
    (warp, 8),
    (deposit, 5),
    (mint, 2),
    (withdraw, 4),
    (redeem, 3),
    (redeem_slice, 6),
    (transfer, 2),
    (allocate, 6),
    (deallocate, 6),
    (rebalance, 5),
    (interest, 3),
    (theft, 1),
    (borrow, 2),
    (repay, 3),
    (crash, 1),
    (liquidate, 1),
    (pause, 1),
)
KINDS: tuple[Step, ...] = tuple(kind for kind, weight in (*WEIGHTS, (cut, 1)) for _ in range(weight))
WHICH, VARIANT, SIZE = 6, 12, 256
LIMIT = len(KINDS) * WHICH * VARIANT * SIZE


def make(place: Place, drawn: int) -> Call | int:
    """The step that a number below ``LIMIT`` stands for."""
    rest, kind = divmod(drawn, len(KINDS))
    rest, which = divmod(rest, WHICH)
    size, variant = divmod(rest, VARIANT)
    return KINDS[kind](place, which, size, variant)
