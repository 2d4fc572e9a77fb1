"""Lists of steps on a fork with a real lending market and third parties' vaults.

The world is not modelled here; what must hold of it is weighed after every step.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganglion.devnet.abi import decode, decode_revert, event_topic
from ganglion.devnet.artifacts import ROOT
from tests.fork.place import READER, Place, State
from tests.fork.steps import LIMIT, Call, Who, make
from tests.model.arithmetic import DUST

STEPS = 50
EXAMPLES = {"deep": 400, "ci": 40}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 30)
OPERATIONS = st.tuples(*[st.integers(0, LIMIT - 1)] * STEPS)
GAS = "0xf42400"
BLOCK_GAS = hex(2**40)

LISTED = frozenset(re.findall(r"^\| `([^`]+)`", (ROOT / "docs/ERRORS.md").read_text(), re.MULTILINE))
SHARE_TOKEN = "erc20: "  # snekmate's own reasons, listed as a family
DONE = "(uint256,int256,uint256,uint256)[]"  # id, assets, units, loss
JOURNALED = event_topic(f"Journaled(uint256,uint256,address,bytes32,bytes32,bytes32,{DONE},bytes32)")
VIRTUAL = 10**12  # shares, for an asset of 6 decimals
ROUNDING = 3  # wei that roundings may take from the stayers in one step: one for each strategy


@dataclass
class Tally:
    """What a list has done so far, asset wei and units."""

    start: State
    given: int = 0  # to the Vault, beyond its ledger
    paid_in: int = 0
    paid_out: int = 0
    gained: int = 0
    met: Counter[str] = field(default_factory=Counter)


def _requests(place: Place, operations: Sequence[int]) -> tuple[list[list[Call]], list[dict]]:
    """Blocks of calls, and the request: a reading at the start of each block and after each call."""
    read = {"to": READER, "data": "0x", "gas": GAS}
    now, planned = place.net.rpc.timestamp() + 1, [[]]
    times = [now]
    for drawn in operations:
        step = make(place, drawn)
        if isinstance(step, int):
            now += step
            planned.append([])
            times.append(now)
        else:
            planned[-1].append(step)
    blocks = []
    for time, calls in zip(times, planned, strict=True):
        sent = [read]
        for call in calls:
            sent += [{"from": call.sender, "to": call.target, "data": call.data, "gas": GAS}, read]
        blocks.append({"blockOverrides": {"time": hex(time), "gasLimit": BLOCK_GAS}, "calls": sent})
    return planned, blocks


def run(place: Place, operations: Sequence[int]) -> Tally:
    """Simulate a list and weigh the world after every step."""
    planned, blocks = _requests(place, operations)
    answers = place.net.rpc.simulate_v1(blocks)
    before = State.parse(answers[0]["calls"][0]["returnData"])
    tally, told = Tally(before), []
    for calls, block in zip(planned, answers, strict=True):
        results = block["calls"]
        now = State.parse(results[0]["returnData"])
        tally.gained += max(0, now.hi - before.hi)
        for index, call in enumerate(calls):
            result, after = results[2 * index + 1], State.parse(results[2 * index + 2]["returnData"])
            told.append(f"{call.who.value}: {call.text} -> {_reason(result) or 'done'}")
            try:
                _weigh(tally, call, result, now, after)
            except AssertionError as error:
                raise AssertionError("\n".join((*told, str(error)))) from error
            now = after
        before = now
    # Whatever was paid out was paid in, or held at the start, or earned.
    allowed = tally.paid_in + tally.start.hi + tally.gained + ROUNDING * len(operations)
    assert tally.paid_out <= allowed, f"{tally.paid_out} paid out of {allowed}"
    return tally


def _reason(result: dict) -> str | None:
    if result["status"] == "0x1":
        return None
    return decode_revert(bytes.fromhex(result["returnData"][2:])) or "no reason"


def _weigh(tally: Tally, call: Call, result: dict, before: State, after: State) -> None:
    reason = _reason(result)
    tally.met[reason or call.text.partition("(")[0].partition(" ")[0]] += 1
    if reason is not None:
        _check_refusal(call, reason, before, after)
        return
    tally.given += call.given
    _check_custody(tally, before, after)
    if call.who is Who.HOLDER:
        _check_holder(tally, before, after)
    elif call.who is Who.AGENT:
        _check_agent(result, before, after)
    else:
        tally.gained += max(0, after.hi - before.hi)
        assert after.supply == before.supply, "shares appeared or vanished"


def _check_refusal(call: Call, reason: str, before: State, after: State) -> None:
    assert after == before, f"a refused call changed {before} to {after}"
    if call.who is Who.WORLD or reason in LISTED or reason.startswith(SHARE_TOKEN):
        return
    # A payer who has too little gets the asset's own reason, whatever asset it is.
    assert call.text.startswith(("deposit", "mint")), f"unlisted reason {reason!r}"
    assert not reason.startswith(("vault: ", "no reason")), f"unlisted reason {reason!r}"


def _check_custody(tally: Tally, before: State, after: State) -> None:
    """Ledger and balances differ by what was given and by dust let go, and by nothing else."""
    excess = tally.start.cash - tally.start.idle + tally.given
    assert after.cash - after.idle == excess, f"{after.cash} in cash, {after.idle} idle, {excess} given"
    for was, now in zip(before.positions, after.positions, strict=True):
        let_go = now.units == 0 < was.units
        assert now.owned - now.units == was.owned - was.units or (let_go and now.owned > 0), (
            f"{was} became {now}"
        )
    assert after.hi >= after.lo, "the prices have crossed"


def _check_holder(tally: Tally, before: State, after: State) -> None:
    """No holder takes anything from those who stay."""
    moved = sum(after.wallets) - sum(before.wallets)
    tally.paid_in += max(0, -moved)
    tally.paid_out += max(0, moved)
    let_go = DUST * sum(
        a.units == 0 < b.units for a, b in zip(after.positions, before.positions, strict=True)
    )
    fair = (before.lo + 1) * (after.supply + VIRTUAL) // (before.supply + VIRTUAL)
    assert after.lo + 1 >= fair - ROUNDING - let_go, f"the price fell: {after.lo} of at least {fair}"
    assert after.hi <= before.hi - moved + ROUNDING, "a holder's step made value out of nothing"
    assert sum(after.shares) - sum(before.shares) == after.supply - before.supply, "shares of nobody"


def _check_agent(result: dict, before: State, after: State) -> None:
    """An intent costs the holders no more than the agent is charged for."""
    log = next(log for log in result["logs"] if log["topics"][0] == JOURNALED)
    *_, moves, _ = decode(("bytes32", "bytes32", "bytes32", DONE, "bytes32"), bytes.fromhex(log["data"][2:]))
    charged = sum(loss for *_, loss in moves)
    assert before.lo - after.lo <= charged + ROUNDING, f"{before.lo - after.lo} lost, {charged} charged"
    assert after.supply == before.supply, "shares appeared or vanished"
    assert after.wallets == before.wallets, "an agent paid a holder"


@settings(max_examples=EXAMPLES)
@given(operations=OPERATIONS)
def test_campaign__on_a_fork__conserves_and_never_takes_from_the_stayers(forked, operations):
    run(forked, operations)


def test_campaign__on_a_fork__really_moves_capital(forked):
    source, met = random.Random(3), Counter()
    for _ in range(25):
        met += run(forked, [source.randrange(LIMIT) for _ in range(STEPS)]).met
    done = (
        "deposit",
        "withdraw",
        "redeem",
        "redeem_slice",
        "execute[",
        "poke",
        "watch",
        "borrow",
        "liquidate",
        "lose",
        "give",
    )
    assert [name for name in done if not any(key.startswith(name) for key in met)] == []
    assert {"vault: 5", "vault: 7", "vault: 11", "vault: 13", "vault: 15", "vault: 17"} <= set(met)


TAMPERED = {
    "cash is missing": (Who.KEEPER, lambda state: replace(state, cash=state.cash - 1)),
    "units are missing": (
        Who.KEEPER,
        lambda state: replace(state, positions=(replace(state.positions[0], owned=1), *state.positions[1:])),
    ),
    "stayers lose a little": (Who.HOLDER, lambda state: replace(state, lo=state.lo - ROUNDING - 1)),
    "value out of nothing": (Who.HOLDER, lambda state: replace(state, hi=state.hi + ROUNDING + 1)),
    "shares of nobody": (Who.HOLDER, lambda state: replace(state, supply=state.supply + 1)),
    "an agent is paid by a poke": (Who.KEEPER, lambda state: replace(state, supply=state.supply + 1)),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_weigh__tampered_state__is_noticed(forked, name):
    who, tamper = TAMPERED[name]
    state = State.parse(forked.net.rpc.call("eth_call", {"to": READER, "data": "0x"}, "latest"))
    call = Call(who, "step()", "", "", "")
    done = {"status": "0x1", "returnData": "0x", "logs": []}
    _weigh(Tally(state), call, done, state, state)
    with pytest.raises(AssertionError):
        _weigh(Tally(state), call, done, state, tamper(state))


def test_weigh__unlisted_reason__is_noticed(forked):
    state = State.parse(forked.net.rpc.call("eth_call", {"to": READER, "data": "0x"}, "latest"))
    refused = {"status": "0x0", "returnData": "0x", "logs": []}
    with pytest.raises(AssertionError, match="unlisted reason 'no reason'"):
        _weigh(Tally(state), Call(Who.HOLDER, "deposit()", "", "", ""), refused, state, state)
