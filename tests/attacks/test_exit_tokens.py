"""Assets with habits on the way out: leavers' cash never covers the stayers, nor theirs the leavers."""

from __future__ import annotations

import pytest

from tests import treasury as t
from tests.attacks.exit_calls import (
    CLAIM,
    EVERY,
    EXIT_NOW,
    SETTLE,
    UNITS,
    UNWIND,
    Exits,
    Runoff,
    holder,
    staked,
)
from tests.attacks.stage import (
    CALL,
    EVERYTHING,
    HEALTHY,
    HOSTILE,
    SOLMATE,
    UNIT,
    WITHDRAW,
    Stage,
    inner,
    open_treasury,
)
from tests.modes import TokenFlag

WAITED, QUEUED, NOW = holder(1), holder(2), holder(3)
PART = 100_000 * UNIT
SHARE = 10**12
TOTAL = 1_000_001  # whole assets deposited, with the seed
SUPPORTED = {
    "plain": TokenFlag.PLAIN,
    "no return": TokenFlag.NO_RETURN,
    "false on failure": TokenFlag.FALSE_ON_FAILURE,
    "no return and silent": TokenFlag.NO_RETURN | TokenFlag.FALSE_ON_FAILURE,
}
SWITCH = {
    TokenFlag.BLACKLIST: ("set_blacklisted(address,bool)", True),
    TokenFlag.PAUSABLE: ("set_paused(bool)",),
}


def _leaving(stage: Stage, scale: int = 1, share: int = SHARE) -> Exits:
    """One holder waits for half of what stands in a strategy, another's epoch is due."""
    exits = Exits(stage.play())
    amount = PART * scale
    for who in (WAITED, QUEUED, NOW):
        exits.play.call(t.DEPOSITOR, stage.vault, "transfer(address,uint256)", who, amount * share)
    exits.drain(0)
    exits.queued(WAITED, EXIT_NOW, amount * share, WAITED, WAITED, 0, EVERY)
    exits.queued(QUEUED, "requestRedeem(uint256,address,address)", amount * share, QUEUED, QUEUED)
    exits.play.wait(t.DAY + 1)
    return exits


def _solvency(exits: Exits) -> tuple[int, int, int]:
    return exits.cash(exits.stage.vault), exits.idle(), exits.owed()


def _assert_solvent(outcomes, places: tuple[int, int, int], surplus: int = 0) -> None:
    cash, hot, owed = (outcomes[place].word for place in places)
    assert 0 <= cash - (hot & UNITS) - owed <= surplus


@pytest.mark.parametrize("decimals", [6, 8, 18])
@pytest.mark.parametrize("habit", SUPPORTED)
def test_supported_token__whole_way_out__pays_everybody_to_the_wei(rpc, decimals, habit):
    stage = open_treasury(rpc, flags=SUPPORTED[habit], decimals=decimals)
    scale, share = 10 ** (decimals - 6), 10 ** max(3, 18 - decimals)
    exits = _leaving(stage, scale, share)
    exits.drain(15_000 * UNIT * scale)
    calls = [exits.queued(t.STRANGER, SETTLE), exits.unwind()]
    exits.refill()
    calls += [
        exits.queued(NOW, EXIT_NOW, PART * scale * share, NOW, NOW, 0, EVERY),
        exits.unwind(),
        exits.claim(WAITED, 1),
        exits.claim(QUEUED, 2),
    ]
    solvency, paid = _solvency(exits), [exits.cash(who) for who in (WAITED, QUEUED, NOW)]
    outcomes = exits.play.run()
    assert [outcomes[place].reason for place in calls if not outcomes[place].ok] == []
    _assert_solvent(outcomes, solvency)
    for place in paid:
        assert PART * scale - 12 <= outcomes[place].word <= PART * scale


@pytest.mark.parametrize("bps", [40, 60, 10_000])
def test_fee_on_transfer__switched_on_later__charges_leavers_alone(rpc, bps):
    """What comes is measured: within the tolerance leavers bear the fee; beyond it they wait. Idle and
    `owed` stay apart, and whole."""
    stage = open_treasury(rpc, flags=TokenFlag.FEE_ON_TRANSFER)
    exits = _leaving(stage)
    play = exits.play
    exits.refill()
    before = [exits.idle(), *(play.position(identifier) for identifier in (HOSTILE, HEALTHY, SOLMATE))]
    supply = play.view("totalSupply()")
    play.call(t.STRANGER, stage.asset, "set_fee(uint256)", bps)
    settled, left = exits.queued(t.STRANGER, SETTLE), exits.exit_now(NOW, PART)
    unwound = exits.unwind()
    solvency = _solvency(exits)
    claims = [exits.claim(WAITED, 1), exits.claim(QUEUED, 2)]
    after = [exits.idle(), *(play.position(identifier) for identifier in (HOSTILE, HEALTHY, SOLMATE))]
    last, rest = play.view("totalSupply()"), _solvency(exits)
    waits = exits.runoff()
    outcomes = play.run()
    for place in (settled, left, unwound, *claims):
        assert outcomes[place].ok, outcomes[place].reason
    for places in (solvency, rest):
        _assert_solvent(outcomes, places)
    shares, were = outcomes[last].word + SHARE, outcomes[supply].word + SHARE
    for then, now in zip(before, after, strict=True):
        assert ((outcomes[now].word & UNITS) + 1) * were >= (outcomes[then].word & UNITS) * shares
    assert (Runoff.of(outcomes[waits]).waiting == 0) == (bps <= 50)


@pytest.mark.parametrize("silent", [False, True])
def test_receiver_blacklisted__names_another_and_holds_up_nobody(rpc, silent):
    """A payment is pulled: who cannot be paid fails alone, and may be paid elsewhere."""
    flags = TokenFlag.BLACKLIST | (TokenFlag.FALSE_ON_FAILURE if silent else 0)
    stage = open_treasury(rpc, flags=flags)
    exits = _leaving(stage)
    play = exits.play
    for who in (WAITED, NOW):
        play.call(t.STRANGER, stage.asset, "set_blacklisted(address,bool)", who, True)
    exits.refill()
    settled, unwound = exits.queued(t.STRANGER, SETTLE), exits.unwind()
    refused = [exits.claim(WAITED, 1), exits.exit_now(NOW, PART)]
    stakes = [exits.stake(1, WAITED)]
    elsewhere = [
        exits.queued(WAITED, CLAIM, 1, WAITED, t.GUARDIAN),
        exits.queued(NOW, EXIT_NOW, PART * SHARE, t.GUARDIAN, NOW, 0, EVERY),
    ]
    other, solvency = exits.claim(QUEUED, 2), _solvency(exits)
    outcomes = play.run()
    assert outcomes[settled].ok
    assert outcomes[unwound].ok
    reason = "vault: 10" if silent else "weird: blacklisted"
    assert [outcomes[place].reason for place in refused] == [reason] * 2
    assert staked(outcomes[stakes[0]])[3] > 0
    assert all(outcomes[place].ok for place in (*elsewhere, other))
    _assert_solvent(outcomes, solvency)


@pytest.mark.parametrize("frozen", ["vault", "paused"])
@pytest.mark.parametrize("silent", [False, True])
def test_asset_is_frozen__epochs_settle__payments_wait_and_come_whole(rpc, frozen, silent):
    """Nothing can move: settlements and unwinds complete, and what they could not redeem waits."""
    flag = {"vault": TokenFlag.BLACKLIST, "paused": TokenFlag.PAUSABLE}[frozen]
    stage = open_treasury(rpc, flags=flag | (TokenFlag.FALSE_ON_FAILURE if silent else 0))
    exits = _leaving(stage)
    play = exits.play

    def freeze(on: bool) -> None:
        if frozen == "vault":
            play.call(t.STRANGER, stage.asset, "set_blacklisted(address,bool)", stage.vault, on)
        else:
            play.call(t.STRANGER, stage.asset, "set_paused(bool)", on)

    exits.refill()
    freeze(True)
    works = [exits.queued(t.STRANGER, SETTLE), exits.unwind()]
    waits = [exits.claim(QUEUED, 2), exits.exit_now(NOW, PART)]
    middle = _solvency(exits)
    freeze(False)
    for identifier in (HOSTILE, HEALTHY, SOLMATE):
        exits.unwind(identifier)
    paid = [exits.claim(WAITED, 1), exits.claim(QUEUED, 2), exits.exit_now(NOW, PART)]
    cash, last = [exits.cash(who) for who in (WAITED, QUEUED, NOW)], _solvency(exits)
    outcomes = play.run()
    assert [outcomes[place].reason for place in works if not outcomes[place].ok] == []
    assert not any(outcomes[place].ok for place in waits)
    assert [outcomes[place].reason for place in paid if not outcomes[place].ok] == []
    for place in cash:
        assert PART - 12 <= outcomes[place].word <= PART
    for places in (middle, last):
        _assert_solvent(outcomes, places)


def test_owed__is_out_of_reach_of_those_who_stay(rpc):
    """Petty cash and allocations end at idle, though more lies in the Vault; `recover` takes only what
    is nobody's."""
    stage = open_treasury(rpc, limits=t.Limits(petty_share=1_000))
    exits = _leaving(stage)
    play = exits.play
    exits.refill()
    exits.queued(t.STRANGER, SETTLE)
    play.poke()  # an agent adds nothing at prices of the day before yesterday
    spent = play.execute((HEALTHY, 300_000 * UNIT))
    idle, owed = exits.idle(), exits.owed()
    outcomes = play.run()
    assert outcomes[spent].ok, outcomes[spent].reason
    left, theirs = outcomes[idle].word & UNITS, outcomes[owed].word
    assert left < 40_000 * UNIT < theirs
    more = play.execute((HEALTHY, left + 1))
    petty = play.call(t.DEPOSITOR, stage.vault, WITHDRAW, left + 1, t.DEPOSITOR, t.DEPOSITOR)
    arguments = (stage.asset, t.GOVERNOR, 1)
    taken = play.call(t.GOVERNOR, stage.treasury.steward, "recover(address,address,uint256)", *arguments)
    units = (stage.hostile, t.GOVERNOR, 1)
    grabbed = play.call(t.GOVERNOR, stage.treasury.steward, "recover(address,address,uint256)", *units)
    outcomes = play.run()
    assert outcomes[more].reason == "vault: 14"
    assert not outcomes[petty].ok
    assert outcomes[taken].reason == "vault: 30"
    assert outcomes[grabbed].reason == "vault: 30"


@pytest.mark.parametrize("call", ["claim", "exit_now"])
def test_token_hook__of_the_receiver__reaches_nothing(rpc, call):
    """Who is paid may call back; everything that moves is locked."""
    stage = open_treasury(rpc, flags=TokenFlag.HOOKS)
    me = stage.caller
    attempts = {
        "claim": inner(stage.treasury.queue, CLAIM, 1, me, me, must=False),
        "exit": inner(stage.treasury.queue, EXIT_NOW, SHARE, me, me, 0, EVERY, must=False),
        "unwind": inner(stage.treasury.queue, UNWIND, HOSTILE, 2**112, must=False),
        "slice": inner(
            stage.vault, "redeem_slice(uint256,address,address,uint256)", SHARE, me, me, 0, must=False
        ),
        "evacuate": inner(stage.vault, "evacuate(uint256,uint256)", HOSTILE, UNIT, must=False),
    }
    for name, attempt in attempts.items():
        exits = Exits(stage.play())
        play = exits.play
        exits.hold(me, 2 * PART)
        exits.drain(0)
        exits.exit_now(me, PART)
        exits.drain(50_000 * UNIT)
        exits.unwind()
        play.call(t.STRANGER, stage.asset, "set_hook(address,address)", me, me)
        play.call(t.STRANGER, me, f"set_hook_call({CALL})", attempt)
        acted = exits.claim(me, 1) if call == "claim" else exits.exit_now(me, PART)
        tried = play.view("hook_attempts()", to=me), play.view("hook_succeeded()", to=me)
        solvency = _solvency(exits)
        outcomes = play.run()
        assert outcomes[acted].ok, (name, outcomes[acted].reason)
        assert outcomes[tried[0]].word == 1, name
        assert outcomes[tried[1]].word == 0, name
        _assert_solvent(outcomes, solvency)


def test_agent__brings_everything_home_while_somebody_waits__pays_leavers_first(rpc):
    """A deallocation of all of it cannot take what waits along."""
    stage = open_treasury(rpc)
    exits = _leaving(stage)
    exits.drain(60_000 * UNIT)
    before = exits.runoff()
    home = exits.play.execute((HOSTILE, EVERYTHING))
    after, solvency = exits.runoff(), _solvency(exits)
    outcomes = exits.play.run()
    assert outcomes[home].ok, outcomes[home].reason
    fell = Runoff.of(outcomes[before]).waiting - Runoff.of(outcomes[after]).waiting
    assert fell * 13 // 10 >= 60_000 * PART // TOTAL - 4
    assert Runoff.of(outcomes[after]).unsynced >= 60_000 * PART // TOTAL - 4
    _assert_solvent(outcomes, solvency)
