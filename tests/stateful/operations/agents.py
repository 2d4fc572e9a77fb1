"""Operations of agents, and of the Executor itself."""

from __future__ import annotations

from tests.model import capital
from tests.model.arithmetic import DUST
from tests.model.executor import Move
from tests.stateful import wire
from tests.stateful.driver import Driver, amount
from tests.stateful.world import AGENTS

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
    driver.move(text, data, number, False, lambda: capital.deallocate(vault, number, assets, least))


def leave(driver: Driver, number: int) -> None:
    """Take all that the stayers have out of a strategy."""
    vault = driver.vault
    data = wire.call("deallocate(uint256,uint256,uint256)", number, 2**255, 0)
    action = lambda: capital.deallocate(vault, number, 2**255, 0)  # noqa: E731
    driver.move(f"deallocate({number}, {2**255}, 0)", data, number, False, action)


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
    driver.intent(AGENTS[which // 4], moves, max_loss, 0 if rest == 9 else FOREVER)


def rebalance(driver: Driver, which: int, size: int, variant: int) -> None:
    """Free cash from one strategy and put about as much into another."""
    one, other = driver.filled(which), driver.number(which + 1 + variant // 8)
    assets = amount(size, driver.worth(one))
    moves = [Move(one, -assets, 0), Move(other, max(1, assets - variant % 3), 0)]
    driver.intent(AGENTS[variant % 8 // 7], moves, driver.world.unit * 1_000, FOREVER)
