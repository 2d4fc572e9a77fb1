"""From a snapshot to a problem: what the Lens tells, as what moves can be refused for.

A strategy may lie about itself. That can make a plan fail or do less, never pass a limit: the chain measures.
"""

from __future__ import annotations

from collections.abc import Iterator

from ganglion.agent.snapshot import PROBE, Permission, Snapshot, State, Status, Strategy
from ganglion.agent.structs import BPS

from .limits import Limit, Name
from .problem import Position, Problem, RiskGroup

LEAST_LIQUID = 800  # bps of a position that its strategy must be able to redeem for more to enter
LARGE = 100  # one part of so many that waits is too much to enter beside


def read(snapshot: Snapshot, *, slippage: int | None = None, drift: int = 0) -> Problem:
    """Return the problem of a snapshot for the agent that it was taken for.

    Args:
        snapshot: what ``Lens.observe`` answered.
        slippage: assumed loss of every move, bps; None for the tolerance of its strategy.
        drift: bps by which what stands in a cap is taken higher, for what prices do until the moves are made.
    """
    agent = snapshot.agent
    return Problem(
        positions=tuple(
            sorted((_position(snapshot, each) for each in snapshot.strategies), key=lambda each: each.id)
        ),
        idle=snapshot.totals.idle,
        lo=snapshot.totals.lo,
        groups=tuple(
            RiskGroup(risk.id, risk.group.members, risk.group.absolute, risk.group.relative)
            for risk in snapshot.groups
        ),
        flow=agent.flow.left,
        loss=agent.loss.limit - agent.loss.spent,
        max_loss=agent.mandate.max_loss,
        idle_floor=snapshot.idle_floor,
        slippage=slippage,
        drift=drift,
        closed=(*_barred(snapshot), *_closed(snapshot)),
        held=(*_barred(snapshot), *_held(snapshot)),
    )


def _barred(snapshot: Snapshot) -> Iterator[Limit]:
    """Why the agent may do nothing."""
    mandate = snapshot.agent.mandate
    if not mandate.permissions:
        yield Limit(Name.NO_MANDATE)
    elif snapshot.time > mandate.expiry:
        yield Limit(Name.EXPIRED, value=mandate.expiry)


def _held(snapshot: Snapshot) -> Iterator[Limit]:
    """Why the agent may deallocate nothing."""
    if Permission.DEALLOCATE not in snapshot.agent.mandate.permissions:
        yield Limit(Name.MAY_NOT_DEALLOCATE)


def _closed(snapshot: Snapshot) -> Iterator[Limit]:
    """Why nothing may be allocated by the agent, or by anyone."""
    mandate, standing, totals = snapshot.agent.mandate, snapshot.agent.standing, snapshot.totals
    if Permission.ALLOCATE not in mandate.permissions:
        yield Limit(Name.MAY_NOT_ALLOCATE)
    late = mandate.heartbeat != 0 and snapshot.time - standing.seen > mandate.heartbeat
    if standing.silent or late:
        yield Limit(Name.AGENT_SILENT, value=mandate.heartbeat)
    if snapshot.stress.state != State.CALM:
        yield Limit(Name.NOT_CALM, value=snapshot.stress.state)
    if totals.veto:
        yield Limit(Name.VETO)
    if totals.stale:
        yield Limit(Name.STALE, value=totals.poked_at)


def _position(snapshot: Snapshot, each: Strategy) -> Position:
    touched = snapshot.agent.mandate.allows(each.id)
    not_allowed = () if touched else (Limit(Name.NOT_ALLOWED, each.id),)
    units, price = (each.units, each.mark) if each.units else (PROBE, each.price)
    return Position(
        each.id,
        mark=each.mark,
        book=each.book,
        liquid=max(0, each.liquid - _waiting(each)),
        ceiling=each.ceiling,
        absolute=each.cap.absolute,
        relative=each.cap.relative,
        inflow=each.inflow.left,
        tolerance=each.terms.tolerance,
        units=units,
        price=price,
        reference=each.reference,
        grain=2 + each.price // PROBE,
        dark=each.status == Status.QUARANTINED,
        closed=(*not_allowed, *_unfit(snapshot, each, price)),
        held=not_allowed,
    )


def _waiting(each: Strategy) -> int:
    """What those who have left are paid before anything is deallocated, asset wei; rounded up."""
    return -(-each.mark * each.waiting // each.units) if each.units else 0


def _unfit(snapshot: Snapshot, each: Strategy, price: int) -> Iterator[Limit]:
    """Why a strategy may get nothing."""
    if each.status != Status.OK:
        yield Limit(Name.NOT_OK, each.id, each.status)
    if snapshot.time < each.opens_at:
        yield Limit(Name.NOT_OPEN, each.id, each.opens_at)
    if snapshot.time < each.closed_until:
        yield Limit(Name.CLOSED, each.id, each.closed_until)
    if not each.answers:
        yield Limit(Name.SILENT, each.id)
    if each.units and each.liquid * BPS < each.mark * LEAST_LIQUID:
        yield Limit(Name.ILLIQUID, each.id, LEAST_LIQUID)
    if each.units and each.owes_unwinds:
        yield Limit(Name.SHORT, each.id, each.owes_unwinds)
    if each.waiting * LARGE > each.units + each.waiting and each.liquid < _waiting(each):
        yield Limit(Name.LEAVERS_WAIT, each.id, each.waiting)
    yield from _dear(each, price)


def _dear(each: Strategy, price: int) -> Iterator[Limit]:
    """Why its price keeps capital out: off the reference, or too far above what a purchase counts at."""
    band, tolerance = each.terms.band, each.terms.tolerance
    low, high = each.reference * (BPS - band) // BPS, each.reference * (BPS + band) // BPS + 1
    if price == 0 or not low <= price <= high:
        yield Limit(Name.PRICE_BAND, each.id, band)
    counted = min(price, each.reference, each.book if each.units else price)
    if counted * BPS < price * (BPS - tolerance):
        yield Limit(Name.TOLERANCE, each.id, tolerance)
