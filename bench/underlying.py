"""The strategy of the benchmark: solmate's abstract ERC-4626, completed by one function and nothing else.

solmate's own MockERC4626 counts its hooks in storage, some 5,060 gas a deposit or redeem that no vault in use
pays: the benchmark measures both, and holds the targets on the plain one.
"""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from pathlib import Path

from ganglion.devnet.artifacts import COMPILER_TIMEOUT, NODE_MODULES, SOLMATE, Artifact
from ganglion.devnet.errors import CompilationFailed, ToolMissing

SOURCE = Path(__file__).parent / "SolmateVault.sol"
NAME = SOURCE.stem
LIBRARIES = ("tokens/ERC20", "tokens/ERC4626", "utils/SafeTransferLib", "utils/FixedPointMathLib")


@functools.cache
def plain_vault() -> Artifact:
    """The compiled vault, with the compiler and the settings of the devnet's solmate build.

    Raises:
        ToolMissing: Node, the compiler or solmate is not installed.
        CompilationFailed: solc reports an error.
    """
    output = json.loads(_solc(json.dumps(_request())))
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise CompilationFailed(f"solc rejected {SOURCE.name}:\n" + "\n".join(errors))
    built = output["contracts"][SOURCE.name][NAME]
    code = [bytes.fromhex(built["evm"][key]["object"]) for key in ("bytecode", "deployedBytecode")]
    return Artifact(NAME, built["abi"], *code)


def _request() -> dict:
    files = {f"solmate/src/{name}.sol": NODE_MODULES / f"solmate/src/{name}.sol" for name in LIBRARIES}
    missing = [name for name, path in files.items() if not path.is_file()]
    if missing:
        raise ToolMissing(f"node_modules/{missing[0]} is missing; run `npm ci`")
    outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
    return {
        "language": "Solidity",
        "sources": {name: {"content": path.read_text()} for name, path in files.items()}
        | {SOURCE.name: {"content": SOURCE.read_text()}},
        "settings": {**SOLMATE.settings, "outputSelection": {SOURCE.name: {NAME: outputs}}},
    }


def _solc(request: str) -> str:
    compiler = NODE_MODULES / SOLMATE.compiler / "solc.js"
    if not compiler.is_file():
        raise ToolMissing(f"npm package {SOLMATE.compiler} is not installed; run `npm ci`")
    # A file and no pipe: solc.js exits while a pipe is still being written, and the output ends early.
    with tempfile.TemporaryFile("w+") as output:
        command = ["node", str(compiler), "--standard-json"]
        try:
            subprocess.run(
                command, input=request, stdout=output, text=True, check=True, timeout=COMPILER_TIMEOUT
            )
        except FileNotFoundError:
            raise ToolMissing("Node 20 or later is not on PATH; install it from https://nodejs.org") from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise CompilationFailed(f"compiling {SOURCE.name} failed: {error}") from None
        output.seek(0)
        text = output.read()
    # The JS compiler may print a notice about callbacks before the JSON document.
    return text[text.index("{") :]
