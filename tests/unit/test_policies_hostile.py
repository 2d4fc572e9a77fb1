"""Policies that break their word: they can refuse an allocation and nothing else."""

from __future__ import annotations

import pytest

from ganglion.devnet.abi import call_data
from ganglion.devnet.errors import Reverted
from tests.modes import Mode
from tests.treasury import AGENT, DEPOSITOR, STRANGER
from tests.unit.agents import AFTER, BEFORE, NO_SELECTOR, REFUSED, deploy_policy, policed, turn
from tests.unit.bed import DEAD, Refusal, payload
from tests.unit.desk import ALL, EXECUTE, Desk, draft
from tests.unit.events import event
from tests.unit.standing import K

BROKEN = [*NO_SELECTOR, (Mode.BURN_SOME, 310_000)]
SHORT_OF_GAS = f"vault: {Refusal.GAS_SHORT.value}"
BURNT = 200_000  # of 300,000; the mock needs some for its answer
# What a re-entering policy tries: its own powers over the Executor would be those of anybody.
ATTEMPTS = {
    "execute": lambda desk: (desk.executor, payload(EXECUTE, draft((1, K, 0)))),
    "trim": lambda desk: (desk.executor, payload("trim(uint256)", 1)),
    "beat": lambda desk: (desk.executor, payload("beat()")),
    "note": lambda desk: (desk.executor, payload("note()")),
    "cancel_nonces": lambda desk: (desk.executor, payload("cancel_nonces(uint256,uint256)", 0, 2**256 - 1)),
    "set_cap": lambda desk: (desk.executor, payload("set_cap(uint256,uint256,uint256)", 1, 0, 0)),
    "a view": lambda desk: (desk.executor, payload("journal()")),
    "allocate": lambda desk: (desk.vault, payload("allocate(uint256,uint256,uint256)", 1, K, 0)),
    "deallocate": lambda desk: (desk.vault, payload("deallocate(uint256,uint256,uint256)", 1, K, 0)),
    "latch": lambda desk: (desk.vault, payload("latch(uint256)", 2)),
}


@pytest.fixture
def held(desk: Desk) -> Desk:
    """As ``desk``, with 100,000 tokens in strategy 1."""
    desk.intent((1, 100 * K, 0))
    return desk


# ------------------------------------------------------------------ broken answers


@pytest.mark.parametrize("dial", [BEFORE, AFTER], ids=["before", "after"])
@pytest.mark.parametrize(("mode", "param"), BROKEN, ids=str)
def test_policy__broken__refuses_allocations_and_nothing_else(
    held: Desk, dial: int, mode: Mode, param: int
) -> None:
    policy = policed(held)
    turn(held, policy, dial, mode, param)
    with held.refused(REFUSED):
        held.intent((1, -K, 0), (2, K, 0))
    held.intent((1, -K, 0))
    held.intent((1, ALL, 0))
    assert held.position(1)[0] == 0


@pytest.mark.parametrize("dial", [BEFORE, AFTER], ids=["before", "after"])
def test_policy__uses_much_of_its_gas__still_agrees(held: Desk, dial: int) -> None:
    policy = policed(held)
    turn(held, policy, dial, Mode.BURN_SOME, BURNT)
    held.intent((2, K, 0))


def test_policy__burns_gas_twice__costs_its_cap_twice_at_most(held: Desk) -> None:
    """However a policy burns, an intent costs at most about 600,000 more."""
    honest = int(held.intent((2, K, 0))["gasUsed"], 16)
    policy = policed(held)
    for dial in (BEFORE, AFTER):
        turn(held, policy, dial, Mode.BURN_SOME, BURNT)
    burnt = int(held.intent((2, K, 0))["gasUsed"], 16)
    assert 2 * BURNT < burnt - honest < 610_000


@pytest.mark.parametrize("policy", [DEAD, DEPOSITOR], ids=["nobody", "an account"])
def test_policy__without_code__refuses_allocations_and_nothing_else(held: Desk, policy: str) -> None:
    held.grant(policy=policy)
    with held.refused(REFUSED):
        held.intent((2, K, 0))
    held.intent((1, -K, 0))


@pytest.mark.parametrize("name", ["vault", "executor", "asset", "queue"])
def test_policy__contract_that_is_none__refuses(held: Desk, name: str) -> None:
    held.grant(policy=getattr(held, name))
    with held.refused(REFUSED):
        held.intent((2, K, 0))
    held.intent((1, -K, 0))


def test_policy__precompile__refuses(held: Desk) -> None:
    """The identity contract answers what it is asked, which begins with the selector, but not in 32 bytes."""
    held.grant(policy="0x" + f"{4:040x}")
    with held.refused(REFUSED):
        held.intent((2, K, 0))


def test_policy__destroyed_after_the_grant__refuses(held: Desk) -> None:
    policy = policed(held)
    held.rpc.call("anvil_setCode", policy, "0x")
    with held.refused(REFUSED):
        held.intent((2, K, 0))
    held.intent((1, -K, 0))


@pytest.mark.parametrize("dial", [BEFORE, AFTER], ids=["before", "after"])
def test_policy__sent_too_little_gas__is_never_asked_with_less(held: Desk, dial: int) -> None:
    """Whoever sends an intent cannot starve a policy that would take its own failure for consent."""
    policy = policed(held)
    turn(held, policy, dial, Mode.BURN_SOME, BURNT)
    data = call_data(EXECUTE, draft((2, K, 0)))
    call = {"from": AGENT, "to": held.executor, "data": data}
    for gas in (150_000, 250_000, 350_000, 400_000):
        before = held.fingerprint()
        with pytest.raises(Reverted) as caught:
            held.rpc.send(call | {"gas": gas})
        assert caught.value.reason in (None, SHORT_OF_GAS)
        assert held.fingerprint() == before
    with held.refused(SHORT_OF_GAS):
        held.rpc.send(call | {"gas": 400_000})
    held.rpc.send(call | {"gas": 1_200_000})
    assert held.position(2)[0] == K


# ------------------------------------------------------------------ re-entry


@pytest.mark.parametrize("dial", [BEFORE, AFTER], ids=["before", "after"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_policy__re_enters__gets_nothing(held: Desk, dial: int, attempt: str) -> None:
    policy = policed(held)
    # The policy is an agent and a curator itself: what stops it is the lock.
    held.grant(agent=policy)
    target, data = ATTEMPTS[attempt](held)
    held.rpc.transact(STRANGER, policy, "set_reentry(address,bytes)", target, data)
    turn(held, policy, dial, Mode.REENTER)
    held.command("set_curator(address)", policy)
    caps = held.rpc.read(held.executor, "cap(uint256)", 1, returns=("uint256",) * 3)
    head = held.head()[1]
    receipt = held.intent((2, K, 0))
    assert held.rpc.read(policy, "reentry_attempts()") == 1
    assert not held.rpc.read(policy, "reentry_succeeded()", returns=("bool",))
    assert held.rpc.read(held.executor, "cap(uint256)", 1, returns=("uint256",) * 3) == caps
    assert (held.position(1)[0], held.position(2)[0], held.head()[1]) == (100 * K, K, head + 1)
    assert [each.name for each in held.events(receipt)] == ["Allocated", "Journaled"]


def test_policy__re_enters_for_its_own_mandate__is_locked_out_whatever_it_sends(held: Desk) -> None:
    policy = deploy_policy(held.rpc)
    held.grant(agent=policy)
    held.grant(policy=policy)
    data = bytes.fromhex(call_data(EXECUTE, draft((1, K, 0), agent=policy))[2:])
    held.rpc.transact(STRANGER, policy, "set_reentry(address,bytes)", held.executor, data)
    turn(held, policy, AFTER, Mode.REENTER)
    held.intent((2, K, 0))
    assert not held.rpc.read(policy, "reentry_succeeded()", returns=("bool",))
    assert held.standing(policy).sequence == 0


def test_policy__calls_the_vault_meanwhile__does_what_anybody_may(held: Desk) -> None:
    """The Vault is free between moves: a policy is a stranger there."""
    policy = policed(held)
    approval = payload("approve(address,uint256)", STRANGER, 7)
    held.rpc.transact(STRANGER, policy, "set_reentry(address,bytes)", held.vault, approval)
    turn(held, policy, BEFORE, Mode.REENTER)
    receipt = held.intent((2, K, 0))
    assert held.rpc.read(policy, "reentry_succeeded()", returns=("bool",))
    assert held.view("allowance(address,address)", policy, STRANGER) == 7
    assert held.events(receipt)[1:] == [
        event(held.vault, "Allocated", id=2, assets=K, units=K, loss=0),
        held.executed(draft((2, K, 0)), (2, K, K, 0)),
    ]


def test_policy__agent_is_its_own_policy__binds_only_itself(held: Desk) -> None:
    """What a mandate names is the Timelock's choice; an agent without code that is named refuses itself."""
    held.grant(policy=AGENT)
    with held.refused(REFUSED):
        held.intent((2, K, 0))
    held.intent((1, -K, 0))
