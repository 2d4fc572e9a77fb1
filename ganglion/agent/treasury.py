"""Where a treasury stands: its chain and the contracts that an agent talks to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_typing import ChecksumAddress

from .errors import Invalid
from .intent import Domain, checked_address


@dataclass(frozen=True, slots=True)
class Treasury:
    """A treasury, by addresses.

    Attributes:
        chain_id: of its chain.
        vault: whose capital moves.
        executor: the agents' hands.
        lens: what answers ``observe``.
    """

    chain_id: int
    vault: ChecksumAddress
    executor: ChecksumAddress
    lens: ChecksumAddress

    def __post_init__(self) -> None:
        """Bring addresses into checksum form; raises Invalid, which names the field."""
        for name in ("vault", "executor", "lens"):
            object.__setattr__(self, name, checked_address(name, getattr(self, name)))
        if not isinstance(self.chain_id, int) or self.chain_id <= 0:
            raise Invalid(f"chain_id: {self.chain_id!r} is none; mainnet's is 1")

    @property
    def domain(self) -> Domain:
        """Where signatures of its agents hold."""
        return Domain(self.chain_id, self.executor)

    @classmethod
    def load(cls, path: Path | str) -> Treasury:
        """Read the manifest that a deployment wrote, e.g. ``deployments/treasury.json``.

        Raises:
            Invalid: it cannot be read, or lacks a contract; names the field.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise Invalid(f"{path}: {error.strerror}; give the manifest that the deployment wrote") from None
        except ValueError as error:
            raise Invalid(f"{path} is not JSON: {error}; give the deployment's manifest") from None
        found: dict[str, Any] = {"chain_id": content.get("chain_id") if isinstance(content, dict) else None}
        for name in ("Vault", "Executor", "Lens"):
            try:
                found[name.lower()] = content["contracts"][name]["address"]
            except (KeyError, TypeError):
                raise Invalid(f"{path}: contracts.{name}.address is missing; deploy that contract") from None
        return cls(**found)
