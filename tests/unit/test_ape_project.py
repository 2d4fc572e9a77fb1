"""The same contracts through Ape: its project, its contract types, its events and its reverts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ape
import pytest

from tests.modes import STRATEGY_ABI, TOKEN_ABI, Group, Mode
from tests.treasury import DAY, HOUR, Limits, Terms
from tests.unit.refusals import Refusal

if TYPE_CHECKING:
    from ape.api import AccountAPI
    from ape.contracts import ContractInstance

UNIT = 10**6
FUNDS, PLACED = 1_000_000 * UNIT, 200_000 * UNIT
# Ape does not notice that a module of a contract changed, so these are always compiled anew.
OURS = ("Vault", "ExitQueue", "VaultAnnex", "Steward")
MOCKS = ("HostileStrategy", "WeirdToken")


@pytest.fixture(scope="module")
def types(project: Any) -> dict[str, Any]:
    """Contract containers by name."""
    project.load_contracts(*(f"contracts/{name}.vy" for name in OURS), use_cache=False)
    project.load_contracts(*(f"contracts/mocks/{name}.vy" for name in MOCKS))
    return {name: project.get_contract(name) for name in OURS + MOCKS}


@pytest.fixture
def governor(accounts: Any) -> AccountAPI:
    return accounts[0]


@pytest.fixture
def executor(accounts: Any) -> AccountAPI:
    return accounts[1]


@pytest.fixture
def depositor(accounts: Any) -> AccountAPI:
    return accounts[2]


@pytest.fixture
def stranger(accounts: Any) -> AccountAPI:
    return accounts[3]


@pytest.fixture
def asset(types: dict[str, Any], governor: AccountAPI) -> ContractInstance:
    deployed = governor.deploy(types["WeirdToken"], "Token", "TKN", 6, 0)
    return ape.Contract(deployed.address, abi=TOKEN_ABI)


@pytest.fixture
def strategy(types: dict[str, Any], governor: AccountAPI, asset: ContractInstance) -> ContractInstance:
    deployed = governor.deploy(types["HostileStrategy"], asset, 0)
    return ape.Contract(deployed.address, abi=STRATEGY_ABI)


@pytest.fixture
def steward(types: dict[str, Any], governor: AccountAPI) -> ContractInstance:
    return governor.deploy(types["Steward"], governor)


@pytest.fixture
def vault(
    types: dict[str, Any],
    governor: AccountAPI,
    executor: AccountAPI,
    depositor: AccountAPI,
    asset: ContractInstance,
    steward: ContractInstance,
    strategy: ContractInstance,
    chain: Any,
) -> ContractInstance:
    """A sealed treasury with an open strategy, the depositor's funds in its hand."""
    blueprints = [governor.declare(types[name]).contract_address for name in ("ExitQueue", "VaultAnnex")]
    made = governor.deploy(types["Vault"], asset, steward, *blueprints, DAY, "Treasury", "TRS")
    steward.bind(made, sender=governor)
    steward.set_executor(executor, sender=governor)
    steward.set_limits(Limits().tuple(), sender=governor)
    steward.list_strategy(strategy, Terms().tuple(), 2**112 - 1, sender=governor)
    for account, amount in ((governor, UNIT), (depositor, FUNDS)):
        asset.mint(account, amount, sender=account)
        asset.approve(made, 2**256 - 1, sender=account)
    made.seed(UNIT, sender=governor)
    steward.seal(sender=governor)
    chain.mine(deltatime=DAY)
    return made


def test_deposit__through_ape__mints_and_tells(
    vault: ContractInstance, asset: ContractInstance, depositor: AccountAPI
) -> None:
    expected = vault.previewDeposit(FUNDS)
    receipt = vault.deposit(FUNDS, depositor, sender=depositor)
    assert receipt.return_value == vault.balanceOf(depositor) == expected
    assert receipt.events.filter(vault.Deposit) == [
        vault.Deposit(sender=depositor, owner=depositor, assets=FUNDS, shares=expected)
    ]
    assert asset.balanceOf(vault) == FUNDS + UNIT == vault.totalAssets()


def test_deposit__through_ape__reverts_with_its_number(
    vault: ContractInstance, depositor: AccountAPI
) -> None:
    with ape.reverts(f"vault: {Refusal.ZERO_AMOUNT.value}"):
        vault.deposit(0, depositor, sender=depositor)


def test_transfer__through_ape__waits_for_the_seasoning(
    vault: ContractInstance, depositor: AccountAPI, stranger: AccountAPI, chain: Any
) -> None:
    vault.deposit(FUNDS, depositor, sender=depositor)
    with ape.reverts(f"vault: {Refusal.SEASONING.value}"):
        vault.transfer(stranger, 1, sender=depositor)
    chain.mine(deltatime=HOUR)
    vault.transfer(stranger, 1, sender=depositor)
    assert vault.balanceOf(stranger) == 1


def test_allocate__through_ape__returns_what_was_measured(
    vault: ContractInstance,
    strategy: ContractInstance,
    executor: AccountAPI,
    depositor: AccountAPI,
    stranger: AccountAPI,
) -> None:
    vault.deposit(FUNDS, depositor, sender=depositor)
    with ape.reverts(f"vault: {Refusal.UNAUTHORISED.value}"):
        vault.allocate(1, PLACED, 0, sender=stranger)
    receipt = vault.allocate(1, PLACED, PLACED, sender=executor)
    moved = receipt.return_value
    assert (moved.assets, moved.units, moved.loss) == (PLACED, PLACED, 0)
    assert (moved.exposure, moved.lo) == (PLACED, FUNDS + UNIT)
    assert receipt.events.filter(vault.Allocated) == [
        vault.Allocated(id=1, assets=PLACED, units=PLACED, loss=0)
    ]
    assert strategy.units_of(vault) == PLACED
    totals = vault.totals()
    assert (totals.lo, totals.hi, totals.veto) == (FUNDS + UNIT, FUNDS + UNIT, False)


def test_redeem_slice__through_ape__leaves_whole(
    vault: ContractInstance,
    asset: ContractInstance,
    strategy: ContractInstance,
    executor: AccountAPI,
    depositor: AccountAPI,
    stranger: AccountAPI,
    chain: Any,
) -> None:
    vault.deposit(FUNDS, depositor, sender=depositor)
    vault.allocate(1, PLACED, 0, sender=executor)
    chain.mine(deltatime=HOUR)
    shares = vault.balanceOf(depositor)
    strategy.set_mode(Group.MAX, Mode.RETURN_VALUE, PLACED - 1, sender=stranger)
    with ape.reverts(f"vault: {Refusal.NOT_LIQUID.value}"):
        vault.redeem_slice(shares, depositor, depositor, 0, sender=depositor)
    strategy.set_mode(Group.MAX, Mode.HONEST, 0, sender=stranger)
    receipt = vault.redeem_slice(shares, depositor, depositor, FUNDS - 10, sender=depositor)
    paid = asset.balanceOf(depositor)
    assert FUNDS - 10 <= receipt.return_value == paid <= FUNDS
    assert receipt.events.filter(vault.SliceRedeemed) == [
        vault.SliceRedeemed(caller=depositor, receiver=depositor, owner=depositor, assets=paid, shares=shares)
    ]
    assert vault.balanceOf(depositor) == 0
