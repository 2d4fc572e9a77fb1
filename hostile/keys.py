"""What stolen keys do: any moves, sizes and nonces, with strategies that obey them."""

from __future__ import annotations

from collections.abc import Sequence

from hostile import wire
from hostile.steps import COUNT, FOREVER, GREEDY, MOST, SIZES, TAKEN, TOLD, Digits, Plan, dial, price, taken
from hostile.world import (
    EVERYTHING,
    FLOW,
    LOSS,
    PARTNER,
    PLAIN,
    RELAYER,
    SIGNER,
    STAKE,
    THIEF,
    TOLERANCES,
    UNIT,
)
from tests import treasury as t
from tests.modes import Group, Mode


def _moves(digits: Digits) -> list[wire.Move]:
    moves = []
    for _ in range(1 + digits.below(4)):
        number, way, size = 1 + digits.below(COUNT), digits.below(5), digits.of(SIZES)
        if way == 4:
            size = EVERYTHING
        elif way >= 2:
            size = -size
        moves.append((number, size, 0))
    return moves


def _allocates(moves: Sequence[wire.Move]) -> bool:
    return any(assets > 0 for _, assets, _ in moves)


# -- agents ------------------------------------------------------------------------


def _robbery(
    plan: Plan, intents: Sequence[list[wire.Move]], told: int, part_in: int, part_out: int, trades: int = 0
) -> None:
    """One transaction: price and parts set, shares bought before and sold after, intents, all put back."""
    world, treasury = plan.world, plan.world.treasury
    numbers = range(1, COUNT + 1)
    calls = [(plan.strategy(n), price(told)) for n in numbers] if told != 10_000 else []
    for group, part in ((Group.DEPOSIT, part_in), (Group.REDEEM, part_out)):
        calls += [(plan.strategy(n), taken(group, part, n)) for n in numbers] if part else []
    if trades & 1:
        data = wire.call("deposit(uint256,address)", 50_000 * UNIT, world.caller)
        calls.append((treasury.vault, data))
    places = []
    for moves in intents:
        places.append(len(calls))
        calls.append((treasury.executor, wire.intent(world.caller, moves, MOST, FOREVER)))
    if trades & 2:
        data = wire.call("withdraw(uint256,address,address)", 49_000 * UNIT, world.caller, world.caller)
        calls.append((treasury.vault, data))
    for n in numbers:
        if told != 10_000:
            calls.append((plan.strategy(n), price(plan.told.get(n, 10_000))))
        for group, part in ((Group.DEPOSIT, part_in), (Group.REDEEM, part_out)):
            if part:
                calls.append((plan.strategy(n), dial(group, Mode.HONEST, 0)))
    plan.add(
        "robbery",
        t.STRANGER,
        world.caller,
        wire.multi(calls),
        agent=THIEF,
        intents=tuple(_allocates(moves) for moves in intents),
        inner=tuple(places),
        lied=told != 10_000 or plan.lying,
        traded=bool(trades),
    )


def robbery(plan: Plan, digits: Digits) -> None:
    """Any moves, honest prices, any part taken."""
    intents = [_moves(digits) for _ in range(1 + digits.below(3) // 2)]
    _robbery(plan, intents, 10_000, digits.of(TAKEN), digits.of(TAKEN))


def lying_robbery(plan: Plan, digits: Digits) -> None:
    """Any moves, any price told, any part taken."""
    intents = [_moves(digits) for _ in range(1 + digits.below(3) // 2)]
    _robbery(plan, intents, digits.of(TOLD), digits.of(TAKEN), digits.of(TAKEN))


def burn(plan: Plan, digits: Digits) -> None:
    """Allocate so much that the part taken is just below the loss budget."""
    number = 1 + digits.below(COUNT)
    sigma = TOLERANCES[number - 1] - 1
    size = min(LOSS * (64 - digits.below(32)) * 10_000 // (64 * sigma) - digits.below(3), FLOW)
    _robbery(plan, [[(number, size, 0)]], 10_000, GREEDY, 0)


def home(plan: Plan, digits: Digits) -> None:
    """Bring capital home and lose nothing."""
    numbers = [1 + digits.below(COUNT) for _ in range(2)]
    _robbery(plan, [[(n, EVERYTHING, 0)] for n in numbers], 10_000, 0, 0)


def fill(plan: Plan, digits: Digits) -> None:
    """Allocate and lose nothing, for what comes later."""
    number, size = 1 + digits.below(COUNT), digits.of(SIZES[4:])
    _robbery(plan, [[(number, size, 0)]], 10_000, 0, 0)


def drain(plan: Plan, digits: Digits) -> None:
    """Bring everything home and take nearly the tolerance."""
    first = digits.below(COUNT)
    intents = [[(1 + (first + n) % COUNT, EVERYTHING, 0)] for n in range(COUNT)]
    _robbery(plan, intents, 10_000, 0, GREEDY)


def sandwich(plan: Plan, digits: Digits) -> None:
    """Deposit before own intents, sell after them, in one transaction."""
    part_in, part_out = digits.of(TAKEN), digits.of(TAKEN)
    _robbery(plan, [_moves(digits)], 10_000, part_in, part_out, 1 + digits.below(3))


def partner(plan: Plan, digits: Digits) -> None:
    """A second stolen key, without a contract."""
    moves, nonce = _moves(digits), digits.below(8)
    data = wire.intent(plan.world.agents[PARTNER], moves, digits.of((MOST, MOST, 0)), FOREVER, nonce=nonce)
    _sent(plan, data, _allocates(moves), nonce)


def restore(plan: Plan, digits: Digits) -> None:
    """The second key puts back what the first has brought home."""
    agent, numbers = plan.world.agents[PARTNER], [1 + digits.below(COUNT) for _ in range(2)]
    moves = [(n, digits.of((STAKE, 60_000 * UNIT, 140_000 * UNIT)), 0) for n in numbers]
    _sent(plan, wire.intent(agent, moves, MOST, FOREVER), True)


def signed(plan: Plan, digits: Digits) -> None:
    """An intent of the third key, sent by whoever likes; also again, and after it is void."""
    most = digits.of((PLAIN, PLAIN, len(plan.world.signed)))  # the first ones again and again
    each = plan.world.signed[digits.below(most)]
    relayer = RELAYER if digits.below(2) else t.STRANGER
    plan.add(
        "signed",
        relayer,
        plan.world.treasury.executor,
        each.data,
        agent=SIGNER,
        intents=(each.allocates,),
        nonce=each.nonce,
    )


def _sent(plan: Plan, data: str, allocates: bool, nonce: int = 0) -> None:
    agent, executor = plan.world.agents[PARTNER], plan.world.treasury.executor
    plan.add("partner", agent, executor, data, agent=PARTNER, intents=(allocates,), nonce=nonce)


def beat(plan: Plan, digits: Digits) -> None:
    """A sign of life of the third key, or of the second."""
    place = digits.of((SIGNER, SIGNER, PARTNER))
    plan.add("beat", plan.world.agents[place], plan.world.treasury.executor, wire.call("beat()"))


def cancel(plan: Plan, digits: Digits) -> None:
    """The third key uses nonces up."""
    word, mask = digits.of((0, 0, 2**248 - 1)), digits.below(2**32)
    data = wire.call("cancel_nonces(uint256,uint256)", word, mask)
    plan.add("cancel", plan.world.agents[SIGNER], plan.world.treasury.executor, data)
