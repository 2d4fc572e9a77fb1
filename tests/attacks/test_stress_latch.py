"""Attempts on the latch: borrowed money, requests that come and go, moments of trouble and of calm."""

from __future__ import annotations

import pytest

from ganglion.devnet.abi import decode_revert
from tests import treasury as t
from tests.attacks.exit_calls import holder
from tests.attacks.stage import CALL, MULTI, SET_MODE, UNIT, inner
from tests.attacks.stress_calls import CALM, FALL, LIQUID, SHORT, STRESS, Memory, Stress
from tests.modes import Group, Mode

FLASH = f"flash(address,uint256,{CALL}[])"
GRIEFER = holder(1)
PART = 100_000 * UNIT
TROUBLES = {
    FALL: (Group.READ, Mode.LIE_DOWN, 5_000),
    LIQUID: (Group.LIQUIDITY, Mode.LIMITED, 0),
}


def _dials(stage, group: Group, mode: Mode, param: int = 0) -> list:
    return [inner(each, SET_MODE, group, mode, param) for each in stage.strategies[:2]]


# ------------------------------------------------------------------ borrowed money


@pytest.mark.parametrize("signal", TROUBLES)
def test_latch__trouble_within_one_transaction__is_never_seen(shared_stage, signal):
    """A contract with borrowed money makes trouble, pokes everything that can be poked, and ends it; honest
    pokes around it see nothing, ten hours long."""
    stage, group = shared_stage, TROUBLES[signal][0]
    stress = Stress.of(stage)
    stress.invest()
    stress.play.watch()
    calls = [
        *_dials(stage, *TROUBLES[signal]),
        inner(stress.sentinel, "poke()", must=False),
        inner(stage.vault, "poke()", must=False),
        *_dials(stage, group, Mode.HONEST),
    ]
    before, flashes = stress.seen(), []
    for _ in range(10):
        flashes.append(stress.play.call(t.STRANGER, stage.caller, FLASH, stage.asset, 10**15, calls))
        stress.play.watch()
        flashes.append(stress.play.call(t.STRANGER, stage.caller, FLASH, stage.asset, 10**15, calls))
        stress.play.wait(t.HOUR)
    after = stress.seen()
    outcomes = stress.play.run()
    for place in flashes:
        results = outcomes[place].decoded("(bool,bytes)[]")[0]
        reasons = [decode_revert(data) for ok, data in results if not ok]
        assert reasons == ["sentinel: not an account", "vault: 1"]
    assert after.all_of_it(outcomes) == before.all_of_it(outcomes)
    assert after.state(outcomes) == CALM
    assert after.memory(outcomes, signal) == Memory(0, 0)


@pytest.mark.parametrize("sender", ["caller", "hostile", "vault", "executor"])
@pytest.mark.parametrize("target", ["sentinel", "vault"])
def test_poke__by_an_account_with_code__is_refused(shared_stage, sender, target):
    """Also where the account with code signs transactions itself."""
    stress = Stress.of(shared_stage)
    who = getattr(shared_stage, sender)
    to = stress.sentinel if target == "sentinel" else shared_stage.vault
    poked = stress.play.call(who, to, "poke()")
    outcomes = stress.play.run()
    assert outcomes[poked].reason == ("sentinel: not an account" if target == "sentinel" else "vault: 1")


def test_poke__through_a_replaced_sentinel__is_refused(shared_stage):
    """Only the Sentinel that the Vault obeys may stand between an account and the Vault."""
    stage = shared_stage
    with stage.undone():
        old = stage.treasury.sentinel
        new = t.deploy_sentinel(stage.rpc, stage.vault)
        stage.treasury.govern("set_sentinel(address)", new)
        play = stage.play()
        refused, works = play.call(t.STRANGER, old, "poke()"), play.call(t.STRANGER, new, "poke()")
        latched = play.call(old, stage.vault, "latch(uint256)", STRESS)
        outcomes = play.run()
    assert outcomes[refused].reason == outcomes[latched].reason == "vault: 1"
    assert outcomes[works].ok


# ------------------------------------------------------------------ leaving and coming back


def test_latch__requests_and_cancellations__change_no_signal(shared_stage):
    """Who asks to leave and takes it back, with a tenth of everything, moves no signal a bit."""
    stress = Stress.of(shared_stage)
    stress.exits.hold(GRIEFER, PART)
    first = stress.play.watch()
    before = stress.seen()
    pokes = []
    for _ in range(6):
        stress.exits.request(GRIEFER, PART)
        pokes.append(stress.play.watch())
        stress.exits.queued(GRIEFER, "cancel(uint256,address,address)", 1, GRIEFER, GRIEFER)
        stress.play.wait(t.HOUR)
        pokes.append(stress.play.watch())
    after = stress.seen()
    outcomes = stress.play.run()
    assert {outcomes[place].word for place in (first, *pokes)} == {CALM}
    assert after.all_of_it(outcomes) == before.all_of_it(outcomes)


def test_latch__deposits_and_slices_around_pokes__do_not_dry_a_treasury(shared_stage):
    """Leaving by a slice takes the same part of what is liquid and of what is not."""
    stress = Stress.of(shared_stage)
    seen = [stress.play.call(t.STRANGER, shared_stage.vault, "poke()")]
    for number in range(4):
        stress.exits.exit_now(t.LEAVER, 40_000 * UNIT, 0 if number % 2 else t.MAX_UINT)
        seen.append(stress.play.call(t.STRANGER, shared_stage.vault, "poke()"))
        stress.play.wait(t.HOUR)
    outcomes = stress.play.run()
    types = ("uint256",) * 7 + ("bool",)
    liquid = [outcomes[place].decoded(*types)[3] for place in seen]
    assert liquid == [10_000] * 5


# ------------------------------------------------------------------ moments of trouble, moments of calm


@pytest.mark.parametrize("signal", TROUBLES)
def test_latch__one_moment_of_trouble__is_forgotten_two_good_hours_later(shared_stage, signal):
    stress = Stress.of(shared_stage)
    stress.invest()
    stress.play.watch()
    (stress.fallen if signal == FALL else stress.dry)()
    stress.play.watch()
    noted = stress.seen()
    (stress.healed if signal == FALL else stress.wet)()
    pokes = stress.watches(3)
    after = stress.seen()
    outcomes = stress.play.run()
    assert noted.memory(outcomes, signal).bad_at != 0
    assert {outcomes[place].word for place in pokes} == {CALM}
    assert after.memory(outcomes, signal) == Memory(0, 0)


@pytest.mark.parametrize(("apart", "state"), [(0, CALM), (1, CALM), (3_599, CALM), (3_600, STRESS)])
@pytest.mark.parametrize("signal", TROUBLES)
def test_latch__two_moments_of_trouble__must_lie_an_hour_apart(shared_stage, signal, apart, state):
    """A griefer with own capital for two blocks in a row, or for all but an hour, latches nothing."""
    stress = Stress.of(shared_stage)
    stress.invest()
    stress.play.watch()
    (stress.fallen if signal == FALL else stress.dry)()
    stress.play.watch()
    if apart:
        stress.play.wait(apart)
    last = stress.play.watch()
    outcomes = stress.play.run()
    assert outcomes[last].word == state


def test_latch__good_moments_an_hour_apart_with_a_bad_one_between__clear_nothing(shared_stage):
    stress = Stress.of(shared_stage)
    stress.fallen()
    stress.play.watch()
    for wait, turn in ((1_800, stress.healed), (1_799, stress.fallen), (1_801, stress.healed)):
        stress.play.wait(wait)
        turn()
        last = stress.play.watch()
    held = stress.seen()
    stress.play.wait(1)
    stress.fallen()
    latched = stress.play.watch()
    outcomes = stress.play.run()
    assert outcomes[last].word == CALM
    assert held.memory(outcomes, FALL).bad_at != 0
    assert outcomes[latched].word == STRESS


@pytest.mark.parametrize("lead", [1, 1_800, 3_599])
@pytest.mark.parametrize("signal", TROUBLES)
def test_latch__griefer_heals_it_for_moments__does_not_keep_it_from_latching(shared_stage, signal, lead):
    """A real loss, seen twice an hour apart; between, somebody makes all look well as often as it likes. Only
    two good observations an hour apart, with no honest poke between, would clear it."""
    stress = Stress.of(shared_stage)
    stress.invest()
    stress.play.watch()
    bad = stress.fallen if signal == FALL else stress.dry
    good = stress.healed if signal == FALL else stress.wet
    bad()
    stress.play.watch()
    stress.play.wait(lead)
    good()
    stress.play.watch()
    bad()
    stress.play.wait(t.HOUR - lead)
    last = stress.play.watch()
    change = stress.change(1)
    outcomes = stress.play.run()
    assert outcomes[last].word == STRESS
    before, state, cause, since, at = outcomes[change].decoded(*("uint256",) * 5)
    assert (before, state, cause, at - since) == (CALM, STRESS, signal, t.HOUR)


def test_latch__griefer_clears_between_honest_pokes_two_hours_apart__delays_by_an_hour_at_most(shared_stage):
    """What resetting takes: good moments at both ends of an hour in which nobody honest pokes. With honest
    pokes half an hour apart it never works."""
    for spacing, latches in ((3 * t.HOUR, False), (t.HOUR // 2, True)):
        stress = Stress.of(shared_stage)
        stress.fallen()
        honest = [stress.play.watch()]
        for _ in range(12):
            for wait in (60, spacing - 120):
                stress.play.wait(wait)
                stress.healed()
                stress.play.watch()
                stress.fallen()
            stress.play.wait(60)
            honest.append(stress.play.watch())
        outcomes = stress.play.run()
        assert (STRESS in {outcomes[place].word for place in honest}) == latches, spacing


# ------------------------------------------------------------------ prolonging


def _recovering(shared_stage) -> Stress:
    """In STRESS since a moment, with everything well again."""
    stress = Stress.of(shared_stage)
    stress.fallen()
    stress.play.watch()
    stress.play.wait(t.HOUR)
    stress.play.watch()
    stress.healed()
    return stress


def _touch(stress: Stress) -> None:
    """One moment of trouble that somebody sees to being seen."""
    stress.fallen()
    stress.play.watch()
    stress.healed()


def _hours_of_stress(shared_stage, moments: set[int], hours: int = 100) -> int:
    """Hours until CALM where a stranger pokes every hour and trouble is made in some; `hours` if never."""
    stress, places = _recovering(shared_stage), []
    for hour in range(hours):
        stress.play.wait(t.HOUR - 60)
        if hour in moments:
            _touch(stress)
        stress.play.wait(60)
        places.append(stress.play.watch())
    outcomes = stress.play.run()
    return next((hour for hour, place in enumerate(places) if outcomes[place].word == CALM), hours)


def test_stress__left_alone__ends_after_an_epoch_of_good_hours(shared_stage):
    assert _hours_of_stress(shared_stage, set()) == 24


@pytest.mark.parametrize(("hour", "calm"), [(0, 24), (12, 24), (22, 24), (23, 24), (24, 25)])
def test_stress__one_moment_of_trouble__prolongs_it_by_an_hour_at_most(shared_stage, hour, calm):
    """It must be cleared, which takes two good observations; what was counted before stays counted."""
    assert _hours_of_stress(shared_stage, {hour}) == calm


def test_stress__griefer_must_come_twice_in_every_epoch__to_prolong_it(shared_stage):
    """Two moments an hour apart start an epoch anew; once they stop coming, an epoch is what is left."""
    twice = {hour for start in range(0, 72, 24) for hour in (start, start + 1)}
    assert _hours_of_stress(shared_stage, twice) == 49 + 24
    once = set(range(0, 72, 24))
    assert _hours_of_stress(shared_stage, once) <= 27


# ------------------------------------------------------------------ short unwinds


def _waiting(shared_stage) -> Stress:
    """A holder's units wait in a strategy whose redeems have begun to fail."""
    stress = Stress.of(shared_stage)
    stress.exits.hold(GRIEFER, PART)
    stress.exits.exit_now(GRIEFER, PART, 0)
    return stress


def _owed(stress: Stress) -> int:
    return stress.play.position()


def _clean_owed(word: int) -> int:
    return (word >> 234) & 3


@pytest.mark.parametrize("mode", [(Mode.REVERT_EMPTY, 0), (Mode.SHORT, 5_000), (Mode.BURN_LOOP, 0)])
def test_short__unwind_spoiled_within_one_transaction__counts_for_nothing(shared_stage, mode):
    """A contract spoils the redeem, unwinds and heals it, hour after hour: no clean unwind is owed."""
    stress, stage = _waiting(shared_stage), shared_stage
    calls = [
        inner(stage.hostile, SET_MODE, Group.REDEEM, *mode),
        inner(stress.exits.queue, "unwind(uint256,uint256)", 1, 2**112),
        inner(stage.hostile, SET_MODE, Group.REDEEM, Mode.HONEST, 0),
    ]
    spoiled = stress.play.call(t.STRANGER, stage.caller, MULTI, calls)
    stress.play.wait(t.HOUR)
    again = stress.play.call(t.STRANGER, stage.caller, MULTI, calls)
    owed = _owed(stress)
    pokes = stress.watches(3)
    after = stress.seen()
    outcomes = stress.play.run()
    for place in (spoiled, again):
        assert outcomes[place].ok, outcomes[place].reason
    assert _clean_owed(outcomes[owed].word) == 0
    assert {outcomes[place].word for place in pokes} == {CALM}
    assert after.memory(outcomes, SHORT) == Memory(0, 0)


def _failed(stress: Stress) -> int:
    """Two unwinds fail an hour apart; returns where the position between them is told."""
    stress.play.mode(Group.REDEEM, Mode.REVERT_EMPTY)
    stress.exits.unwind()
    owed = _owed(stress)
    stress.play.wait(t.HOUR)
    stress.exits.unwind()
    return owed


def test_short__unwinds_that_fail_by_themselves__count_from_the_second_and_latch_an_hour_later(shared_stage):
    """The same without a contract in between: three clean unwinds are owed, and STRESS follows."""
    stress = _waiting(shared_stage)
    once = _failed(stress)
    owed = _owed(stress)
    stress.play.watch()
    last = stress.watches(1)[0]
    change = stress.change(1)
    outcomes = stress.play.run()
    assert _clean_owed(outcomes[once].word) == 0
    assert _clean_owed(outcomes[owed].word) == 3
    assert outcomes[last].word == STRESS
    assert outcomes[change].decoded(*("uint256",) * 5)[2] == SHORT


def test_short__griefer_spoils_one_moment__latches_nothing(shared_stage):
    """An account that pushes the price, unwinds as often as it likes and undoes it has bought one moment."""
    stress = _waiting(shared_stage)
    stress.play.mode(Group.REDEEM, Mode.SHORT, 100)
    for _ in range(5):
        stress.exits.unwind()
    stress.play.mode(Group.REDEEM, Mode.HONEST)
    owed = _owed(stress)
    pokes = stress.watches(3)
    after = stress.seen()
    outcomes = stress.play.run()
    assert _clean_owed(outcomes[owed].word) == 0
    assert {outcomes[place].word for place in pokes} == {CALM}
    assert after.memory(outcomes, SHORT) == Memory(0, 0)


def test_short__contract_unwinds_cleanly__pays_off_nothing_that_is_owed(shared_stage):
    """A contract could hold the price up while it unwinds: its clean unwinds do not count either, unless
    nothing waits any more."""
    stress, stage = _waiting(shared_stage), shared_stage
    _failed(stress)
    stress.play.mode(Group.REDEEM, Mode.HONEST)
    part = inner(stress.exits.queue, "unwind(uint256,uint256)", 1, 10**9)
    stress.play.call(t.STRANGER, stage.caller, MULTI, [part] * 4)
    owed = _owed(stress)
    stress.exits.unwind()
    nothing = _owed(stress)
    outcomes = stress.play.run()
    assert _clean_owed(outcomes[owed].word) == 3
    assert _clean_owed(outcomes[nothing].word) == 0


def test_short__unwinds_of_a_few_units__are_not_clean_ones(shared_stage):
    """Whoever wants the signal gone redeems all that the leavers could have, three times; a hundred crumbs
    are not three clean unwinds."""
    stress = _waiting(shared_stage)
    _failed(stress)
    stress.play.mode(Group.REDEEM, Mode.HONEST)
    for _ in range(20):
        stress.play.wait(t.HOUR)
        stress.exits.unwind(limit=10_000)
    owed = _owed(stress)
    outcomes = stress.play.run()
    assert _clean_owed(outcomes[owed].word) == 3
