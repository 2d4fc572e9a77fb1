"""Listing, terms, ceilings, retirement and write-down of strategies."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import (
    DAY,
    DEPOSITOR,
    GOVERNOR,
    HOUR,
    LEAVER,
    LISTING,
    MEMORY,
    POSITION,
    STRANGER,
    TERMS,
    TERMS_WORD,
    Terms,
    deploy_hostile,
    deploy_token,
)
from tests.unit.bed import M112, OK, PLACED, PROBE, Bed
from tests.unit.events import event
from tests.unit.refusals import Refusal

SET_TERMS, SET_CEILING, WRITE_DOWN, RETIRE = 5, 6, 7, 8
LIST = f"list_strategy(address,{TERMS},uint256)"
MAX_LIVE = 10


def offer(bed: Bed, strategy: str, ceiling: int = M112, **terms: Any) -> dict[str, Any]:
    """List a strategy with the default terms and changes."""
    return bed.govern(LIST, strategy, Terms(**terms).tuple(), ceiling)


def packed(strategy: str, terms: Terms) -> int:
    """The word of a strategy's terms, as modules/ledger.vy lays it out."""
    fields = (
        (160, terms.read_gas // 1_000),
        (176, terms.write_gas // 1_000),
        (192, terms.charges_on_exit),
        (200, terms.max_rate),
        (216, terms.tolerance),
        (232, terms.band),
    )
    return int(strategy, 16) | sum(value << shift for shift, value in fields)


@pytest.fixture
def candidate(unsealed: Bed) -> str:
    """An honest strategy that is not listed."""
    return deploy_hostile(unsealed.rpc, unsealed.asset)


# ------------------------------------------------------------------ listing


def test_list__fit_strategy__is_stored_and_told(unsealed: Bed, candidate: str) -> None:
    bed = unsealed
    terms = Terms(151_000, 602_000, True, 65_535, 10_000, 9_999)
    bed.govern(LIST, deploy_hostile(bed.rpc, bed.asset), Terms().tuple(), 1)
    receipt = bed.govern(LIST, candidate, terms.tuple(), 77)
    opens = bed.now() + DAY
    assert bed.word(TERMS_WORD, 2) == packed(candidate, terms)
    assert bed.word(LISTING, 2) == opens << 112 | 77
    assert bed.position(2) == (0, PROBE, OK, 0)
    assert bed.events(receipt) == [
        event(bed.vault, "StrategyListed", id=2, strategy=candidate),
        event(bed.vault, "Configured", key=SET_CEILING, id=2, word=77),
        event(bed.steward, "CeilingSet", id=2, ceiling=77, by=GOVERNOR),
        event(bed.steward, "StrategyListed", id=2, strategy=candidate, terms=terms.tuple()),
    ]


def test_list__another_asset__is_refused(unsealed: Bed) -> None:
    other = deploy_hostile(unsealed.rpc, deploy_token(unsealed.rpc))
    with unsealed.refused("steward: another asset"):
        offer(unsealed, other)


def test_list__no_contract__is_refused(unsealed: Bed) -> None:
    with unsealed.refused(None):
        offer(unsealed, STRANGER)


@pytest.mark.parametrize(
    ("mode", "param"),
    [(Mode.REVERT_REASON, 0), (Mode.RETURN_VALUE, 0), (Mode.RETURN_MAX, 0), (Mode.BURN_SOME, 160_000)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_list__no_price__is_refused(unsealed: Bed, candidate: str, mode: Mode, param: int) -> None:
    unsealed.strategies.append(candidate)
    unsealed.dial(1, Group.READ, mode, param)
    with unsealed.refused("steward: no price"):
        offer(unsealed, candidate)


def test_list__read_gas_too_small_for_a_read__is_refused(unsealed: Bed, candidate: str) -> None:
    with unsealed.refused("steward: no price"):
        offer(unsealed, candidate, read_gas=1_000)


def test_list__price_of_2_32__is_refused_and_below_it_passes(unsealed: Bed, candidate: str) -> None:
    unsealed.strategies.append(candidate)
    unsealed.mark(1, 2**32 * PROBE)
    with unsealed.refused("steward: price too high"):
        offer(unsealed, candidate)
    unsealed.mark(1, 2**32 * PROBE - 1)
    offer(unsealed, candidate)
    assert unsealed.position(1)[1] == 2**32 * PROBE - 1


@pytest.mark.parametrize("price", [1, 3, 10**6, 10**18 + 7, 10**24])
def test_list__any_price__is_remembered_with_31_digits(unsealed: Bed, candidate: str, price: int) -> None:
    unsealed.strategies.append(candidate)
    unsealed.mark(1, price)
    offer(unsealed, candidate)
    word = unsealed.word(MEMORY, 1)
    scaled, scale = word & (2**48 - 1), word >> 248
    assert scaled == (price << scale) // PROBE >= 2**31
    assert scale == 0 or scaled < 2**32


def test_list__charges_on_exit__is_priced_after_the_fee(unsealed: Bed, candidate: str) -> None:
    unsealed.strategies.append(candidate)
    unsealed.dial(1, Group.FEE, Mode.EXIT_FEE, 100)
    offer(unsealed, candidate, charges_on_exit=True)
    assert unsealed.position(1)[1] == PROBE * 99 // 100


def test_list__listed_already__is_refused(unsealed: Bed, candidate: str) -> None:
    offer(unsealed, candidate)
    with unsealed.refused(Refusal.STRATEGY_UNFIT):
        offer(unsealed, candidate)


def test_list__eleventh__is_refused_until_one_retires(unsealed: Bed, candidate: str) -> None:
    unsealed.list_hostile(MAX_LIVE)
    with unsealed.refused(Refusal.TOO_MANY):
        offer(unsealed, candidate)
    unsealed.govern("retire(uint256)", 4)
    offer(unsealed, candidate)
    assert unsealed.status(MAX_LIVE + 1) == OK
    with unsealed.refused(Refusal.TOO_MANY):
        offer(unsealed, deploy_hostile(unsealed.rpc, unsealed.asset))


def test_list__256th_id__is_refused(unsealed: Bed, candidate: str) -> None:
    for identifier in range(1, 256):
        offer(unsealed, candidate)
        unsealed.govern("retire(uint256)", identifier)
    with unsealed.refused(Refusal.TOO_MANY):
        offer(unsealed, candidate)


def test_list__ceiling_beyond_112_bits__is_refused(unsealed: Bed, candidate: str) -> None:
    with unsealed.refused("steward: ceiling too large"):
        offer(unsealed, candidate, ceiling=M112 + 1)
    offer(unsealed, candidate, ceiling=M112)


# ------------------------------------------------------------------ terms

BOUNDS = [
    ({"read_gas": 0}, "steward: read_gas not thousands"),
    ({"read_gas": 150_500}, "steward: read_gas not thousands"),
    ({"write_gas": 0}, "steward: write_gas not thousands"),
    ({"write_gas": 600_001}, "steward: write_gas not thousands"),
    ({"read_gas": 14_001_000}, "steward: gas too large"),
    ({"write_gas": 14_001_000}, "steward: gas too large"),
    ({"write_gas": 14_000_000}, "steward: gas caps too large"),
    ({"max_rate": 65_536}, "steward: max_rate too large"),
    ({"tolerance": 10_001}, "steward: tolerance over 10000"),
    ({"band": 10_001}, "steward: band over 10000"),
]


@pytest.mark.parametrize(("change", "reason"), BOUNDS, ids=lambda v: str(v))
def test_terms__out_of_bounds__are_refused(unsealed: Bed, candidate: str, change: dict, reason: str) -> None:
    with unsealed.refused(reason):
        offer(unsealed, candidate, **change)
    unsealed.list_hostile()
    with unsealed.refused(reason):
        unsealed.terms(1, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"read_gas": 1_000},
        {"write_gas": 1_000},
        {"max_rate": 0},
        {"max_rate": 65_535},
        {"tolerance": 0},
        {"tolerance": 10_000},
        {"band": 0},
        {"band": 10_000},
        {"charges_on_exit": True},
    ],
    ids=str,
)
def test_set_terms__at_the_bounds__are_stored_and_told(unsealed: Bed, change: dict[str, Any]) -> None:
    unsealed.list_hostile()
    terms = Terms(**change)
    receipt = unsealed.govern(f"set_terms(uint256,{TERMS})", 1, terms.tuple())
    assert unsealed.word(TERMS_WORD, 1) == packed(unsealed.strategies[0], terms)
    assert unsealed.events(receipt) == [
        event(unsealed.vault, "Configured", key=SET_TERMS, id=1, word=packed("0x0", terms)),
        event(unsealed.steward, "TermsSet", id=1, terms=terms.tuple()),
    ]


def test_set_terms__gas_of_all__fits_a_transaction(unsealed: Bed) -> None:
    unsealed.list_hostile(2)
    others = 3 * 150_000 + 600_000 + 3 * 150_000
    most = (14_000_000 - 1_500_000) * 64 // 65 // 1_000 * 1_000 - others
    with unsealed.refused("steward: gas caps too large"):
        unsealed.terms(2, write_gas=most + 1_000)
    unsealed.terms(2, write_gas=most)
    with unsealed.refused("steward: gas caps too large"):
        offer(unsealed, deploy_hostile(unsealed.rpc, unsealed.asset))
    unsealed.govern("retire(uint256)", 1)
    offer(unsealed, deploy_hostile(unsealed.rpc, unsealed.asset))


# ------------------------------------------------------------------ retire


def test_retire__empty__leaves_the_price_loop(bed: Bed) -> None:
    price = bed.position(2)[1]
    receipt = bed.govern("retire(uint256)", 2)
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=RETIRE, id=2, word=0),
        event(bed.steward, "StrategyRetired", id=2),
    ]
    assert bed.word(POSITION, 2) == price << 112, "its last price stays, for units that may wait"
    bed.fail(2)
    lo, hi, _ = bed.totals()
    assert bed.events(bed.poke()) == [event(bed.vault, "Poked", lo=lo, hi=hi)]


def test_retire__one_of_three__frees_its_place(bed: Bed) -> None:
    bed.govern("retire(uint256)", 2)
    lo, hi, _ = bed.totals()
    assert bed.events(bed.poke()) == [event(bed.vault, "Poked", lo=lo, hi=hi)]
    bed.list_hostile(MAX_LIVE - 2)
    assert [bed.status(i) for i in range(13)] == [0, OK, 0, *[OK] * 9, 0]
    with bed.refused(Refusal.TOO_MANY):
        bed.list_hostile()


@pytest.mark.parametrize("identifier", [1, 2, 3])
def test_retire__others__keep_working(bed: Bed, identifier: int) -> None:
    bed.govern("retire(uint256)", identifier)
    for other in {1, 2, 3} - {identifier}:
        bed.allocate(other, PLACED * bed.unit)
    total = bed.totals()[0]
    bed.poke()
    bed.mark(max({1, 2, 3} - {identifier}), PLACED * bed.unit - 5)
    assert bed.totals()[0] == total - 5


def test_retire__holding_units__is_refused(invested: Bed) -> None:
    with invested.refused(Refusal.STILL_HOLDING):
        invested.govern("retire(uint256)", 2)
    invested.deallocate(2, M112)
    invested.govern("retire(uint256)", 2)


def test_retire__relisted__gets_a_new_id_and_waits_again(bed: Bed) -> None:
    bed.govern("retire(uint256)", 1)
    offer(bed, bed.strategies[0])
    assert (bed.status(1), bed.status(4)) == (0, OK)
    assert bed.word(LISTING, 4) >> 112 == bed.now() + DAY
    with bed.refused(Refusal.STRATEGY_NOT_OK):
        bed.allocate(1, bed.unit)
    with bed.refused(Refusal.TOO_EARLY):
        bed.allocate(4, bed.unit)
    bed.rpc.warp(DAY)
    bed.poke()
    bed.allocate(4, bed.unit)
    assert bed.position(4)[0] == bed.unit


@pytest.mark.parametrize(
    ("signature", "arguments"),
    [
        ("retire(uint256)", ()),
        ("write_down(uint256)", ()),
        ("set_ceiling(uint256,uint256)", (5,)),
        (f"set_terms(uint256,{TERMS})", (Terms().tuple(),)),
    ],
)
@pytest.mark.parametrize("identifier", [0, 4, 255])
def test_configure__not_listed__is_refused(
    bed: Bed, signature: str, arguments: tuple, identifier: int
) -> None:
    with bed.refused(Refusal.NOT_LISTED):
        bed.govern(signature, identifier, *arguments)


def test_configure__retired__is_refused(bed: Bed) -> None:
    bed.govern("retire(uint256)", 2)
    with bed.refused(Refusal.NOT_LISTED):
        bed.govern("retire(uint256)", 2)


# ------------------------------------------------------------------ write-down


def test_write_down__quarantined__takes_the_book_and_opens_entry(invested: Bed) -> None:
    bed = invested
    bed.quarantine(2)
    lo, hi, veto = bed.totals()
    assert veto
    receipt = bed.govern("write_down(uint256)", 2)
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=WRITE_DOWN, id=2, word=0),
        event(bed.steward, "WrittenDown", id=2),
    ]
    assert bed.totals() == (lo, lo, False)
    assert bed.position(2)[:3] == (PLACED * bed.unit, 0, 3)
    assert hi - lo == PLACED * bed.unit
    assert bed.deposit(LEAVER, bed.unit) > 0


def test_write_down__not_quarantined__is_refused(invested: Bed) -> None:
    with invested.refused(Refusal.STRATEGY_NOT_OK):
        invested.govern("write_down(uint256)", 2)
    invested.fail(2)
    invested.poke()
    with invested.refused(Refusal.STRATEGY_NOT_OK):
        invested.govern("write_down(uint256)", 2)


def test_write_down__strategy_comes_back__is_the_holders_again(invested: Bed) -> None:
    bed = invested
    total = bed.totals()[0]
    bed.quarantine(2)
    bed.govern("write_down(uint256)", 2)
    bed.fail(2, False)
    for _ in range(3):
        bed.poke()
        bed.rpc.warp(HOUR)
    assert bed.totals() == (total, total, False)
    assert bed.deposit(DEPOSITOR, bed.unit) > 0


def test_list__units_of_more_decimals__are_priced_lower(rpc: Rpc) -> None:
    bed = Bed.make(rpc, 18)
    assert bed.list_hostile(2, offset=6) == 2
    assert bed.position(1)[1] == PROBE // 10**6
