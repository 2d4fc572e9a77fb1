"""Assets with habits: what is supported works to the wei, what is not is refused, and nothing is half
done."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.errors import Reverted
from tests import treasury as t
from tests.attacks.stage import (
    AMOUNT,
    CALL,
    DEPOSIT,
    DEPOSITED,
    EVERYTHING,
    EXECUTE,
    HEALTHY,
    HOSTILE,
    LEAVERS,
    MINT,
    REDEEM,
    SLICE,
    SOLMATE,
    STAKE,
    UNIT,
    WITHDRAW,
    Stage,
    grant,
    inner,
    intent,
    open_treasury,
)
from tests.modes import TokenFlag

M112 = 2**112 - 1
SUPPORTED = {
    "plain": TokenFlag.PLAIN,
    "no return": TokenFlag.NO_RETURN,
    "false on failure": TokenFlag.FALSE_ON_FAILURE,
    "no return and silent": TokenFlag.NO_RETURN | TokenFlag.FALSE_ON_FAILURE,
    "idle habits": TokenFlag.BLACKLIST | TokenFlag.PAUSABLE | TokenFlag.HOOKS | TokenFlag.FEE_ON_TRANSFER,
}
SHARE = 10**12  # shares for one wei of a 6-decimal asset
PAYOUTS: dict[str, tuple[Any, ...]] = {
    "withdraw": (WITHDRAW, AMOUNT),
    "redeem": (REDEEM, AMOUNT * SHARE // 2),
    "redeem_slice": (SLICE, AMOUNT * SHARE),
}


def _booked(books: dict[str, int]) -> int:
    return (books["hot"] & M112) + sum((books[f"position {i}"] >> 112) & M112 for i in (1, 2, 3))


def _pay_out(stage: Stage, play, name: str, receiver: str, owner: str = t.LEAVER) -> int:
    signature, amount = PAYOUTS[name]
    limit = (0,) if name == "redeem_slice" else ()
    return play.call(owner, stage.vault, signature, amount, receiver, owner, *limit)


@pytest.mark.parametrize("decimals", [0, 5, 19, 36])
def test_vault__decimals_out_of_range__is_not_made(rpc, decimals):
    for account in t.ACTORS:
        rpc.call("anvil_setBalance", account, hex(10**24))
    with pytest.raises(Reverted, match="vault: 4"):
        t.Treasury.create(rpc, t.deploy_token(rpc, decimals))


@pytest.mark.parametrize("decimals", [6, 8, 18])
@pytest.mark.parametrize("habit", SUPPORTED)
def test_supported_token__whole_life__conserves_every_wei(rpc, decimals, habit):
    stage = open_treasury(rpc, flags=SUPPORTED[habit], decimals=decimals)
    scale = 10 ** (decimals - 6)
    play, vault, leaver = stage.play(), stage.vault, t.LEAVER
    share = 10 ** max(3, 18 - decimals)
    before = play.books()
    calls = [
        play.call(t.DEPOSITOR, vault, DEPOSIT, AMOUNT * scale, t.DEPOSITOR),
        play.call(t.DEPOSITOR, vault, MINT, AMOUNT * scale * share, t.DEPOSITOR),
        play.call(leaver, vault, WITHDRAW, AMOUNT * scale, leaver, leaver),
        play.call(leaver, vault, REDEEM, AMOUNT * scale * share, leaver, leaver),
        play.execute((HOSTILE, AMOUNT * scale), (HEALTHY, -AMOUNT * scale), (SOLMATE, AMOUNT * scale)),
        play.call(leaver, vault, SLICE, LEAVERS * scale * share // 2, leaver, leaver, 0),
        play.execute((HOSTILE, EVERYTHING), (HEALTHY, EVERYTHING), (SOLMATE, EVERYTHING)),
    ]
    after = play.books()
    outcomes = play.run()
    assert [outcomes[place].reason for place in calls if not outcomes[place].ok] == []
    first, last = before(outcomes), after(outcomes)
    cash = [name for name in first if name.startswith("asset of")]
    assert sum(first[name] for name in cash) == sum(last[name] for name in cash)
    assert last["asset of vault"] == last["hot"] & M112
    assert [last[f"position {i}"] & M112 for i in (1, 2, 3)] == [0, 0, 0]
    assert [last[f"allowed {i}"] for i in (1, 2, 3)] == [0, 0, 0]
    # Nobody lost more than petty cash's fee of 5 bps on 2,000 and a few wei.
    total = (first["asset of vault"] + 3 * STAKE * scale) + 2 * AMOUNT * scale
    paid = last["asset of leaver"] - first["asset of leaver"]
    assert abs(last["asset of vault"] + paid - total) <= 12


@pytest.mark.parametrize("action", ["deposit", "mint"])
def test_fee_on_transfer__entry__is_refused(rpc, action):
    stage = open_treasury(rpc, flags=TokenFlag.FEE_ON_TRANSFER)
    rpc.transact(t.STRANGER, stage.asset, "set_fee(uint256)", 10)
    play = stage.play()
    before, entered, after = play.books(), play.act(action), play.books()
    outcomes = play.run()
    assert outcomes[entered].reason == "vault: 10"
    assert before(outcomes) == after(outcomes)


def test_fee_on_transfer__seed__is_refused(rpc):
    for account in t.ACTORS:
        rpc.call("anvil_setBalance", account, hex(10**24))
    token = t.deploy_token(rpc, 6, TokenFlag.FEE_ON_TRANSFER)
    rpc.transact(t.STRANGER, token, "set_fee(uint256)", 1_000)
    with pytest.raises(Reverted, match="vault: 10"):
        t.Treasury.create(rpc, token)


@pytest.mark.parametrize("name", PAYOUTS)
def test_fee_on_transfer__switched_on_later__charges_the_leaver_alone(rpc, name):
    stage = open_treasury(rpc, flags=TokenFlag.FEE_ON_TRANSFER)
    rpc.transact(t.STRANGER, stage.asset, "set_fee(uint256)", 40)
    play = stage.play()
    before, paid, after = play.books(), _pay_out(stage, play, name, t.LEAVER), play.books()
    outcomes = play.run()
    first, last = before(outcomes), after(outcomes)
    assert outcomes[paid].ok, outcomes[paid].reason
    assert last["asset of vault"] == last["hot"] & M112
    # By the books a share of those who stay is worth what it was.
    assert _booked(last) * first["supply"] >= _booked(first) * last["supply"]


def test_fee_on_transfer__switched_on_later__agent_loses_at_most_the_tolerance(rpc):
    stage = open_treasury(rpc, flags=TokenFlag.FEE_ON_TRANSFER)
    for bps, reason in ((40, None), (60, "vault: 22")):
        play = stage.play()
        play.call(t.STRANGER, stage.asset, "set_fee(uint256)", bps)
        moved, books = play.execute((HOSTILE, EVERYTHING)), play.books()
        outcomes = play.run()
        assert outcomes[moved].ok is (reason is None)
        assert reason is None or outcomes[moved].reason == reason
        found = books(outcomes)
        assert found["asset of vault"] == found["hot"] & M112


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("name", PAYOUTS)
def test_payout__receiver_blacklisted__only_that_call_fails(rpc, name, silent):
    flags = TokenFlag.BLACKLIST | (TokenFlag.FALSE_ON_FAILURE if silent else 0)
    stage = open_treasury(rpc, flags=flags)
    rpc.transact(t.STRANGER, stage.asset, "set_blacklisted(address,bool)", t.LEAVER, True)
    play = stage.play()
    before, refused, after = play.books(), _pay_out(stage, play, name, t.LEAVER), play.books()
    elsewhere = _pay_out(stage, play, name, t.GUARDIAN)
    other = _pay_out(stage, play, name, t.DEPOSITOR, owner=t.DEPOSITOR)
    outcomes = play.run()
    assert outcomes[refused].reason == ("vault: 10" if silent else "weird: blacklisted")
    assert before(outcomes) == after(outcomes)
    assert outcomes[elsewhere].ok
    assert outcomes[other].ok


@pytest.mark.parametrize("name", PAYOUTS)
def test_payout__token_answers_false__reverts_and_burns_nothing(rpc, name):
    flags = TokenFlag.FALSE_ON_FAILURE | TokenFlag.PAUSABLE
    stage = open_treasury(rpc, flags=flags)
    rpc.transact(t.STRANGER, stage.asset, "set_paused(bool)", True)
    play = stage.play()
    before, refused, after = play.books(), _pay_out(stage, play, name, t.LEAVER), play.books()
    outcomes = play.run()
    assert not outcomes[refused].ok
    assert before(outcomes) == after(outcomes)


def test_recover__token_answers_false__reverts(rpc):
    stage = open_treasury(rpc, flags=TokenFlag.FALSE_ON_FAILURE | TokenFlag.BLACKLIST)
    rpc.transact(t.STRANGER, stage.asset, "mint(address,uint256)", stage.vault, AMOUNT)
    rpc.transact(t.STRANGER, stage.asset, "set_blacklisted(address,bool)", t.GUARDIAN, True)
    with pytest.raises(Reverted):
        stage.treasury.govern("recover(address,address,uint256)", stage.asset, t.GUARDIAN, AMOUNT)
    stage.treasury.govern("recover(address,address,uint256)", stage.asset, t.GOVERNOR, AMOUNT)
    assert stage.treasury.assets(t.GOVERNOR) == AMOUNT


@pytest.mark.parametrize("action", ["deposit", "mint"])
def test_entry__token_answers_false__is_refused(rpc, action):
    stage = open_treasury(rpc, flags=TokenFlag.FALSE_ON_FAILURE)
    rpc.transact(
        t.STRANGER, stage.asset, "burn(address,uint256)", t.DEPOSITOR, stage.treasury.assets(t.DEPOSITOR)
    )
    play = stage.play()
    entered = play.act(action)
    assert play.run()[entered].reason == "vault: 10"


@pytest.mark.parametrize("action", ["deposit", "mint"])
def test_entry__token_answers_false_over_a_gift__takes_no_gift_for_shares(rpc, action):
    """Who pays nothing gets nothing, however much lies in the Vault that is nobody's."""
    stage = open_treasury(rpc, flags=TokenFlag.FALSE_ON_FAILURE)
    rpc.transact(t.STRANGER, stage.asset, "mint(address,uint256)", stage.vault, 10 * AMOUNT)
    held = stage.treasury.assets(t.DEPOSITOR)
    rpc.transact(t.STRANGER, stage.asset, "burn(address,uint256)", t.DEPOSITOR, held)
    play = stage.play()
    before, entered, after = play.books(), play.act(action), play.books()
    outcomes = play.run()
    assert not outcomes[entered].ok
    assert before(outcomes) == after(outcomes)


@pytest.mark.parametrize("habit", [TokenFlag.PAUSABLE, TokenFlag.PAUSABLE | TokenFlag.FALSE_ON_FAILURE])
def test_paused_token__everything_waits_and_nothing_changes(rpc, habit):
    stage = open_treasury(rpc, flags=habit)
    moving = [name for name in stage.actions() if name not in ("poke", "list")]
    for action in moving:
        play = stage.play()
        play.call(t.STRANGER, stage.asset, "set_paused(bool)", True)
        before, refused, after = play.books(), play.act(action), play.books()
        play.call(t.STRANGER, stage.asset, "set_paused(bool)", False)
        views = [play.view(*view) for view in stage.views().values()]
        resumed = play.act(action)
        outcomes = play.run()
        assert not outcomes[refused].ok, action
        assert before(outcomes) == after(outcomes), action
        assert all(outcomes[place].ok for place in views)
        assert outcomes[resumed].ok, (action, outcomes[resumed].reason)


def test_rebasing_token__balance_shrinks__pays_exactly_or_not_at_all(rpc):
    """Not a supported asset, and no contract can tell: the ledger stays whole and the shortfall shows as a
    revert."""
    stage = open_treasury(rpc, flags=TokenFlag.REBASING)
    play = stage.play()
    play.call(t.STRANGER, stage.asset, "set_index(uint256)", 9 * 10**17)
    before, pay, middle = play.books(), play.act("slice"), play.books()
    too_much, after = play.execute((HEALTHY, 310_000 * UNIT)), play.books()
    outcomes = play.run()
    paid = middle(outcomes)["asset of leaver"] - before(outcomes)["asset of leaver"]
    assert outcomes[pay].word - 5 <= paid <= outcomes[pay].word
    idle = middle(outcomes)["hot"] & M112
    assert middle(outcomes)["asset of vault"] < 310_000 * UNIT < idle
    assert outcomes[too_much].reason == "vault: 17"
    assert after(outcomes) == middle(outcomes)


HOOKED = {
    "deposit": ("caller", DEPOSIT),
    "withdraw": ("caller", WITHDRAW),
    "redeem_slice": ("caller", SLICE),
    "allocate": ("strategy", EXECUTE),
    "deallocate": ("strategy", EXECUTE),
}


@pytest.fixture(scope="module")
def hooked(attacked_node, shared_stage):
    """A treasury whose asset calls back, with shares, money, allowances and a mandate for the attacker's
    contract."""
    snapshot = attacked_node.call("evm_snapshot")
    stage = open_treasury(attacked_node, flags=TokenFlag.HOOKS)
    rpc, caller = stage.rpc, stage.caller
    rpc.call("anvil_setBalance", caller, hex(10**24))
    rpc.transact(t.DEPOSITOR, stage.vault, "transfer(address,uint256)", caller, 10_000 * UNIT * SHARE)
    rpc.transact(t.STRANGER, stage.asset, "mint(address,uint256)", caller, DEPOSITED)
    rpc.transact(caller, stage.asset, "approve(address,uint256)", stage.vault, t.MAX_UINT)
    grant(stage, caller)
    yield stage
    assert attacked_node.call("evm_revert", snapshot)


def _hooked_call(stage: Stage, play, name: str) -> int:
    me = stage.caller
    arguments = {
        "deposit": (AMOUNT, me),
        "withdraw": (AMOUNT, me, me),
        "redeem_slice": (AMOUNT * SHARE, me, me, 0),
        "allocate": (intent((HOSTILE, AMOUNT), agent=me),),
        "deallocate": (intent((HOSTILE, -AMOUNT), agent=me),),
    }[name]
    where, signature = HOOKED[name]
    to = stage.executor if signature == EXECUTE else stage.vault
    for hooked in {"caller": (me,), "strategy": (stage.vault, stage.hostile)}[where]:
        play.call(t.STRANGER, stage.asset, "set_hook(address,address)", hooked, me)
    return play.call(me, to, signature, *arguments)


@pytest.mark.parametrize("name", HOOKED)
def test_token_hook__calls_the_vault_back__fails_and_changes_nothing(hooked, name):
    me, vault = hooked.caller, hooked.vault
    attempts = {
        "deposit": inner(vault, DEPOSIT, AMOUNT, me, must=False),
        "mint": inner(vault, MINT, AMOUNT * SHARE, me, must=False),
        "withdraw": inner(vault, WITHDRAW, AMOUNT // 2, me, me, must=False),
        "redeem": inner(vault, REDEEM, AMOUNT * SHARE // 4, me, me, must=False),
        "redeem_slice": inner(vault, SLICE, AMOUNT * SHARE, me, me, 0, must=False),
        "transfer": inner(vault, "transfer(address,uint256)", t.STRANGER, 1, must=False),
        "poke": inner(vault, "poke()", must=False),
        "totalAssets": inner(vault, "totalAssets()", must=False),
        "execute": inner(hooked.executor, EXECUTE, intent((HEALTHY, AMOUNT), agent=me), must=False),
    }
    results = {}
    for attempt, call in {"nothing": inner(vault, "asset_of_nobody()", must=False), **attempts}.items():
        play = hooked.play()
        play.call(t.STRANGER, me, f"set_hook_call({CALL})", call)
        acted, books = _hooked_call(hooked, play, name), play.books()
        tried = play.view("hook_attempts()", to=me), play.view("hook_succeeded()", to=me)
        outcomes = play.run()
        assert outcomes[acted].ok, (attempt, outcomes[acted].reason)
        assert int.from_bytes(outcomes[tried[0]].data) >= 1
        assert int.from_bytes(outcomes[tried[1]].data) == 0, attempt
        results[attempt] = books(outcomes)
    assert all(found == results["nothing"] for found in results.values())
