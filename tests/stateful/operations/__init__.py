"""What a campaign does, one function per kind of operation.

An operation is drawn as one number below ``LIMIT``: seven bits choose its kind, three more numbers which of
holders or strategies, how large an amount, and which variant. It is made concrete against the model: an
amount is a part of what is possible, or at its edge, or beyond it. Zero is ``nothing``, so that a failing
list shrinks to the few operations that matter, each as plain as it can be; ``driver`` writes them down.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.stateful.driver import Driver
from tests.stateful.operations import agents, governance, holders, surroundings

WHICH, VARIANT, SIZE = 8, 64, 256

Operation = Callable[[Driver, int, int, int], None]

WEIGHTS: tuple[tuple[Operation, int], ...] = (
    (surroundings.nothing, 1),
    (surroundings.poke, 8),
    (surroundings.warp, 8),
    (surroundings.warp_and_poke, 6),
    (holders.deposit, 8),
    (holders.mint, 3),
    (holders.withdraw, 5),
    (holders.redeem, 5),
    (holders.redeem_slice, 7),
    (holders.transfer, 2),
    (holders.approve, 2),
    (holders.quote, 4),
    (agents.allocate, 8),
    (agents.deallocate, 6),
    (agents.execute, 7),
    (agents.rebalance, 5),
    (surroundings.gain, 5),
    (surroundings.lose, 4),
    (surroundings.donate, 3),
    (surroundings.mend, 6),
    (surroundings.brink, 3),
    (surroundings.limit, 3),
    (surroundings.fail, 3),
    (surroundings.lie, 3),
    (surroundings.poke_from_code, 1),
    (governance.set_limits, 1),
    (governance.pause, 1),
    (governance.set_state, 1),
    (governance.set_ceiling, 1),
    (governance.set_terms, 1),
    (governance.list_strategy, 1),
    (governance.set_cap, 2),
    (governance.mandate, 2),
    (governance.write_down, 1),
    (governance.recover, 1),
)
KINDS: tuple[Operation, ...] = tuple(kind for kind, weight in WEIGHTS for _ in range(weight))
LIMIT = len(KINDS) * WHICH * VARIANT * SIZE


def perform(driver: Driver, drawn: int) -> None:
    """Do the operation that a number below ``LIMIT`` stands for."""
    rest, kind = divmod(drawn, len(KINDS))
    rest, which = divmod(rest, WHICH)
    size, variant = divmod(rest, VARIANT)
    KINDS[kind](driver, which, size, variant)
