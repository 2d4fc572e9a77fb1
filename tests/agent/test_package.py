"""The SDK stands alone: neither Ape nor a compiler is imported by it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools.vyper_source import ROOT

MODULES = sorted(path.stem for path in (ROOT / "ganglion" / "agent").glob("*.py") if path.stem != "__init__")
BLOCKED = "ape", "vyper", "boa", "pytest", "hypothesis", "silverback"


@pytest.mark.parametrize("module", ["", *MODULES])
def test_import__without_ape_and_compilers__works(module):
    blocks = "; ".join(f"sys.modules[{name!r}] = None" for name in BLOCKED)
    name = f"ganglion.agent.{module}".rstrip(".")
    command = [sys.executable, "-c", f"import sys; {blocks}; import {name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
