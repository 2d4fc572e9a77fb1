"""The ABIs that the agents' SDK carries, so that it needs no compiler: functions and events, one a line.

python -m tools.abi            write ganglion/abi/*.json from the contracts
python -m tools.abi --check    only compare; exit code 1 and the names of those that differ
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ganglion.devnet.artifacts import vyper_artifact
from ganglion.devnet.errors import DevnetError
from tools.vyper_source import ROOT

FOLDER = ROOT / "ganglion" / "abi"
CONTRACTS = ("Executor", "ExitQueue", "Lens", "Reflexes", "Sentinel", "Vault")


def exported(contract: str) -> str:
    """What a contract exports, as the SDK's file of it reads; raises a DevnetError if it does not compile."""
    entries = [
        entry
        for entry in vyper_artifact(f"contracts/{contract}.vy").abi
        if entry["type"] in ("event", "function")
    ]
    entries.sort(key=lambda entry: (entry["type"], entry["name"], len(entry["inputs"])))
    return "[\n" + ",\n".join(json.dumps(entry, sort_keys=True) for entry in entries) + "\n]\n"


def stale(folder: Path = FOLDER) -> list[str]:
    """Contracts whose file is missing or is not what they export; raises a DevnetError as `exported`."""
    wanted = {contract: exported(contract) for contract in CONTRACTS}
    files = {contract: folder / f"{contract}.json" for contract in CONTRACTS}
    return [name for name, file in files.items() if not file.is_file() or file.read_text() != wanted[name]]


def write(folder: Path = FOLDER) -> None:
    """Write every file; raises a DevnetError before the first is touched if a contract does not compile."""
    wanted = {contract: exported(contract) for contract in CONTRACTS}
    folder.mkdir(parents=True, exist_ok=True)
    for contract, text in wanted.items():
        (folder / f"{contract}.json").write_text(text)


def main() -> int:
    """Write or check the files; returns 1 if one differs or a contract does not compile."""
    parser = argparse.ArgumentParser(prog="python -m tools.abi", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file is stale")
    try:
        if not parser.parse_args().check:
            write()
            return 0
        found = stale()
    except DevnetError as error:
        print(error, file=sys.stderr)
        return 1
    for contract in found:
        print(f"ganglion/abi/{contract}.json is stale; run `python -m tools.abi`", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
