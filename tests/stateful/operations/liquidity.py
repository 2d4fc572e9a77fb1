"""What happens to the liquidity of strategies: others take it, bring it back, or charge for it."""

from __future__ import annotations

from tests.model.arithmetic import Refused
from tests.model.strategy import Act, Limit, Strategy, StrategyFailed
from tests.model.vault import VAULT
from tests.modes import Group, Mode
from tests.stateful.driver import Driver, amount
from tests.stateful.world import WORLD

FEES = (0, 10, 50, 100, 300, 1_000, 5_000)  # bps


def _targeted(driver: Driver, which: int) -> Strategy:
    """The strategy of a position that leavers wait for, if there is one."""
    position = driver.vault.ever_listed(driver.waiting(which))
    return position.world if position is not None else driver.strategy(which)


def _limit(driver: Driver, strategy: Strategy, liquid: int, variant: int) -> None:
    partial = variant % 8 == 6
    mode, kind = (Mode.PARTIAL, Limit.PARTIAL) if partial else (Mode.LIMITED, Limit.LIMITED)
    driver.dial(strategy, Group.LIQUIDITY, mode, liquid, limit=kind, liquid=liquid)


def drain(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody borrows all, or nearly all, that strategies could pay."""
    strategy = driver.invested(which)
    _limit(driver, strategy, 0 if variant % 4 else amount(size, strategy.held) // 32, variant)


def refill(driver: Driver, which: int, size: int, variant: int) -> None:
    """Liquidity comes back where somebody waits: in part, or all."""
    strategy = _targeted(driver, which)
    if variant % 4 == 3:
        driver.dial(strategy, Group.LIQUIDITY, Mode.HONEST, 0, limit=Limit.NONE, liquid=0)
        return
    room = strategy.to_assets(strategy.units_of[VAULT])
    _limit(driver, strategy, strategy.liquid + amount(size, room) // 2, variant)


def charge(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy charges those who leave more, or less."""
    fee = FEES[size % len(FEES)]
    driver.dial(_targeted(driver, which), Group.FEE, Mode.EXIT_FEE, fee, exit_fee=fee)


def freeze(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy does not let its units be moved, or does again."""
    strategy, frozen = _targeted(driver, which), variant % 2 == 0
    mode = Mode.REVERT_EMPTY if frozen else Mode.HONEST
    driver.dial(strategy, Group.TRANSFER, mode, 0, frozen=frozen)


def withdraw(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody else leaves a strategy with its own units, and takes liquidity along."""
    strategy = _targeted(driver, which)
    if strategy.leaving is not Act.HONEST:
        return
    units = min(amount(size, strategy.units_of[WORLD] // 2), strategy.units_of[WORLD])

    def leave() -> int:
        before = driver.vault.token.balances[WORLD]
        try:
            strategy.redeem(WORLD, units)
        except StrategyFailed as failed:
            raise Refused("hostile: illiquid") from failed
        return driver.vault.token.balances[WORLD] - before

    driver.tell(WORLD, strategy.name, "redeem(uint256,address,address)", units, WORLD, WORLD, by=leave)


def give_queue(driver: Driver, which: int, size: int, variant: int) -> None:
    """Give asset, or units of a strategy, to the queue."""
    strategy, token = driver.strategy(which), driver.vault.token
    assets = min(amount(size, driver.world.unit * 1_000), token.balances[WORLD])
    units = min(amount(size, strategy.units_of[WORLD] // 16), strategy.units_of[WORLD])

    def give_units() -> bool:
        strategy.transfer(WORLD, "queue", units)
        return True

    def give_asset() -> bool | None:
        token.move(WORLD, "queue", assets)
        return None if driver.world.setup.flags else True

    if variant % 2:
        driver.tell(WORLD, strategy.name, "transfer(address,uint256)", "queue", units, by=give_units)
    else:
        driver.tell(WORLD, "asset", "transfer(address,uint256)", "queue", assets, by=give_asset)
