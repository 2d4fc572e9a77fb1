"""What happens beside the keys: time, prices, strategies' habits, holders, and governance."""

from __future__ import annotations

from collections.abc import Sequence

from hostile import wire
from hostile.steps import COUNT, GREEDY, LIQUID, MARKET, SIZES, STEPS, Digits, Plan, dial, price, taken
from hostile.world import (
    ACCOMPLICE,
    CURATOR,
    FLOW,
    HONEST,
    LOSS,
    STAKE,
    TOLERANCES,
    WINDOW,
    mandate,
)
from tests import treasury as t
from tests.modes import Group, Mode

# -- time, market and strategies -----------------------------------------------------


def wait(plan: Plan, digits: Digits) -> None:
    """Time passes, and mostly somebody pokes."""
    plan.now += digits.of(STEPS)
    if digits.below(4):
        poke(plan, digits)


def poke(plan: Plan, _: Digits) -> None:
    """Somebody pokes."""
    plan.add("poke", t.STRANGER, plan.world.treasury.vault, wire.call("poke()"))


def rise(plan: Plan, digits: Digits) -> None:
    """A strategy's true price rises."""
    number = 1 + digits.below(COUNT)
    gain = plan.world.start.places[number - 1].held * digits.of(MARKET) // 10_000
    strategy, asset = plan.strategy(number), plan.world.treasury.asset
    calls = [(asset, wire.call("mint(address,uint256)", strategy, gain))]
    calls.append((strategy, wire.call("gain(uint256)", gain)))
    plan.add("market", t.STRANGER, plan.world.market, wire.multi(calls))


def fall(plan: Plan, digits: Digits) -> None:
    """A strategy's true price falls."""
    number = 1 + digits.below(COUNT)
    loss = plan.world.start.places[number - 1].held * digits.of(MARKET) // 10_000
    plan.add("market", t.STRANGER, plan.strategy(number), wire.call("lose(uint256)", loss))


def liquidity(plan: Plan, digits: Digits) -> None:
    """A strategy can pay only so much, or everything again."""
    number, mode = 1 + digits.below(COUNT), digits.below(3)
    modes = (Mode.HONEST, Mode.LIMITED, Mode.PARTIAL)
    data = dial(Group.LIQUIDITY, modes[mode], digits.of(LIQUID) if mode else 0)
    plan.add("liquidity", t.STRANGER, plan.strategy(number), data)


def charge(plan: Plan, digits: Digits) -> None:
    """A strategy takes a part of what comes, of what goes, or a fee, from now on."""
    number, what, part = 1 + digits.below(COUNT), digits.below(3), digits.of((0, 0, GREEDY, 10, 60))
    if what == 2:
        bps = TOLERANCES[number - 1] - 1 if part == GREEDY else part
        data = dial(Group.FEE, Mode.EXIT_FEE if bps else Mode.HONEST, bps)
    else:
        data = taken(Group.DEPOSIT if what else Group.REDEEM, part, number)
    plan.add("charge", t.STRANGER, plan.strategy(number), data)


def lie(plan: Plan, digits: Digits) -> None:
    """A strategy tells another price from now on, or its own again."""
    number, told = 1 + digits.below(COUNT), digits.of((10_000, 10_000, 9_950, 10_050, 9_701, 10_299))
    plan.told[number] = told
    plan.add("lie", t.STRANGER, plan.strategy(number), price(told), lied=True)


def donate(plan: Plan, digits: Digits) -> None:
    """Assets for the Vault, or for a strategy, that nobody asked for."""
    number, size = digits.below(COUNT + 1), digits.of(SIZES)
    target = plan.strategy(number) if number else plan.world.treasury.vault
    plan.add(
        "donate", t.STRANGER, plan.world.treasury.asset, wire.call("mint(address,uint256)", target, size)
    )


# -- holders -------------------------------------------------------------------------


def deposit(plan: Plan, digits: Digits) -> None:
    """The party, or an honest holder, pays in."""
    who, size = digits.of((0, 0, 1)), digits.of(SIZES[2:8])
    account = (ACCOMPLICE, HONEST)[who]
    data = wire.call("deposit(uint256,address)", size, account)
    plan.add("holder", account, plan.world.treasury.vault, data, traded=True)


def leave(plan: Plan, digits: Digits) -> None:
    """The party, or an honest holder, leaves with a part by one of the four doors."""
    who, shares, door = digits.of((0, 0, 1)), digits.of(SIZES[2:8]) * 10**12, digits.below(4)
    account, treasury = (ACCOMPLICE, HONEST)[who], plan.world.treasury
    if door == 2 and who == 0:
        data = wire.call("requestRedeem(uint256,address,address)", shares, account, account)
        plan.add("holder", account, treasury.queue, data, traded=True)
        return
    data, target = {
        0: (
            wire.call("redeem_slice(uint256,address,address,uint256)", shares, account, account, 0),
            treasury.vault,
        ),
        1: (wire.call("redeem(uint256,address,address)", shares, account, account), treasury.vault),
    }.get(
        door,
        (
            wire.call(
                "exit_now(uint256,address,address,uint256,uint256)",
                *(shares, account, account, 0, digits.of((0, t.MAX_UINT))),
            ),
            treasury.queue,
        ),
    )
    plan.add("holder", account, target, data, traded=True)


def settle(plan: Plan, digits: Digits) -> None:
    """Somebody settles what is due, or unwinds what waits."""
    number = digits.below(COUNT + 1)
    data = wire.call("unwind(uint256,uint256)", number, 2**112 - 1) if number else wire.call("settle()")
    plan.add("holder", t.STRANGER, plan.world.treasury.queue, data, traded=True)


# -- governance ----------------------------------------------------------------------


def grant(plan: Plan, digits: Digits) -> None:
    """The governor replaces a mandate."""
    place = digits.below(3)
    flow, loss = FLOW * digits.of((1, 2, 4)) // 2, LOSS * digits.of((1, 2, 3)) // 2
    window, heartbeat = digits.of((WINDOW, WINDOW // 2, 3 * WINDOW)), digits.of((0, 0, t.HOUR))
    terms = mandate(flow, loss, window, heartbeat)
    words = (*terms[:8], terms[8], int.from_bytes(terms[9], "big"))
    data = wire.call(f"set_mandate(address,{t.MANDATE})", plan.world.agents[place], *words)
    plan.add("grant", t.GOVERNOR, plan.world.treasury.executor, data)
    plan.grants.append((len(plan.steps) - 1, place, (window, heartbeat)))


def revoke(plan: Plan, digits: Digits) -> None:
    """A guardian ends a mandate, or the curator revives an agent."""
    place, revive = digits.below(3), digits.below(3)
    sender, signature = (CURATOR, "revive(address)") if revive else (t.GUARDIAN, "revoke(address)")
    data = wire.call(signature, plan.world.agents[place])
    plan.add("revive" if revive else "revoke", sender, plan.world.treasury.executor, data)


def limit(plan: Plan, digits: Digits) -> None:
    """Caps, groups and inflow limits change, and a guardian cuts."""
    what, number, part = digits.below(5), 1 + digits.below(COUNT), 50 * digits.below(101)
    group, executor = 1 + digits.below(2), plan.world.treasury.executor
    amount = STAKE * digits.of((0, 1, 2, 4))
    calls: Sequence[tuple[str, str]] = (
        (CURATOR, wire.call("set_cap(uint256,uint256,uint256)", number, amount, part)),
        (t.GUARDIAN, wire.call("cut(uint256,uint256,uint256)", number, amount, part)),
        (CURATOR, wire.call("set_group_cap(uint256,uint256,uint256)", group, amount, part)),
        (
            t.GOVERNOR,
            wire.call(
                "set_group(uint256,uint256,uint256,uint256)",
                *(group, 2 * (1 + digits.below(15)), 5 * STAKE, 5_000 + part),
            ),
        ),
        (
            CURATOR,
            wire.call(
                "set_inflow(uint256,uint256,uint256)",
                number,
                amount,
                digits.of((0, t.HOUR, t.DAY, 2 * t.DAY)),
            ),
        ),
    )
    sender, data = calls[what]
    plan.add("inflow" if what == 4 else "limit", sender, executor, data)


def trim(plan: Plan, digits: Digits) -> None:
    """Anyone brings back what stands over its caps."""
    data = wire.call("trim(uint256)", 1 + digits.below(COUNT))
    plan.add("trim", t.STRANGER, plan.world.treasury.executor, data)
