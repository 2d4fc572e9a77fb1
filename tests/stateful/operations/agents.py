"""Operations of agents, and of the Executor itself."""

from __future__ import annotations

from typing import Any

from tests.model import capital
from tests.model.arithmetic import DUST
from tests.model.intents import Intent, Move
from tests.model.strategy import Limit
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.driver import Driver, amount
from tests.stateful.world import AGENTS, CURATOR, STRANGER

EVERYTHING = -(2**255)
FOREVER = 2**40


def allocate(driver: Driver, which: int, size: int, variant: int) -> None:
    """Move idle cash into a strategy, past the Executor, to see all that the Vault measures."""
    number, vault = driver.any_number(which), driver.vault
    assets, least = amount(size, vault.idle) or 1, 2 * (variant % 16 == 5) * amount(size, vault.idle)
    driver.allocated(number, assets, least)


def deallocate(driver: Driver, which: int, size: int, variant: int) -> None:
    """Take assets, or all, out of a strategy, past the Executor."""
    number, vault = driver.filled(which), driver.vault
    assets = amount(size, driver.worth(number))
    if variant % 8 == 7:
        assets = 2**255 if variant < 32 else max(0, driver.worth(number) - DUST + size % 32 - 16)
    least = assets if variant % 16 == 5 else 0
    data = wire.call("deallocate(uint256,uint256,uint256)", number, assets, least)
    text = f"deallocate({number}, {assets}, {least})"
    driver.move(text, data, lambda: capital.deallocate(vault, number, assets, least))


def leave(driver: Driver, number: int) -> None:
    """Take all that the stayers have out of a strategy."""
    vault = driver.vault
    data = wire.call("deallocate(uint256,uint256,uint256)", number, 2**255, 0)
    action = lambda: capital.deallocate(vault, number, 2**255, 0)  # noqa: E731
    driver.move(f"deallocate({number}, {2**255}, 0)", data, action)


def execute(driver: Driver, which: int, size: int, variant: int) -> None:
    """An intent of one to four moves, by either agent."""
    count, rest = 1 + variant % 4, variant // 4
    moves = []
    for place in range(count):
        number, part = driver.any_number(which + 3 * place), (size + 41 * place * rest) % 256
        # Cash is freed first and put to work last, as an agent would; sometimes the other way round.
        if (place * 2 >= count) != (rest == 7):
            moves.append(Move(number, amount(part, driver.vault.idle) or part % 2, 0))
        elif rest == 5:
            moves.append(Move(number, EVERYTHING, 0))
        else:
            moves.append(Move(number, -(amount(part, driver.worth(number)) or 1), 0))
    max_loss = driver.world.unit * (0 if rest == 3 else 1_000)
    moves = moves if size % 64 != 50 else []
    agent = awake(driver, AGENTS[which // 3], size)
    conditions = _conditions(driver, agent, size)
    intent = Intent(agent, tuple(moves), max_loss, 0 if rest == 9 else FOREVER, **conditions)
    driver.sent(agent if size % 32 != 13 else AGENTS[which // 3 - 1], intent)


def awake(driver: Driver, agent: str, size: int) -> str:
    """The agent, which the curator mostly revives first if it is silent."""
    mandates = driver.world.executor.mandates
    if size % 8 and mandates.find(agent).silent(driver.vault.now) and mandates.find(agent).in_force:
        action = lambda: mandates.revive(CURATOR, agent)  # noqa: E731
        driver.tell(CURATOR, "executor", "revive(address)", agent, by=action)
    return agent


def _conditions(driver: Driver, agent: str, size: int) -> dict[str, Any]:
    """Now and then an intent has a nonce, a place in the agent's sequence, or a relayer, also wrong ones."""
    sequence = driver.world.executor.mandates.find(agent).sequence
    return (
        {"nonce": 1 + size // 64},
        {"nonce": 2**256 - 1, "sequence": sequence + 1},
        {"sequence": sequence + 2 * (size % 32 < 16)},
        {"relayer": agent if size % 32 < 16 else STRANGER},
        *({},) * 12,
    )[size % 16]


def unlock(driver: Driver, number: int, size: int) -> None:
    """A strategy can mostly pay whatever it has."""
    position = driver.vault.find(number)
    if size % 8 and position is not None and position.world.limit is not Limit.NONE:
        driver.dial(position.world, Group.LIQUIDITY, Mode.HONEST, 0, limit=Limit.NONE, liquid=0)


def tempt(driver: Driver, which: int, size: int, variant: int) -> None:
    """An agent adds to a position whose last unwinds fell short, if there is one."""
    short = [position.id for position in driver.vault.live if position.owes and position.units]
    number = short[which % len(short)] if short else driver.filled(which)
    unlock(driver, number, size)
    moves = [Move(number, amount(size, driver.vault.idle // 8) or 1, 0)]
    driver.intent(AGENTS[0], moves, driver.world.unit * 10**6, FOREVER)


def bleed(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy takes half of its tolerance from an agent that leaves it; agents then allocate."""
    vault, number = driver.vault, driver.filled(which)
    position = vault.find(number)
    if position is None or not position.units:
        return
    unlock(driver, number, size)
    fee = max(1, position.terms.tolerance // 2)
    driver.dial(position.world, Group.FEE, Mode.EXIT_FEE, fee, exit_fee=fee)
    thief, most = awake(driver, AGENTS[1 + variant % 2], size), driver.world.unit * 10**6
    taken = Move(number, -(amount(size, driver.worth(number) // 2) or 1), 0)
    driver.intent(thief, [taken], most, FOREVER)
    for agent, seconds in ((thief, 0), (AGENTS[0], 0), (thief, (600, 3_600, 86_400)[variant % 3])):
        driver.warp(seconds)
        place = number if variant // 2 % 2 else driver.number(which + 1)
        driver.intent(agent, [Move(place, driver.world.unit * (1 + size), 0)], most, FOREVER)


def rebalance(driver: Driver, which: int, size: int, variant: int) -> None:
    """Free cash from one strategy and put about as much into another."""
    one, other = driver.filled(which), driver.number(which + 1 + variant // 8)
    assets = amount(size, driver.worth(one))
    moves = [Move(one, -assets, 0), Move(other, max(1, assets - variant % 3), 0)]
    agent = awake(driver, AGENTS[(0, 0, 0, 0, 0, 2, 2, 1)[variant % 8]], size)
    driver.intent(agent, moves, driver.world.unit * 1_000, FOREVER)
