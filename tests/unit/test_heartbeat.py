"""Signs of life: an agent that was silent for too long only reduces, until it is revived."""

from __future__ import annotations

import pytest

from tests.treasury import AGENT, DAY, GOVERNOR, GUARDIAN, HOUR, STRANGER
from tests.unit.agents import KEY, employ
from tests.unit.bed import CURATOR, EVERYONE
from tests.unit.desk import Desk, Mandate, draft
from tests.unit.events import event
from tests.unit.journal import Entry, Kind, who
from tests.unit.standing import K

SILENT = "executor: agent silent"


@pytest.fixture
def beating(desk: Desk) -> Desk:
    """As ``desk``; the agent holds 100,000 tokens in strategy 1 and must show itself every hour."""
    desk.intent((1, 100 * K, 0))
    desk.grant(heartbeat=HOUR)
    return desk


def late(desk: Desk, agent: str = AGENT) -> None:
    """Let the next block come a second after the agent's last moment."""
    desk.at(desk.standing(agent).seen + HOUR + 1)


# ------------------------------------------------------------------ silence


def test_heartbeat__last_second__still_allocates_and_begins_anew(beating: Desk) -> None:
    seen = beating.standing().seen
    beating.at(seen + HOUR)
    beating.intent((1, K, 0))
    assert beating.standing().seen == seen + HOUR
    beating.at(seen + 2 * HOUR)
    beating.intent((1, K, 0))


def test_heartbeat__a_second_late__allocates_nothing(beating: Desk) -> None:
    late(beating)
    with beating.refused(SILENT):
        beating.intent((1, K, 0))
    with beating.refused(SILENT):
        beating.intent((1, -K, 0), (2, 1, 0))
    assert beating.standing().silent


def test_heartbeat__granted__is_a_sign_of_life(beating: Desk) -> None:
    granted = beating.now()
    assert (beating.standing().seen, beating.standing().silent) == (granted, False)
    late(beating)
    beating.grant(heartbeat=HOUR)
    beating.intent((1, K, 0))


def test_heartbeat__none_asked__nothing_is_ever_late(desk: Desk) -> None:
    desk.rpc.warp(DAY)
    desk.poke()
    assert not desk.standing().silent
    desk.intent((1, K, 0))


def test_heartbeat__silent_agent_reduces__stays_silent_although_it_is_seen(beating: Desk) -> None:
    late(beating)
    beating.intent((1, -K, 0))
    assert (beating.standing().seen, beating.standing().silent) == (beating.now(), True)
    with beating.refused(SILENT):
        beating.intent((1, K, 0))
    with beating.refused(SILENT):
        beating.command("beat()", sender=AGENT)
    beating.intent((1, -K, 0))
    assert beating.standing().silent


def test_heartbeat__pure_deallocation_in_time__is_a_sign_of_life(beating: Desk) -> None:
    seen = beating.standing().seen
    beating.at(seen + HOUR)
    beating.intent((1, -K, 0))
    assert (beating.standing().seen, beating.standing().silent) == (seen + HOUR, False)
    beating.at(seen + 2 * HOUR)
    beating.intent((1, K, 0))


def test_heartbeat__signed_intent__is_a_sign_of_life_whoever_relays(desk: Desk) -> None:
    employ(desk, KEY.address, heartbeat=HOUR)
    seen = desk.standing(KEY.address).seen
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(desk.digest(intent))
    desk.at(seen + HOUR)
    desk.relay(intent, signed)
    assert desk.standing(KEY.address).seen == seen + HOUR
    later = draft((1, K, 0), agent=KEY.address, nonce=2)
    signed = KEY.sign(desk.digest(later))
    late(desk, KEY.address)
    with desk.refused(SILENT):
        desk.relay(later, signed)


def test_heartbeat__refused_intent__is_none(beating: Desk) -> None:
    seen = beating.standing().seen
    with beating.refused("executor: empty move"):
        beating.intent((1, 0, 0))
    assert beating.standing().seen == seen


def test_heartbeat__other_agents__are_not_concerned(beating: Desk) -> None:
    beating.grant(agent=STRANGER)
    late(beating)
    beating.intent((1, K, 0), agent=STRANGER)
    assert beating.standing().silent
    assert not beating.standing(STRANGER).silent


# ------------------------------------------------------------------ beat


def test_beat__agent__is_seen_and_told_and_not_in_the_journal(beating: Desk) -> None:
    before = beating.head()
    receipt = beating.command("beat()", sender=AGENT)
    # The Sentinel's event of this name has a field of another name and the same topic.
    (told,) = beating.events(receipt)
    assert (told.emitter, told.name) == (beating.executor.lower(), "Beat")
    assert list(told.fields.values()) == [AGENT.lower()]
    assert beating.standing().seen == beating.now()
    assert beating.head() == before


def test_beat__keeps_what_is_spent_to_the_wei(beating: Desk) -> None:
    """Budgets refill while it beats as they would without: the rounding of each beat is the agent's loss."""
    spent, then = beating.flow()[1], beating.now()
    for _ in range(5):
        beating.at(beating.now() + HOUR - 1)
        beating.command("beat()", sender=AGENT)
    refilled = Mandate().flow * (beating.now() - then) // DAY
    assert 0 <= beating.flow()[1] - max(spent - refilled, 0) <= 5


def test_beat__last_second__counts_and_the_next_does_not(beating: Desk) -> None:
    beating.at(beating.standing().seen + HOUR)
    beating.command("beat()", sender=AGENT)
    late(beating)
    with beating.refused(SILENT):
        beating.command("beat()", sender=AGENT)


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"agent"}))
def test_beat__any_other_account__is_refused(beating: Desk, role: str) -> None:
    with beating.refused("executor: no mandate"):
        beating.command("beat()", sender=EVERYONE[role])


def test_beat__revoked__is_refused(beating: Desk) -> None:
    beating.command("revoke(address)", AGENT, sender=GUARDIAN)
    with beating.refused("executor: no mandate"):
        beating.command("beat()", sender=AGENT)


def test_beat__without_a_heartbeat__is_only_seen(desk: Desk) -> None:
    desk.rpc.warp(DAY)
    desk.command("beat()", sender=AGENT)
    assert desk.standing().seen == desk.now()


# ------------------------------------------------------------------ revive


@pytest.mark.parametrize("sender", [GOVERNOR, CURATOR])
@pytest.mark.parametrize("reduced", [False, True])
def test_revive__governor_or_curator__lets_it_allocate_again(
    beating: Desk, sender: str, reduced: bool
) -> None:
    late(beating)
    if reduced:
        beating.intent((1, -K, 0))
    mandate = beating.standing().mandate
    receipt = beating.command("revive(address)", AGENT, sender=sender)
    assert beating.events(receipt) == [
        event(beating.executor, "AgentRevived", agent=AGENT, by=sender),
        beating.entered(Entry(Kind.REVIVAL, AGENT, mandate, who(sender))),
    ]
    assert (beating.standing().mandate, beating.standing().silent) == (mandate, False)
    assert beating.standing().seen == beating.now()
    beating.intent((1, K, 0))


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"governor", "curator"}))
def test_revive__any_other_role__is_refused(beating: Desk, role: str) -> None:
    with beating.refused("executor: not the curator"):
        beating.command("revive(address)", AGENT, sender=EVERYONE[role])


def test_revive__no_mandate__is_refused(beating: Desk) -> None:
    beating.command("revoke(address)", AGENT, sender=GUARDIAN)
    for agent in (AGENT, STRANGER):
        with beating.refused("executor: no mandate"):
            beating.command("revive(address)", agent)


def test_revive__spent_budgets__stay_spent(beating: Desk) -> None:
    spent, then = beating.flow()[1], beating.now()
    late(beating)
    beating.command("revive(address)", AGENT)
    assert beating.flow()[1] == spent - Mandate().flow * (beating.now() - then) // DAY
    assert beating.standing().sequence == 1


def test_revive__not_silent__is_a_sign_of_life(desk: Desk) -> None:
    desk.command("revive(address)", AGENT, sender=CURATOR)
    assert desk.standing().seen == desk.now()


def test_set_mandate__silent_agent__begins_anew(beating: Desk) -> None:
    late(beating)
    beating.intent((1, -K, 0))
    beating.grant(heartbeat=HOUR)
    assert not beating.standing().silent
    beating.intent((1, K, 0))


def test_set_mandate__heartbeat_taken_away__ends_the_silence(beating: Desk) -> None:
    late(beating)
    beating.intent((1, -K, 0))
    beating.grant()
    beating.rpc.warp(DAY)
    beating.poke()
    beating.intent((1, K, 0))
