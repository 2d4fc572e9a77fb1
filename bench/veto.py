"""The Vault without its veto, to measure what the veto adds to a deposit.

The sources are copied, each text of the veto is taken out where it stands once, and what compiles replaces
the code of the deployed Vault; storage and immutables stay. A text that is not found exactly once is an
error: the difference would be measured against something else.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path

from vyper.exceptions import VyperException

from bench.scenario import Scenario
from ganglion.devnet.artifacts import ROOT, vyper_artifact
from ganglion.devnet.errors import CompilationFailed
from tools.vyper_source import compiler_data

VAULT = "contracts/Vault.vy"
ENTRY, PRICING = "contracts/modules/entry.vy", "contracts/modules/pricing.vy"

# File, what the veto adds to a deposit there, and what stands there without it.
VETO = (
    (ENTRY, "    if totals.veto:\n        refusal._refuse(refusal.VETO)\n", ""),
    (ENTRY, "    refusal._req(flags & ledger.DRY == 0, refusal.VETO)\n", ""),
    (PRICING, "    lost: uint256 = 0  # books over marks\n", ""),
    (PRICING, "    lifted: uint256 = 0  # references over books\n", ""),
    (PRICING, "            lifted += book * (position >> 240) // ledger.BPS\n", ""),
    (PRICING, "            totals.veto = totals.veto or position >> 240 == ledger.M16\n", ""),
    (PRICING, "                totals.veto = True\n", ""),
    (
        PRICING,
        "            lost = unsafe_add(lost, unsafe_sub(book, mark))"
        "  # unsafe: as above, and mark is lower\n",
        "",
    ),
    (
        PRICING,
        "    if unsafe_add(unsafe_add(lost, lifted), dark) != 0:  # unsafe: below 2**120\n",
        "    if dark != 0:\n",
    ),
    (
        PRICING,
        "        totals.veto = totals.veto"
        " or self._is_distress(totals.lo, totals.lo + lost + lifted, dark)\n",
        "",
    ),
)


def take_out(scenario: Scenario) -> None:
    """Give the deployed Vault the code without the veto.

    Raises:
        CompilationFailed: a text of the veto is not found exactly once, what is left does not compile, or the
            Vault does not run the code of this repository.
    """
    vault = scenario.treasury.vault
    deployed, ours = scenario.rpc.code(vault), vyper_artifact(VAULT).runtime
    if not deployed.startswith(ours):
        raise CompilationFailed(f"{vault} does not run {VAULT}")
    immutables = deployed[len(ours) :]
    scenario.rpc.call("anvil_setCode", vault, "0x" + (without_veto() + immutables).hex())


@functools.cache
def without_veto() -> bytes:
    """Runtime code of the Vault without its veto, immutables not appended; raises CompilationFailed."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("contracts", "interfaces"):
            shutil.copytree(ROOT / name, root / name)
        for name, text, instead in VETO:
            replace_once(root / name, text, instead)
        try:
            return compiler_data(root / VAULT, root).bytecode_runtime
        except VyperException as error:
            raise CompilationFailed(f"the Vault without its veto does not compile:\n{error}") from None


def replace_once(file: Path, text: str, instead: str) -> None:
    """Replace a text that stands in a file exactly once; raises CompilationFailed where it does not."""
    source = file.read_text()
    if source.count(text) != 1:
        line = text.strip().splitlines()[0]
        found = source.count(text)
        raise CompilationFailed(f"{file.name} has {found} of {line!r} and not one: adapt bench/veto.py")
    file.write_text(source.replace(text, instead))
