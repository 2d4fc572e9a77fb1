"""A contract without a part of itself, to measure what that part costs.

The sources are copied, each text of the part is taken out where it stands once, and what compiles replaces
the code of the deployed contract; storage and immutables stay. A text that is not found exactly once is an
error: the difference would be measured against something else.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vyper.exceptions import VyperException

from bench.scenario import Scenario
from ganglion.devnet.artifacts import ROOT, vyper_artifact
from ganglion.devnet.errors import CompilationFailed
from tools.vyper_source import compiler_data


@dataclass(frozen=True)
class Part:
    """What can be taken out of a contract.

    Attributes:
        name: of the part, for errors.
        contract: it is a part of: Vault or Executor.
        kept_in: the file under bench that holds the texts.
        texts: each a file, what stands there, and what stands there without the part.
    """

    name: str
    contract: str
    kept_in: str
    texts: tuple[tuple[str, str, str], ...]

    @property
    def path(self) -> str:
        """Source of the contract."""
        return f"contracts/{self.contract}.vy"


def take_out(part: Part, scenario: Scenario) -> None:
    """Give the deployed contract the code without a part.

    Raises:
        CompilationFailed: a text of the part is not found exactly once, what is left does not compile, or the
            contract does not run the code of this repository.
    """
    treasury = scenario.treasury
    address = {"Vault": treasury.vault, "Executor": treasury.executor}[part.contract]
    deployed, ours = scenario.rpc.code(address), vyper_artifact(part.path).runtime
    if not deployed.startswith(ours):
        raise CompilationFailed(f"{address} does not run {part.path}")
    immutables = deployed[len(ours) :]
    scenario.rpc.call("anvil_setCode", address, "0x" + (code_without(part) + immutables).hex())


@functools.cache
def code_without(part: Part) -> bytes:
    """Runtime code of a contract without a part, immutables not appended; raises CompilationFailed."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("contracts", "interfaces"):
            shutil.copytree(ROOT / name, root / name)
        for name, text, instead in part.texts:
            replace_once(root / name, text, instead, part.kept_in)
        try:
            return compiler_data(root / part.path, root).bytecode_runtime
        except VyperException as error:
            what = f"the {part.contract} without its {part.name}"
            raise CompilationFailed(f"{what} does not compile:\n{error}") from None


def replace_once(file: Path, text: str, instead: str, kept_in: str) -> None:
    """Replace a text that stands in a file exactly once; raises CompilationFailed where it does not."""
    source = file.read_text()
    if source.count(text) != 1:
        line = text.strip().splitlines()[0]
        found = source.count(text)
        raise CompilationFailed(f"{file.name} has {found} of {line!r} and not one: adapt bench/{kept_in}")
    file.write_text(source.replace(text, instead))
