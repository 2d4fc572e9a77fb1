"""Command line of the linter; exits 1 on any finding."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tools.lint.runner import lint
from tools.lint.source import RULES
from tools.vyper_source import ROOT


def main() -> int:
    """Print every finding as `path:line: rule: message`; returns 1 if there is one."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.lint", description="Rules over Vyper's syntax tree."
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object instead of lines")
    parser.add_argument("--rules", action="store_true", help="print the rules and what each is for")
    parser.add_argument("--root", type=Path, default=ROOT, help="project to check (default: this one)")
    arguments = parser.parse_args()
    if arguments.rules:
        for name, check in RULES.items():
            print(f"{name:22} {(check.__doc__ or '').strip()}")
        return 0
    found = lint(arguments.root)
    if arguments.json:
        print(json.dumps({"findings": [asdict(finding) for finding in found]}, indent=2))
    else:
        for finding in found:
            print(finding)
        print(f"{len(found)} findings, {len(RULES)} rules over Vyper", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
