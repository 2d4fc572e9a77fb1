"""ERC-7540, the redemption side: a test for each MUST."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak

from ganglion.devnet.abi import call_data, decode
from ganglion.devnet.artifacts import vyper_artifact
from ganglion.devnet.errors import Reverted
from tests.exits.client_erc7540 import RedemptionClient
from tests.modes import Group, Mode
from tests.treasury import DEPOSITOR, GOVERNOR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import ZERO, reverts
from tests.unit.leavers import HOLDERS, OPERATOR, SECOND, THIRD, Leavers

REQUEST = "requestRedeem(uint256,address,address)"
REDEEM = "redeem(uint256,address,address)"
WITHDRAW = "withdraw(uint256,address,address)"
PENDING = "pendingRedeemRequest(uint256,address)"
CLAIMABLE = "claimableRedeemRequest(uint256,address)"
CALLERS = (LEAVER, SECOND, STRANGER, GOVERNOR, ZERO)


def answers(bed: Leavers, signature: str, *arguments: Any) -> set[bytes]:
    """What a view answers to different callers."""
    data = call_data(signature, *arguments)
    return {bed.rpc.eth_call({"from": who, "to": bed.queue, "data": data}) for who in CALLERS}


def half_settled(bed: Leavers, *holders: str) -> int:
    """Have holders leave together while one strategy pays only a third; returns the id."""
    bed.liquid(1, 66_666_666_667)
    return bed.settled(*(holders or (LEAVER,)))


# ------------------------------------------------------------------ request flows


def test_must__redemption_flow__is_there_and_the_deposit_flow_is_synchronous(bed: Leavers) -> None:
    abi = {entry["name"] for entry in vyper_artifact("contracts/ExitQueue.vy").abi if "name" in entry}
    assert {"requestRedeem", "pendingRedeemRequest", "claimableRedeemRequest", "RedeemRequest"} <= abi
    assert not {"requestDeposit", "pendingDepositRequest", "claimableDepositRequest"} & abi
    share = bed.ask("share()", returns="address")
    bed.mint(STRANGER, bed.unit)
    bed.rpc.transact(STRANGER, share, "deposit(uint256,address)", bed.unit, STRANGER)
    assert bed.rpc.read(share, "balanceOf(address)", STRANGER) > 0


def test_must__erc_4626__is_implemented() -> None:
    abi = vyper_artifact("contracts/ExitQueue.vy").abi
    found = {
        (entry["name"], tuple(part["type"] for part in entry["inputs"]))
        for entry in abi
        if entry["type"] == "function"
    }
    one, two, three = (("uint256",), ("uint256", "address"), ("uint256", "address", "address"))
    who = ("address",)
    surface = {
        "asset": (),
        "totalAssets": (),
        "convertToShares": one,
        "convertToAssets": one,
        "maxDeposit": who,
        "previewDeposit": one,
        "deposit": two,
        "maxMint": who,
        "previewMint": one,
        "mint": two,
        "maxWithdraw": who,
        "previewWithdraw": one,
        "withdraw": three,
        "maxRedeem": who,
        "previewRedeem": one,
        "redeem": three,
    }
    assert set(surface.items()) <= found


@pytest.mark.parametrize("signature", [REDEEM, WITHDRAW])
def test_must__claims__move_no_shares(bed: Leavers, signature: str) -> None:
    half_settled(bed)
    kept = {who: bed.shares(who) for who in (LEAVER, SECOND, DEPOSITOR, bed.queue)}
    supply = bed.supply()
    bed.line(LEAVER, signature, 10**6, LEAVER, LEAVER)
    assert {who: bed.shares(who) for who in kept} == kept
    assert bed.supply() == supply


@pytest.mark.parametrize("signature", [REDEEM, WITHDRAW])
def test_must__controller__is_the_sender_unless_it_approved_an_operator(bed: Leavers, signature: str) -> None:
    half_settled(bed)
    bed.act(LEAVER, "approve(address,uint256)", STRANGER, MAX_UINT)
    for other in (STRANGER, SECOND, OPERATOR):
        with reverts("queue: not the controller"):
            bed.line(other, signature, 1, other, LEAVER)
    bed.line(LEAVER, signature, 10**6, SECOND, LEAVER)
    bed.operate(LEAVER)
    bed.line(OPERATOR, signature, 10**6, OPERATOR, LEAVER)


@pytest.mark.parametrize("signature", ["previewRedeem(uint256)", "previewWithdraw(uint256)"])
@pytest.mark.parametrize("amount", [0, 1, 10**18, MAX_UINT])
def test_must__previews_of_claims__revert_for_all(bed: Leavers, signature: str, amount: int) -> None:
    half_settled(bed)
    data = call_data(signature, amount)
    for caller in CALLERS:
        with pytest.raises(Reverted):
            bed.rpc.eth_call({"from": caller, "to": bed.queue, "data": data})


# ------------------------------------------------------------------ lifecycle


def test_must__request__does_not_skip_the_claim(bed: Leavers, client: RedemptionClient) -> None:
    """Everything is liquid: still nothing reaches the owner but by a claim."""
    shares, assets = client.shares(), client.assets()
    client.request(shares)
    assert client.assets() == assets
    bed.mature()
    bed.settle()
    assert (client.assets(), client.claimable()) == (assets, shares)


def test_must__nothing_is_pushed(bed: Leavers, client: RedemptionClient) -> None:
    before = client.assets()
    half_settled(bed)
    bed.refill()
    bed.unwind(1)
    bed.poke()
    bed.request(SECOND, bed.least)
    bed.ripen()
    bed.request(THIRD, bed.least)
    assert client.assets() == before


def test_must__request_id_of_zero__is_never_given(bed: Leavers) -> None:
    for expected in (1, 2, 3):
        assert bed.promised(LEAVER, REQUEST, bed.least, LEAVER, LEAVER) == expected
        bed.request(LEAVER, bed.least)
        bed.mature()
        bed.settle()
    assert bed.ask(PENDING, 0, LEAVER) == bed.ask(CLAIMABLE, 0, LEAVER) == 0


def test_must__requests_of_one_id__are_fungible(bed: Leavers) -> None:
    """They become claimable at the same time and rate, partly too, whoever claims what in between."""
    amounts = dict(zip(HOLDERS, (bed.shares(LEAVER), bed.shares(SECOND) // 2, 7 * bed.least), strict=True))
    bed.liquid(1, 66_666_666_667)
    ids = {bed.request(holder, shares) for holder, shares in amounts.items()}
    assert len(ids) == 1
    identifier = ids.pop()
    for holder, shares in amounts.items():
        assert (bed.ask(PENDING, identifier, holder), bed.ask(CLAIMABLE, identifier, holder)) == (shares, 0)
    bed.mature()
    bed.settle()
    for step in range(3):
        stakes = {holder: bed.of(identifier, holder) for holder in HOLDERS}
        ratios = [(s.claimable + s.claimed) / s.shares for s in stakes.values()]
        rates = [(s.assets + s.paid) / s.shares for s in stakes.values()]
        assert max(ratios) - min(ratios) <= 1e-15
        assert max(rates) - min(rates) <= 1 / min(amounts.values())
        bed.line(HOLDERS[step], REDEEM, stakes[HOLDERS[step]].claimable // 2, STRANGER, HOLDERS[step])
        bed.liquid(1, bed.coverage(1)[0] + 30_000 * bed.unit)
        bed.unwind(1)


# ------------------------------------------------------------------ requestRedeem


def test_must__shares__leave_the_owner_at_once_and_are_burned_before_the_claim(bed: Leavers) -> None:
    shares, supply = bed.shares(LEAVER), bed.supply()
    bed.request(LEAVER, shares)
    assert bed.shares(LEAVER) == 0
    assert bed.ask(PENDING, 1, LEAVER) == shares
    bed.mature()
    bed.settle()
    assert bed.supply() == supply - shares
    assert bed.ask(CLAIMABLE, 1, LEAVER) == shares


@pytest.mark.parametrize(("allowance", "left"), [(10**20, 0), (10**20 + 9, 9), (MAX_UINT, MAX_UINT)])
def test_must__erc20_approval__lets_a_sender_request_and_is_deducted(
    bed: Leavers, allowance: int, left: int
) -> None:
    bed.act(LEAVER, "approve(address,uint256)", STRANGER, allowance)
    bed.line(STRANGER, REQUEST, 10**20, LEAVER, LEAVER)
    assert bed.view("allowance(address,address)", LEAVER, STRANGER) == left
    assert bed.ask(PENDING, 1, LEAVER) == 10**20


def test_must__operator__is_not_subject_to_allowances(bed: Leavers) -> None:
    bed.operate(LEAVER)
    bed.line(OPERATOR, REQUEST, bed.shares(LEAVER), OPERATOR, LEAVER)
    assert bed.shares(LEAVER) == 0


def test_must__not_all_of_the_shares__reverts(bed: Leavers) -> None:
    with reverts("erc20: transfer amount exceeds balance"):
        bed.line(LEAVER, REQUEST, bed.shares(LEAVER) + 1, LEAVER, LEAVER)
    bed.act(LEAVER, "approve(address,uint256)", STRANGER, bed.least)
    with reverts("erc20: insufficient allowance"):
        bed.line(STRANGER, REQUEST, bed.least + 1, LEAVER, LEAVER)
    assert bed.open_epoch() == (0, 0, 0)


def test_must__redeem_request_event__is_the_eip_s(bed: Leavers) -> None:
    bed.act(LEAVER, "approve(address,uint256)", STRANGER, MAX_UINT)
    receipt = bed.line(STRANGER, REQUEST, 10**20, SECOND, LEAVER)
    log = receipt["logs"][-1]
    topic = "0x" + keccak(text="RedeemRequest(address,address,uint256,address,uint256)").hex()
    indexed = ["0x" + f"{value:064x}" for value in (int(SECOND, 16), int(LEAVER, 16), 1)]
    assert log["topics"] == [topic, *indexed]
    sender, shares = decode(("address", "uint256"), bytes.fromhex(log["data"][2:]))
    assert (sender, shares) == (STRANGER.lower(), 10**20)


# ------------------------------------------------------------------ the views of a request


def test_must__pending__leaves_out_what_is_claimable_and_the_other_way_round(bed: Leavers) -> None:
    identifier = half_settled(bed)
    stake = bed.of(identifier, LEAVER)
    pending, claimable = bed.ask(PENDING, identifier, LEAVER), bed.ask(CLAIMABLE, identifier, LEAVER)
    assert 0 < pending < stake.shares
    assert pending + claimable == stake.shares
    bed.line(LEAVER, REDEEM, claimable // 2, LEAVER, LEAVER)
    assert bed.ask(PENDING, identifier, LEAVER) == pending
    assert bed.ask(CLAIMABLE, identifier, LEAVER) == claimable - claimable // 2


@pytest.mark.parametrize("signature", [PENDING, CLAIMABLE])
def test_must__views_of_a_request__do_not_vary_with_the_caller(bed: Leavers, signature: str) -> None:
    identifier = half_settled(bed)
    assert len(answers(bed, signature, identifier, LEAVER)) == 1


@pytest.mark.parametrize("signature", [PENDING, CLAIMABLE])
@pytest.mark.parametrize("identifier", [0, 1, 2, 2**32, 2**128, MAX_UINT])
def test_must__views_of_a_request__do_not_revert(bed: Leavers, signature: str, identifier: int) -> None:
    half_settled(bed)
    bed.exit_now(SECOND, bed.shares(SECOND))
    for who in (*HOLDERS, STRANGER, ZERO, bed.vault, bed.queue):
        bed.ask(signature, identifier, who)


@pytest.mark.parametrize("signature", [PENDING, CLAIMABLE, "maxRedeem", "maxWithdraw", "totalAssets"])
def test_must__views__do_not_revert_for_any_strategy(bed: Leavers, signature: str) -> None:
    half_settled(bed)
    for mode in (Mode.REVERT_REASON, Mode.BURN_LOOP, Mode.RETURN_BOMB, Mode.RETURN_MAX):
        for group in (Group.READ, Group.MAX, Group.BALANCE):
            bed.dial(1, group, mode)
        if signature == "totalAssets":
            bed.ask("totalAssets()")
        elif "(" in signature:
            bed.ask(signature, 1, LEAVER)
        else:
            bed.ask(f"{signature}(address)", LEAVER)


# ------------------------------------------------------------------ operators


@pytest.mark.parametrize("approved", [True, False])
def test_must__set_operator__sets_logs_and_returns_true(bed: Leavers, approved: bool) -> None:
    bed.operate(LEAVER, approved=not approved)
    assert bed.promised(LEAVER, "setOperator(address,bool)", OPERATOR, approved, returns=("bool",)) is True
    receipt = bed.operate(LEAVER, approved=approved)
    assert bed.ask("isOperator(address,address)", LEAVER, OPERATOR, returns="bool") is approved
    (log,) = receipt["logs"]
    topic = "0x" + keccak(text="OperatorSet(address,address,bool)").hex()
    assert log["topics"] == [topic, *(f"0x{int(who, 16):064x}" for who in (LEAVER, OPERATOR))]
    assert decode(("bool",), bytes.fromhex(log["data"][2:])) == (approved,)


# ------------------------------------------------------------------ ERC-4626 as far as it applies to claims


@pytest.mark.parametrize(
    ("signature", "limit"), [(REDEEM, "maxRedeem(address)"), (WITHDRAW, "maxWithdraw(address)")]
)
def test_must__claims__pass_up_to_their_limit_emit_withdraw_and_revert_beyond(
    bed: Leavers, signature: str, limit: str
) -> None:
    half_settled(bed)
    most = bed.ask(limit, LEAVER)
    with pytest.raises(Reverted):
        bed.line(LEAVER, signature, most + 1, LEAVER, LEAVER)
    receipt = bed.line(LEAVER, signature, most, THIRD, LEAVER)
    topic = "0x" + keccak(text="Withdraw(address,address,address,uint256,uint256)").hex()
    (log,) = (log for log in receipt["logs"] if log["address"].lower() == bed.queue.lower())
    assert log["topics"] == [topic, *(f"0x{int(who, 16):064x}" for who in (LEAVER, THIRD, LEAVER))]
    assets, shares = decode(("uint256", "uint256"), bytes.fromhex(log["data"][2:]))
    assert (shares if signature == REDEEM else assets) == most
    assert bed.assets(THIRD) == assets
    assert bed.ask(limit, LEAVER) == 0


def test_must__limits__move_with_what_is_claimable(bed: Leavers) -> None:
    identifier = half_settled(bed)
    for _ in range(3):
        assert bed.ask("maxRedeem(address)", LEAVER) == bed.ask(CLAIMABLE, identifier, LEAVER)
        bed.line(LEAVER, REDEEM, bed.ask("maxRedeem(address)", LEAVER) // 3, LEAVER, LEAVER)
        bed.liquid(1, bed.coverage(1)[0] + 20_000 * bed.unit)
        bed.unwind(1)


@pytest.mark.parametrize(
    ("signature", "arguments"),
    [
        ("asset()", ()),
        ("share()", ()),
        ("totalAssets()", ()),
        ("convertToShares(uint256)", (10**12,)),
        ("convertToAssets(uint256)", (10**24,)),
        ("maxRedeem(address)", (LEAVER,)),
        ("maxWithdraw(address)", (LEAVER,)),
        ("maxDeposit(address)", (LEAVER,)),
        ("maxMint(address)", (LEAVER,)),
    ],
)
def test_must__views__do_not_vary_with_the_caller(bed: Leavers, signature: str, arguments: tuple) -> None:
    half_settled(bed)
    assert len(answers(bed, signature, *arguments)) == 1


def test_must__entry_that_is_closed__has_limits_of_zero_and_reverts(bed: Leavers) -> None:
    for view, call in (("maxDeposit", "deposit"), ("maxMint", "mint")):
        assert bed.ask(f"{view}(address)", DEPOSITOR) == 0
        with pytest.raises(Reverted):
            bed.line(DEPOSITOR, f"{call}(uint256,address)", 1, DEPOSITOR)
