"""Broken strategies: for every way to fail and every path that touches a strategy, exactly what happens.

Each case turns one dial and acts once. SAME: the answer, every balance and every word of the ledger are
those of an honest strategy. A reason: the call reverts with it. What succeeds otherwise is in
test_broken_moves.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ganglion.devnet.rpc import Rpc
from tests import treasury as t
from tests.attacks.stage import AMOUNT, HEALTHY, SOLMATE, Stage, open_treasury
from tests.modes import MODES_OF, SKIP_ACT, Group, Mode

SAME = "same"
OTHER = "other"  # succeeds otherwise than an honest one
VETO, GAP, NOT_LIQUID, FAILED, SLIPPAGE, BAND = (f"vault: {n}" for n in (7, 12, 15, 17, 22, 23))
ILLIQUID, SILENT = "executor: target illiquid", "executor: target silent"
TERA = 2**112
GAS_AT_MOST = (4 * 150_000 + 600_000) * 65 // 64  # four reads and a write, all of it burned

# What an attack through the first strategy must leave to the others.
OUTSIDE = tuple(
    f"{name} {i}"
    for name in (
        "position",
        "memory",
        "health",
        "listing",
        "terms",
        "units",
        "asset of strategy",
        "cap",
        "allowed",
    )
    for i in (HEALTHY, SOLMATE)
)

Dial = tuple[Mode, int]
REFUSALS: tuple[Dial, ...] = (
    (Mode.REVERT_REASON, 0),
    (Mode.REVERT_EMPTY, 0),
    (Mode.REVERT_BOMB, 0),
    (Mode.BURN_INVALID, 0),
    (Mode.BURN_LOOP, 0),
    (Mode.BURN_SOME, 1_000_000),
)
MALFORMED: tuple[Dial, ...] = (
    (Mode.RETURN_NOTHING, 0),
    (Mode.RETURN_31, 0),
    (Mode.RETURN_64, 0),
    (Mode.RETURN_BOMB, 0),
    (Mode.RETURN_MAX, 0),
)
ANSWERS = (*MALFORMED, (Mode.RETURN_VALUE, 1), (Mode.LIE_UP, 5_000), (Mode.LIE_DOWN, 5_000))
HARMLESS: tuple[Dial, ...] = ((Mode.HONEST, 0), (Mode.BURN_SOME, 40_000))
UNREAD = (*REFUSALS, *MALFORMED, (Mode.RETURN_VALUE, TERA))
SKIPPED = tuple((mode, SKIP_ACT) for mode, _ in MALFORMED)
NEVER_CALLED = (*HARMLESS, *REFUSALS, *ANSWERS)

ENTRY = ("deposit", "mint")
PETTY = ("withdraw", "redeem")
DARK = dict.fromkeys((*ENTRY, *PETTY, "allocate_healthy"), VETO) | {
    "allocate_hostile": FAILED,
    "poke": OTHER,
}
DEEP_FALL = dict.fromkeys((*ENTRY, *PETTY, "allocate_healthy"), VETO) | {
    "allocate_hostile": BAND,
    "deallocate_hostile": OTHER,
    "poke": OTHER,
}
LIED_UP = dict.fromkeys(PETTY, GAP) | {
    "allocate_hostile": BAND,
    "deallocate_hostile": OTHER,
    "empty_hostile": OTHER,
    "poke": OTHER,
}

Cases = dict[Dial, dict[str, str]]


def _each(dials: tuple[Dial, ...], expected: dict[str, str]) -> Cases:
    return dict.fromkeys(dials, expected)


STUCK = {"deallocate_hostile": FAILED, "empty_hostile": FAILED, "slice": NOT_LIQUID}
TAKEN = {"deallocate_hostile": SLIPPAGE, "empty_hostile": SLIPPAGE, "slice": OTHER}
SHAVED = {"deallocate_hostile": OTHER, "empty_hostile": OTHER, "slice": OTHER}
# A poke notes how much is liquid; an agent adds nothing to what cannot be left.
LOCKED = {"slice": NOT_LIQUID, "poke": OTHER, "allocate_hostile": ILLIQUID}

MATRIX: dict[Group, Cases] = {
    Group.READ: {
        **_each(HARMLESS, {}),
        **_each(UNREAD, DARK),
        # 2% of the total: a depositor pays it to those who stay; 10% is more than anybody has to pay.
        (Mode.LIE_UP, 1_000): dict.fromkeys(ENTRY, OTHER) | LIED_UP,
        (Mode.LIE_UP, 5_000): dict.fromkeys(ENTRY, GAP) | LIED_UP,
        # 2% of the total: below the veto, and entry still pays the higher book.
        (Mode.LIE_DOWN, 1_000): {
            **dict.fromkeys(PETTY, GAP),
            "allocate_hostile": BAND,
            "deallocate_hostile": OTHER,
            "poke": OTHER,
        },
        (Mode.LIE_DOWN, 5_000): DEEP_FALL,
        (Mode.RETURN_VALUE, 0): DEEP_FALL | {"deallocate_hostile": SAME},
        (Mode.REENTER_VIEW, 0): {},
    },
    Group.DEPOSIT: {
        **_each(HARMLESS, {}),
        **_each(REFUSALS, {"allocate_hostile": FAILED}),
        **_each((*SKIPPED, (Mode.NO_OP, 0)), {"allocate_hostile": FAILED}),
        **_each(ANSWERS, {}),
        (Mode.SHORT, 30): {"allocate_hostile": OTHER},
        (Mode.SHORT, 100): {"allocate_hostile": SLIPPAGE},
        (Mode.SHORT, 10_000): {"allocate_hostile": FAILED},
        (Mode.OVERTAKE, 10_000): {},
        (Mode.FREE_MINT, 5_000): {"allocate_hostile": OTHER},
    },
    Group.REDEEM: {
        **_each(HARMLESS, {}),
        **_each(REFUSALS, STUCK),
        **_each((*SKIPPED, (Mode.NO_OP, 0)), TAKEN),
        **_each(ANSWERS, {}),
        (Mode.SHORT, 30): SHAVED,
        (Mode.SHORT, 100): TAKEN,
        (Mode.OVERTAKE, 1_000): SHAVED | {"empty_hostile": SAME},
    },
    Group.MAX: {
        **_each(HARMLESS, {}),
        **_each(UNREAD, LOCKED | {"allocate_hostile": SILENT}),
        (Mode.RETURN_VALUE, 0): LOCKED,
        (Mode.LIE_DOWN, 1): {"slice": NOT_LIQUID, "poke": OTHER},
        (Mode.LIE_UP, 5_000): {},
        (Mode.REENTER_VIEW, 0): {},
        (Mode.IGNORE_LIMIT, 0): {},
    },
    Group.BALANCE: {
        **_each(HARMLESS, {}),
        **_each(UNREAD, {"allocate_hostile": FAILED}),
        (Mode.RETURN_VALUE, 1): {"allocate_hostile": FAILED},
        (Mode.LIE_UP, 5_000): {"allocate_hostile": OTHER},
        (Mode.LIE_DOWN, 5_000): {"allocate_hostile": SLIPPAGE},
        (Mode.REENTER_VIEW, 0): {},
    },
    Group.TRANSFER: _each((*NEVER_CALLED[:-2], (Mode.NO_OP, 0), (Mode.SHORT, 5_000)), {}),
    Group.META: _each(NEVER_CALLED[:-2], {}),
    Group.FEE: {(Mode.EXIT_FEE, 30): SHAVED, (Mode.EXIT_FEE, 100): TAKEN},
    Group.LIQUIDITY: {
        (Mode.LIMITED, 0): STUCK | LOCKED,
        (Mode.LIMITED, 10**9 + 1): LOCKED | {"empty_hostile": FAILED},
        (Mode.PARTIAL, 0): LOCKED | {"deallocate_hostile": SLIPPAGE, "empty_hostile": SLIPPAGE},
    },
    Group.CUSTODY: {(Mode.COUNT_DONATIONS, 0): {}},
}

CASES = [(group, mode, param) for group, cases in MATRIX.items() for mode, param in cases]


def _name(value: object) -> str:
    return value.name.lower() if isinstance(value, Group | Mode) else str(value)


@pytest.fixture(scope="module")
def honest(shared_stage: Stage) -> dict[str, tuple[bytes, int, dict[str, int]]]:
    """For each action what it returns, its gas and the books after it, where every strategy is honest."""
    found = {}
    for action in shared_stage.actions():
        play = shared_stage.play()
        place, books = play.act(action), play.books()
        outcomes = play.run()
        assert outcomes[place].ok, (action, outcomes[place].reason)
        found[action] = outcomes[place].data, outcomes[place].gas, books(outcomes)
    return found


@pytest.mark.parametrize(("group", "mode", "param"), CASES, ids=_name)
def test_broken_strategy__every_path__does_what_the_matrix_says(shared_stage, honest, group, mode, param):
    expected = MATRIX[group][mode, param]
    for action in shared_stage.actions():
        play = shared_stage.play()
        play.mode(group, mode, param)
        before, place, after = play.books(), play.act(action), play.books()
        outcomes = play.run()
        outcome, wanted = outcomes[place], expected.get(action, SAME)
        data, gas, books = honest[action]
        assert outcome.gas <= gas + GAS_AT_MOST, action
        if wanted not in (SAME, OTHER):
            assert not outcome.ok, action
            assert outcome.reason == wanted, action
            assert before(outcomes) == after(outcomes), action
            continue
        assert outcome.ok, (action, outcome.reason)
        found = after(outcomes)
        same = outcome.data == data and found == books
        assert same == (wanted == SAME), (action, _difference(books, found))
        _assert_only_the_hostile_lost(action, before(outcomes), found, books)


def _assert_only_the_hostile_lost(
    action: str, before: dict[str, int], after: dict[str, int], honest: dict[str, int]
) -> None:
    """Whatever the first strategy did, the rest of the treasury is as if it were honest, but for what was
    paid to it."""
    for name in OUTSIDE:
        assert after[name] == honest[name], (action, name)
    idle, expected = after["hot"] % TERA, honest["hot"] % TERA
    assert after["asset of vault"] == idle, action
    if action == "allocate_hostile":
        assert before["hot"] % TERA - AMOUNT <= idle, action
    elif "hostile" in action:
        assert before["hot"] % TERA <= idle, action
    elif action in ENTRY:
        assert expected <= idle, action
        assert after["supply"] <= honest["supply"], action
    else:
        assert idle == expected, action


def _difference(honest: dict[str, int], found: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {name: (honest[name], found[name]) for name in honest if honest[name] != found[name]}


@pytest.mark.parametrize(("group", "mode", "param"), CASES, ids=_name)
def test_broken_strategy__views__never_revert(shared_stage, group, mode, param):
    play = shared_stage.play()
    play.mode(group, mode, param)
    places = {name: play.view(*view) for name, view in shared_stage.views().items()}
    outcomes = play.run()
    assert {name: outcomes[place].reason for name, place in places.items() if not outcomes[place].ok} == {}


def test_broken_strategy__matrix__names_every_mode_of_every_group():
    reentrant = {Mode.REENTER, Mode.REENTER_STATIC}  # test_reentry.py
    for group, modes in MODES_OF.items():
        named = {mode for mode, _ in MATRIX[group]}
        assert modes - reentrant - {Mode.HONEST} == named - {Mode.HONEST}, group


@pytest.fixture(scope="module")
def charging(attacked_node: Rpc, shared_stage: Stage) -> Iterator[Stage]:
    """The same treasury with strategies that are priced by previewRedeem."""
    snapshot = attacked_node.call("evm_snapshot")
    yield open_treasury(attacked_node, terms=t.Terms(charges_on_exit=True))
    assert attacked_node.call("evm_revert", snapshot)


@pytest.mark.parametrize("charges_on_exit", [False, True])
@pytest.mark.parametrize(("mode", "param"), UNREAD, ids=_name)
def test_failed_read__book_stands_in_and_doors_close(shared_stage, charging, charges_on_exit, mode, param):
    stage = charging if charges_on_exit else shared_stage
    play = stage.play()
    before = play.totals()
    play.mode(Group.READ, mode, param)
    after = play.totals()
    limits = [
        play.view(f"max{name}(address)", t.LEAVER) for name in ("Deposit", "Mint", "Withdraw", "Redeem")
    ]
    closed = {action: play.act(action) for action in (*ENTRY, *PETTY, "allocate_healthy")}
    home = [play.act(action) for action in ("empty_hostile", "deallocate_healthy")]
    outcomes = play.run()
    lo, hi, veto = outcomes[before].decoded("uint256", "uint256", "bool")
    assert not veto
    assert outcomes[after].decoded("uint256", "uint256", "bool") == (lo, hi, True)
    assert [outcomes[place].word for place in limits] == [0] * 4
    assert {name: outcomes[place].reason for name, place in closed.items()} == dict.fromkeys(closed, VETO)
    assert all(outcomes[place].ok for place in home)
