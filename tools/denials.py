"""The table of refusals that the agents' SDK makes its exceptions of: every row of docs/ERRORS.md.

python -m tools.denials            write ganglion/agent/denials.json
python -m tools.denials --check    only compare; exit code 1 if it is stale
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from tools.vyper_source import ROOT

ERRORS = ROOT / "docs" / "ERRORS.md"
TABLE = ROOT / "ganglion" / "agent" / "denials.json"
UNPREFIXED = "executor"  # what agents meet most has the shortest names
_REASON = re.compile(r"`([a-z][a-z0-9_]*): ([^`]+)`$")
_WORDS = re.compile(r"[A-Za-z0-9]+")


def _camel(text: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in _WORDS.findall(text))


def _class_name(prefix: str, text: str, named: str | None) -> str:
    if named is not None:
        return _camel(named.lower())
    return _camel(text) if prefix == UNPREFIXED else _camel(f"{prefix} {text}")


def rows(document: str) -> list[dict[str, str]]:
    """Every row of the document that opens with a reason: code, class name, meaning and remedy.

    Raises:
        ValueError: a row has another number of columns, or two rows would be one class.
    """
    found: dict[str, dict[str, str]] = {}
    for line in document.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        reason = _REASON.match(cells[0]) if cells else None
        if reason is None:
            continue
        if len(cells) not in (3, 4):
            raise ValueError(f"{cells[0]}: {len(cells)} columns; give reason, (name,) meaning and remedy")
        name = _class_name(*reason.groups(), cells[1] if len(cells) == 4 else None)
        if name in found:
            raise ValueError(f"{cells[0]} and `{found[name]['code']}` would both be the class {name}")
        code = cells[0].strip("`")
        found[name] = {"code": code, "name": name, "meaning": cells[-2], "remedy": cells[-1]}
    return list(found.values())


def text() -> str:
    """The table as its file reads, one refusal a line; raises ValueError as `rows`."""
    listed = rows(ERRORS.read_text(encoding="utf-8"))
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in listed) + "\n]\n"


def stale(table: Path = TABLE) -> bool:
    """Whether the file is missing or differs from the document; raises ValueError as `rows`."""
    return not table.is_file() or table.read_text(encoding="utf-8") != text()


def main() -> int:
    """Write or check the table; returns 1 if it differs or the document cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tools.denials", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if the file is stale")
    try:
        if not parser.parse_args().check:
            TABLE.write_text(text(), encoding="utf-8")
            return 0
        found = stale()
    except ValueError as error:
        print(f"docs/ERRORS.md: {error}", file=sys.stderr)
        return 1
    if found:
        print("ganglion/agent/denials.json is stale; run `python -m tools.denials`", file=sys.stderr)
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
