"""What strategies pay for units, at a block: their own answers, as exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eth_utils import to_checksum_address

from ganglion.agent.abi import VAULT
from ganglion.agent.errors import NodeError
from ganglion.agent.snapshot import PROBE
from ganglion.agent.steps import Steps

from . import source
from .entry import Journal

TERMS = 3  # key of Vault.word
_CHARGES_ON_EXIT = 192  # bit of the word
_MOST = 2**112  # an answer of a strategy counts only below


@dataclass(frozen=True, slots=True)
class Price:
    """A strategy gives ``assets`` wei for ``units``."""

    assets: int
    units: int

    def value(self, units: int) -> int:
        """Return what a number of units is worth, asset wei, rounded down; negative for units that left."""
        return self.assets * units // self.units


Prices = Mapping[int, Price | None]  # by strategy; None where it gives no answer that counts


def prices_steps(journal: Journal, block: int) -> Steps[Prices]:
    """Ask every strategy that the journal's moves touched for its price at the end of a block.

    The answer is for all units that ever moved, at least 10**18: so it is exact to about one wei for any part
    of them. Strategies that charge on exit are asked what they would pay, as the Vault asks them.

    Raises:
        NodeError: the node does not keep that block's state.
    """
    moved: dict[int, int] = {}
    for entry in journal.entries:
        for done in entry.moves:
            moved[done.id] = moved.get(done.id, 0) + done.units
    probes = {identifier: max(units, PROBE) for identifier, units in sorted(moved.items())}
    found: dict[int, Price | None] = {}
    for identifier, probe in probes.items():
        assets = yield from _assets(journal.vault, identifier, probe, block)
        found[identifier] = None if assets is None else Price(assets, probe)
    return found


def _assets(vault: str, identifier: int, probe: int, block: int) -> Steps[int | None]:
    """Return what a strategy gives for ``probe`` units; None where it gives no answer that counts.

    Raises:
        NodeError: the Vault does not tell where the strategy is.
    """
    terms = VAULT.decode(
        "word", (yield from source.view(vault, VAULT.encode("word", TERMS, identifier), block))
    )
    strategy = to_checksum_address((terms & (2**160 - 1)).to_bytes(20, "big"))
    asked = "previewRedeem" if terms >> _CHARGES_ON_EXIT & 1 else "convertToAssets"
    try:
        answer = yield from source.view(strategy, VAULT.encode(asked, probe), block)
    except NodeError:
        return None
    assets = int.from_bytes(answer[:32], "big")
    return assets if len(answer) >= 32 and assets < _MOST else None
