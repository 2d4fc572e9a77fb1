"""One treasury on one chain: its contracts by name, and what stands in them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils import is_hex_address, keccak, to_checksum_address
from eth_utils.abi import collapse_if_tuple
from web3.contract import Contract

from ganglion.devnet.abi import decode, encode
from ganglion.devnet.addresses import created_by

from .build import BLUEPRINTS, MADE, Build
from .chain import Call, Chain
from .config import Treasury
from .errors import DeploymentError, TransactionFailed

DEAD = "0x000000000000000000000000000000000000dEaD"

# Keys of Vault.word, see contracts/modules/ledger.vy
HOT, POSITION, TERMS, LISTING, PETTY, CLOCK, STEWARD, QUEUE, SENTINEL, FEES = 1, 2, 3, 5, 7, 9, 10, 14, 16, 17
SEALED, PAUSED, DRY = 4, 8, 32
STATUS_OK = 1
NO_STATE = 3  # bits of the flags that hold the state


def _bits(word: int, shift: int, width: int) -> int:
    return (word >> shift) & ((1 << width) - 1)


def _address(word: int) -> str:
    """The address in the lowest 160 bits of a word."""
    return to_checksum_address(_bits(word, 0, 160).to_bytes(20, "big"))


def _plain(values: tuple[Any, ...]) -> Any:
    """Decoded values as people write them: addresses with their checksum, a single value by itself."""
    plain = tuple(_checksummed(value) for value in values)
    return plain[0] if len(plain) == 1 else plain


def _checksummed(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_checksummed(entry) for entry in value)
    return to_checksum_address(value) if is_hex_address(value) else value


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        pairs = [(key, _shown(entry)) for key, entry in value.items()]
        return ", ".join(f"{key}={{{text}}}" if "=" in text else f"{key}={text}" for key, text in pairs)
    return str(value)


@dataclass
class Site:
    """A treasury's contracts, those that exist.

    Attributes:
        chain: where it stands.
        treasury: what it should be.
        built: its compiled contracts.
        deployer: the account that creates it.
        addresses: contract name, and ``Safe``, to address.
    """

    chain: Chain
    treasury: Treasury
    built: Build = field(repr=False)
    deployer: str
    addresses: dict[str, str]
    _contracts: dict[tuple[str, str], Contract] = field(default_factory=dict, repr=False)
    _functions: dict[tuple[str, str], tuple[bytes, list[str], list[str]]] = field(
        default_factory=dict, repr=False
    )

    def contract(self, name: str) -> Contract:
        """Return a contract that exists; KeyError for one that does not yet."""
        address = self.addresses[name]
        if (name, address) not in self._contracts:
            self._contracts[name, address] = self.chain.contract(address, self.built.abi(name))
        return self._contracts[name, address]

    def call(self, name: str, function: str, *arguments: Any, what: str = "") -> Call:
        """Return a call of a function, encoded by the contract's ABI; ``what`` replaces its description."""
        data = self._encoded(name, function, arguments)
        return Call(self.addresses[name], data, what or self.describe(self.addresses[name], data))

    def describe(self, target: str, data: bytes) -> str:
        """Return a call in words: contract, function and arguments, if the target is one of ours."""
        name = next((name for name, address in self.addresses.items() if address == target), None)
        if name not in self.built.artifacts:
            return f"{target} 0x{data.hex()}"
        try:
            function, arguments = self.contract(name).decode_function_input(data)
        except ValueError:
            return f"{name} 0x{data.hex()}"
        return f"{name}.{function.fn_name}({_shown(arguments)})"

    def read(self, name: str, function: str, *arguments: Any) -> Any:
        """Return the answer of a view function; raises DeploymentError if it reverts."""
        data = "0x" + self._encoded(name, function, arguments).hex()
        try:
            answer = self.chain.call({"to": self.addresses[name], "data": data})
            return _plain(decode(self._function(name, function)[2], answer))
        except (TransactionFailed, DecodingError) as error:
            raise DeploymentError(f"{name} at {self.addresses[name]} refuses {function}: {error}") from None

    def _encoded(self, name: str, function: str, arguments: Sequence[Any]) -> bytes:
        selector, inputs, _ = self._function(name, function)
        return selector + encode(inputs, arguments)

    def _function(self, name: str, function: str) -> tuple[bytes, list[str], list[str]]:
        """Selector, types of the arguments and types of the answer of a function."""
        if (name, function) not in self._functions:
            entry = next(e for e in self.built.abi(name) if e["type"] == "function" and e["name"] == function)
            inputs, outputs = (
                [collapse_if_tuple(part) for part in entry[key]] for key in ("inputs", "outputs")
            )
            selector = keccak(text=f"{function}({','.join(inputs)})")[:4]
            self._functions[name, function] = (selector, inputs, outputs)
        return self._functions[name, function]

    def constructor(self, name: str) -> dict[str, Any]:
        """Return the constructor arguments of a contract by parameter name."""
        section, at = self.treasury, self.addresses
        arguments: dict[str, list[Any]] = {
            "Timelock": [section.timelock.delay, at.get("Safe"), list(section.guardians)],
            "Steward": [at.get("Timelock")],
            "ExitQueue": [section.vault.epoch, section.asset.decimals],
            "VaultAnnex": [
                section.asset.address,
                section.asset.decimals,
                at.get("Steward"),
                at.get("ExitQueue"),
                section.vault.epoch,
            ],
            "Vault": [
                section.asset.address,
                at.get("Steward"),
                *(at.get(name) for name in BLUEPRINTS),
                section.vault.epoch,
                section.vault.name,
                section.vault.symbol,
            ],
            "Executor": [at.get("Vault"), at.get("Timelock")],
            "Sentinel": [
                *(at.get(name) for name in ("Vault", "Timelock", "Safe")),
                section.sentinel.limits(),
                section.sentinel.silence,
            ],
            "Reflexes": [at.get("Executor"), at.get("Timelock")],
            "Lens": [at.get("Vault")],
        }
        if name in BLUEPRINTS:
            return {}
        inputs = _constructor_inputs(self.built, name)
        return {entry["name"]: value for entry, value in zip(inputs, arguments[name], strict=True)}

    def creation(self, name: str) -> bytes:
        """Return creation code with its arguments."""
        code, arguments = self.built.creation(name), self.constructor(name)
        if not arguments:
            return code
        types = [collapse_if_tuple(entry) for entry in _constructor_inputs(self.built, name)]
        return code + encode(types, list(arguments.values()))

    def expected_code(self, name: str) -> bytes:
        """Return the runtime code, immutables included, that sources and arguments give."""
        creator = self.addresses["Vault"] if name in MADE else self.deployer
        # The Vault's constructor creates these anew, which must not find them there already.
        made = dict.fromkeys(self.made(), b"") if name == "Vault" else {}
        return self.chain.constructed(self.addresses[name], creator, self.creation(name), made)

    def made(self) -> list[str]:
        """Return the addresses of what the Vault's constructor makes, as ``MADE`` orders them."""
        vault = self.addresses["Vault"]
        return [created_by(vault, nonce) for nonce in range(1, 1 + len(MADE))]

    def word(self, key: int, identifier: int = 0) -> int:
        """Return a packed word of the Vault's ledger."""
        return self.read("Vault", "word", key, identifier)

    def steward(self) -> str:
        """Return the contract that the Vault takes parameters from."""
        return _address(self.word(STEWARD))

    def queue(self) -> str:
        """Return the contract that the Vault lets settle exits."""
        return _address(self.word(QUEUE))

    def executor(self) -> str:
        """Return the contract that the Vault lets move capital; the zero address before it is named."""
        return _address(self.word(CLOCK))

    def sentinel(self) -> str:
        """Return the contract that moves the Vault between states; the zero address before it is named."""
        return _address(self.word(SENTINEL))

    def fees(self) -> tuple[int, int, str]:
        """Return what pokes charge, as ``Fees.words`` gives it."""
        clock = self.word(CLOCK)
        return (_bits(clock, 224, 16), _bits(clock, 240, 16), _address(self.word(FEES)))

    def flags(self) -> int:
        """Return the Vault's flags: state, sealed, paused, dry."""
        return _bits(self.word(HOT), 192, 8)

    def live(self) -> list[int]:
        """Return the ids of the listed strategies, in the order of their listing."""
        packed = _bits(self.word(HOT), 112, 80)
        return sorted(identifier for i in range(10) if (identifier := _bits(packed, 8 * i, 8)))

    def limits(self) -> tuple[int, ...]:
        """Return the Vault's limits as ``Limits.words`` gives them."""
        hot, petty = self.word(HOT), self.word(PETTY)
        cap = _bits(hot, 228, 20) * 10 ** _bits(hot, 248, 8)
        shares = (_bits(petty, 224, 16), _bits(petty, 240, 16))
        return (cap, _bits(hot, 200, 8), _bits(hot, 208, 20), *shares, _bits(self.word(CLOCK), 200, 16))

    def strategy(self, identifier: int) -> str:
        """Return the address of a strategy; the zero address if the id is not used."""
        return _address(self.word(TERMS, identifier))

    def terms(self, identifier: int) -> tuple[int, int, bool, int, int, int]:
        """Return the terms of a strategy as ``Terms.words`` gives them."""
        word = self.word(TERMS, identifier)
        gas = (_bits(word, 160, 16) * 1_000, _bits(word, 176, 16) * 1_000)
        rates = (_bits(word, 200, 16), _bits(word, 216, 16), _bits(word, 232, 16))
        return (*gas, bool(_bits(word, 192, 8)), *rates)

    def ceiling(self, identifier: int) -> int:
        """Return the ceiling of a strategy, asset wei."""
        return _bits(self.word(LISTING, identifier), 0, 112)

    def status(self, identifier: int) -> int:
        """Return the health of a strategy: 1 OK, 2 SUSPECT, 3 QUARANTINED."""
        return _bits(self.word(POSITION, identifier), 224, 8)

    def dead_shares(self) -> int:
        """Return the shares that belong to nobody."""
        return self.read("Vault", "balanceOf", DEAD)

    @cached_property
    def wanted_dead_shares(self) -> int:
        """Shares that the seed pays for: virtual shares per asset wei."""
        return self.treasury.vault.seed * 10 ** max(3, 18 - self.treasury.asset.decimals)


def _constructor_inputs(built: Build, name: str) -> list[dict[str, Any]]:
    return next(entry["inputs"] for entry in built.abi(name) if entry["type"] == "constructor")
