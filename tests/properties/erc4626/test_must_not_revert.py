"""ERC4626-001 to 008 and 037: what the standard says must not revert does not, for anybody, in any state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.attacks.stage import HOSTILE
from tests.modes import Group, Mode
from tests.properties.erc4626.states import PLANS, accounts, any_state

# Far beyond what can exist: a thousand times all that a Vault can hold, and the shares of it.
REASONABLE = 2**122
TROUBLES = {
    "none": (),
    "paused": (("entry",),),
    "stress": (("state", 1),),
    "winddown": (("state", 2),),
    "dark": (("read", Mode.BURN_INVALID),),
    "absurd": (("read", Mode.RETURN_MAX),),
    "huge": (("value", 2**112 - 1),),
    "nothing": (("value", 0),),
}


def _trouble(play, name: str) -> None:
    steward = play.stage.treasury.steward
    for kind, *value in TROUBLES[name]:
        if kind == "entry":
            play.call(t.GUARDIAN, steward, "set_entry_paused(bool)", True)
        elif kind == "state":
            play.call(play.stage.treasury.sentinel, play.stage.treasury.vault, "latch(uint256)", *value)
        elif kind == "read":
            play.mode(Group.READ, value[0], 0, HOSTILE)
        else:
            play.mode(Group.READ, Mode.RETURN_VALUE, value[0], HOSTILE)


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(
    ("identifier", "signature"),
    [
        ("ERC4626-001", "asset()"),
        ("ERC4626-002", "totalAssets()"),
        ("ERC4626-005", "maxDeposit(address)"),
        ("ERC4626-006", "maxMint(address)"),
        ("ERC4626-007", "maxRedeem(address)"),
        ("ERC4626-008", "maxWithdraw(address)"),
    ],
)
@given(name=any_state, caller=accounts, subject=accounts)
def test_view__any_state__does_not_revert(states, identifier, signature, trouble, name, caller, subject):
    play = states[name].play()
    _trouble(play, trouble)
    arguments = (subject,) if "address" in signature else ()
    place = play.call(caller, states[name].vault, signature, *arguments)
    outcome = play.run()[place]
    assert outcome.ok, (identifier, outcome.reason)
    assert len(outcome.data) == 32


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(
    ("identifier", "signature"),
    [("ERC4626-003", "convertToAssets(uint256)"), ("ERC4626-004, 037", "convertToShares(uint256)")],
)
@given(name=any_state, caller=accounts, amount=st.integers(0, REASONABLE))
def test_convert__reasonable_amount__does_not_revert(
    states, identifier, signature, trouble, name, caller, amount
):
    play = states[name].play()
    _trouble(play, trouble)
    place = play.call(caller, states[name].vault, signature, amount)
    outcome = play.run()[place]
    assert outcome.ok, (identifier, outcome.reason)


@pytest.mark.parametrize("name", PLANS)
def test_asset__any_state__is_the_token(states, name):
    """ERC4626-001, a16z asset."""
    play = states[name].play()
    place = play.view("asset()")
    assert play.run()[place].word == int(states[name].stage.asset, 16)


@pytest.mark.parametrize("closed", ["paused", "stress", "winddown", "dark"])
@pytest.mark.parametrize("name", PLANS)
def test_limits__entry_closed__are_zero_and_calls_refuse(states, name, closed):
    """EIP-4626: a limit must be 0 while its function is disabled, even for a while."""
    play = states[name].play()
    _trouble(play, closed)
    limits = [play.view(f"{limit}(address)", t.LEAVER) for limit in ("maxDeposit", "maxMint")]
    entry = ("deposit(uint256,address)", "mint(uint256,address)")
    calls = [play.call(t.LEAVER, states[name].vault, signature, 1, t.LEAVER) for signature in entry]
    outcomes = play.run()
    assert [outcomes[place].word for place in limits] == [0, 0]
    assert all(outcomes[place].reason.startswith("vault: ") for place in calls)
