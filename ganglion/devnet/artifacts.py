"""Compiled contracts: public npm sources with the solc JS compiler, Vyper sources with vyper.

Results are kept in ``.build/artifacts``, one JSON file per compilation, under a name that contains the hash
of everything the compilation depends on: sources, compiler, settings. A stale file is never read.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CompilationFailed, ToolMissing

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "node_modules"
BUILD = ROOT / ".build" / "artifacts"
EVM_VERSION = "cancun"
COMPILER_TIMEOUT = 300
# Runs the suite against another optimisation level than the sources ask for: miscompilations differ by level.
OPTIMIZE_VARIABLE = "GANGLION_OPTIMIZE"

_OPTIMIZE = re.compile(r"^# pragma optimize \w+$", re.MULTILINE)
_IMPORT = re.compile(
    r"^(?:from[ \t]+(?P<origin>[.\w]+)[ \t]+)?import[ \t]+(?P<names>\([^)]*\)|[^\n#]+)", re.MULTILINE
)

Progress = Callable[[str], None]


def silent(_message: str) -> None:
    """Progress callback that shows nothing."""


_BLUEPRINT_PREAMBLE = bytes.fromhex("fe7100")  # invalid as code, version 0, no data


@dataclass(frozen=True)
class Artifact:
    """One compiled contract.

    Attributes:
        name: contract name.
        abi: JSON ABI.
        initcode: creation code, constructor arguments not appended.
        runtime: deployed code with immutables unset (Solidity) or absent (Vyper appends them).
    """

    name: str
    abi: list[dict[str, Any]]
    initcode: bytes
    runtime: bytes

    @property
    def blueprint(self) -> bytes:
        """Creation code that stores ``initcode`` as an ERC-5202 blueprint, which constructors create from."""
        stored = _BLUEPRINT_PREAMBLE + self.initcode
        # PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN
        return b"\x61" + len(stored).to_bytes(2, "big") + bytes.fromhex("80600a3d393df3") + stored

    def as_json(self) -> dict[str, Any]:
        """Return the artifact as JSON values."""
        return {
            "name": self.name,
            "abi": self.abi,
            "initcode": self.initcode.hex(),
            "runtime": self.runtime.hex(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Artifact:
        """Inverse of ``as_json``."""
        code = {key: bytes.fromhex(value[key]) for key in ("initcode", "runtime")}
        return cls(name=value["name"], abi=value["abi"], **code)


@dataclass(frozen=True)
class SolidityJob:
    """One standard-json compilation of npm sources.

    Attributes:
        name: of the cache file.
        compiler: npm package of the compiler.
        contracts: contract name to source file, as imported (relative to node_modules).
        settings: of the standard-json input, but for the output selection.
        events_of: contract whose ABI lacks the events of its libraries, to the libraries that declare them.
    """

    name: str
    compiler: str
    contracts: dict[str, str]
    settings: dict[str, Any]
    events_of: dict[str, tuple[str, ...]]


_MORPHO = "@morpho-org/morpho-blue/src"
_SOLMATE_MOCKS = "solmate/src/test/utils/mocks"

# The settings of the deployed Morpho Blue. solc 0.8.19 leaves events of a library out of the emitter's ABI.
MORPHO = SolidityJob(
    name="morpho",
    compiler="solc",
    contracts={
        "Morpho": f"{_MORPHO}/Morpho.sol",
        "EventsLib": f"{_MORPHO}/libraries/EventsLib.sol",
        "IrmMock": f"{_MORPHO}/mocks/IrmMock.sol",
        "OracleMock": f"{_MORPHO}/mocks/OracleMock.sol",
    },
    settings={
        "viaIR": True,
        "optimizer": {"enabled": True, "runs": 999_999},
        "evmVersion": "paris",
        "metadata": {"bytecodeHash": "none"},
    },
    events_of={"Morpho": ("EventsLib",)},
)
# Compiler and settings of the published gas baselines, so that figures measured here compare.
SOLMATE = SolidityJob(
    name="solmate",
    compiler="solc-0.8.28",
    contracts={
        "MockERC20": f"{_SOLMATE_MOCKS}/MockERC20.sol",
        "MockERC4626": f"{_SOLMATE_MOCKS}/MockERC4626.sol",
    },
    settings={
        "optimizer": {"enabled": True, "runs": 200},
        "evmVersion": EVM_VERSION,
        "metadata": {"bytecodeHash": "none"},
    },
    events_of={},
)


def solidity_artifacts(job: SolidityJob, progress: Progress = silent) -> dict[str, Artifact]:
    """Return the artifacts of ``job`` by contract name.

    Raises:
        ToolMissing: Node or an npm package is not installed.
        CompilationFailed: solc reports an error.
    """
    versions = [_npm_version(package) for package in sorted(_packages(job))]
    inputs = json.dumps([job.contracts, job.settings, job.events_of, versions], sort_keys=True)
    name = f"{job.name}-{_digest([inputs.encode()])}"
    return _cached(name, lambda: _compile_solidity(job), f"compiling {job.name} (solc)", progress)


def vyper_artifact(path: str | Path, progress: Progress = silent) -> Artifact:
    """Return the artifact of one of this repository's contracts, e.g. ``contracts/Vault.vy``.

    Imports resolve from the repository's root; the source's pragma decides the optimisation. The cache key
    covers the source, every module and interface that it imports, snekmate and the compiler.

    Raises:
        CompilationFailed: vyper rejects the source.
        ToolMissing: there is no such file.
    """
    source = (ROOT / path).resolve()
    files = sorted(_with_imports(source)) if source.is_file() else []
    content = [part for p in files for part in (str(p.relative_to(ROOT)).encode(), p.read_bytes())]
    return _vyper(source, content, progress)


def snekmate_artifact(module: str, progress: Progress = silent) -> Artifact:
    """Return the artifact of an unmodified contract of the installed snekmate: ``extensions/erc4626``."""
    package = Path(str(importlib.metadata.distribution("snekmate").locate_file("snekmate")))
    return _vyper(package / f"{module}.vy", [module.encode()], progress)


def npm_artifact(path: str) -> Artifact:
    """Return an artifact that its publisher built: a truffle or hardhat JSON file under node_modules."""
    file = NODE_MODULES / path
    if not file.is_file():
        raise ToolMissing(f"node_modules/{path} is missing; run `npm ci`")
    built = json.loads(file.read_text())
    code = {key: bytes.fromhex(built[key].removeprefix("0x")) for key in ("bytecode", "deployedBytecode")}
    return Artifact(built["contractName"], built["abi"], code["bytecode"], code["deployedBytecode"])


def _vyper(source: Path, content: Sequence[bytes], progress: Progress) -> Artifact:
    if not source.is_file():
        raise ToolMissing(f"no Vyper source at {source}; check the path, or run `make setup` for snekmate")
    versions = [importlib.metadata.version(name) for name in ("vyper", "snekmate")]
    key = _digest([json.dumps([source.name, EVM_VERSION, *versions, *_override()]).encode(), *content])
    built = _cached(
        f"{source.stem}-{key}",
        lambda: {source.stem: _compile_vyper(source)},
        f"compiling {source.name} (vyper)",
        progress,
    )
    return built[source.stem]


def _with_imports(source: Path) -> set[Path]:
    """Return ``source`` and the files of this repository that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for match in _IMPORT.finditer(file.read_text()):
            origin, names = match["origin"] or "", match["names"].strip("()").split(",")
            dots = len(origin) - len(origin.lstrip("."))
            base = file.parents[dots - 1] if dots else ROOT
            for name in names:
                dotted = ".".join(filter(None, [origin.lstrip("."), name.split(" as ")[0].strip()]))
                stem = base / dotted.replace(".", "/")
                # What is not here is snekmate's or the compiler's own, and known by its version.
                waiting += [p for p in (stem.with_suffix(x) for x in (".vy", ".vyi", ".json")) if p.is_file()]
    return found


def _override() -> list[str]:
    """Return the optimisation level that replaces the sources' own, or nothing."""
    level = os.environ.get(OPTIMIZE_VARIABLE, "")
    if level not in ("", "gas", "codesize", "none"):
        raise CompilationFailed(
            f"{OPTIMIZE_VARIABLE} is {level!r}; set it to gas, codesize or none, or unset it"
        )
    return [level] if level else []


@contextlib.contextmanager
def _sources(source: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the folder that imports start from, and the source with the level replaced if asked."""
    levels = _override()
    if not levels or not source.is_relative_to(ROOT / "contracts"):
        yield ROOT, source
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("contracts", "interfaces"):
            shutil.copytree(ROOT / name, Path(folder) / name)
        copy = Path(folder) / source.relative_to(ROOT)
        copy.write_text(_OPTIMIZE.sub(f"# pragma optimize {levels[0]}", copy.read_text()))
        yield Path(folder), copy


def _compile_vyper(source: Path) -> Artifact:
    command = [
        sys.executable,
        "-m",
        "vyper",
        "-f",
        "abi,bytecode,bytecode_runtime",
        "--evm-version",
        EVM_VERSION,
    ]
    with _sources(source) as (root, file):
        output = _run([*command, "-p", str(root), str(file)], source.name)
    abi, initcode, runtime = output.strip().splitlines()[-3:]
    code = [bytes.fromhex(value.strip().removeprefix("0x")) for value in (initcode, runtime)]
    return Artifact(source.stem, json.loads(abi), *code)


def _compile_solidity(job: SolidityJob) -> dict[str, Artifact]:
    node = shutil.which("node")
    if node is None:
        raise ToolMissing("Node 20 or later is not on PATH; install it from https://nodejs.org")
    outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
    request = {
        "language": "Solidity",
        "sources": {path: {"content": (NODE_MODULES / path).read_text()} for path in job.contracts.values()},
        "settings": {
            **job.settings,
            "outputSelection": {path: {name: outputs} for name, path in job.contracts.items()},
        },
    }
    command = [node, str(NODE_MODULES / job.compiler / "solc.js"), "--standard-json", "--base-path", "."]
    text = _run(command, job.name, json.dumps(request), NODE_MODULES)
    # The JS compiler may print a notice about callbacks before the JSON document.
    output = json.loads(text[text.index("{") :])
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise CompilationFailed(f"solc rejected {job.name}:\n" + "\n".join(errors))
    built = {name: output["contracts"][path][name] for name, path in job.contracts.items()}
    for name, libraries in job.events_of.items():
        events = [e for library in libraries for e in built[library]["abi"] if e["type"] == "event"]
        built[name]["abi"] += [event for event in events if event not in built[name]["abi"]]
    return {name: _from_solc(name, value) for name, value in built.items()}


def _from_solc(name: str, built: dict[str, Any]) -> Artifact:
    code = [bytes.fromhex(built["evm"][key]["object"]) for key in ("bytecode", "deployedBytecode")]
    return Artifact(name, built["abi"], *code)


def _run(command: Sequence[str], what: str, stdin: str = "", cwd: Path = ROOT) -> str:
    # A file and no pipe: solc.js exits while a pipe is still being written, and the output ends early.
    with tempfile.TemporaryFile("w+") as output:
        try:
            done = subprocess.run(
                command,
                input=stdin,
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
                cwd=cwd,
                timeout=COMPILER_TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            raise CompilationFailed(f"compiling {what} took more than {COMPILER_TIMEOUT} s; retry") from None
        output.seek(0)
        text = output.read()
    if done.returncode != 0:
        raise CompilationFailed(f"compiling {what} failed:\n{(done.stderr or text).strip()}")
    return text


def _packages(job: SolidityJob) -> set[str]:
    parts = [path.split("/") for path in job.contracts.values()]
    return {"/".join(p[: 2 if p[0].startswith("@") else 1]) for p in parts} | {job.compiler}


def _npm_version(package: str) -> str:
    manifest = NODE_MODULES / package / "package.json"
    if not manifest.is_file():
        raise ToolMissing(f"npm package {package} is not installed; run `npm ci`")
    return f"{package}@{json.loads(manifest.read_text())['version']}"


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:16]


def _cached(
    name: str, build: Callable[[], dict[str, Artifact]], message: str, progress: Progress
) -> dict[str, Artifact]:
    file = BUILD / f"{name}.json"
    if file.is_file():
        return {key: Artifact.from_json(value) for key, value in json.loads(file.read_text()).items()}
    progress(message)
    built = build()
    BUILD.mkdir(parents=True, exist_ok=True)
    # One rename: another process sees no file or the whole file.
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps({key: value.as_json() for key, value in built.items()}))
    temporary.replace(file)
    return built
