"""What has happened in a world before the first step, mined on the chain and done to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.position import Status
from tests.model.strategy import Limit, Read, Strategy
from tests.model.vault import VAULT
from tests.modes import Group, Mode
from tests.stateful.setups import Scene
from tests.treasury import HOUR

if TYPE_CHECKING:
    from tests.stateful.world import World

DEPOSITOR, LEAVER, HOLDER = "depositor", "leaver", "holder"
REQUEST = "requestRedeem(uint256,address,address)"
EXIT_NOW = "exit_now(uint256,address,address,uint256,uint256)"


def play(world: World) -> None:
    """Bring a world that has just started into the scene of its setup."""
    if world.setup.scene is Scene.WAITING:
        _let_wait(world)
    elif world.setup.scene is Scene.LOSS:
        _lose(world)


def _let_wait(world: World) -> None:
    """An epoch settles where most is not liquid; another is open."""
    for strategy in world.strategies[:-1]:
        _limit(world, strategy, strategy.to_assets(strategy.units_of[VAULT]) // 3)
    _request(world, LEAVER, world.vault.shares[LEAVER] // 2, LEAVER)
    _request(world, DEPOSITOR, world.vault.shares[DEPOSITOR] // 10, HOLDER)
    _settle(world)
    _limit(world, world.strategies[0], 0)
    _request(world, DEPOSITOR, world.vault.shares[DEPOSITOR] // 10, DEPOSITOR)


def _lose(world: World) -> None:
    """First and last strategy have lost a part, the last one is dark; somebody left and waits for all."""
    last = world.strategies[-2]
    for strategy in {world.strategies[0].name: world.strategies[0], last.name: last}.values():
        lost = strategy.held // 5
        world.send("world", strategy.name, "lose(uint256)", lost)
        strategy.lose(lost)
    _exit(world, LEAVER, world.vault.shares[LEAVER] // 2)
    _dial(world, last, Group.READ, Mode.REVERT_EMPTY, reading=Read.FAIL)
    for _ in range(2):
        world.rpc.warp(HOUR)
        world.send("stranger", VAULT, "poke()")
        world.vault.poke()
    assert world.vault.positions[-1].status is Status.QUARANTINED
    _dial(world, last, Group.READ, Mode.HONEST, reading=Read.HONEST)
    _request(world, DEPOSITOR, world.vault.shares[DEPOSITOR] // 4, DEPOSITOR)
    _settle(world)


def _request(world: World, owner: str, shares: int, controller: str) -> None:
    action = lambda: world.queue.request_redeem(owner, shares, controller, owner)  # noqa: E731
    world.both(owner, REQUEST, shares, controller, owner, by=action)


def _settle(world: World) -> None:
    world.rpc.warp(world.setup.epoch)
    world.both("stranger", "settle()", by=world.queue.settle)


def _exit(world: World, owner: str, shares: int) -> None:
    action = lambda: world.queue.exit_now(owner, shares, owner, owner, 0, 0)  # noqa: E731
    world.both(owner, EXIT_NOW, shares, owner, owner, 0, 0, by=action)


def _limit(world: World, strategy: Strategy, liquid: int) -> None:
    dial = (Group.LIQUIDITY, Mode.LIMITED, liquid)
    world.send("world", strategy.name, "set_mode(uint8,uint8,uint256)", *dial)
    strategy.limit, strategy.liquid = Limit.LIMITED, liquid


def _dial(world: World, strategy: Strategy, group: Group, mode: Mode, **effect: Read) -> None:
    world.send("world", strategy.name, "set_mode(uint8,uint8,uint256)", group, mode, 0)
    strategy.__dict__.update(effect)
