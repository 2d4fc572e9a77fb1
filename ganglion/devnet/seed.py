"""What the local mainnet holds: canonical contracts on an empty chain, our own market and vaults on any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from .abi import actor
from .addresses import DEPLOYER, LLTV, Addresses, MarketParams
from .artifacts import (
    MORPHO,
    SOLMATE,
    Artifact,
    Progress,
    npm_artifact,
    silent,
    snekmate_artifact,
    solidity_artifacts,
    vyper_artifact,
)
from .errors import DevnetError, NotMainnet
from .funding import fund_eth, fund_token
from .plant import deploy, fund_planter, plant, plant_code
from .rpc import Rpc

MARKET_OPERATOR = actor("market_operator")  # creates the market and sets its oracle's price
MORPHO_OWNER = actor("morpho_owner")
FEE_RECIPIENT = actor("fee_recipient")
SUPPLIER = actor("supplier")
BORROWER = actor("borrower")
VAULT_SEEDER = actor("vault_seeder")

ETH = 10**18
USDC_UNIT = 10**6
ORACLE_UNIT = 10**24  # one USDC per WETH: 36 decimals, plus 6, minus 18
WETH_PRICE = 3_000  # USDC
MARKET_FEE = 10**17  # WAD, of the interest
SUPPLIED = 10_000_000 * USDC_UNIT
BORROWED = 8_000_000 * USDC_UNIT
COLLATERAL = 4_000 * ETH
VAULT_DEPOSIT = 1_000_000 * USDC_UNIT
SOLMATE_GAIN = 50_000 * USDC_UNIT  # a share is worth 1.05
SNEKMATE_GAIN = 30_000 * USDC_UNIT  # a share is worth 1.03
MAX_UINT256 = 2**256 - 1

SAFE_BUILD = "@safe-global/safe-contracts/build/artifacts/contracts"
# Addresses field, file, and whether the contract is a singleton that must not be set up by a passer-by.
SAFE_CONTRACTS = (
    ("safe", "Safe.sol/Safe.json", True),
    ("safe_l2", "SafeL2.sol/SafeL2.json", True),
    ("safe_proxy_factory", "proxies/SafeProxyFactory.sol/SafeProxyFactory.json", False),
    ("multisend_call_only", "libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json", False),
    ("fallback_handler", "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json", False),
)
_SAFE_THRESHOLD_SLOT = 4
_REMEDY = "point MAINNET_RPC_URL at an Ethereum mainnet RPC, or unset it"


def build_all(progress: Progress = silent) -> dict[str, Artifact]:
    """Return every artifact of the seed by contract name; compiles what the cache lacks, two at a time."""
    jobs: list[Callable[[], Mapping[str, Artifact]]] = [
        lambda: solidity_artifacts(MORPHO, progress),
        lambda: solidity_artifacts(SOLMATE, progress),
        lambda: {"SnekmateVault": snekmate_artifact("extensions/erc4626", progress)},
        lambda: {"MorphoBlueStrategy": vyper_artifact("contracts/MorphoBlueStrategy.vy", progress)},
        lambda: {"WETH9": npm_artifact("canonical-weth/build/contracts/WETH9.json")},
        lambda: {name: npm_artifact(f"{SAFE_BUILD}/{file}") for name, file, _ in SAFE_CONTRACTS},
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return {name: value for built in pool.map(lambda job: job(), jobs) for name, value in built.items()}


def plant_canonical(rpc: Rpc, built: Mapping[str, Artifact]) -> None:
    """Put WETH9, a 6-decimal token, Morpho Blue and Safe 1.4.1 at their mainnet addresses."""
    at = Addresses()
    fund_planter(rpc)
    plant(rpc, at.weth, built["WETH9"])
    token = ("Local USD Coin", "USDC", 6)
    plant(rpc, at.usdc, built["MockERC20"], ["string", "string", "uint8"], token)
    plant(rpc, at.morpho, built["Morpho"], ["address"], [MORPHO_OWNER])
    for name, _, is_singleton in SAFE_CONTRACTS:
        address = at.as_dict()[name]
        plant_code(rpc, address, built[name].runtime)
        if is_singleton:
            slot, one = (f"0x{value:064x}" for value in (_SAFE_THRESHOLD_SLOT, 1))
            rpc.call("anvil_setStorageAt", address, slot, one)


def require_mainnet(rpc: Rpc) -> None:
    """Raise NotMainnet unless ``rpc`` has chain id 1 and code at every canonical address."""
    chain_id = int(rpc.call("eth_chainId"), 16)
    if chain_id != 1:
        raise NotMainnet(f"chain id is {chain_id}, not 1; {_REMEDY}")
    for name, address in Addresses().canonical().items():
        if not rpc.code(address):
            raise NotMainnet(f"no code at {address} ({name}); {_REMEDY}")


def is_seeded(rpc: Rpc) -> bool:
    """Return whether the seed's last contract stands on the chain."""
    return bool(rpc.code(Addresses().morpho_strategy))


def deploy_own(rpc: Rpc, built: Mapping[str, Artifact]) -> None:
    """Deploy what no mainnet has: the market with its lender and borrower, the vaults, the adapter."""
    at = Addresses()
    for account in (DEPLOYER, MARKET_OPERATOR, SUPPLIER, BORROWER, VAULT_SEEDER):
        fund_eth(rpc, account, 100 * ETH)
    _expect(deploy(rpc, DEPLOYER, built["IrmMock"]), at.irm)
    _expect(deploy(rpc, DEPLOYER, built["OracleMock"]), at.oracle)
    _open_market(rpc, at.market_params())
    _deploy_vaults(rpc, at, built)
    arguments = (at.morpho, at.market_params().id, "Morpho USDC/WETH", "mUSDC")
    types = ["address", "bytes32", "string", "string"]
    _expect(deploy(rpc, DEPLOYER, built["MorphoBlueStrategy"], types, arguments), at.morpho_strategy)


def _open_market(rpc: Rpc, params: MarketParams) -> None:
    morpho = Addresses().morpho
    owner = rpc.read(morpho, "owner()", returns=["address"])
    fund_eth(rpc, owner, ETH)
    rpc.transact(owner, morpho, "enableIrm(address)", params.irm)
    if not rpc.read(morpho, "isLltvEnabled(uint256)", LLTV, returns=["bool"]):
        rpc.transact(owner, morpho, "enableLltv(uint256)", LLTV)
    if int(rpc.read(morpho, "feeRecipient()", returns=["address"]), 16) == 0:
        rpc.transact(owner, morpho, "setFeeRecipient(address)", FEE_RECIPIENT)
    rpc.transact(MARKET_OPERATOR, params.oracle, "setPrice(uint256)", WETH_PRICE * ORACLE_UNIT)
    rpc.transact(MARKET_OPERATOR, morpho, f"createMarket({params.TYPE})", params.as_tuple())
    rpc.transact(owner, morpho, f"setFee({params.TYPE},uint256)", params.as_tuple(), MARKET_FEE)

    _fund_and_approve(rpc, SUPPLIER, params.loan_token, SUPPLIED, morpho)
    supply = f"supply({params.TYPE},uint256,uint256,address,bytes)"
    rpc.transact(SUPPLIER, morpho, supply, params.as_tuple(), SUPPLIED, 0, SUPPLIER, b"")
    _fund_and_approve(rpc, BORROWER, params.collateral_token, COLLATERAL, morpho)
    pledge = f"supplyCollateral({params.TYPE},uint256,address,bytes)"
    rpc.transact(BORROWER, morpho, pledge, params.as_tuple(), COLLATERAL, BORROWER, b"")
    borrow = f"borrow({params.TYPE},uint256,uint256,address,address)"
    rpc.transact(BORROWER, morpho, borrow, params.as_tuple(), BORROWED, 0, BORROWER, BORROWER)


def _deploy_vaults(rpc: Rpc, at: Addresses, built: Mapping[str, Artifact]) -> None:
    solmate = (["address", "string", "string"], (at.usdc, "Solmate USDC Vault", "sUSDC"))
    _expect(deploy(rpc, DEPLOYER, built["MockERC4626"], *solmate), at.solmate_vault)
    types = ["string", "string", "address", "uint8", "string", "string"]
    snekmate = ("Snekmate USDC Vault", "nUSDC", at.usdc, 0, "Snekmate USDC Vault", "1")
    _expect(deploy(rpc, DEPLOYER, built["SnekmateVault"], types, snekmate), at.snekmate_vault)
    for vault, gain in ((at.solmate_vault, SOLMATE_GAIN), (at.snekmate_vault, SNEKMATE_GAIN)):
        _fund_and_approve(rpc, VAULT_SEEDER, at.usdc, VAULT_DEPOSIT, vault)
        rpc.transact(VAULT_SEEDER, vault, "deposit(uint256,address)", VAULT_DEPOSIT, VAULT_SEEDER)
        fund_token(rpc, at.usdc, vault, gain)


def _fund_and_approve(rpc: Rpc, owner: str, token: str, amount: int, spender: str) -> None:
    fund_token(rpc, token, owner, amount)
    rpc.transact(owner, token, "approve(address,uint256)", spender, MAX_UINT256)


def _expect(deployed: str, expected: str) -> None:
    if deployed != expected:
        raise DevnetError(
            f"a seeded contract landed at {deployed}, not at {expected}; "
            f"the seed's deployer {DEPLOYER} must not have sent a transaction before"
        )
