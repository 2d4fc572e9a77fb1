"""The judge: whether moves keep every limit, asked step by step as the chain does, in exact integers.

It shares nothing with what builds plans, so that a mistake there is found here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ganglion.agent.errors import Invalid
from ganglion.agent.intent import MAX_MOVES, Move
from ganglion.agent.structs import BPS

from .limits import Limit, Name
from .problem import Position, Problem


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that a move breaks.

    Attributes:
        move: which, counted from 0; that after the last for limits on all of them.
        limit: what is broken.
        found: what stands against it, in the limit's unit.
    """

    move: int
    limit: Limit
    found: int


def feasible(problem: Problem, moves: Sequence[Move]) -> list[Violation]:
    """Return every limit that the moves would break in this order; empty if they pass.

    Deallocations are taken to bring their grain less, allocations to stand their grain higher than at par.

    Raises:
        Invalid: a move names no live strategy or moves nothing.
    """
    problem.check()
    found: list[Violation] = []
    if len(moves) > MAX_MOVES:
        found.append(Violation(len(moves), Limit(Name.MOVES, value=MAX_MOVES), len(moves)))
    now, lost, allocated, grain = problem, 0, 0, 0
    for number, move in enumerate(moves):
        if move.assets == 0:
            raise Invalid(f"moves[{number}].assets: 0, and a move of nothing is refused")
        before, size, then = now.positions[now.index(move.id)], now.size(move), now.after(move)
        if move.assets > 0:
            lost += before.lost_in(size, problem.slippage)
            allocated += size
            checks = _into(now, then, move, size, grain)
        else:
            lost += before.lost_out(size, problem.slippage)
            grain += before.grain
            checks = _out(problem, before, size)
        found += [Violation(number, limit, value) for limit, value in checks]
        now = then
    if allocated:
        found += [Violation(len(moves), limit, value) for limit, value in _budgets(problem, allocated, lost)]
    return found


def _out(problem: Problem, before: Position, size: int) -> Iterator[tuple[Limit, int]]:
    for reason in (*problem.held, *before.held):
        yield reason, size
    if size == 0 or size > before.liquid:
        yield Limit(Name.LIQUIDITY, before.id, before.liquid), size


def _into(before: Problem, after: Problem, move: Move, size: int, grain: int) -> Iterator[tuple[Limit, int]]:
    each, grown = (at.positions[at.index(move.id)] for at in (before, after))
    for reason in (*before.closed, *each.closed):
        yield reason, size
    if size > before.idle - grain:
        yield Limit(Name.IDLE, value=before.idle), size
    if grown.book < before.min_position:
        yield Limit(Name.MIN_POSITION, each.id, before.min_position), grown.book
    exposure = _drifted(before, max(grown.mark, grown.book)) + each.grain
    if exposure > each.ceiling:
        yield Limit(Name.CEILING, each.id, each.ceiling), exposure
    if before.idle_floor and (after.idle - grain) * BPS < after.lo * before.idle_floor:
        yield Limit(Name.IDLE_FLOOR, value=before.idle_floor), after.idle
    yield from _under_caps(after, each, exposure)
    if each.inflow is not None and size > each.inflow:
        yield Limit(Name.INFLOW, each.id, each.inflow), size


def _under_caps(after: Problem, each: Position, exposure: int) -> Iterator[tuple[Limit, int]]:
    if exposure > each.absolute:
        yield Limit(Name.ABSOLUTE_CAP, each.id, each.absolute), exposure
    if exposure * BPS > after.lo * each.relative:
        yield Limit(Name.RELATIVE_CAP, each.id, each.relative), exposure
    for group in after.groups:
        if not group.has(each.id):
            continue
        others = (other for other in after.positions if other.id != each.id and group.has(other.id))
        whole = exposure + sum(_drifted(after, other.book) for other in others)
        if whole > group.absolute:
            yield Limit(Name.GROUP_CAP, group.id, group.absolute), whole
        if whole * BPS > after.lo * group.relative:
            yield Limit(Name.GROUP_SHARE, group.id, group.relative), whole


def _drifted(problem: Problem, amount: int) -> int:
    return -(-amount * (BPS + problem.drift) // BPS)


def _budgets(problem: Problem, allocated: int, lost: int) -> Iterator[tuple[Limit, int]]:
    if allocated > problem.flow:
        yield Limit(Name.FLOW, value=problem.flow), allocated
    if lost > problem.max_loss:
        yield Limit(Name.MAX_LOSS, value=problem.max_loss), lost
    if lost > problem.loss:
        yield Limit(Name.LOSS, value=problem.loss), lost
