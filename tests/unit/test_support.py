"""The tests' own instruments: mirrored reasons, refusals, fingerprints and layers notice what they must."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ganglion.devnet.artifacts import ROOT
from tests.treasury import DEPOSITOR, STRANGER
from tests.unit.bed import DEPOSIT, Bed
from tests.unit.conftest import FUNDED, INVESTED, MADE, made
from tests.unit.refusals import Refusal


def test_refusals__mirror__equals_the_module() -> None:
    source = (ROOT / "contracts/modules/refusal.vy").read_text()
    declared = re.findall(r"^([A-Z_]+): constant\(uint256\) = (\d+)$", source, re.MULTILINE)
    assert {name: int(number) for name, number in declared} == {entry.name: entry.value for entry in Refusal}


def test_fingerprint__any_write__changes(bed: Bed) -> None:
    before = bed.fingerprint()
    bed.deposit(DEPOSITOR, 1)
    after = bed.fingerprint()
    vault, steward, _, asset, *others = range(len(before))
    assert all(before[i] != after[i] for i in (vault, asset))
    assert all(before[i] == after[i] for i in (steward, *others))


def test_refused__other_reason__fails(bed: Bed) -> None:
    with pytest.raises(AssertionError, match="vault: 3"), bed.refused(Refusal.VETO):
        bed.act(DEPOSITOR, DEPOSIT, 0, DEPOSITOR)


def test_refused__no_revert__fails(bed: Bed) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"), bed.refused(Refusal.VETO):
        bed.poke()


def test_clock__every_block__is_a_second_later(bed: Bed) -> None:
    before = bed.now()
    bed.poke()
    assert bed.now() == before + 1
    bed.at(before + 50)
    bed.poke()
    assert bed.now() == before + 50


def test_events__strategy_and_asset__are_not_ours(invested: Bed) -> None:
    receipt = invested.act(STRANGER, "poke()")
    assert [entry.emitter for entry in invested.events(receipt)] == [invested.vault.lower()]


def test_layers__after_any_test__are_the_same(reach: Callable[..., Bed]) -> None:
    first = reach(MADE, FUNDED, INVESTED)
    seen = first.fingerprint(), first.now(), first.strategies
    first.deposit(DEPOSITOR, 1)
    first.list_hostile()
    first.rpc.warp(1_000)
    idle = reach(MADE, FUNDED)
    assert idle.position(1)[0] == 0
    again = reach(MADE, FUNDED, INVESTED)
    assert (again.fingerprint(), again.now(), again.strategies) == (seen[0], seen[1], seen[2][:3])
    other = reach(made("18 decimals"))
    assert other.decimals == 18
    last = reach(MADE, FUNDED, INVESTED)
    assert (last.fingerprint(), last.now()) == seen[:2]
