"""What a campaign does, one function per kind of operation.

An operation is drawn as one number below ``LIMIT``: eight bits choose its kind, three more numbers which of
holders or strategies, how large an amount, and which variant. It is made concrete against the model: an
amount is a part of what is possible, or at its edge, or beyond it. Zero is ``nothing``, so that a failing
list shrinks to the few operations that matter, each as plain as it can be; ``driver`` writes them down.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.stateful.driver import Driver
from tests.stateful.operations import (
    agents,
    bounds,
    claimants,
    governance,
    holders,
    keepers,
    leavers,
    liquidity,
    lives,
    reactions,
    signed,
    stress,
    surroundings,
)

WHICH, VARIANT, SIZE = 8, 64, 256

Operation = Callable[[Driver, int, int, int], None]

WEIGHTS: tuple[tuple[Operation, int], ...] = (
    (surroundings.nothing, 1),
    (surroundings.poke, 7),
    (surroundings.warp, 7),
    (surroundings.warp_and_poke, 7),
    (holders.deposit, 7),
    (holders.mint, 3),
    (holders.withdraw, 4),
    (holders.redeem, 4),
    (holders.redeem_slice, 6),
    (holders.transfer, 2),
    (holders.approve, 3),
    (holders.quote, 2),
    (agents.allocate, 9),
    (agents.deallocate, 6),
    (agents.execute, 9),
    (agents.rebalance, 6),
    (agents.tempt, 2),
    (agents.bleed, 3),
    (signed.execute, 6),
    (signed.forge, 4),
    (signed.cancel_nonces, 2),
    (lives.beat, 2),
    (lives.revive, 2),
    (lives.lapse, 4),
    (lives.note, 4),
    (lives.ask, 3),
    (bounds.set_group, 2),
    (bounds.set_group_cap, 3),
    (bounds.cut_group, 3),
    (bounds.crowd, 5),
    (bounds.set_inflow, 2),
    (bounds.pour, 4),
    (surroundings.gain, 5),
    (surroundings.lose, 5),
    (surroundings.donate, 3),
    (surroundings.mend, 7),
    (surroundings.brink, 3),
    (surroundings.limit, 3),
    (surroundings.fail, 4),
    (surroundings.lie, 3),
    (surroundings.poke_from_code, 1),
    (governance.set_limits, 1),
    (governance.pause, 2),
    (governance.set_fees, 3),
    (governance.set_ceiling, 1),
    (governance.set_terms, 1),
    (governance.list_strategy, 2),
    (governance.retire, 5),
    (governance.set_cap, 2),
    (governance.mandate, 2),
    (governance.write_down, 2),
    (governance.recover, 1),
    (leavers.request, 13),
    (leavers.request_all, 2),
    (leavers.cancel, 5),
    (leavers.settle, 3),
    (leavers.settle_when_due, 9),
    (leavers.exit_now, 11),
    (leavers.trickle, 2),
    (leavers.set_operator, 2),
    (leavers.give_shares, 1),
    (claimants.claim, 8),
    (claimants.redeem, 5),
    (claimants.withdraw, 5),
    (claimants.detach, 3),
    (claimants.in_kind, 5),
    (claimants.ask, 2),
    (claimants.look_ahead, 4),
    (claimants.knock, 1),
    (keepers.unwind, 11),
    (keepers.unwind_later, 8),
    (keepers.write_off, 2),
    (keepers.give_up, 1),
    (keepers.evacuate, 5),
    (liquidity.drain, 5),
    (liquidity.refill, 8),
    (liquidity.charge, 2),
    (liquidity.freeze, 2),
    (liquidity.withdraw, 4),
    (liquidity.give_queue, 1),
    (stress.watch, 10),
    (stress.watch_from_code, 1),
    (stress.trouble, 5),
    (stress.shallows, 5),
    (stress.recover, 7),
    (stress.beat, 7),
    (stress.fall_silent, 2),
    (stress.set_silence, 1),
    (stress.wind_down, 1),
    (stress.latch, 1),
    (stress.set_limits, 3),
    (reactions.fire, 10),
    (reactions.check, 2),
    (reactions.set_order, 4),
    (reactions.settle_bounties, 3),
    (reactions.trim, 3),
    (reactions.overgrow, 4),
    (reactions.nip, 2),
)
KINDS: tuple[Operation, ...] = tuple(kind for kind, weight in WEIGHTS for _ in range(weight))
LIMIT = len(KINDS) * WHICH * VARIANT * SIZE


def perform(driver: Driver, drawn: int) -> None:
    """Do the operation that a number below ``LIMIT`` stands for."""
    rest, kind = divmod(drawn, len(KINDS))
    rest, which = divmod(rest, WHICH)
    size, variant = divmod(rest, VARIANT)
    KINDS[kind](driver, which, size, variant)
