"""A treasury on a bare anvil: Vault, queue, Steward and Executor over chosen strategies, impersonated.

Used by the campaigns, the attacks, the properties and the benchmark, which need thousands of calls a second.
The contracts are the real ones; the governor is an account instead of the Timelock, which has its own tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from eth_utils import to_checksum_address

from ganglion.devnet.abi import actor, call_data, decode, encode
from ganglion.devnet.artifacts import Artifact, SolidityJob, solidity_artifacts, vyper_artifact
from ganglion.devnet.rpc import Rpc
from tests.modes import TokenFlag

DAY = 86_400
HOUR = 3_600
ETHER = 10**18
MAX_UINT = 2**256 - 1

GOVERNOR = actor("governor")
GUARDIAN = actor("guardian")
DEPLOYER = actor("deployer")
AGENT = actor("agent")
DEPOSITOR = actor("depositor")
LEAVER = actor("leaver")
STRANGER = actor("stranger")
SAFE = actor("safe")
ACTORS = (GOVERNOR, GUARDIAN, DEPLOYER, AGENT, DEPOSITOR, LEAVER, STRANGER, SAFE)

TERMS = "(uint256,uint256,bool,uint256,uint256,uint256)"
LIMITS = "(uint256,uint256,uint256,uint256,uint256,uint256)"
MANDATE = "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,address,bytes32)"
INTENT = "(address,(uint256,int256,uint256)[],uint256,uint256,uint256,uint256,address,bytes32)"
NOBODY = "0x" + "00" * 20
MOVED = ("uint256",) * 5

THRESHOLDS = "((uint256,uint256),(uint256,uint256),(uint256,uint256),(uint256,uint256),(uint256,uint256))"
SEEN = ("uint256",) * 7 + ("bool",)
# From where on fall, liquidity, age, quarantine and short unwinds are bad, and good: bps, the age of an epoch
SIGNALS = ((300, 50), (800, 2_000), (20_000, 10_000), (500, 100), (500, 100))
SILENCE = 60 * DAY

# Types of the Vault's constructor arguments
VAULT_ARGUMENTS = ["address", "address", "address", "address", "uint256", "string", "string"]

# Keys of Vault.word
HOT, POSITION, TERMS_WORD, MEMORY, LISTING, HEALTH, PETTY, SNAPSHOT, CLOCK = range(1, 10)
STEWARD, RUNOFF, COVERAGE, OWED, QUEUE, EPOCH, SENTINEL, FEES, CHANGES = range(10, 19)
ALLOCATE, DEALLOCATE = 1, 2


@dataclass(frozen=True)
class Terms:
    """Terms of a strategy, as IVault.Terms: gas, gas, flag, bps a year, bps, bps."""

    read_gas: int = 150_000
    write_gas: int = 600_000
    charges_on_exit: bool = False
    max_rate: int = 5_000
    tolerance: int = 50
    band: int = 300

    def tuple(self) -> tuple[int, int, bool, int, int, int]:
        """Return the ABI tuple."""
        return (
            self.read_gas,
            self.write_gas,
            self.charges_on_exit,
            self.max_rate,
            self.tolerance,
            self.band,
        )


@dataclass(frozen=True)
class Limits:
    """Limits of a Vault, as IVault.Limits: asset wei, bps, seconds, bps, bps, bps."""

    deposit_cap: int = 10**30
    entry_fee: int = 0
    hold: int = HOUR
    petty_share: int = 100
    petty_fee: int = 5
    idle_floor: int = 0

    def tuple(self) -> tuple[int, ...]:
        """Return the ABI tuple."""
        return (
            self.deposit_cap,
            self.entry_fee,
            self.hold,
            self.petty_share,
            self.petty_fee,
            self.idle_floor,
        )


def intent_of(
    agent: str,
    moves: Sequence[tuple[int, int, int]],
    max_loss: int = 2**112,
    deadline: int = 2**40,
    *,
    nonce: int = 0,
    sequence: int = 0,
    relayer: str = NOBODY,
    reason: bytes = b"\x01" * 32,
) -> tuple[Any, ...]:
    """The ABI tuple of an intent, as IExecutor.Intent."""
    return (agent, list(moves), max_loss, deadline, nonce, sequence, relayer, reason)


def mandate_of(
    permissions: int = 3,
    strategies: int = 2**256 - 2,
    flow: int = 10**29,
    loss: int = 10**29,
    max_loss: int = 10**29,
    window: int = DAY,
    expiry: int = 2**32 - 1,
    *,
    heartbeat: int = 0,
    policy: str = NOBODY,
    document: bytes = b"\x02" * 32,
) -> tuple[Any, ...]:
    """The ABI tuple of a mandate, as IExecutor.Mandate; without bounds unless told."""
    return (permissions, strategies, flow, loss, max_loss, window, expiry, heartbeat, policy, document)


def deploy(rpc: Rpc, artifact: Artifact, types: list[str] | None = None, values: tuple = ()) -> str:
    """Deploy an artifact from DEPLOYER and return its address."""
    data = "0x" + (artifact.initcode + encode(types or [], values)).hex()
    return rpc.send({"from": DEPLOYER, "data": data})["contractAddress"]


def deploy_vyper(rpc: Rpc, path: str, types: list[str] | None = None, values: tuple = ()) -> str:
    """Compile and deploy a contract of this repository, e.g. ``contracts/Vault.vy``."""
    return deploy(rpc, _artifact(path), types, values)


@cache
def _artifact(path: str) -> Artifact:
    return vyper_artifact(path)


def deploy_token(rpc: Rpc, decimals: int = 6, flags: TokenFlag | int = 0) -> str:
    """Deploy a WeirdToken; with ``flags`` 0 a plain ERC-20."""
    types = ["string", "string", "uint8", "uint256"]
    return deploy_vyper(rpc, "contracts/mocks/WeirdToken.vy", types, ("Token", "TKN", decimals, int(flags)))


def deploy_hostile(rpc: Rpc, asset: str, offset: int = 0) -> str:
    """Deploy a HostileStrategy, honest until told otherwise."""
    return deploy_vyper(rpc, "contracts/mocks/HostileStrategy.vy", ["address", "uint8"], (asset, offset))


def deploy_solmate(rpc: Rpc, asset: str) -> str:
    """Deploy solmate's ERC-4626 vault."""
    built = solidity_artifacts(solmate_job())["MockERC4626"]
    return deploy(rpc, built, ["address", "string", "string"], (asset, "Solmate Vault", "sVLT"))


def solmate_job() -> SolidityJob:
    """The build that holds solmate's mocks."""
    from ganglion.devnet.artifacts import SOLMATE

    return SOLMATE


def blueprint_code(path: str) -> str:
    """Creation code (0x-hex) of the blueprint of a contract of this repository."""
    return "0x" + _artifact(path).blueprint.hex()


def deploy_blueprint(rpc: Rpc, path: str) -> str:
    """Store the creation code of a contract of this repository where a constructor can use it."""
    return rpc.send({"from": DEPLOYER, "data": blueprint_code(path)})["contractAddress"]


def deploy_vault(rpc: Rpc, asset: str, steward: str, epoch: int = DAY, name: str = "Treasury") -> str:
    """Deploy a Vault, which makes its queue and its annex; returns its address."""
    made = [deploy_blueprint(rpc, f"contracts/{contract}.vy") for contract in ("ExitQueue", "VaultAnnex")]
    values = (asset, steward, *made, epoch, name, "TRS")
    return deploy_vyper(rpc, "contracts/Vault.vy", VAULT_ARGUMENTS, values)


def deploy_sentinel(rpc: Rpc, vault: str, signals: tuple = SIGNALS, silence: int = SILENCE) -> str:
    """Deploy a Sentinel of a Vault under GOVERNOR, with the heartbeat of SAFE; returns its address."""
    types = ["address", "address", "address", THRESHOLDS, "uint256"]
    sentinel = deploy_vyper(rpc, "contracts/Sentinel.vy", types, (vault, GOVERNOR, SAFE, signals, silence))
    rpc.call("anvil_setBalance", sentinel, hex(10**6 * ETHER))
    return sentinel


@dataclass
class Treasury:
    """Addresses and calls of one deployed treasury.

    ``executor`` is the account that the Vault obeys: the Executor, or an actor for tests of the Vault alone.
    """

    rpc: Rpc
    asset: str
    steward: str
    queue: str
    annex: str
    vault: str
    executor: str
    sentinel: str
    strategies: list[str] = field(default_factory=list)

    @classmethod
    def create(
        cls,
        rpc: Rpc,
        asset: str,
        *,
        epoch: int = DAY,
        limits: Limits | None = None,
        executor: str | None = None,
        seed: int = 10**6,
    ) -> Treasury:
        """Deploy, set limits, seed and leave unsealed; ``executor`` None deploys the real Executor."""
        for account in ACTORS:
            rpc.call("anvil_setBalance", account, hex(10**6 * ETHER))
        steward = deploy_vyper(rpc, "contracts/Steward.vy", ["address"], (GOVERNOR,))
        vault = deploy_vault(rpc, asset, steward, epoch)
        hand = executor or deploy_vyper(
            rpc, "contracts/Executor.vy", ["address", "address"], (vault, GOVERNOR)
        )
        word = rpc.read(vault, "word(uint256,uint256)", QUEUE, 0)
        queue = to_checksum_address(word.to_bytes(20, "big"))
        annex = rpc.read(vault, "half()", returns=("address",))
        sentinel = deploy_sentinel(rpc, vault)
        self = cls(rpc, asset, steward, queue, annex, vault, hand, sentinel)
        self.govern("bind(address)", vault)
        self.govern("set_sentinel(address)", sentinel)
        self.govern("set_executor(address)", hand)
        self.govern("set_guardian(address,bool)", GUARDIAN, True)
        self.set_limits(limits or Limits())
        self.mint(DEPLOYER, seed)
        rpc.transact(DEPLOYER, vault, "seed(uint256)", seed)
        return self

    def govern(self, signature: str, *arguments: Any) -> dict[str, Any]:
        """Call the Steward as governor."""
        return self.rpc.transact(GOVERNOR, self.steward, signature, *arguments)

    def latch(self, state: int) -> dict[str, Any]:
        """Move the Vault to a state as the Sentinel, whatever its signals say."""
        return self.rpc.transact(self.sentinel, self.vault, "latch(uint256)", int(state))

    def set_limits(self, limits: Limits) -> None:
        """Set the limits of the Vault."""
        self.govern(f"set_limits({LIMITS})", limits.tuple())

    def list(self, strategy: str, terms: Terms | None = None, ceiling: int = 2**112 - 1) -> int:
        """List a strategy and return its id; it opens an epoch later."""
        arguments = (strategy, (terms or Terms()).tuple(), ceiling)
        self.govern(f"list_strategy(address,{TERMS},uint256)", *arguments)
        self.strategies.append(strategy)
        return len(self.strategies)

    def seal(self) -> None:
        """Open entry."""
        self.govern("seal()")

    def mint(self, account: str, amount: int) -> None:
        """Mint asset (an open-mint token) to an account and approve the Vault for it."""
        self.rpc.transact(DEPLOYER, self.asset, "mint(address,uint256)", account, amount)
        # Some tokens refuse to replace an allowance, and one without an end is never used up.
        if not self.rpc.read(self.asset, "allowance(address,address)", account, self.vault):
            self.rpc.transact(account, self.asset, "approve(address,uint256)", self.vault, MAX_UINT)

    def deposit(self, account: str, amount: int) -> int:
        """Mint asset to an account and deposit it; returns the shares it got."""
        self.mint(account, amount)
        before = self.shares(account)
        self.rpc.transact(account, self.vault, "deposit(uint256,address)", amount, account)
        return self.shares(account) - before

    def shares(self, account: str) -> int:
        """Share balance of an account."""
        return self.rpc.read(self.vault, "balanceOf(address)", account)

    def assets(self, account: str) -> int:
        """Asset balance of an account."""
        return self.rpc.read(self.asset, "balanceOf(address)", account)

    def allocate(self, identifier: int, amount: int, limit: int = 0) -> dict[str, Any]:
        """Allocate as the account ``executor`` (an actor)."""
        signature = "allocate(uint256,uint256,uint256)"
        return self.rpc.transact(self.executor, self.vault, signature, identifier, amount, limit)

    def deallocate(self, identifier: int, amount: int, limit: int = 0) -> dict[str, Any]:
        """Deallocate as the account ``executor`` (an actor)."""
        signature = "deallocate(uint256,uint256,uint256)"
        return self.rpc.transact(self.executor, self.vault, signature, identifier, amount, limit)

    def execute(self, moves: list[tuple[int, int, int]], agent: str = AGENT, max_loss: int = 2**112) -> dict:
        """Execute an intent as an agent of the real Executor."""
        intent = intent_of(agent, moves, max_loss)
        return self.rpc.transact(agent, self.executor, f"execute({INTENT})", intent)

    def request(self, account: str, shares: int) -> int:
        """Request a redemption as an account and return the id of its epoch."""
        signature = "requestRedeem(uint256,address,address)"
        self.rpc.transact(account, self.queue, signature, shares, account, account)
        return self.open_epoch()[0]

    def open_epoch(self) -> tuple[int, int, int]:
        """Id, shares and due time of the open epoch."""
        return self.rpc.read(self.queue, "open_epoch()", returns=("uint256",) * 3)

    def settle(self) -> dict[str, Any]:
        """Settle the open epoch as a stranger; it must be due."""
        return self.rpc.transact(STRANGER, self.queue, "settle()")

    def exit_now(self, account: str, shares: int, tries: int = MAX_UINT) -> dict[str, Any]:
        """Leave at once as an account, without a least amount."""
        signature = "exit_now(uint256,address,address,uint256,uint256)"
        return self.rpc.transact(account, self.queue, signature, shares, account, account, 0, tries)

    def unwind(self, identifier: int, limit: int = 2**112) -> dict[str, Any]:
        """Unwind the runoff of a strategy as a stranger."""
        return self.rpc.transact(STRANGER, self.queue, "unwind(uint256,uint256)", identifier, limit)

    def claim(self, account: str, identifier: int) -> dict[str, Any]:
        """Claim all that a record has for an account."""
        return self.rpc.transact(
            account, self.queue, "claim(uint256,address,address)", identifier, account, account
        )

    def stake(self, identifier: int, account: str) -> tuple[int, ...]:
        """Requested, pending, claimable shares, claimable assets, claimed shares and paid assets."""
        signature = "stake(uint256,address)"
        return self.rpc.read(self.queue, signature, identifier, account, returns=("uint256",) * 6)

    def runoff(self, identifier: int) -> tuple[int, int]:
        """Units that wait in a strategy, and proceeds not yet credited to them in asset wei."""
        word = self.word(RUNOFF, identifier)
        return word & (2**112 - 1), word >> 144

    def coverage(self, identifier: int) -> tuple[int, int, int]:
        """Covered units, most units seen in the window, and its start in seconds."""
        word = self.word(COVERAGE, identifier)
        return word & (2**112 - 1), (word >> 112) & (2**112 - 1), word >> 224

    def poke(self) -> dict[str, Any]:
        """Poke as an account without code."""
        return self.rpc.transact(STRANGER, self.vault, "poke()")

    def watch(self) -> dict[str, Any]:
        """Poke the Sentinel, which pokes the Vault."""
        return self.rpc.transact(STRANGER, self.sentinel, "poke()")

    def observed(self) -> tuple[int, int, int, int, int, int, int, bool]:
        """What a poke would see now: lo, age, fall, liquid, dark, short, state, veto."""
        answer = self.rpc.eth_call({"from": STRANGER, "to": self.vault, "data": call_data("poke()")})
        return decode(SEEN, answer)

    def totals(self) -> tuple[int, int, bool]:
        """``lo``, ``hi`` in asset wei, and the veto."""
        return self.rpc.read(self.vault, "totals()", returns=("uint256", "uint256", "bool"))

    def word(self, key: int, identifier: int = 0) -> int:
        """A packed word of the ledger."""
        return self.rpc.read(self.vault, "word(uint256,uint256)", key, identifier)

    def idle(self) -> int:
        """Tracked cash, asset wei."""
        return self.word(HOT) & (2**112 - 1)

    def position(self, identifier: int) -> tuple[int, int, int, int]:
        """Units, book, status, and reference over book in bps."""
        word = self.word(POSITION, identifier)
        return word & (2**112 - 1), (word >> 112) & (2**112 - 1), (word >> 224) & 255, word >> 240

    @cached_property
    def decimals(self) -> int:
        """Decimals of the asset."""
        return self.rpc.read(self.asset, "decimals()", returns=("uint8",))
