"""Trimming: what stands over its caps is brought back to them by anybody, in two steps an hour apart."""

from __future__ import annotations

from tests.model import capital
from tests.model.arithmetic import BPS, DAY, HOUR
from tests.model.executor import Cap, Executor, insist

LOSS = 4  # a trim may lose so great a part of the strategy's tolerance


def over(executor: Executor, identifier: int) -> int:
    """By how much the book of a strategy stands over the lowest of its caps and its ceiling, asset wei."""
    vault = executor.vault
    position, cap = vault.ever_listed(identifier), executor.caps.get(identifier, Cap())
    if position is None or position.units == 0:
        return 0
    total = vault.idle + sum(each.book for each in vault.live if each.units)
    return max(0, position.book - min(cap.absolute, total * cap.relative // BPS, position.ceiling))


def trim(executor: Executor, identifier: int, by: str) -> int:
    """Note a position that stands over its cap, or bring it back; returns what came home, asset wei."""
    vault, cap = executor.vault, executor.caps.get(identifier, Cap())
    excess, age = over(executor, identifier), vault.now - cap.noted_at
    if excess == 0:
        insist(cap.noted_at > 0, "within caps")
        cap.noted_at = 0
        return 0
    if cap.noted_at == 0 or age > DAY:
        cap.noted_at = vault.now
        vault.tell("OverCap", identifier, excess)
        return 0
    insist(age >= HOUR, "seen too lately")
    cap.noted_at = 0
    moved = capital.deallocate(vault, identifier, excess, 0)
    tolerance = vault.positions[identifier - 1].terms.tolerance
    most = (moved.assets + moved.loss) * tolerance // (LOSS * BPS) + 1
    insist(moved.loss <= most, "trim loses too much")
    vault.tell("Deallocated", identifier, moved.assets, moved.units, moved.loss)
    vault.tell("Trimmed", identifier, by, moved.assets, moved.loss)
    return moved.assets
