"""What was signed and may still be mined: written down before the first byte goes out.

After a crash or a lost connection the very same transactions are sent again, never new ones beside them.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from eth_typing import ChecksumAddress

from .errors import Invalid
from .intent import Intent
from .structs import plain

EXECUTED, REFUSED = "executed", "refused"
_KEY = re.compile(r"0x[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed transaction: raw bytes and hash (0x-hex), the account's nonce, fees in wei per gas."""

    raw: str
    hash: str
    nonce: int
    max_fee: int
    tip: int


@dataclass(frozen=True, slots=True)
class Record:
    """One intent, or heartbeat, on its way.

    Attributes:
        key: 0x-hex; of the intent, its Executor and chain, how it is sent and by whom.
        intent: what is wanted; None for a heartbeat.
        chain_id: of the transactions.
        executor: that they call.
        sender: who pays the gas.
        data: calldata.
        gas: limit of every attempt.
        since: block after which it was first sent.
        attempts: every transaction that was ever signed for it, oldest first.
        closed: EXECUTED or REFUSED; empty while it may still be mined.
    """

    key: str
    intent: Intent | None
    chain_id: int
    executor: ChecksumAddress
    sender: ChecksumAddress
    data: bytes
    gas: int
    since: int
    attempts: tuple[Attempt, ...]
    closed: str = ""

    @property
    def hashes(self) -> tuple[str, ...]:
        """Hashes of every attempt, oldest first."""
        return tuple(attempt.hash for attempt in self.attempts)

    def tried(self, attempt: Attempt) -> Record:
        """Return the record with one more attempt."""
        return replace(self, attempts=(*self.attempts, attempt))

    def ended(self, how: str) -> Record:
        """Return the record closed."""
        return replace(self, closed=how)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        names = ("key", "intent", "chain_id", "executor", "sender", "data", "gas", "since", "closed")
        attempts = [{name: getattr(each, name) for name in Attempt.__slots__} for each in self.attempts]
        return {name: plain(getattr(self, name)) for name in names} | {"attempts": attempts}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Record:
        """Inverse of ``as_dict``; raises Invalid where it is no record."""
        try:
            given = dict(values)
            attempts = tuple(Attempt(**each) for each in given.pop("attempts"))
            data = bytes.fromhex(given.pop("data").removeprefix("0x"))
            wanted = given.pop("intent")
            intent = None if wanted is None else Intent.from_dict(wanted)
            return cls(intent=intent, data=data, attempts=attempts, **given)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Invalid(f"no record of a sent intent: {error}") from None


class Outbox(Protocol):
    """Where records are kept. ``put`` returns only once the record is safe."""

    def get(self, key: str) -> Record | None:
        """Return a record by its key, or None."""

    def put(self, record: Record) -> None:
        """Keep a record in place of an earlier one with its key."""

    def open(self) -> list[Record]:
        """Return the records that are not closed."""


class MemoryOutbox:
    """Records that end with the process: an intent's nonce alone then keeps it from being executed twice."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def get(self, key: str) -> Record | None:
        """Return a record by its key, or None."""
        return self._records.get(key)

    def put(self, record: Record) -> None:
        """Keep a record in place of an earlier one with its key."""
        self._records[record.key] = record

    def open(self) -> list[Record]:
        """Return the records that are not closed."""
        return [record for record in self._records.values() if not record.closed]


class FileOutbox:
    """One JSON file per record in a folder, written whole in one rename and flushed to the disk."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def get(self, key: str) -> Record | None:
        """Return a record by its key, or None; raises Invalid where the file was damaged."""
        file = self._file(key)
        return self._read(file) if file.is_file() else None

    def put(self, record: Record) -> None:
        """Keep a record in place of an earlier one with its key."""
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".record-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(record.as_dict(), file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._file(record.key))
            self._sync_folder()
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def open(self) -> list[Record]:
        """Return the records that are not closed; raises Invalid where a file was damaged."""
        records = [self._read(file) for file in sorted(self._folder.glob("0x*.json"))]
        return [record for record in records if not record.closed]

    def _file(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Invalid(f"key: {key!r} is not 0x and 64 hex digits")
        return self._folder / f"{key}.json"

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @staticmethod
    def _read(file: Path) -> Record:
        try:
            return Record.from_dict(json.loads(file.read_text(encoding="utf-8")))
        except ValueError as error:
            raise Invalid(f"{file} is not JSON: {error}; restore it, or see on chain how it ended") from None
        except Invalid as error:
            raise Invalid(f"{file}: {error}") from None
