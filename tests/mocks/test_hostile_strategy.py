"""HostileStrategy does what its dials say: a mode without effect would make the tests that use it vacuous."""

from __future__ import annotations

import re

import pytest

from tests import modes
from tests.mocks.chain import GAS, ROOT, UNIT
from tests.modes import BOMB_BYTES, MODES_OF, SKIP_ACT, Group, Mode, Stage

BPS = 10_000
CALLABLE = [group for group in Group if group <= Group.META]
MALFORMED = {
    Mode.RETURN_NOTHING: 0,
    Mode.RETURN_31: 31,
    Mode.RETURN_64: 64,
    Mode.RETURN_BOMB: BOMB_BYTES,
    Mode.RETURN_MAX: 32,
}
PARAMS = {
    Mode.BURN_SOME: 200_000,
    Mode.RETURN_VALUE: 7,
    Mode.LIE_UP: 500,
    Mode.LIE_DOWN: 500,
    Mode.SHORT: 500,
    Mode.OVERTAKE: 500,
    Mode.FREE_MINT: 500,
    Mode.REENTER_VIEW: 123,
}
# Modes that leave one function of their group as it is: no limit can be raised further, and an
# approval moves nothing.
WITHOUT_EFFECT = {
    "maxDeposit(address)": {Mode.RETURN_MAX, Mode.LIE_UP, Mode.IGNORE_LIMIT},
    "maxMint(address)": {Mode.RETURN_MAX, Mode.LIE_UP, Mode.IGNORE_LIMIT},
    "approve(address,uint256)": {Mode.SHORT, Mode.REENTER, Mode.REENTER_STATIC},
}


def _allowed() -> list[tuple[Group, Mode]]:
    return [(group, mode) for group in CALLABLE for mode in sorted(MODES_OF[group]) if mode]


# -- the names ----------------------------------------------------------------
def test_modes__constants__mirror_the_contract():
    source = (ROOT / "contracts/mocks/modules/hostility.vy").read_text()
    found = {
        name: int(value) for name, value in re.findall(r"^(\w+): constant\(uint8\) = (\d+)", source, re.M)
    }
    groups, kinds = {member.name: member.value for member in Group}, {m.name: m.value for m in Mode}
    assert found == groups | kinds
    stages = dict(re.findall(r"^(HALFWAY|BEFORE|AFTER): constant\(uint256\) = (\d+)", source, re.M))
    assert {name: int(value) for name, value in stages.items()} == {s.name: s.value for s in Stage}


def test_token_flags__constants__mirror_the_contract():
    source = (ROOT / "contracts/mocks/WeirdToken.vy").read_text()
    names = "|".join(flag.name for flag in modes.TokenFlag if flag)
    found = dict(re.findall(rf"^({names}): constant\(uint256\) = (\d+)", source, re.M))
    assert {name: int(value) for name, value in found.items()} == {
        f.name: f.value for f in modes.TokenFlag if f
    }


@pytest.mark.parametrize("group", Group)
def test_set_mode__each_mode__accepted_only_where_it_acts(bench, group):
    for mode in Mode:
        outcome = bench.world.set_mode(bench.strategy, group, mode, 0)
        assert outcome.ok == (mode in MODES_OF[group]), mode.name
        if not outcome.ok:
            assert outcome.reason == "hostile: mode not for group"


@pytest.mark.parametrize(
    ("group", "mode", "param", "reason"),
    [
        (10, 1, 0, "hostile: unknown group"),
        (0, 32, 0, "hostile: unknown mode"),
        (Group.READ, Mode.RETURN_VALUE, 2**248, "hostile: param too large"),
        (Group.READ, Mode.LIE_DOWN, 10_001, "hostile: param over 10000 bps"),
        (Group.READ, Mode.LIE_UP, 2**32, "hostile: param over 2**32 bps"),
        (Group.FEE, Mode.EXIT_FEE, 10_000, "hostile: param over 9999 bps"),
        (Group.DEPOSIT, Mode.REENTER, 3, "hostile: param not a stage"),
    ],
)
def test_set_mode__bad_argument__reverts(bench, group, mode, param, reason):
    assert bench.world.set_mode(bench.strategy, group, mode, param).reason == reason


def test_set_mode__dial__reads_back(bench):
    bench.set_mode(Group.READ, Mode.RETURN_VALUE, 2**248 - 1)
    dial = bench.world.rpc.read(bench.strategy, "dial(uint8)", Group.READ, returns=("uint8", "uint256"))
    assert dial == (Mode.RETURN_VALUE, 2**248 - 1)


# -- every mode of every function does something --------------------------------
@pytest.mark.parametrize(("group", "mode"), _allowed(), ids=lambda value: value.name.lower())
def test_mode__every_function_of_its_group__differs_from_honest(bench, group, mode):
    bench.set_reentry(bench.token, "index()")
    if group is Group.MAX:
        bench.set_mode(Group.LIQUIDITY, Mode.LIMITED, UNIT)
    honest = {name: bench.observe(name, args) for name, args in bench.functions(group).items()}
    bench.set_mode(group, mode, PARAMS.get(mode, 0))
    for name, args in bench.functions(group).items():
        (was, books), (now, books_now) = honest[name], bench.observe(name, args)
        assert was.ok
        if mode is Mode.BURN_SOME:
            assert now.gas - was.gas > PARAMS[mode]
            assert (now.data, books_now) == (was.data, books)
            continue
        same = (now.ok, now.data, books_now) == (was.ok, was.data, books)
        assert same == (mode in WITHOUT_EFFECT.get(name, ())), name


@pytest.mark.parametrize("group", CALLABLE)
def test_failure_modes__each_function__fails_as_documented(bench, group):
    for name, args in bench.functions(group).items():
        for mode in (
            Mode.REVERT_EMPTY,
            Mode.BURN_INVALID,
            Mode.BURN_LOOP,
            Mode.REVERT_BOMB,
            Mode.REVERT_REASON,
        ):
            bench.set_mode(group, mode)
            outcome, _ = bench.observe(name, args)
            assert not outcome.ok
            burns = mode in (Mode.BURN_INVALID, Mode.BURN_LOOP)
            assert (outcome.gas > GAS - 100) == burns, (name, mode.name)
            if mode is Mode.REVERT_REASON:
                assert outcome.reason == "hostile: refused"
            else:
                assert outcome.data == bytes(BOMB_BYTES if mode is Mode.REVERT_BOMB else 0)


@pytest.mark.parametrize("group", CALLABLE)
@pytest.mark.parametrize(
    ("mode", "length"), MALFORMED.items(), ids=lambda value: getattr(value, "name", value)
)
def test_malformed_modes__each_function__acts_and_answers_so_many_bytes(bench, group, mode, length):
    for name, args in bench.functions(group).items():
        bench.set_mode(group, Mode.HONEST)
        honest, books = bench.observe(name, args)
        bench.set_mode(group, mode)
        outcome, books_now = bench.observe(name, args)
        assert (outcome.ok, len(outcome.data), books_now) == (True, length, books)
        if mode in (Mode.RETURN_31, Mode.RETURN_64):
            assert outcome.data == (honest.data * 2)[:length]
        elif mode is Mode.RETURN_MAX:
            assert outcome.word == 2**256 - 1


@pytest.mark.parametrize("group", [Group.DEPOSIT, Group.REDEEM, Group.TRANSFER])
@pytest.mark.parametrize("mode", [*MALFORMED, Mode.NO_OP])
def test_skip__each_function__answers_without_acting(bench, group, mode):
    untouched = bench.books()
    for name, args in bench.functions(group).items():
        bench.set_mode(group, Mode.HONEST)
        honest, _ = bench.observe(name, args)
        bench.set_mode(group, mode, SKIP_ACT)
        outcome, books = bench.observe(name, args)
        assert books == untouched
        assert len(outcome.data) == MALFORMED.get(mode, 32)
        assert mode is not Mode.NO_OP or outcome.data == honest.data


@pytest.mark.parametrize("group", [Group.READ, Group.DEPOSIT, Group.REDEEM, Group.MAX, Group.BALANCE])
def test_lies__each_function__report_bps_off_and_deliver_the_truth(bench, group):
    for name, args in bench.functions(group).items():
        bench.set_mode(group, Mode.HONEST)
        honest, books = bench.observe(name, args)
        if honest.word == 2**256 - 1:
            continue
        for mode, sign in ((Mode.LIE_UP, 1), (Mode.LIE_DOWN, -1)):
            bench.set_mode(group, mode, 300)
            outcome, books_now = bench.observe(name, args)
            assert books_now == books
            assert outcome.word == honest.word + sign * (honest.word * 300 // BPS)
    bench.set_mode(Group.MAX, Mode.LIE_DOWN, 2_500)
    assert bench.ask("maxDeposit(address)", bench.depositor) == (2**256 - 1) // BPS * 7_500
