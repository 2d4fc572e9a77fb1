"""Trimming: what stands over its caps is brought back to them by anybody, in two steps an hour apart."""

from __future__ import annotations

from tests.model import capital
from tests.model.arithmetic import BPS, DAY, HOUR
from tests.model.executor import Executor
from tests.model.groups import books
from tests.model.intents import Done
from tests.model.journal import Kind
from tests.model.roles import insist
from tests.model.vault import VAULT

LOSS = 4  # a trim may lose so great a part of the strategy's tolerance


def over(executor: Executor, identifier: int) -> int:
    """By how much the book of a strategy, or of a group around it, stands over its caps, asset wei.

    Its own are the operating caps and the ceiling; of what a group has too much, at most the book can leave.
    """
    vault, position = executor.vault, executor.vault.ever_listed(identifier)
    if position is None or position.units == 0:
        return 0
    total = vault.idle + books(vault)
    own = min(executor.caps.find(identifier).allows(total), position.ceiling)
    return max(0, position.book - own, min(position.book, executor.groups.excess(identifier, total)))


def liquid(executor: Executor, identifier: int) -> int:
    """What a strategy says it can pay of its book, asset wei; all of it where it does not say."""
    position = executor.vault.ever_listed(identifier)
    payable = position.world.max_redeem(VAULT)
    return (
        position.book if payable is None else position.book * min(payable, position.units) // position.units
    )


def trim(executor: Executor, identifier: int, by: str) -> int:
    """Note a position that stands over its caps, or bring it back; returns what came home, asset wei."""
    vault, noted = executor.vault, executor.over_since.get(identifier, 0)
    excess, age = over(executor, identifier), executor.vault.now - noted
    if excess == 0:
        insist(noted > 0, "within caps")
        executor.over_since[identifier] = 0
        return 0
    if noted == 0 or age > DAY:
        executor.over_since[identifier] = vault.now
        vault.tell("OverCap", identifier, excess)
        return 0
    insist(age >= HOUR, "seen too lately")
    payable = liquid(executor, identifier)
    if payable >= excess:
        executor.over_since[identifier] = 0
    moved = capital.deallocate(vault, identifier, min(excess, payable), 0)
    tolerance = vault.positions[identifier - 1].terms.tolerance
    most = (moved.assets + moved.loss) * tolerance // (LOSS * BPS) + 1
    insist(moved.loss <= most, "trim loses too much")
    vault.tell("Trimmed", identifier, by, moved.assets, moved.loss)
    done = Done(identifier, -moved.assets, moved.units, moved.loss)
    executor.journal.append(Kind.TRIM, by, subject=identifier, moves=[done])
    return moved.assets
