"""Operations of anybody who fires standing orders or trims, and of governance that sets orders."""

from __future__ import annotations

from dataclasses import astuple

from tests.model import trim as trimming
from tests.model.arithmetic import HOUR, MAX_112
from tests.model.groups import MOST_GROUPS
from tests.model.reflexes import REFLEXES, Action, Condition, Order
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.driver import Driver, amount
from tests.stateful.executor_view import GROUPS
from tests.stateful.forwarder import named
from tests.stateful.reactions import ORDER, ORDERS
from tests.stateful.world import AGENTS, STRANGER, WORLD

LATER = (HOUR, HOUR, HOUR - 1, HOUR - 1, HOUR + 1, 86_400, 86_401, 43_200)
THRESHOLDS = (1, 50, 200, 500, 1_000, 3_000, 9_000, 10_000)


def _order(driver: Driver, which: int) -> int:
    """Id of an order whose condition holds, if there is one; one time in eight whichever it is."""
    reflexes = driver.world.reflexes
    met = [number for number in reflexes.orders if reflexes.check(number)[0]] if which != 7 else []
    return met[which % len(met)] if met else which % (ORDERS + 1) + 1


def _fire(driver: Driver, number: int, variant: int) -> None:
    if variant == 63:
        target, sender = (named(REFLEXES), STRANGER) if number % 2 else (REFLEXES, named(REFLEXES))
        action = lambda: driver.world.reflexes.fire(number, sender, direct=False)  # noqa: E731
        driver.tell(sender, target, "fire(uint256)", number, by=action)
        return
    action = lambda: driver.world.reflexes.fire(number, STRANGER)  # noqa: E731
    driver.tell(STRANGER, REFLEXES, "fire(uint256)", number, by=action)


def fire(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody fires a standing order; half of the time again once it may act, and asks for the bounty."""
    number = _order(driver, which)
    _fire(driver, number, variant)
    if variant % 2:
        driver.warp(LATER[size % len(LATER)])
        _fire(driver, number, 0)
    if variant % 8 > 4:
        settle_bounties(driver, which, size, 0)


def check(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody asks whether an order's condition holds, or which order it is."""
    reflexes, number = driver.world.reflexes, which % (ORDERS + 1) + 1
    if variant % 4 == 3:
        known = astuple(reflexes.orders[number]) if number in reflexes.orders else (0,) * 10
        driver.tell(STRANGER, REFLEXES, "order(uint256)", number, by=lambda: known)
    else:
        driver.tell(STRANGER, REFLEXES, "check(uint256)", number, by=lambda: reflexes.check(number))


def set_order(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance sets an order, now and then one that makes no sense, or removes one."""
    reflexes = driver.world.reflexes
    number = (0, 65)[size % 2] if variant % 32 == 30 else which % (ORDERS + 1) + 1
    if variant % 16 == 15:
        action = lambda: reflexes.remove_order(number)  # noqa: E731
        driver.tell("governor", REFLEXES, "remove_order(uint256)", number, by=action)
        return
    condition = tuple(Condition)[variant % 5]
    watches = condition not in (Condition.IDLE, Condition.STATE)
    least = (1, 10**6, driver.world.unit * 100)[size % 3] if size != 1 else 0
    order = Order(
        condition=condition,
        watched=_watched(driver, condition, which) if watches != (size == 0) else 0,
        threshold=1 + size % 2 if condition is Condition.STATE else THRESHOLDS[size % len(THRESHOLDS)],
        action=Action.TRIM if variant // 4 % 4 == 3 else Action.DEALLOCATE,
        target=driver.filled(which) if size != 3 else 0,
        least=least,
        most=(driver.world.unit * 10**4, MAX_112, 10**6 + size)[variant % 3],
        max_loss=(0, max(0, least - 1), least // 2, least)[size // 8 % 4],
        cooldown=(HOUR, HOUR, 86_400, HOUR - (size == 2))[size % 4],
        bounty=driver.world.unit * (size // 16),
    )
    data = wire.call(f"set_order(uint256,{ORDER})", number, *astuple(order))
    action = lambda: reflexes.set_order(number, order)  # noqa: E731
    driver.step(f"set_order({number}, {order})", "governor", REFLEXES, data, action)


def _watched(driver: Driver, condition: Condition, which: int) -> int:
    """A strategy or a group that an order may watch; one time in eight a group that there cannot be."""
    if condition is Condition.GROUP:
        return GROUPS[which % len(GROUPS)] if which != 7 else MOST_GROUPS + 1
    return driver.number(which)


def settle_bounties(driver: Driver, which: int, size: int, variant: int) -> None:
    """Bounties are collected, or their budget is paid in or taken back."""
    reflexes = driver.world.reflexes
    if variant % 4 == 1:
        assets = amount(size, driver.world.unit * 4)
        driver.tell(WORLD, REFLEXES, "fund(uint256)", assets, by=lambda: reflexes.fund(WORLD, assets))
    elif variant % 4 == 3:
        assets = amount(size, reflexes.budget)
        action = lambda: reflexes.defund(WORLD, assets)  # noqa: E731
        driver.tell("governor", REFLEXES, "defund(address,uint256)", WORLD, assets, by=action)
    else:
        who = AGENTS[0] if variant == 32 else STRANGER
        action = lambda: reflexes.collect(who, WORLD)  # noqa: E731
        driver.tell(who, REFLEXES, "collect(address)", WORLD, by=action)


def trim(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody trims a position, mostly one over its caps, and half of the time again later."""
    executor = driver.world.executor
    high = [number for number in executor.caps.of if trimming.over(executor, number)] if which != 7 else []
    number = high[which % len(high)] if high else driver.any_number(which)
    action = lambda: trimming.trim(executor, number, STRANGER)  # noqa: E731
    driver.tell(STRANGER, "executor", "trim(uint256)", number, by=action)
    if variant % 2:
        driver.warp(LATER[size % len(LATER)])
        driver.tell(STRANGER, "executor", "trim(uint256)", number, by=action)


def overgrow(driver: Driver, which: int, size: int, variant: int) -> None:
    """A guardian cuts the cap of a position below what it holds, and somebody trims it."""
    number, executor = driver.filled(which), driver.world.executor
    position = driver.vault.ever_listed(number)
    if position is None or not position.units or number not in executor.caps.of:
        return
    cap = executor.caps.find(number)
    absolute = min(cap.absolute, position.book * (1 + size) // 257)
    action = lambda: executor.caps.cut("guardian", number, absolute, cap.relative)  # noqa: E731
    arguments = (number, absolute, cap.relative)
    driver.tell("guardian", "executor", "cut(uint256,uint256,uint256)", *arguments, by=action)
    if variant % 8 == 3:
        fee = max(1, position.terms.tolerance // 2)
        driver.dial(position.world, Group.FEE, Mode.EXIT_FEE, fee, exit_fee=fee)
    trim(driver, which, size, variant)


def nip(driver: Driver, which: int, size: int, variant: int) -> None:
    """A cap is cut to a little below what a position holds that an order trims, which then fires, twice."""
    world, executor = driver.world, driver.world.executor
    trims = [n for n, order in world.reflexes.orders.items() if order.action == Action.TRIM]
    if not trims:
        return
    number = trims[which % len(trims)]
    target = world.reflexes.orders[number].target
    position = driver.vault.ever_listed(target)
    if position is None or not position.units or target not in executor.caps.of:
        return
    cap, over = executor.caps.find(target), 5 * size * world.unit
    absolute = min(cap.absolute, max(0, position.book - over))
    action = lambda: executor.caps.cut("guardian", target, absolute, cap.relative)  # noqa: E731
    arguments = (target, absolute, cap.relative)
    driver.tell("guardian", "executor", "cut(uint256,uint256,uint256)", *arguments, by=action)
    _fire(driver, number, 0)
    driver.warp(LATER[variant % len(LATER)])
    _fire(driver, number, 0)
