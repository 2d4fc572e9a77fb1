from __future__ import annotations

import time

import pytest
from eth_utils import keccak

from ganglion import devnet
from ganglion.devnet import Devnet, Reverted
from ganglion.devnet.abi import call_data, encode
from ganglion.devnet.artifacts import npm_artifact
from ganglion.devnet.seed import (
    BORROWER,
    FEE_RECIPIENT,
    MORPHO_OWNER,
    SAFE_BUILD,
    SAFE_CONTRACTS,
    SUPPLIER,
)

USDC = 10**6
WAD = 10**18
ZERO = "0x" + "00" * 20
SETUP = "setup(address[],uint256,address,bytes,address,address,uint256,address)"
# Published by the Safe project for version 1.4.1, independently of the npm package.
PUBLISHED_HASHES = {
    "safe": "0x1fe2df852ba3299d6534ef416eefa406e56ced995bca886ab7a553e6d0c5e1c4",
    "safe_l2": "0xb1f926978a0f44a2c0ec8fe822418ae969bd8c3f18d61e5103100339894f81ff",
    "safe_proxy_factory": "0x50c3cdc4074750a7a974204a716c999edd37482f907608d960b2b025ee0b3317",
    "multisend_call_only": "0xecd5bd14a08c5d2122379900b2f272bdf107a7e92423c10dd5fe3254386c9939",
    "fallback_handler": "0x7c6007a5d711cea8dfd5d91f5940ec29c7f200fe511eb1fc1397b367af3c42f9",
}


def code_hash(code: bytes) -> str:
    return "0x" + keccak(code).hex()


def test_start__artifacts_built__ready_within_20_seconds_and_equal_to_the_last_block(net: Devnet) -> None:
    begun = time.monotonic()
    with devnet.start(fork_url="") as other:
        assert time.monotonic() - begun < 20
        head = int(other.rpc.call("eth_blockNumber"), 16)
        hashes = [n.rpc.call("eth_getBlockByNumber", hex(head), False)["hash"] for n in (net, other)]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(("name", "file", "_singleton"), SAFE_CONTRACTS)
def test_safe__planted_code__is_the_published_one(
    net: Devnet, name: str, file: str, _singleton: bool
) -> None:
    planted = code_hash(net.rpc.code(net.addresses.as_dict()[name]))
    assert planted == code_hash(npm_artifact(f"{SAFE_BUILD}/{file}").runtime)
    assert planted == PUBLISHED_HASHES[name]


@pytest.mark.parametrize("name", ["safe", "safe_l2"])
def test_safe__singleton_setup_by_a_stranger__reverts(net: Devnet, name: str) -> None:
    singleton = net.addresses.as_dict()[name]
    stranger = net.actor("stranger")
    net.fund_eth(stranger, WAD)
    assert net.rpc.read(singleton, "getThreshold()") == 1
    with pytest.raises(Reverted) as caught:
        net.rpc.transact(stranger, singleton, SETUP, [stranger], 1, ZERO, b"", ZERO, ZERO, 0, ZERO)
    assert caught.value.reason == "GS200"


def test_safe__two_of_three_from_the_factory__executes_with_two_approvals(net: Devnet) -> None:
    at, rpc = net.addresses, net.rpc
    owners = sorted((net.actor(f"owner_{i}") for i in range(3)), key=str.lower)
    for owner in owners:
        net.fund_eth(owner, WAD)
    setup = bytes.fromhex(
        call_data(SETUP, owners, 2, ZERO, b"", at.fallback_handler, ZERO, 0, ZERO).removeprefix("0x")
    )
    create = "createProxyWithNonce(address,bytes,uint256)"
    created = rpc.eth_call(
        {"from": owners[0], "to": at.safe_proxy_factory, "data": call_data(create, at.safe, setup, 7)}
    )
    rpc.transact(owners[0], at.safe_proxy_factory, create, at.safe, setup, 7)
    safe = "0x" + created[-20:].hex()
    net.fund(safe, 5 * USDC)

    pay = bytes.fromhex(call_data("transfer(address,uint256)", owners[2], 5 * USDC)[2:])
    fields = (at.usdc, 0, pay, 0, 0, 0, 0, ZERO, ZERO)
    types = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"
    digest = rpc.read(safe, f"getTransactionHash({types},uint256)", *fields, 0, returns=["bytes32"])
    rpc.transact(owners[0], safe, "approveHash(bytes32)", digest)
    approvals = [encode(["address", "uint256"], [owner, 0]) + b"\x01" for owner in owners[:2]]
    execute = f"execTransaction({types},bytes)"
    rpc.transact(owners[1], safe, execute, *fields, b"".join(approvals))
    assert rpc.read(at.usdc, "balanceOf(address)", owners[2]) == 5 * USDC


def test_weth__planted__has_its_metadata_and_wraps(net: Devnet) -> None:
    weth, holder = net.addresses.weth, net.actor("holder")
    assert net.rpc.read(weth, "name()", returns=["string"]) == "Wrapped Ether"
    assert net.rpc.read(weth, "symbol()", returns=["string"]) == "WETH"
    assert net.rpc.read(weth, "decimals()") == 18
    net.fund_eth(holder, 2 * WAD)
    net.rpc.transact(holder, weth, "deposit()", value=WAD)
    assert net.rpc.read(weth, "balanceOf(address)", holder) == WAD


def test_usdc__local_token__has_six_decimals_and_says_that_it_is_local(net: Devnet) -> None:
    usdc = net.addresses.usdc
    assert net.rpc.read(usdc, "decimals()") == 6
    assert net.rpc.read(usdc, "name()", returns=["string"]) == "Local USD Coin"


def test_morpho__planted__has_its_owner_and_its_canonical_domain(net: Devnet) -> None:
    morpho = net.addresses.morpho
    assert morpho == "0xBBBBBbbBBb9cC5e90e3b3Af64bdAF62C37EEFFCb"
    assert net.rpc.read(morpho, "owner()", returns=["address"]).lower() == MORPHO_OWNER.lower()
    # The value on the real chain: it commits to chain id 1 and to the canonical address.
    domain = net.rpc.read(morpho, "DOMAIN_SEPARATOR()", returns=["bytes32"]).hex()
    assert "0x" + domain == code_hash(
        encode(
            ["bytes32", "uint256", "address"],
            [
                bytes.fromhex(code_hash(b"EIP712Domain(uint256 chainId,address verifyingContract)")[2:]),
                1,
                morpho,
            ],
        )
    )


def test_market__seeded__has_supply_debt_fee_and_price(net: Devnet) -> None:
    state = net.market.state()
    assert (state.total_supply_assets, state.total_borrow_assets) == (10_000_000 * USDC, 8_000_000 * USDC)
    assert (state.utilisation_bps, state.liquidity, state.fee) == (8_000, 2_000_000 * USDC, WAD // 10)
    assert net.market.price() == 3_000 * 10**24
    assert net.market.position(BORROWER).collateral == 4_000 * WAD
    assert net.market.position(SUPPLIER).supply_shares == state.total_supply_shares
    params = net.rpc.read(
        net.addresses.morpho,
        "idToMarketParams(bytes32)",
        net.market_params.id,
        returns=["address", "address", "address", "address", "uint256"],
    )
    assert params == tuple(v.lower() if isinstance(v, str) else v for v in net.market_params.as_tuple())
    recipient = net.rpc.read(net.addresses.morpho, "feeRecipient()", returns=["address"])
    assert recipient.lower() == FEE_RECIPIENT.lower()


@pytest.mark.parametrize(("vault", "price"), [("solmate_vault", 1_050_000), ("snekmate_vault", 1_030_000)])
def test_vaults__seeded_by_a_third_party__price_is_not_one(net: Devnet, vault: str, price: int) -> None:
    address = net.addresses.as_dict()[vault]
    assert net.rpc.read(address, "asset()", returns=["address"]).lower() == net.addresses.usdc.lower()
    # snekmate's virtual share and asset take the last unit.
    assert net.rpc.read(address, "convertToAssets(uint256)", USDC) in (price, price - 1)


def test_describe__running_net__names_every_contract_with_code(net: Devnet) -> None:
    described = net.describe()
    assert described["chain_id"] == 1
    assert not described["forked"]
    assert all(net.rpc.code(address) for address in described["addresses"].values())
    assert described["market"]["id"] == "0x" + net.market_params.id.hex()
