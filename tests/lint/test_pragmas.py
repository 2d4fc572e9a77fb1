"""Rules on pragmas, comments, imports and sources that do not compile."""

import pytest

from tests.lint.conftest import HEADER

DOC = '"""\n@title Sample\n@license AGPL-3.0-only\n@notice A file for the linter.\n"""\n'
VERSION = "# pragma version 0.4.3\n"


@pytest.mark.parametrize("header", [DOC, "# pragma version >=0.4.3\n" + DOC, "# @version 0.4.3\n" + DOC])
def test_pragma_version__absent_or_loose__fires(project, header):
    assert project.fires("pragma-version", "", header=header)


@pytest.mark.parametrize("pragma", [VERSION, "#pragma version 0.4.3\n"])
def test_pragma_version__pinned__silent(project, pragma):
    assert not project.fires("pragma-version", "", header=pragma + DOC)


STATEFUL = {
    "storage": "total: uint256\n",
    "transient": "total: transient(uint256)\n",
    "external": "event E:\n    v: uint256\n\n@external\ndef f():\n    log E(v=1)\n",
    "initializes": "from snekmate.auth import ownable\n\ninitializes: ownable\n\n"
    "@deploy\ndef __init__():\n    ownable.__init__()\n",
    "uses": "from snekmate.auth import ownable\n\nuses: ownable\n\n"
    "@internal\ndef _f():\n    ownable._check_owner()\n",
}


@pytest.mark.parametrize("code", STATEFUL.values(), ids=STATEFUL)
@pytest.mark.parametrize("pragma", ["", "# pragma nonreentrancy off\n"], ids=["absent", "off"])
def test_pragma_nonreentrancy__stateful_file__fires(project, code, pragma):
    assert project.fires("pragma-nonreentrancy", code, header=VERSION + pragma + DOC)


@pytest.mark.parametrize("code", STATEFUL.values(), ids=STATEFUL)
def test_pragma_nonreentrancy__on__silent(project, code):
    assert not project.fires("pragma-nonreentrancy", code)


def test_pragma_nonreentrancy__constants_and_views__silent(project):
    code = "ONE: constant(uint256) = 1\n\n@external\n@view\ndef f() -> uint256:\n    return ONE\n"
    assert not project.fires("pragma-nonreentrancy", code, header=VERSION + DOC)


@pytest.mark.parametrize(
    ("rule", "pragma"),
    [
        ("venom-pragma", "# pragma experimental-codegen\n"),
        ("evm-version-pragma", "# pragma evm-version cancun\n"),
    ],
)
def test_banned_pragma__present__fires(project, rule, pragma):
    assert project.fires(rule, "", header=pragma + HEADER)
    assert project.lines(rule) == [1]


@pytest.mark.parametrize("rule", ["venom-pragma", "evm-version-pragma"])
def test_banned_pragma__optimize_only__silent(project, rule):
    assert not project.fires(rule, "", header="# pragma optimize codesize\n" + HEADER)


def test_dev_comment__present__fires(project):
    code = "@external\n@view\ndef f(y: uint256):\n    assert y > 1  # dev: too small\n"
    assert project.fires("dev-comment", code)


def test_dev_comment__only_in_a_string__silent(project):
    code = '@external\n@view\ndef f(y: uint256):\n    assert y > 1, "sample: # dev: no"\n'
    assert not project.fires("dev-comment", code)


def test_duplicate_import__same_file_under_two_names__fires(project):
    code = "from ethereum.ercs import IERC20\nfrom ethereum.ercs import IERC20 as Token\n"
    assert project.fires("duplicate-import", code)


def test_duplicate_import__module_by_two_paths__fires(project):
    project.write("contracts/modules/bits.vy", HEADER + "LOW: constant(uint256) = 255\n")
    code = "from contracts.modules import bits\nfrom .modules import bits as again\n"
    assert project.fires("duplicate-import", code)


def test_duplicate_import__different_files__silent(project):
    code = "from ethereum.ercs import IERC20\nfrom ethereum.ercs import IERC4626\n"
    assert not project.fires("duplicate-import", code)


@pytest.mark.parametrize(
    "code",
    [
        "x: uint256 = 1\n",
        "def f(:\n",
        "from contracts.modules import missing\n",
        "@external\ndef f():\n    y = 1\n",
    ],
    ids=["type", "syntax", "import", "undeclared"],
)
def test_compile__broken_source__fires(project, code):
    project.write("contracts/Sample.vy", HEADER + code)
    assert [finding.rule for finding in project.findings()] == ["compile"]


def test_mocks__anything__not_read(project):
    project.write("contracts/mocks/Hostile.vy", "total: uint256\n")
    assert project.findings() == []
