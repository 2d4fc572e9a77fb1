"""Rules on revert reasons and on the list that explains them, and the linter's command line."""

import json
import subprocess
import sys

import pytest

from tests.lint.conftest import HEADER
from tools.lint.config import Config
from tools.lint.source import RULES
from tools.vyper_source import ROOT

CHECK = "@external\n@view\ndef f(y: uint256):\n    {}\n"


@pytest.mark.parametrize("body", ["assert y > 1", "raise"], ids=["assert", "raise"])
def test_reason_missing__no_reason__fires(project, body):
    assert project.fires("reason-missing", CHECK.format(body))


def test_reason_missing__computed_reason__fires(project):
    assert project.fires("reason-missing", CHECK.format('assert y > 1, concat("sample: ", uint2str(y))'))


@pytest.mark.parametrize(
    "body", ['assert y > 1, "sample: too small"', 'raise "sample: never"', "assert y > 1, UNREACHABLE"]
)
def test_reason_missing__literal__silent(project, body):
    assert not project.fires("reason-missing", CHECK.format(body))


def test_reason_length__33_characters__fires(project):
    assert project.fires("reason-length", CHECK.format(f'assert y > 1, "sample: {"x" * 25}"'))


def test_reason_length__32_characters__silent(project):
    assert not project.fires("reason-length", CHECK.format(f'assert y > 1, "sample: {"x" * 24}"'))


@pytest.mark.parametrize("reason", ["too small", "vault: too small", "Sample: too small", "sample:too small"])
def test_reason_prefix__not_the_contract__fires(project, reason):
    assert project.fires("reason-prefix", CHECK.format(f'raise "{reason}"'))


def test_reason_prefix__the_contract__silent(project):
    assert not project.fires("reason-prefix", CHECK.format('raise "sample: too small"'))


def test_reason_prefix__camel_case_contract__is_snake_case(project):
    code = CHECK.format('raise "morpho_market: off"')
    assert not project.fires("reason-prefix", code, path="contracts/MorphoMarket.vy")


def test_reason_prefix__listed_short_name__silent(project):
    project.write("contracts/MorphoMarket.vy", HEADER + CHECK.format('raise "morpho: off"'))
    assert project.lines("reason-prefix") == [11]
    assert project.lines("reason-prefix", Config({}, {}, {"MorphoMarket": "morpho"})) == []


def test_reason_prefix__module_of_a_contract__silent(project):
    project.write("contracts/Sample.vy", HEADER)
    body = '@internal\n@view\ndef _f(y: uint256):\n    assert y > 1, "{}"\n'
    path = "contracts/modules/rounding.vy"
    assert not project.fires("reason-prefix", body.format("sample: too small"), path=path)
    assert not project.fires("reason-prefix", body.format("rounding: too small"), path=path)
    assert project.fires("reason-prefix", body.format("other: too small"), path=path)


def test_reason_listed__no_list__fires(project):
    assert project.fires("reason-listed", CHECK.format('raise "sample: too small"'))


@pytest.mark.parametrize("row", ["| `sample: too small` | say more |", "- `sample: too small`: say more"])
def test_reason_listed__opens_a_row__silent(project, row):
    project.write("docs/ERRORS.md", f"# Errors\n\n{row}\n")
    assert not project.fires("reason-listed", CHECK.format('raise "sample: too small"'))


def test_reason_listed__only_mentioned__fires(project):
    project.write("docs/ERRORS.md", "See `sample: too small` below.\n")
    assert project.fires("reason-listed", CHECK.format('raise "sample: too small"'))


CODED = """
SMALL: constant(uint256) = 14

@internal
@pure
def _req(ok: bool, code: uint256):
    if not ok:
        raise concat("vault: ", uint2str(code))
"""
CODED_USE = "from contracts.modules import refusal\n\n" + CHECK


def test_reason_listed__number__looked_up_with_its_prefix(project):
    project.write("contracts/modules/refusal.vy", HEADER + CODED)
    code = CODED_USE.format("refusal._req(y > 1, refusal.SMALL)")
    assert project.fires("reason-listed", code)
    project.write("docs/ERRORS.md", "| `vault: 14` | too small |\n")
    assert not project.fires("reason-listed", code)
    assert project.lines("reason-missing") == []


def test_reason_listed__number_passed_on__looked_up_where_it_is_named(project):
    project.write("contracts/modules/refusal.vy", HEADER + CODED)
    body = "closed: uint256 = 0 if y > 1 else refusal.SMALL\n    refusal._req(closed == 0, closed)"
    assert project.fires("reason-listed", CODED_USE.format(body))
    assert project.lines("reason-listed") == [13]


def test_reason_stale__number_that_nobody_names__fires(project):
    project.write("contracts/modules/refusal.vy", HEADER + CODED)
    project.write("docs/ERRORS.md", "| `vault: 14` | too small |\n")
    project.write("contracts/Vault.vy", HEADER)
    found = [(finding.path, finding.line) for finding in project.findings() if finding.rule == "reason-stale"]
    assert found == [("contracts/modules/refusal.vy", 9), ("docs/ERRORS.md", 1)]


def test_reason_stale__number_that_is_named__silent(project):
    project.write("contracts/modules/refusal.vy", HEADER + CODED)
    assert not project.fires("reason-stale", CODED_USE.format("refusal._req(y > 1, refusal.SMALL)"))


def test_reason_stale__nobody_gives_it__fires(project):
    project.write("docs/ERRORS.md", "| `sample: gone` | – |\n| `sample: too small` | – |\n")
    assert project.fires("reason-stale", CHECK.format('raise "sample: too small"'))
    assert project.lines("reason-stale") == [1]


def test_reason_stale__not_a_contracts_reason__silent(project):
    project.write("docs/ERRORS.md", "| `deploy: no key` | – |\n")
    assert not project.fires("reason-stale", "")


def test_reason_repeated__listed_twice__fires(project):
    project.write("docs/ERRORS.md", "| `sample: too small` | – |\n| `sample: too small` | – |\n")
    assert project.fires("reason-repeated", CHECK.format('raise "sample: too small"'))
    assert project.lines("reason-repeated") == [2]


def _run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tools.lint", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_command_line__findings__printed_and_exit_1(project):
    project.write("contracts/Sample.vy", HEADER + CHECK.format('raise "sample: too small"'))
    done = _run("--root", str(project.root))
    assert done.returncode == 1
    assert "contracts/Sample.vy:9: natspec-notice: `f` has no @notice" not in done.stdout
    assert "contracts/Sample.vy:10: natspec-notice: `f` has no @notice\n" in done.stdout
    listed = json.loads(_run("--root", str(project.root), "--json").stdout)["findings"]
    assert {"path": "contracts/Sample.vy", "line": 10, "rule": "natspec-notice"}.items() <= listed[0].items()


def test_command_line__clean_project__exit_0(project):
    project.write("contracts/Sample.vy", HEADER)
    done = _run("--root", str(project.root))
    assert (done.returncode, done.stdout) == (0, "")


def test_command_line__rules__each_explained():
    lines = _run("--rules").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    assert all(len(line.split()) > 3 for line in lines)
