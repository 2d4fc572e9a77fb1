"""The Safe accepts a treasury: one MultiSend, two of three signatures, the real Safe 1.4.1."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ape.api import AccountAPI
from ape_safe.accounts import get_signatures
from ape_safe.utils import encode_signatures

from ganglion.deployment import (
    DeploymentError,
    OperationRefused,
    SignaturesMissing,
    TransactionFailed,
    governance,
    opening,
    safe,
    verify,
)
from ganglion.deployment.governance import Phase
from ganglion.devnet import Reverted
from ganglion.devnet.abi import call_data
from scripts._lib.ape_chain import ApeSender
from scripts._lib.owners import as_builder_file

from .world import DELAY, World, account, events


def accept(world: World) -> None:
    calls = opening.acceptance(world.site, world.manifest)
    world.two_owners().execute(calls, account(9))


def phases(world: World) -> set[Phase]:
    return {status.phase for _, status in opening.statuses(world.site, world.manifest)}


def test_accept__two_of_three__both_openings_scheduled_in_one_transaction(world: World) -> None:
    calls = opening.acceptance(world.site, world.manifest)
    receipt = world.two_owners().execute(calls, account(9))
    assert receipt.receiver == world.at("Safe")
    scheduled = events(receipt, world.site, "Timelock", "CallScheduled")
    operations = opening.operations(world.site, world.manifest)
    assert scheduled == [
        {
            "id": operation.id,
            "index": 0,
            "target": operation.calls[0].to,
            "amount": 0,
            "payload": operation.calls[0].data,
            "predecessor": bytes(32),
            "delay": DELAY,
        }
        for operation in operations
    ]
    assert [call.what for call in calls] == [
        "schedule: open deposits up to 20,000,000 USDC",
        f"schedule: grant the mandate of {account(6).address}",
    ]
    assert safe.read(world.chain, world.at("Safe")).nonce == 1
    assert verify(world.manifest, world.chain).differences == ()


def test_accept__delay_over__anyone_opens_and_a_holder_enters(world: World) -> None:
    accept(world)
    assert phases(world) == {Phase.WAITING}
    assert opening.ready(world.site, world.manifest) == []
    world.wait(DELAY)
    assert phases(world) == {Phase.READY}
    for call in opening.ready(world.site, world.manifest):
        world.send(account(9), call)
    report = verify(world.manifest, world.chain)
    assert report.is_open
    assert report.differences == ()
    depositor, vault = world.pay_in(10**9), world.at("Vault")
    shares = world.net.rpc.read(vault, "balanceOf(address)", depositor)
    assert world.net.rpc.read(vault, "convertToAssets(uint256)", shares) in (10**9 - 1, 10**9)
    world.allocate(4 * 10**8)
    assert world.site.word(2, 1) & (2**112 - 1) > 0


def test_accept__twice__nothing_left(world: World) -> None:
    accept(world)
    assert opening.acceptance(world.site, world.manifest) == []


def test_accept__one_mandate_cancelled_by_the_guardian__the_rest_opens(world: World) -> None:
    accept(world)
    limits, mandate = opening.operations(world.site, world.manifest)
    world.send(world.guardian, governance.cancelling(world.site, mandate.id, str(world.guardian.address)))
    world.wait(DELAY)
    for call in opening.ready(world.site, world.manifest):
        world.send(account(9), call)
    assert world.phase(limits) == "DONE"
    assert world.phase(mandate) == "UNSCHEDULED"
    report = verify(world.manifest, world.chain)
    assert not report.is_open
    assert report.differences == ()
    again = opening.acceptance(world.site, world.manifest)
    assert [call.what for call in again] == [f"schedule: {mandate.what}"]


@pytest.mark.parametrize("signers", [[], [account(1)]], ids=["none", "one"])
def test_accept__too_few_signatures__refused_before_sending(world: World, signers: list[AccountAPI]) -> None:
    calls = opening.acceptance(world.site, world.manifest)
    with pytest.raises(SignaturesMissing, match=f"^{len(signers)} of 2 signatures; give more --signer"):
        world.owners(*signers).execute(calls, account(9))
    assert phases(world) == {Phase.UNSCHEDULED}


def test_accept__signer_is_no_owner__named(world: World) -> None:
    with pytest.raises(SignaturesMissing, match=f"--signer {account(9).address} is no owner of the Safe"):
        world.owners(account(1), account(9))


def raw_execution(world: World, signers: Sequence[AccountAPI]) -> dict[str, str]:
    """The Safe's own call, with whatever signatures: past every check of ape-safe."""
    owners = world.owners()
    transaction = owners.batch(opening.acceptance(world.site, world.manifest)).as_safe_tx(nonce=0)
    signatures = encode_signatures(get_signatures(transaction, signers))
    data = call_data(
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
        str(transaction.to),
        0,
        bytes(transaction.data),
        1,
        0,
        0,
        0,
        safe.ZERO,
        safe.ZERO,
        bytes(signatures),
    )
    return {"from": str(account(9).address), "to": world.at("Safe"), "data": data}


@pytest.mark.parametrize(
    ("signers", "reason"),
    [
        ([], "GS020"),
        ([1], "GS020"),
        ([1, 1], "GS020"),
        ([1, 9], "GS026"),
        ([4, 9], "GS026"),
    ],
    ids=["none", "one", "one_twice", "one_and_a_stranger", "guardian_and_a_stranger"],
)
def test_safe__signatures_of_fewer_than_two_owners__the_safe_itself_refuses(
    world: World, signers: list[int], reason: str
) -> None:
    # A signer counts once: the mapping by address leaves one signature of [1, 1].
    with pytest.raises(Reverted) as caught:
        world.net.rpc.send(raw_execution(world, [account(index) for index in signers]))
    assert caught.value.reason == reason
    assert phases(world) == {Phase.UNSCHEDULED}


@pytest.mark.parametrize("pair", [(1, 2), (2, 3), (3, 1)])
def test_safe__any_two_owners__accepted(world: World, pair: tuple[int, int]) -> None:
    world.net.rpc.send(raw_execution(world, [account(index) for index in pair]))
    assert phases(world) == {Phase.WAITING}


def test_execute__one_call_of_the_batch_fails__none_happens(world: World) -> None:
    good = opening.acceptance(world.site, world.manifest)
    bad = world.site.call("Sentinel", "wind_down")
    with pytest.raises(TransactionFailed, match=r"wind_down.* would fail: authority: not the governor"):
        world.two_owners().execute([*good, bad], account(9))
    assert phases(world) == {Phase.UNSCHEDULED}


def test_queue__one_signature__waits_for_another_owner(world: World) -> None:
    calls = opening.acceptance(world.site, world.manifest)
    first = world.owners(account(2))
    identifier = first.queue(calls)
    confirmations = list(first.safe.client.get_confirmations(identifier))
    assert [str(entry.owner) for entry in confirmations] == [str(account(2).address)]
    with pytest.raises(SignaturesMissing, match="at least one --signer"):
        world.owners().queue(calls)


def test_as_builder_file__calls__in_the_safe_interfaces_format(world: World) -> None:
    calls = opening.acceptance(world.site, world.manifest)
    content = as_builder_file(calls, 1, world.at("Safe"), "Accept")
    assert content["chainId"] == "1"
    assert content["meta"] == {"name": "Accept", "createdFromSafeAddress": world.at("Safe")}
    assert [(entry["to"], entry["data"]) for entry in content["transactions"]] == [
        (call.to, "0x" + call.data.hex()) for call in calls
    ]


def test_owners__no_canonical_multisend__refused(world: World) -> None:
    world.net.rpc.call("anvil_setCode", safe.MULTISEND.address, "0x")
    with pytest.raises(DeploymentError, match=r"safe: no MultiSendCallOnly 1\.4\.1"):
        world.two_owners()


def test_scheduling__call_that_would_revert__refused_before_anyone_signs(world: World) -> None:
    site = world.site
    broken = governance.Operation((site.call("Executor", "revoke", str(account(9).address)),), bytes(32))
    with pytest.raises(OperationRefused, match=r"revoke.* would fail: executor: no mandate"):
        governance.scheduling(site, [broken])


def test_send__call_reverts__reason_carried(world: World) -> None:
    call = world.site.call("Executor", "revoke", str(account(9).address))
    with pytest.raises(TransactionFailed, match="authority: not a guardian"):
        ApeSender(account(9)).send(call.to, call.data)
