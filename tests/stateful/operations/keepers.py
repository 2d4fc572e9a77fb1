"""Operations of anybody on what waits: unwinding, writing off, bringing the stayers' part home."""

from __future__ import annotations

from tests.model import capital
from tests.model.arithmetic import BPS, DUST, HOUR, PROBE, up
from tests.model.position import PATIENCE, Position
from tests.model.runoff import EVERYTHING
from tests.model.strategy import Read
from tests.model.vault import QUEUE
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.driver import Driver, amount
from tests.stateful.forwarder import named
from tests.stateful.operations import leavers
from tests.stateful.world import STRANGER


def unwind(driver: Driver, which: int, size: int, variant: int) -> None:
    """Turn runoff into cash: all that can be, a part, or about what is not worth a call; at times by code."""
    number, queue = driver.waiting(which), driver.world.queue
    most = EVERYTHING
    if variant % 4 == 3 and number <= len(driver.vault.positions):
        position = driver.vault.positions[number - 1]
        most = amount(size, position.runoff)
        if variant % 32 == 31:
            most = up(DUST * (position.units or PROBE), position.book or 1) + size % 8 - 4
        elif variant % 8 == 7 or variant % 16 == 11:
            # So little is left that the next to join begin a new generation.
            most = position.runoff - position.runoff // 2 ** (28 + size % 8) - size % 2
    direct = variant % 16 != 13
    action = lambda: queue.unwind(number, max(0, most), direct)  # noqa: E731
    target = QUEUE if direct else named(QUEUE)
    driver.tell(STRANGER, target, "unwind(uint256,uint256)", number, max(0, most), by=action)
    if variant % 8 == 7:
        leavers.exit_now(driver, which, size, leavers.NOTHING_TRIED)


def unwind_later(driver: Driver, which: int, size: int, variant: int) -> None:
    """Unwind as a challenge window ends, or a second before or after, or a month without progress."""
    number, vault = driver.waiting(which), driver.vault
    position = vault.positions[number - 1] if number <= len(vault.positions) else None
    if position is not None and position.failing and variant % 4:
        lose_patience(driver, position, variant)
    elif position is not None and position.since:
        driver.warp(max(0, position.since + vault.epoch + (0, -1, 1, 600)[variant % 4] - vault.now))
    elif variant % 4 == 3:
        driver.warp((86_400, 864_000, 2_591_999, 2_592_001)[variant // 4 % 4])
    unwind(driver, which, size, 0)


def lose_patience(driver: Driver, position: Position, variant: int) -> None:
    """Wait until leavers take what the strategy pays after its fee, or an hour or two less or more."""
    strict, pays = BPS - position.terms.tolerance, BPS - position.world.exit_fee
    enough = PATIENCE * max(0, strict - pays) // max(1, strict)
    hours = (0, -1, -2, 1)[variant // 4 % 4]
    driver.warp(max(0, position.failing + enough + hours * HOUR - driver.vault.now))


def give_up(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy that leavers wait for goes dark, governance writes it down, and somebody writes it off."""
    number = driver.waiting(which)
    position = driver.vault.find(number)
    if position is None:
        return
    driver.dial(position.world, Group.READ, Mode.REVERT_EMPTY, 0, reading=Read.FAIL)
    for seconds in (1, HOUR):
        driver.warp(seconds)
        driver.poke_through("sentinel" if variant % 2 else "vault")
    data = wire.call("write_down(uint256)", number)
    action = lambda: driver.vault.write_down(number)  # noqa: E731
    driver.step(f"write_down({number})", "governor", "steward", data, action)
    write_off(driver, which, size, variant)


def write_off(driver: Driver, which: int, size: int, variant: int) -> None:
    """Close the records that wait for what is worth nothing any more."""
    worthless = [p.id for p in driver.vault.positions if p.book == 0 and p.waits]
    number = worthless[which % len(worthless)] if worthless and which != 7 else driver.waiting(which)
    action = lambda: driver.world.queue.write_off(number)  # noqa: E731
    driver.line(STRANGER, "write_off(uint256)", number, by=action)


def evacuate(driver: Driver, which: int, size: int, variant: int) -> None:
    """Bring covered units home."""
    number, vault = driver.waiting(which), driver.vault
    assets = 2**255 if variant % 8 == 7 else amount(size, driver.worth(number))
    data = wire.call("evacuate(uint256,uint256)", number, assets)
    action = lambda: capital.evacuate(vault, number, assets)  # noqa: E731
    driver.move(f"evacuate({number}, {assets})", data, action, STRANGER)
