"""Operations on groups and inflow limits, and intents that come close to them."""

from __future__ import annotations

from functools import partial

from tests.model.arithmetic import BPS, MAX_112
from tests.model.groups import books
from tests.model.intents import Move
from tests.stateful.driver import Driver, amount
from tests.stateful.executor_view import GROUPS
from tests.stateful.operations import lives, reactions
from tests.stateful.operations.agents import FOREVER, awake, unlock
from tests.stateful.world import AGENTS, CURATOR, SET_GROUP, STRANGER

EXECUTOR = "executor"
SET_INFLOW = "set_inflow(uint256,uint256,uint256)"
SET_GROUP_CAP = "set_group_cap(uint256,uint256,uint256)"
CUT_GROUP = "cut_group(uint256,uint256,uint256)"


def set_group(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance says who is in a group and what it may hold; at times a curator tries, or dissolves it."""
    number, live = _group(driver, which), range(1, len(driver.vault.positions) + 2)
    members = frozenset(n for n in live if (size >> n) & 1) if variant % 8 else frozenset()
    absolute = min(amount(size, 2 * driver.vault.price().hi), MAX_112)
    who = CURATOR if variant == 63 else "governor"
    _set(driver, who, number, members, absolute, (BPS, 5_000, 8_000, 2_000)[variant % 4])
    for identifier in (1, driver.number(which)):
        lives.ask_groups(driver, identifier)


def set_group_cap(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance or the curator moves a group's cap, or lifts a cut, or tries to; so does a stranger."""
    groups, number = driver.world.executor.groups, _group(driver, which)
    most = groups.find(number).most
    who = STRANGER if variant == 42 else ("governor", CURATOR)[variant % 2]
    relative = max(0, most.relative + (1, 0, -1, -2, 0, 0, -500, 0)[variant // 2 % 8])
    arguments = (number, min(amount(size, most.absolute), MAX_112), min(relative, BPS))
    driver.tell(who, EXECUTOR, SET_GROUP_CAP, *arguments, by=partial(groups.set_cap, who, *arguments))


def cut_group(driver: Driver, which: int, size: int, variant: int) -> None:
    """A guardian cuts a group about to what it holds, or tries to raise it; then somebody trims a member."""
    groups, number = driver.world.executor.groups, _group(driver, which)
    group = groups.find(number)
    inside = books(driver.vault, group.members)
    absolute = min(amount(size, inside), group.cap.absolute + (size % 64 == 8))
    relative = group.cap.relative + (size % 64 == 9)
    action = partial(groups.cut, "guardian", number, absolute, relative)
    driver.tell("guardian", EXECUTOR, CUT_GROUP, number, absolute, relative, by=action)
    if variant % 4 == 3:
        set_group_cap(driver, which, 100, 1 + variant // 4)
    elif variant % 4:
        reactions.trim(driver, which, size, variant)


def crowd(driver: Driver, which: int, size: int, variant: int) -> None:
    """A group has room for a little more, by amount or by share, and an agent puts about as much in."""
    vault, number = driver.vault, driver.filled(which)
    group = _group(driver, which)
    members = driver.world.executor.groups.find(group).members | {number}
    unlock(driver, number, size)
    inside, price = books(vault, members), vault.price()
    room = amount(size, vault.idle // 8)
    absolute, relative = min(inside + room, MAX_112), BPS
    if variant % 2:
        relative = min(BPS, (inside + room) * BPS // max(1, price.lo))
        absolute, room = MAX_112, max(0, price.lo * relative // BPS - inside)
    _set(driver, "governor", group, members, absolute, relative)
    assets = max(1, room + (0, 1, -1, 2, 1_000, -1_000)[variant // 2 % 6])
    driver.intent(AGENTS[0], [Move(number, assets, 0)], driver.world.unit * 1_000, FOREVER)


def set_inflow(driver: Driver, which: int, size: int, variant: int) -> None:
    """Curator or governance limits what may enter a strategy, or lifts the limit; or a stranger tries."""
    who = STRANGER if variant == 42 else ("governor", CURATOR)[variant % 2]
    window = (0, 3_600, 86_400, 604_800)[variant // 2 % 4]
    _set_inflow(driver, who, driver.number(which), amount(size, driver.vault.idle), window)


def pour(driver: Driver, which: int, size: int, variant: int) -> None:
    """A strategy may take a little more, and agents pour about as much in, at once or one after another."""
    number, limit = driver.filled(which), amount(size, driver.vault.idle // 16)
    unlock(driver, number, size)
    _set_inflow(driver, CURATOR, number, limit, (3_600, 86_400)[variant % 2])
    spent = driver.world.executor.inflows.view(number)[2]
    left = max(1, limit - spent + (0, 1, -1, 2)[variant // 2 % 4])
    parts = (left,) if variant % 8 < 4 else (left - left // 3, left // 3)
    for place, part in enumerate(parts):
        agent = awake(driver, AGENTS[(0, 2)[place]], size)
        driver.intent(agent, [Move(number, part or 1, 0)], driver.world.unit * 1_000, FOREVER)
        driver.warp(variant // 8 * 60)


def _group(driver: Driver, which: int) -> int:
    """Number of a group that is shown."""
    return GROUPS[which % len(GROUPS)]


def _set(
    driver: Driver, who: str, number: int, members: frozenset[int], absolute: int, relative: int
) -> None:
    groups, bitmap = driver.world.executor.groups, sum(1 << member for member in members)
    action = partial(groups.set, who, number, members, absolute, relative)
    driver.tell(who, EXECUTOR, SET_GROUP, number, bitmap, absolute, relative, by=action)


def _set_inflow(driver: Driver, who: str, number: int, limit: int, window: int) -> None:
    action = partial(driver.world.executor.inflows.set, who, number, limit, window)
    driver.tell(who, EXECUTOR, SET_INFLOW, number, limit, window, by=action)
