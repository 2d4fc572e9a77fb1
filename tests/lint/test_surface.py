"""Rules on locks, events, exports and NatSpec: each with a source that breaks it and one that does not."""

import pytest

from tools.lint.config import Config

UNLOCKED_HEADER = '# pragma version 0.4.3\n"""\n@title S\n@license AGPL-3.0-only\n@notice N.\n"""\n'
WRITES = """
event Changed:
    amount: uint256

total: uint256

@internal
def _log(amount: uint256):
    log Changed(amount=amount)

@external
{decorator}
def change(amount: uint256):
    self.total = amount
    {body}
"""
OWNABLE = """
from snekmate.auth import ownable

initializes: ownable
exports: {exports}

@deploy
def __init__():
    ownable.__init__()
"""
TOKEN = """
from snekmate.auth import ownable
from snekmate.tokens import erc20

initializes: ownable
initializes: erc20[ownable := ownable]
exports: ({exports})

@deploy
def __init__():
    ownable.__init__()
    erc20.__init__("Ganglion", "GAN", 18, "Ganglion", "1")
"""


def _writes(decorator: str = "@nonpayable", body: str = "self._log(amount)") -> str:
    return WRITES.format(decorator=decorator, body=body)


def test_no_lock__no_pragma__fires(project):
    assert project.fires("no-lock", _writes(), header=UNLOCKED_HEADER)


def test_no_lock__explicit_reentrant__fires(project):
    assert project.fires("no-lock", _writes(decorator="@reentrant"))


def test_no_lock__exported_from_a_file_without_pragma__fires(project):
    assert project.fires("no-lock", OWNABLE.format(exports="ownable.transfer_ownership"))


def test_no_lock__pragma_on__silent(project):
    assert not project.fires("no-lock", _writes())


def test_no_lock__exported_view__silent(project):
    assert not project.fires("no-lock", OWNABLE.format(exports="ownable.owner"))


def test_no_lock__listed_with_a_reason__silent(project):
    assert project.fires("no-lock", _writes(decorator="@reentrant"))
    config = Config({"Sample.change": "writes one word that nothing reads"}, {}, {})
    assert project.lines("no-lock", config) == []
    assert project.lines("stale-allowance", config) == []


def test_stale_allowance__entry_that_excuses_nothing__fires(project):
    assert not project.fires("no-lock", _writes())
    assert project.lines("stale-allowance", Config({"Sample.change": "why"}, {}, {})) == [1]
    assert project.lines("stale-allowance", Config({}, {"Sample.gone": "why"}, {})) == [1]
    assert project.lines("stale-allowance", Config({}, {}, {"Sample": ""})) == [1]


def test_stale_allowance__entry_for_a_contract_that_is_not_there__silent(project):
    assert not project.fires("no-lock", _writes())
    assert project.lines("stale-allowance", Config({"Other.change": "why"}, {}, {})) == []


def test_no_event__writes_silently__fires(project):
    assert project.fires("no-event", _writes(body="pass"))


def test_no_event__default_function__fires(project):
    assert project.fires("no-event", "total: uint256\n\n@external\ndef __default__():\n    self.total = 1\n")


@pytest.mark.parametrize("body", ["log Changed(amount=amount)", "self._log(amount)"], ids=["own", "internal"])
def test_no_event__logs__silent(project, body):
    assert not project.fires("no-event", _writes(body=body))


def test_no_event__logs_inside_a_library__silent(project):
    body = "@external\ndef hand_over(to: address):\n    ownable._transfer_ownership(to)\n"
    assert not project.fires("no-event", OWNABLE.format(exports="ownable.owner") + body)


def test_no_event__exported_and_logs__silent(project):
    assert not project.fires("no-event", OWNABLE.format(exports="ownable.transfer_ownership"))


def test_no_event__listed_with_a_reason__silent(project):
    assert project.fires("no-event", _writes(body="pass"))
    assert project.lines("no-event", Config({}, {"Sample.change": "the callee logs"}, {})) == []


def test_export_interface__whole_interface__fires(project):
    assert project.fires("export-interface", OWNABLE.format(exports="ownable.__interface__"))


def test_export_interface__inside_a_list__fires(project):
    body = TOKEN.format(exports="ownable.owner, erc20.__interface__")
    body = body.replace("ownable.owner, ", "")
    assert project.fires("export-interface", body)


def test_export_interface__by_name__silent(project):
    assert not project.fires("export-interface", OWNABLE.format(exports="ownable.owner"))


@pytest.mark.parametrize("name", ["transfer", "transferFrom", "burn", "burn_from", "mint"])
def test_export_fund_mover__snekmate_token__fires(project, name):
    assert project.fires("export-fund-mover", TOKEN.format(exports=f"erc20.{name},"))


@pytest.mark.parametrize("name", ["deposit", "mint", "withdraw", "redeem"])
def test_export_fund_mover__snekmate_vault__fires(project, name):
    code = """
from ethereum.ercs import IERC20
from snekmate.extensions import erc4626

initializes: erc4626
exports: erc4626.{name}

@deploy
def __init__(asset: IERC20):
    erc4626.__init__("Ganglion", "GAN", asset, 0, "Ganglion", "1")
"""
    assert project.fires("export-fund-mover", code.format(name=name))


def test_export_fund_mover__reads_and_approvals__silent(project):
    code = TOKEN.format(exports="erc20.balanceOf, erc20.approve, erc20.permit")
    assert not project.fires("export-fund-mover", code)


DOCUMENTED = '''
@external
@view
def split(amount: uint256, parts: uint256) -> (uint256, uint256):
    """
    @notice Splits an amount.
    @dev The rest stays with the first.
    @param amount What is split, in asset wei.
    @param parts How many parts.
    @return The first part, in asset wei, rounded up.
    @return Every other part, in asset wei, rounded down.
    """
    return amount, parts
'''


def test_natspec__complete__silent(project):
    assert not project.fires("natspec-notice", DOCUMENTED)
    assert project.findings() == []


@pytest.mark.parametrize(
    ("rule", "dropped"),
    [
        ("natspec-notice", "    @notice Splits an amount.\n"),
        ("natspec-param", "    @param parts How many parts.\n"),
        ("natspec-return", "    @return Every other part, in asset wei, rounded down.\n"),
    ],
)
def test_natspec__one_tag_missing__fires(project, rule, dropped):
    assert dropped in DOCUMENTED
    assert project.fires(rule, DOCUMENTED.replace(dropped, ""))
    assert {finding.rule for finding in project.findings()} == {rule}


def test_natspec__no_docstring__fires(project):
    code = "@external\n@view\ndef f(y: uint256) -> uint256:\n    return y\n"
    assert project.fires("natspec-notice", code)
    assert {finding.rule for finding in project.findings()} == {
        "natspec-notice",
        "natspec-param",
        "natspec-return",
    }


def test_natspec__getters_and_internals__silent(project):
    assert not project.fires("natspec-notice", "total: public(uint256)\n\n@internal\ndef _f():\n    pass\n")


@pytest.mark.parametrize("tag", ["title", "license", "notice"])
def test_natspec_header__tag_missing__fires(project, tag):
    header = "".join(
        line for line in UNLOCKED_HEADER.splitlines(keepends=True) if not line.startswith(f"@{tag}")
    )
    assert project.fires("natspec-header", "", header=header)


def test_natspec_header__no_docstring__fires(project):
    assert project.fires("natspec-header", "", header="# pragma version 0.4.3\n")


def test_natspec_header__complete__silent(project):
    assert not project.fires("natspec-header", "", header=UNLOCKED_HEADER)
