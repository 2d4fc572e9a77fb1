"""What happens around a Vault: time, pokes, gains, losses, gifts, and strategies that break their word."""

from __future__ import annotations

from tests.model.arithmetic import BPS
from tests.model.price import FALL_VETO
from tests.model.strategy import Act, Limit, Read
from tests.model.vault import ENTRY_GAP, PETTY_GAP, VAULT
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.driver import Driver, amount
from tests.stateful.forwarder import named
from tests.stateful.world import STRANGER, WORLD

SECONDS = (
    *(1, 12, 60, 600, 1_800, 3_599, 3_600, 3_601),
    *(7_200, 43_200, 86_399, 86_400, 86_401, 259_200, 2_592_000),
)
LIES = (1, 9, 10, 11, 30, 49, 50, 51, 99, 100, 101, 299, 300, 301, 500, 1_000)  # bps


def nothing(driver: Driver, which: int, size: int, variant: int) -> None:
    """Stand still: what other operations shrink to."""


def poke(driver: Driver, which: int, size: int, variant: int) -> None:
    """Poke, as anyone."""
    driver.poke_through(VAULT)


def poke_from_code(driver: Driver, which: int, size: int, variant: int) -> None:
    """Poke through a contract, which might be in the middle of something, or have one begin it all."""
    through = named(VAULT)
    target, sender = (through, STRANGER) if variant % 2 else (VAULT, through)
    driver.poke_through(target, sender, direct=False)


def warp(driver: Driver, which: int, size: int, variant: int) -> None:
    """Let time pass."""
    driver.warp(SECONDS[size % len(SECONDS)] + (variant % 7 if variant % 3 == 2 else 0))


def warp_and_poke(driver: Driver, which: int, size: int, variant: int) -> None:
    """An hour or an epoch later, somebody pokes, half of the time through the Sentinel."""
    driver.warp(max(3_600, driver.vault.epoch) if variant % 2 else 3_600)
    driver.poke_through("sentinel" if variant // 2 % 2 else VAULT)


def gain(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy earns something: little as a rule, much at times."""
    strategy = driver.strategy(which)
    assets = amount(size, strategy.held // (8 if variant % 4 == 3 else 2_000))
    data = wire.call("gain(uint256)", assets)
    driver.step(f"gain({assets})", WORLD, strategy.name, data, lambda: strategy.gain(WORLD, assets))


def lose(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy loses something: little as a rule, much at times, or all."""
    strategy = driver.strategy(which)
    most = strategy.held // (1 if variant % 32 == 7 else 8 if variant % 4 == 3 else 2_000)
    assets = amount(size, most)
    data = wire.call("lose(uint256)", assets)
    driver.step(f"lose({assets})", WORLD, strategy.name, data, lambda: strategy.lose(assets))


def donate(driver: Driver, which: int, size: int, variant: int) -> None:
    """Give asset to the Vault or to a strategy, or units of a strategy to the Vault."""
    strategy, token = driver.strategy(which), driver.vault.token
    if variant % 3 == 2:
        units = min(amount(size, strategy.units_of[WORLD] // 4), strategy.units_of[WORLD])
        data = wire.call("transfer(address,uint256)", driver.at(VAULT), units)
        text = f"transfer(vault, {units})"
        driver.step(text, WORLD, strategy.name, data, lambda: strategy.transfer(WORLD, VAULT, units), True)
        return
    receiver = strategy.name if variant % 3 else VAULT
    assets = min(amount(size, driver.world.unit * 100_000), token.balances[WORLD])
    data = wire.call("transfer(address,uint256)", driver.at(receiver), assets)
    returns = None if driver.world.setup.flags else True
    text = f"transfer({receiver}, {assets})"
    driver.step(text, WORLD, "asset", data, lambda: token.move(WORLD, receiver, assets), returns)


def limit(driver: Driver, which: int, size: int, variant: int) -> None:
    """Leave a strategy with so much to pay; half of the time as much as it likes."""
    strategy = driver.strategy(which)
    if variant % 2:
        driver.dial(strategy, Group.LIQUIDITY, Mode.HONEST, 0, limit=Limit.NONE, liquid=0)
        return
    liquid = amount(size, strategy.to_assets(strategy.units_of[VAULT]))
    mode, kind = (Mode.PARTIAL, Limit.PARTIAL) if variant % 8 == 6 else (Mode.LIMITED, Limit.LIMITED)
    driver.dial(strategy, Group.LIQUIDITY, mode, liquid, limit=kind, liquid=liquid)


def fail(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy stops to answer, to take, to pay, or to tell its limit."""
    strategy, how = driver.strategy(which), (Mode.REVERT_EMPTY, Mode.RETURN_31, Mode.RETURN_MAX)[size % 3]
    part = variant % 8
    if part < 4:
        driver.dial(strategy, Group.READ, how, 0, reading=Read.FAIL)
    elif part == 4:
        driver.dial(strategy, Group.DEPOSIT, Mode.REVERT_REASON, 0, entering=Act.FAIL)
    elif part == 5:
        driver.dial(strategy, Group.REDEEM, Mode.REVERT_EMPTY, 0, leaving=Act.FAIL)
    elif part == 6:
        # 2**256 - 1 is no answer here either: it does not fit the words of the ledger.
        driver.dial(strategy, Group.MAX, how, 0, answers_max=False)
    else:
        driver.dial(strategy, Group.REDEEM, Mode.NO_OP, 0, leaving=Act.NO_OP)


def lie(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy tells a wrong price, or gives less than it should."""
    strategy, part = driver.strategy(which), variant // 2 % 4
    bps = LIES[size % len(LIES)] if variant % 2 else size
    if part == 0:
        driver.dial(strategy, Group.READ, Mode.LIE_UP, bps, reading=Read.LIE_UP, lie=bps)
    elif part == 1:
        driver.dial(strategy, Group.READ, Mode.LIE_DOWN, bps, reading=Read.LIE_DOWN, lie=bps)
    elif part == 2:
        driver.dial(strategy, Group.DEPOSIT, Mode.SHORT, bps, entering=Act.SHORT, entering_short=bps)
    else:
        driver.dial(strategy, Group.REDEEM, Mode.SHORT, bps, leaving=Act.SHORT, leaving_short=bps)


def brink(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy's price moves to where entry, petty cash or the veto change their mind, or a bp past it."""
    position = driver.vault.find(driver.filled(which))
    mark = position.mark(position.units) if position and position.units else None
    if position is None or not mark:
        return
    price = driver.vault.price()
    if variant % 2:
        missing = price.lo - price.reference * (BPS - FALL_VETO) // BPS
        mode, reading = Mode.LIE_DOWN, Read.LIE_DOWN
    else:
        gap = ENTRY_GAP if variant % 4 else PETTY_GAP
        missing = price.hi * gap // (BPS - gap) - (price.hi - price.lo)
        mode, reading = Mode.LIE_UP, Read.LIE_UP
    bps = min(max(missing * BPS // mark + size % 4 - 1, 0), BPS)
    driver.dial(position.world, Group.READ, mode, bps, reading=reading, lie=bps)


def mend(driver: Driver, which: int, size: int, variant: int) -> None:
    """Turn the first dial of a strategy that is not honest back."""
    strategy = driver.strategy(which)
    if strategy.reading is not Read.HONEST:
        driver.dial(strategy, Group.READ, Mode.HONEST, 0, reading=Read.HONEST)
    elif strategy.leaving is not Act.HONEST:
        driver.dial(strategy, Group.REDEEM, Mode.HONEST, 0, leaving=Act.HONEST)
    elif strategy.entering is not Act.HONEST:
        driver.dial(strategy, Group.DEPOSIT, Mode.HONEST, 0, entering=Act.HONEST)
    elif not strategy.answers_max:
        driver.dial(strategy, Group.MAX, Mode.HONEST, 0, answers_max=True)
    elif strategy.frozen:
        driver.dial(strategy, Group.TRANSFER, Mode.HONEST, 0, frozen=False)
    elif strategy.limit is not Limit.NONE:
        driver.dial(strategy, Group.LIQUIDITY, Mode.HONEST, 0, limit=Limit.NONE, liquid=0)
