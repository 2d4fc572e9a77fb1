"""A small project to lint: one file that breaks no rule, to which each test adds one thing."""

from pathlib import Path

import pytest

from tools.lint import lint
from tools.lint.config import Config

HEADER = '''# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Sample
@license AGPL-3.0-only
@notice A file for the linter.
"""
'''


class Project:
    """A folder with `contracts/`, and a shorthand for what the linter says about it."""

    def __init__(self, root: Path):
        self.root = root

    def write(self, path: str, text: str) -> None:
        """Write one file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def findings(self, config: Config | None = None):
        """All findings, in order."""
        return lint(self.root, config or Config({}, {}, {}))

    def lines(self, rule: str, config: Config | None = None) -> list[int]:
        """Lines on which one rule fired."""
        return [finding.line for finding in self.findings(config) if finding.rule == rule]

    def fires(self, rule: str, code: str, header: str = HEADER, path: str = "contracts/Sample.vy") -> bool:
        """Whether a rule fires on a contract; the code must compile, or the test proves nothing."""
        self.write(path, header + code)
        found = self.findings()
        broken = [finding for finding in found if finding.rule == "compile"]
        assert not broken, broken
        return any(finding.rule == rule for finding in found)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    return Project(tmp_path)
