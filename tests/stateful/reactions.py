"""Sentinel and Reflexes of a world, on the chain and in the model, as every campaign finds them."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

from ganglion.devnet.abi import actor
from ganglion.devnet.rpc import Rpc
from tests import treasury as chain
from tests.model.mandates import Mandate
from tests.model.reflexes import REFLEXES, Action, Condition, Order
from tests.stateful.forwarder import TARGETS, forwarder_code, named

if TYPE_CHECKING:
    from tests.stateful.world import World

SAFE = "safe"
TREASURER = "treasurer"  # who gets fees
ORDER = "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)"
ORDERS = 6  # that stand when a campaign begins; one more id is shown
BUDGET = 3  # whole units of the asset


def deploy_reflexes(rpc: Rpc, executor: str) -> str:
    """Deploy the Reflexes of an Executor; returns the address."""
    arguments = (executor, chain.GOVERNOR)
    return chain.deploy_vyper(rpc, "contracts/Reflexes.vy", ["address", "address"], arguments)


def prepare(world: World) -> None:
    """Put forwarders in place, and give the Reflexes their mandate, orders and budget."""
    for target in TARGETS:
        address = world.addresses[named(target)] = actor(f"{named(target)} of {world.treasury.vault}")
        world.rpc.call("anvil_setCode", address, forwarder_code(world.addresses[target]))
        world.rpc.call("anvil_setBalance", address, hex(10**24))
    world.send("governor", "sentinel", "set_guardian(address,bool)", chain.GUARDIAN, True)
    _grant(world)
    for identifier, order in enumerate(_orders(world), 1):
        world.send("governor", REFLEXES, f"set_order(uint256,{ORDER})", identifier, astuple(order))
        world.reflexes.set_order(identifier, order)
    world.send("world", "asset", "approve(address,uint256)", world.addresses[REFLEXES], chain.MAX_UINT)
    world.send("world", REFLEXES, "fund(uint256)", BUDGET * world.unit)
    world.reflexes.fund("world", BUDGET * world.unit)


def wake(world: World) -> None:
    """Let governance show that it is alive and grant anew, and the Vault look at its strategies."""
    world.send(SAFE, "sentinel", "beat()")
    world.sentinel.beat("safe")
    world.grant_all()
    world.send("stranger", "vault", "poke()")
    world.vault.poke()


def _grant(world: World) -> None:
    """A mandate that only lets capital come home."""
    everything = frozenset(range(1, len(world.strategies) + 2))
    loss = 100 * world.unit
    world.grant(REFLEXES, Mandate(False, True, everything, 0, loss, 0, chain.DAY, 2**32 - 1))


def _orders(world: World) -> list[Order]:
    """One order for each condition, and a trim."""
    unit, last = world.unit, len(world.setup.strategies)
    amounts = (600 * unit, 50_000 * unit, 500 * unit, chain.HOUR, unit)
    home = Action.DEALLOCATE
    return [
        Order(Condition.PRICE, 1, 200, home, 1, *amounts),
        Order(Condition.LIQUIDITY, last, 5_000, home, last, *amounts),
        Order(Condition.IDLE, 0, 3_000, home, 1, *amounts),
        Order(Condition.STATE, 0, 1, home, last, 10**6, 2**112 - 1, 10**6 - 1, chain.DAY, 0),
        Order(Condition.IDLE, 0, 9_000, Action.TRIM, last, *amounts),
        Order(Condition.GROUP, 31, 5_000, home, 1, *amounts),
    ]
