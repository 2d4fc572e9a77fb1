"""Safe 1.4.1 as a treasury's owner: the canonical contracts, creating one, reading one."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils import keccak, to_canonical_address, to_checksum_address

from ganglion.devnet.abi import call_data, encode

from .chain import Call, Chain
from .config import SafeSection
from .errors import DeploymentError

VERSION = "1.4.1"
SUPPORTED = ("1.3.0", VERSION)
ZERO = "0x" + 40 * "0"
_SENTINEL = "0x" + 39 * "0" + "1"
_GUARD_SLOT = int.from_bytes(keccak(text="guard_manager.guard.address"), "big")
_PAGE = 50


@dataclass(frozen=True)
class Canonical:
    """A contract that has one address on every chain, and the hash of its runtime code."""

    name: str
    address: str
    code_hash: str


# As published in safe-deployments for 1.4.1; the hashes are those of the code built by safe-global.
SINGLETON = Canonical(
    "Safe",
    "0x41675C099F32341bf84BFc5382aF534df5C7461a",
    "1fe2df852ba3299d6534ef416eefa406e56ced995bca886ab7a553e6d0c5e1c4",
)
SINGLETON_L2 = Canonical(
    "SafeL2",
    "0x29fcB43b46531BcA003ddC8FCB67FFE91900C762",
    "b1f926978a0f44a2c0ec8fe822418ae969bd8c3f18d61e5103100339894f81ff",
)
FACTORY = Canonical(
    "SafeProxyFactory",
    "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67",
    "50c3cdc4074750a7a974204a716c999edd37482f907608d960b2b025ee0b3317",
)
MULTISEND = Canonical(
    "MultiSendCallOnly",
    "0x9641d764fc13c8B624c04430C7356C1C7C8102e2",
    "ecd5bd14a08c5d2122379900b2f272bdf107a7e92423c10dd5fe3254386c9939",
)
FALLBACK_HANDLER = Canonical(
    "CompatibilityFallbackHandler",
    "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99",
    "7c6007a5d711cea8dfd5d91f5940ec29c7f200fe511eb1fc1397b367af3c42f9",
)


@dataclass(frozen=True)
class SafeState:
    """What a Safe is set to: ``modules`` can act without signatures, ``guard`` can veto."""

    version: str
    singleton: str
    owners: tuple[str, ...]
    threshold: int
    modules: tuple[str, ...]
    guard: str
    nonce: int


def singleton(chain_id: int) -> Canonical:
    """Return the implementation that the Safe interface uses on a chain: on all but mainnet, with events."""
    return SINGLETON if chain_id == 1 else SINGLETON_L2


def missing(chain: Chain, *contracts: Canonical) -> list[str]:
    """Return one line for every canonical contract that a chain lacks."""
    lines = []
    for contract in contracts:
        code = chain.code(contract.address)
        if keccak(code).hex() != contract.code_hash:
            what = "other code than" if code else "no"
            lines.append(
                f"safe: {what} {contract.name} {VERSION} at {contract.address}; use a chain that "
                "has the canonical contracts, or name an existing Safe in safe.address"
            )
    return lines


def creation(chain: Chain, section: SafeSection, chain_id: int) -> tuple[str, Call]:
    """Return the address of the Safe that owners and threshold describe, and the call that creates it.

    The address follows from owners, threshold and salt alone: whoever creates it, it is the same Safe.
    """
    initializer = bytes.fromhex(
        call_data(
            "setup(address[],uint256,address,bytes,address,address,uint256,address)",
            section.owners,
            section.threshold,
            ZERO,
            b"",
            FALLBACK_HANDLER.address,
            ZERO,
            0,
            ZERO,
        )[2:]
    )
    template = singleton(chain_id).address
    proxy = chain.ask(FACTORY.address, "proxyCreationCode()", returns=("bytes",))
    salt = keccak(keccak(initializer) + section.salt.to_bytes(32, "big"))
    code_hash = keccak(proxy + encode(["address"], [template]))
    address = keccak(b"\xff" + to_canonical_address(FACTORY.address) + salt + code_hash)[-20:]
    data = call_data("createProxyWithNonce(address,bytes,uint256)", template, initializer, section.salt)
    return to_checksum_address(address), Call(FACTORY.address, bytes.fromhex(data[2:]), "create the Safe")


def read(chain: Chain, address: str) -> SafeState:
    """Return what a Safe is set to.

    Raises:
        DeploymentError: there is no Safe at the address.
    """
    if not chain.code(address):
        raise DeploymentError(f"no contract at {address}; name a deployed Safe")
    owners = chain.ask(address, "getOwners()", returns=("address[]",))
    modules, _ = chain.ask(
        address,
        "getModulesPaginated(address,uint256)",
        _SENTINEL,
        _PAGE,
        returns=("address[]", "address"),
    )
    return SafeState(
        version=chain.ask(address, "VERSION()", returns=("string",)).removesuffix("+L2"),
        singleton=_stored_address(chain, address, 0),
        owners=tuple(map(to_checksum_address, owners)),
        threshold=chain.ask(address, "getThreshold()"),
        modules=tuple(map(to_checksum_address, modules)),
        guard=_stored_address(chain, address, _GUARD_SLOT),
        nonce=chain.ask(address, "nonce()"),
    )


def _stored_address(chain: Chain, address: str, slot: int) -> str:
    word = chain.w3.eth.get_storage_at(to_checksum_address(address), slot)
    return to_checksum_address(bytes(word).rjust(32, b"\0")[12:])
