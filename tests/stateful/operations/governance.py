"""Operations of governor, curator and guardians, through Steward and Executor."""

from __future__ import annotations

from dataclasses import replace

from tests import treasury as chain
from tests.model.exit_queue import NOBODY
from tests.model.fees import Fees
from tests.model.position import Status, Terms
from tests.model.strategy import Limit
from tests.model.vault import Limits
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.driver import Driver, amount
from tests.stateful.operations import agents, leavers
from tests.stateful.operations.leavers import NOTHING_TRIED
from tests.stateful.policy import POLICY
from tests.stateful.reactions import TREASURER
from tests.stateful.view import world_size
from tests.stateful.world import AGENTS, CURATOR, STRANGER, WORLD


def set_limits(driver: Driver, which: int, size: int, variant: int) -> None:
    """Change the limits of the Vault."""
    vault, unit = driver.vault, driver.world.unit
    limits = Limits(
        deposit_cap=amount(size, vault.price().hi * 2) % 2**112 if which % 4 == 3 else 10**7 * unit,
        entry_fee=(0, 7, 50)[variant % 3],
        hold=(0, 3_600, 604_800)[which % 3],
        petty_share=(0, 100, 500, 1_000)[variant % 4],
        petty_fee=(1, 30, 1_000)[which % 3],
        idle_floor=(0, 0, 1_000)[variant // 4 % 3],
    )
    values = [getattr(limits, name) for name in Limits.__dataclass_fields__]
    data = wire.call(f"set_limits({chain.LIMITS})", *values)
    text = "set_limits(" + ", ".join(map(str, values)) + ")"
    driver.step(text, "governor", "steward", data, lambda: setattr(vault, "limits", limits.rounded()))


def pause(driver: Driver, which: int, size: int, variant: int) -> None:
    """A guardian pauses entry; governance resumes it."""
    paused, vault = variant % 4 == 3, driver.vault
    who = "guardian" if paused else "governor"
    data = wire.call("set_entry_paused(bool)", int(paused))
    text = f"set_entry_paused({paused})"
    driver.step(text, who, "steward", data, lambda: setattr(vault, "paused", paused))


def set_fees(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance changes the fees; one time in four there are none any more."""
    vault = driver.vault
    management = (0, 1, 100, 200)[variant % 4]
    performance = (0, 2_000, 1_000, 1)[variant // 4 % 4]
    receiver = TREASURER if management or performance else NOBODY
    fees = Fees(management, performance, receiver)
    data = wire.call("set_fees((uint256,uint256,address))", management, performance, driver.at(receiver))
    driver.step(f"set_fees({fees})", "governor", "steward", data, lambda: vault.set_fees(fees))


def set_ceiling(driver: Driver, which: int, size: int, variant: int) -> None:
    """A guardian lowers a ceiling, or tries to raise it, or governance sets one."""
    number, vault = driver.number(which), driver.vault
    old = vault.positions[number - 1].ceiling
    if variant % 4 == 3:
        ceiling, raises = amount(size, old), amount(size, old) > old
        who = "guardian"
    else:
        ceiling, raises, who = amount(size, 10**7 * driver.world.unit), False, "governor"
    data = wire.call("set_ceiling(uint256,uint256)", number, ceiling)
    reason = "authority: not the governor" if raises else ""
    text = f"set_ceiling({number}, {ceiling})"
    driver.step(text, who, "steward", data, lambda: vault.set_ceiling(number, ceiling, reason))


def set_terms(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance changes the terms of a strategy."""
    number, vault = driver.number(which), driver.vault
    position = vault.positions[number - 1]
    terms = Terms(
        charges_on_exit=position.terms.charges_on_exit ^ (variant % 8 == 7),
        max_rate=(0, 500, 10_000, 65_535)[variant % 4],
        tolerance=(0, 10, 300, 10_000)[size % 4],
        band=(0, 100, 500, 10_000)[size // 4 % 4],
    )
    words = (150_000, 600_000, terms.charges_on_exit, terms.max_rate, terms.tolerance, terms.band)
    data = wire.call(f"set_terms(uint256,{chain.TERMS})", number, *words)
    text = f"set_terms({number}, {terms})"
    driver.step(text, "governor", "steward", data, lambda: vault.set_terms(number, terms))


def list_strategy(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance lists the spare strategy, or tries to list one twice."""
    vault, spare = driver.vault, driver.world.strategies[-1]
    if len(vault.positions) >= world_size(driver.world):
        return
    new = all(position.world is not spare for position in vault.positions)
    dropped = [position.world for position in vault.positions if not position.live]
    strategy = driver.strategy(which)
    if variant % 4:
        # The spare one comes first, so that ids and names agree but for what is listed again.
        strategy = spare if new else next(iter(dropped), strategy)
    if new and strategy in dropped:
        return
    terms = Terms(max_rate=(500, 65_535)[variant % 2])
    ceiling = 10**5 * driver.world.unit
    words = (150_000, 600_000, terms.charges_on_exit, terms.max_rate, terms.tolerance, terms.band)
    signature = f"list_strategy(address,{chain.TERMS},uint256)"
    data = wire.call(signature, driver.at(strategy.name), *words, ceiling)
    text = f"list_strategy({strategy.name}, {terms}, {ceiling})"
    driver.valued(text, "governor", data, lambda: vault.list(strategy, terms, ceiling), "steward")


def retire(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance drops a strategy, mostly one that the agents have just left for good, or lists it again."""
    vault, number = driver.vault, driver.waiting(which)
    empty = [position.id for position in vault.live if position.units == 0]
    if empty and variant % 4 == 3:
        number = empty[which % len(empty)]
    elif variant % 4:
        if variant % 2:
            leavers.exit_now(driver, which, size, NOTHING_TRIED)
            _pay_stayers(driver, number)
        agents.leave(driver, number)
    data = wire.call("retire(uint256)", number)
    driver.step(f"retire({number})", "governor", "steward", data, lambda: vault.retire(number))
    for _ in range(2 * (variant % 8 == 7)):
        list_strategy(driver, which, size, 1)


def _pay_stayers(driver: Driver, number: int) -> None:
    """A strategy can pay just what the stayers have in it, so that leavers wait when they are gone."""
    position = driver.vault.find(number)
    if position is not None:
        liquid = position.world.to_assets(position.units) + 1
        dial = (position.world, Group.LIQUIDITY, Mode.LIMITED, liquid)
        driver.dial(*dial, limit=Limit.LIMITED, liquid=liquid)


def set_cap(driver: Driver, which: int, size: int, variant: int) -> None:
    """A guardian cuts an operating cap; curator and governance set one; a stranger tries."""
    number, executor = driver.number(which), driver.world.executor
    cap = executor.caps.find(number)
    relative = (10_000, 2_500, 5_000, cap.relative)[variant // 4 % 4]
    absolute = min(amount(size, cap.absolute or driver.world.unit * 10**5), 2**112 - 1)
    arguments = f"({number}, {absolute}, {relative})"
    if variant % 4 == 3:
        who = CURATOR if variant == 43 else "guardian"
        data = wire.call("cut(uint256,uint256,uint256)", number, absolute, relative)
        action = lambda: executor.caps.cut(who, number, absolute, relative)  # noqa: E731
        driver.step("cut" + arguments, who, "executor", data, action)
        return
    who = STRANGER if variant == 42 else ("governor", CURATOR)[variant % 2]
    data = wire.call("set_cap(uint256,uint256,uint256)", number, absolute, relative)
    action = lambda: executor.caps.set(who, number, absolute, relative)  # noqa: E731
    driver.step("set_cap" + arguments, who, "executor", data, action)


def mandate(driver: Driver, which: int, size: int, variant: int) -> None:
    """A guardian revokes a mandate; governance grants or changes one."""
    executor, agent = driver.world.executor, AGENTS[which % len(AGENTS)]
    if variant % 8 == 7:
        data = wire.call("revoke(address)", driver.at(agent))
        action = lambda: executor.mandates.revoke("guardian", agent)  # noqa: E731
        driver.step(f"revoke({agent})", "guardian", "executor", data, action)
        return
    listed = range(1, len(driver.world.strategies) + 1)
    new = replace(
        executor.mandates.find(agent).mandate,
        may_allocate=variant % 8 != 5,
        may_deallocate=variant % 16 != 6,
        strategies=frozenset(listed if variant % 4 else [driver.number(which)]),
        # More digits than are kept.
        flow=amount(size, driver.world.unit * 1_000_000) + 1_234_567_890_123 * (variant % 4),
        window=(86_400, 3_600, 31_536_000)[variant % 3],
        heartbeat=(0, 86_400, 3_600, 31_536_000)[variant // 4 % 4],
        policy=POLICY if variant % 16 == 9 else NOBODY,
    )
    driver.grant(agent, new)


def write_down(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance writes a quarantined strategy down."""
    vault = driver.vault
    dark = [position.id for position in vault.live if position.status is Status.QUARANTINED]
    number = dark[which % len(dark)] if dark and which != 7 else driver.number(which)
    data = wire.call("write_down(uint256)", number)
    driver.step(f"write_down({number})", "governor", "steward", data, lambda: vault.write_down(number))


def recover(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance takes what was donated, or tries to take more."""
    vault, strategy = driver.vault, driver.strategy(which)
    world = strategy if variant % 2 else None
    excess = vault.excess(world)
    tokens, token = amount(size, excess), "asset" if world is None else strategy.name
    data = wire.call("recover(address,address,uint256)", driver.at(token), driver.at(WORLD), tokens)
    text = f"recover({token}, {WORLD}, {tokens})"
    driver.step(text, "governor", "steward", data, lambda: vault.recover(world, WORLD, tokens))
