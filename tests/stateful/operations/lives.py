"""Operations on agents' signs of life, and what anybody asks about agents and has noted."""

from __future__ import annotations

from functools import partial

from tests.model.intents import Move
from tests.model.mandates import kept
from tests.stateful.driver import Driver, amount
from tests.stateful.executor_view import GROUPS
from tests.stateful.operations.agents import FOREVER
from tests.stateful.world import AGENTS, CURATOR, STRANGER

EXECUTOR = "executor"


def beat(driver: Driver, which: int, size: int, variant: int) -> None:
    """An agent shows that it is alive."""
    who = AGENTS[which % len(AGENTS)] if variant != 63 else STRANGER
    driver.tell(who, EXECUTOR, "beat()", by=partial(driver.world.executor.mandates.beat, who))


def revive(driver: Driver, which: int, size: int, variant: int) -> None:
    """Curator or governance let an agent allocate again; at times a stranger tries."""
    agent = AGENTS[which % len(AGENTS)]
    who = STRANGER if variant % 16 == 15 else (CURATOR, "governor")[variant % 2]
    action = partial(driver.world.executor.mandates.revive, who, agent)
    driver.tell(who, EXECUTOR, "revive(address)", agent, by=action)


def lapse(driver: Driver, which: int, size: int, variant: int) -> None:
    """An agent is silent to the last second of its heartbeat, or one longer, and then acts."""
    mandates = driver.world.executor.mandates
    lively = driver.world.lively
    name = lively[which % len(lively)] if lively else AGENTS[0]
    agent = mandates.find(name)
    second = (1, 1, 0, 2)[size % 4]
    driver.warp(max(0, agent.seen + agent.mandate.heartbeat + second - driver.vault.now))
    for place in range(1 + variant // 4 % 3):
        _act(driver, name, which, size, variant + place)
    if variant % 8 == 7:
        revive(driver, AGENTS.index(name), size, variant)
        _act(driver, name, which, size, 1)


def _act(driver: Driver, name: str, which: int, size: int, variant: int) -> None:
    """An agent reduces, allocates, or does nothing but show that it is alive."""
    if variant % 4 == 0:
        driver.tell(name, EXECUTOR, "beat()", by=partial(driver.world.executor.mandates.beat, name))
        return
    number = driver.filled(which)
    assets = amount(size, driver.vault.idle // 64) or 1
    if variant % 4 == 2:
        assets = -(amount(size, driver.worth(number) // 64) or 1)
    driver.intent(name, [Move(number, assets, 0)], driver.world.unit, FOREVER)


def note(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody has the Vault's changes entered in the journal."""
    action = partial(driver.world.executor.journal.note, STRANGER)
    driver.tell(STRANGER, EXECUTOR, "note()", by=action)


def ask(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody asks what an agent may do and has used, where a strategy belongs, or what a group holds."""
    executor = driver.world.executor
    agent = AGENTS[which % len(AGENTS)]
    if variant % 4 == 3:
        word = (0, 0, 1, 2**248 - 1)[size % 4]
        used = executor.mandates.nonces[agent, word]
        driver.tell(STRANGER, EXECUTOR, "nonces(address,uint256)", agent, word, by=lambda: used)
    elif variant % 4 == 0:
        driver.tell(STRANGER, EXECUTOR, "mandate(address)", agent, by=partial(_mandate, driver, agent))
    elif variant % 4 == 1:
        ask_groups(driver, driver.any_number(which))
    else:
        number = GROUPS[which % len(GROUPS)]
        action = partial(executor.groups.exposure, number)
        driver.tell(STRANGER, EXECUTOR, "group_exposure(uint256)", number, by=action)


def ask_groups(driver: Driver, number: int) -> None:
    """Somebody asks which groups a strategy is in."""
    bitmap = sum(1 << group for group, _ in driver.world.executor.groups.around(number))
    driver.tell(STRANGER, EXECUTOR, "groups_of(uint256)", number, by=lambda: bitmap)


def _mandate(driver: Driver, name: str) -> tuple[int, ...]:
    """What the Executor keeps of a mandate; one that is revoked permits nothing."""
    agent = driver.world.executor.mandates.find(name)
    mandate = agent.mandate
    amounts = map(kept, (mandate.flow, mandate.loss, mandate.max_loss))
    times = (mandate.window, mandate.expiry, mandate.heartbeat)
    policy, document = int(driver.at(mandate.policy), 16), int.from_bytes(mandate.document, "big")
    return (mandate.permissions * agent.in_force, mandate.bitmap, *amounts, *times, policy, document)
