"""Stolen keys against what mandates remember: budgets, debts, silence, nonces, sequences, the journal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostile.logs import INTENT, entries
from tests import treasury as t
from tests.attacks.stage import EVERYTHING, EXECUTE, HEALTHY, HOSTILE, SOLMATE, STAKE, UNIT, Stage, intent
from tests.attacks.thieves import (
    CURATOR,
    FLOW,
    LOSS,
    MOVE,
    SET_CAP,
    TOLERANCE,
    WINDOW,
    Theft,
    drained,
    inside,
    robbed,
    used_slot,
)

DAYS = 6
M100, COUNTED = 2**100 - 1, 2**24
STANDING = ("bytes32", "uint256", "uint256", "bool")
BACK = ((HOSTILE, 150_000 * UNIT), (HEALTHY, 150_000 * UNIT))


@pytest.fixture(scope="module")
def vault(attacked_node, shared_stage) -> Iterator[Stage]:
    with robbed(attacked_node) as stage:
        yield stage


def _turns(theft: Theft, reopened: bool) -> list[int]:
    """A thief drains what the other agent puts back, every day; the places of the other's intents."""
    restored = []
    for _ in range(DAYS):
        theft.steal(*drained())
        if reopened:
            for identifier in (HOSTILE, HEALTHY):
                theft.play.call(CURATOR, theft.stage.executor, SET_CAP, identifier, 10**33, 10_000)
        restored.append(theft.play.execute(*BACK))
        theft.wait(t.DAY)
    return restored


def test_two_agents__one_drains_what_the_other_allocates__debt_closes_what_was_drained(vault):
    """Else each unit that anybody allocates could be skimmed once, for ever."""
    theft = Theft(vault)
    before, restored, after = theft.stolen(), _turns(theft, reopened=False), theft.stolen()
    outcomes = theft.run()
    bound = 2 * LOSS * (1 + DAYS) + 2 * STAKE * TOLERANCE // 10_000 + MOVE * 4 * DAYS
    assert 0 < outcomes[after].word - outcomes[before].word <= bound
    assert {outcomes[place].reason for place in restored} == {"executor: strategy closed"}


def test_two_agents__curator_reopens_every_day__tolerance_is_taken_on_all_that_flows(vault):
    """The exact truth: who lifts a closure while the thief has its mandate lets it take σ of the flow."""
    theft = Theft(vault)
    before, restored, after = theft.stolen(), _turns(theft, reopened=True), theft.stolen()
    outcomes = theft.run()
    stolen = outcomes[after].word - outcomes[before].word
    assert all(outcomes[place].ok for place in restored)
    flowed = 2 * STAKE + (DAYS - 1) * FLOW
    assert stolen > 2 * LOSS * (1 + DAYS) + 2 * STAKE * TOLERANCE // 10_000
    assert stolen <= LOSS * (1 + DAYS) + flowed * TOLERANCE // 10_000 + MOVE * 4 * DAYS


def test_two_agents__other_fills_open_strategies__each_is_drained_once(vault):
    """The bound counts each strategy at its highest, not what stands in all of them at one moment."""
    theft = Theft(vault)
    before = theft.stolen()
    theft.steal((HOSTILE, -(2**255)))
    moved = theft.play.execute((HEALTHY, STAKE))
    theft.steal((HEALTHY, -(2**255)))
    closed = [theft.play.execute((each, STAKE)) for each in (HOSTILE, HEALTHY)]
    after = theft.stolen()
    outcomes = theft.run()
    assert outcomes[moved].ok, outcomes[moved].reason
    assert {outcomes[place].reason for place in closed} == {"executor: strategy closed"}
    stolen = outcomes[after].word - outcomes[before].word
    assert stolen > LOSS + 2 * STAKE * TOLERANCE // 10_000  # more than on what stood in both at any moment
    assert stolen <= LOSS + 3 * STAKE * TOLERANCE // 10_000 + 4 * MOVE


def test_overdraft__thief_allocates_first__tolerance_counts_on_what_stands_there_then(vault):
    """The exposure of the bound is that of the moment, not that of the beginning."""
    theft = Theft(vault)
    before = theft.stolen()
    filled = theft.play.execute(*BACK, agent=vault.caller)
    theft.steal(*drained())
    after = theft.stolen()
    outcomes = theft.run()
    assert outcomes[filled].ok
    stolen = outcomes[after].word - outcomes[before].word
    assert stolen > LOSS + 2 * STAKE * TOLERANCE // 10_000
    assert stolen <= LOSS + (2 * STAKE + FLOW) * TOLERANCE // 10_000 + 4 * MOVE


@pytest.mark.parametrize("way", ["replaced", "revoked and granted", "revoked, beaten and granted"])
def test_mandate__replaced__what_is_spent_stays_spent(vault, way):
    theft = Theft(vault)
    spent = theft.play.execute((SOLMATE, FLOW))
    if way != "replaced":
        theft.play.call(t.GUARDIAN, vault.executor, "revoke(address)", t.AGENT)
    beaten = theft.play.call(t.AGENT, vault.executor, "beat()") if "beaten" in way else None
    theft.mandate(t.AGENT)
    refused = theft.play.execute((HEALTHY, 10 * UNIT))
    outcomes = theft.run()
    assert outcomes[spent].ok, outcomes[spent].reason
    assert outcomes[refused].reason == "executor: over flow budget"
    if beaten is not None:
        assert outcomes[beaten].reason == "executor: no mandate"


@pytest.mark.parametrize("parts", [1, 7, 60])
def test_mandate__replaced_again_and_again__refills_no_faster(vault, parts):
    """Neither replacing nor beating rounds a bucket down."""
    theft = Theft(vault)
    theft.play.execute((SOLMATE, FLOW))
    for _ in range(parts):
        theft.play.wait(WINDOW // 2 // parts)
        theft.mandate(t.AGENT)
        theft.play.call(t.AGENT, vault.executor, "beat()")
    budget = theft.budget("flow", t.AGENT)
    outcomes = theft.run()
    left = FLOW - FLOW * (WINDOW // 2 // parts * parts) // WINDOW
    assert left <= outcomes[budget].decoded("uint256", "uint256")[1] <= left + 2 * parts


@pytest.mark.parametrize("sign", ["beat", "deallocate", "wait"])
def test_silent_agent__any_sign_of_life__allocates_nothing_until_revived(vault, sign):
    theft = Theft(vault)
    theft.mandate(t.AGENT, heartbeat=t.HOUR)
    theft.wait(t.HOUR + 1)
    if sign == "beat":
        told = theft.play.call(t.AGENT, vault.executor, "beat()")
    elif sign == "deallocate":
        told = theft.play.execute((HOSTILE, -UNIT))
    else:
        told = theft.play.poke()
    refused = [theft.play.execute((HEALTHY, UNIT)), theft.play.execute((HOSTILE, -UNIT), (HEALTHY, UNIT))]
    again = theft.play.call(t.AGENT, vault.executor, "beat()")
    stranger = theft.play.call(t.AGENT, vault.executor, "revive(address)", t.AGENT)
    revived = theft.play.call(CURATOR, vault.executor, "revive(address)", t.AGENT)
    passes = theft.play.execute((HEALTHY, UNIT))
    outcomes = theft.run()
    assert outcomes[told].ok == (sign != "beat")
    assert [outcomes[place].reason for place in refused] == ["executor: agent silent"] * 2
    assert outcomes[again].reason == "executor: agent silent"
    assert outcomes[stranger].reason == "executor: not the curator"
    assert outcomes[revived].ok
    assert outcomes[passes].ok, outcomes[passes].reason


def test_sequence__wraps_at_its_end__opens_no_nonce_and_no_budget(vault):
    """The count of intents ends at 2**24 and begins again; nothing else begins again."""
    rpc, slot = vault.rpc, used_slot(vault, t.AGENT)
    intents = {
        "last": t.intent_of(t.AGENT, [(SOLMATE, FLOW, 0)], nonce=7, sequence=COUNTED),
        "replayed": t.intent_of(t.AGENT, [(SOLMATE, -UNIT, 0)], nonce=7),
        "flows": t.intent_of(t.AGENT, [(HEALTHY, 10 * UNIT, 0)], nonce=8),
        "first": t.intent_of(t.AGENT, [(SOLMATE, -UNIT, 0)], nonce=9, sequence=1),
    }
    with vault.undone():
        word = int(rpc.call("eth_getStorageAt", vault.executor, slot, "latest"), 16)
        full = word & (2**232 - 1) | (COUNTED - 1) << 232
        rpc.call("anvil_setStorageAt", vault.executor, slot, f"0x{full:064x}")
        theft = Theft(vault)
        places = {
            name: theft.play.call(t.AGENT, vault.executor, EXECUTE, each) for name, each in intents.items()
        }
        standing = theft.standing(t.AGENT)
        outcomes = theft.run()
    told = {name: outcomes[place].reason for name, place in places.items() if not outcomes[place].ok}
    assert told == {"replayed": "executor: nonce used", "flows": "executor: over flow budget"}
    assert outcomes[standing].decoded(*STANDING)[1] == 1


def test_loss_budget__overdrawn_beyond_its_bits__saturates_and_spoils_nothing_beside_it(vault):
    """What stands beside the loss in its word: the flow, the last sign of life, and the count."""
    rpc, slot, thief = vault.rpc, used_slot(vault, vault.caller), vault.caller
    with vault.undone():
        word = int(rpc.call("eth_getStorageAt", vault.executor, slot, "latest"), 16)
        flow = 123 * UNIT
        full = (word >> 200 << 200) | (M100 - 1) << 100 | flow
        rpc.call("anvil_setStorageAt", vault.executor, slot, f"0x{full:064x}")
        theft = Theft(vault)
        theft.mandate(thief, window=1, loss=0, max_loss=0, flow=0)
        drain = theft.steal(*drained())
        reads = [theft.budget("flow", thief), theft.budget("loss", thief), theft.standing(thief)]
        outcomes = theft.run()
    flow_now, loss_now = (outcomes[place].decoded("uint256", "uint256")[1] for place in reads[:2])
    assert inside(outcomes[drain]) == ""
    assert flow_now <= flow
    assert loss_now == M100
    assert outcomes[reads[2]].decoded(*STANDING)[1] == (word >> 232) + 1


NONCES = (1, 255, 256, 257, 2**255, 2**256 - 1)


def test_nonces__at_every_edge__are_used_once_and_touch_no_other(vault):
    theft = Theft(vault)
    for nonce in NONCES:
        for _ in range(2):
            call = t.intent_of(t.AGENT, [(HOSTILE, -UNIT, 0)], nonce=nonce)
            theft.play.call(t.AGENT, vault.executor, EXECUTE, call)
    without = [theft.play.execute((HOSTILE, -UNIT)) for _ in range(2)]
    outcomes = theft.run()
    told = [outcomes[place].ok or outcomes[place].reason for place in range(2 * len(NONCES))]
    assert told == [True, "executor: nonce used"] * len(NONCES)
    assert all(outcomes[place].ok for place in without)


def test_nonces__cancelled_by_somebody_else__stay_open(vault):
    theft = Theft(vault)
    for who in (t.STRANGER, vault.caller, t.GUARDIAN):
        theft.play.call(who, vault.executor, "cancel_nonces(uint256,uint256)", 0, t.MAX_UINT)
    call = t.intent_of(t.AGENT, [(HOSTILE, -UNIT, 0)], nonce=5)
    passes = theft.play.call(t.AGENT, vault.executor, EXECUTE, call)
    theft.play.call(t.AGENT, vault.executor, "cancel_nonces(uint256,uint256)", 0, 1 << 6)
    call = t.intent_of(t.AGENT, [(HOSTILE, -UNIT, 0)], nonce=6)
    refused = theft.play.call(t.AGENT, vault.executor, EXECUTE, call)
    outcomes = theft.run()
    assert outcomes[passes].ok, outcomes[passes].reason
    assert outcomes[refused].reason == "executor: nonce used"


def test_journal__reasons_made_to_look_like_entries__make_no_other_head(vault):
    """A reason is one word among words of fixed places: whatever it holds, the replay tells what was done."""
    head, sequence = vault.rpc.read(vault.executor, "journal()", returns=("bytes32", "uint256"))
    reasons = [
        head,
        bytes(32),
        (INTENT).to_bytes(32, "big"),
        b"\xff" * 32,
        (sequence + 1).to_bytes(32, "big"),
    ]
    play = vault.play()
    for reason in reasons:
        call = t.intent_of(t.AGENT, [(HOSTILE, -UNIT, 0)], reason=reason)
        play.call(t.AGENT, vault.executor, EXECUTE, call)
    last, now = play.view("journal()", to=vault.executor), play.timeline.now
    outcomes = play.run()
    replayed = int.from_bytes(head, "big")
    for place, reason in enumerate(reasons):
        (entry,) = entries(outcomes[place].logs, vault.executor)
        replayed = entry.follows(replayed, now)
        assert (entry.reason, entry.head) == (reason.hex(), replayed)
    assert outcomes[last].decoded("bytes32", "uint256") == (
        replayed.to_bytes(32, "big"),
        sequence + len(reasons),
    )


def test_block__many_intents_in_it__share_one_budget(vault):
    """Splitting an intent gives nothing that one intent would not."""
    theft = Theft(vault)
    before = theft.stolen()
    burns = [theft.steal((HOSTILE, 5_000 * UNIT)) for _ in range(12)]
    after = theft.stolen()
    outcomes = theft.run()
    assert outcomes[after].word - outcomes[before].word <= LOSS + 12 * MOVE
    assert [inside(outcomes[place]) for place in burns][-1] == "executor: over loss budget"


def test_relayer__sends_as_the_agent__is_refused(vault):
    """Only the agent itself executes without a signature, whatever the intent says."""
    theft = Theft(vault)
    senders = (t.STRANGER, vault.caller, t.GOVERNOR, t.GUARDIAN, CURATOR)
    places = [
        theft.play.call(who, vault.executor, EXECUTE, intent((HOSTILE, EVERYTHING), agent=t.AGENT))
        for who in senders
    ]
    outcomes = theft.run()
    assert {outcomes[place].reason for place in places} == {"executor: not the agent"}
