"""The threat model and the invariants name tests that exist."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
DOCS = TESTS.parent / "docs"
NAMED = re.compile(r"`([\w/]*\btest_[\w/]*(?:\.py)?(?:::[\w*]+)?\*?)`")
DOCUMENTS = ("THREAT_MODEL.md", "INVARIANTS.md")


def _functions() -> dict[Path, set[str]]:
    found = {}
    for path in TESTS.rglob("test_*.py"):
        found[path.relative_to(TESTS)] = set(
            re.findall(r"^\s*def (test_\w+)", path.read_text(), re.MULTILINE)
        )
    return found


def _exists(named: str, functions: dict[Path, set[str]]) -> bool:
    file, _, function = named.rpartition("::")
    if named.endswith(".py"):
        file, function = named, ""
    path = file.removeprefix("tests/")
    files = [one for one in functions if not path or str(one).endswith(path)]
    if not function:
        return bool(files)
    return any(fnmatch.filter(functions[one], function) for one in files)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_document__every_test_it_names__exists(document):
    functions = _functions()
    named = NAMED.findall((DOCS / document).read_text())
    assert len(named) > 20
    assert [name for name in named if not _exists(name, functions)] == []


def test_document__unknown_test__is_noticed():
    functions = _functions()
    assert _exists("attacks/test_documents.py::test_document__*", functions)
    assert not _exists("attacks/test_documents.py::test_nothing", functions)
    assert not _exists("test_no_such_file.py", functions)


def test_invariants__ids__are_unique_and_complete():
    text = (DOCS / "INVARIANTS.md").read_text()
    own = re.findall(r"^\| ([VE]\d+) \|", text, re.MULTILINE)
    assert len(own) == len(set(own))
    listed = set()
    for row in re.findall(r"^\| ERC4626-([^|]+)\|", text, re.MULTILINE):
        if "to" in row:
            first, last = (int(number) for number in re.findall(r"\d+", row))
            listed |= set(range(first, last + 1))
        else:
            listed |= {int(number) for number in re.findall(r"\d+", row)}
    assert listed == set(range(1, 38))
