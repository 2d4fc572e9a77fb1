"""What the environment says, and how clearly it is told what does not fit."""

from __future__ import annotations

import json

import pytest

from ganglion.agent.errors import ContractMismatch, Invalid
from ganglion.bots import RebalancerSettings, SentinelSettings, SettlerSettings, load, settler
from tests.treasury import STRANGER

AT = "0x00000000000000000000000000000000000000A1"


def test_load__environment__is_read(monkeypatch):
    monkeypatch.setenv("GANGLION_TARGETS", '{"1": 6000, "2": 3000}')
    monkeypatch.setenv("GANGLION_MIN_IDLE", "5")
    found = load(RebalancerSettings)
    assert (found.targets, found.min_idle, found.slippage) == ({1: 6_000, 2: 3_000}, 5, None)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GANGLION_TARGETS", None, "GANGLION_TARGETS: Field required"),
        ("GANGLION_TARGETS", "6000", "GANGLION_TARGETS: Input should be a valid dict"),
        ("GANGLION_TARGETS", "{1: 6000}", 'GANGLION_TARGETS is JSON like {"1": 6000'),
        (
            "GANGLION_TARGETS",
            '{"1": 10001}',
            "GANGLION_TARGETS.1: Input should be less than or equal to 10000",
        ),
        ("GANGLION_BAND", "wide", "GANGLION_BAND: Input should be a valid integer"),
        ("GANGLION_PATIENCE", "0", "GANGLION_PATIENCE: Input should be greater than 0"),
    ],
)
def test_load__value_that_does_not_fit__names_the_variable(monkeypatch, name, value, told):
    monkeypatch.setenv("GANGLION_TARGETS", '{"1": 6000}')
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(Invalid) as caught:
        load(RebalancerSettings)
    assert told in str(caught.value)


def test_treasury__addresses__need_all_three_and_no_manifest(tmp_path, w3):
    with pytest.raises(Invalid, match="GANGLION_EXECUTOR, GANGLION_LENS: not set"):
        SettlerSettings(vault=AT).treasury(w3)
    with pytest.raises(Invalid, match="GANGLION_MANIFEST names a treasury, and addresses are given too"):
        SettlerSettings(vault=AT, manifest=tmp_path / "treasury.json").treasury(w3)
    with pytest.raises(Invalid, match=r"treasury\.json"):
        SettlerSettings(manifest=tmp_path / "treasury.json").treasury(w3)


def test_orders__manifest__names_the_reflexes_or_there_are_none(tmp_path):
    manifest = tmp_path / "treasury.json"
    manifest.write_text(json.dumps({"contracts": {"Reflexes": {"address": AT}}}))
    assert SentinelSettings(manifest=manifest).orders() == AT
    manifest.write_text(json.dumps({"contracts": {}}))
    assert SentinelSettings(manifest=manifest).orders() is None
    manifest.write_text("[")
    with pytest.raises(Invalid, match=r"treasury\.json"):
        SentinelSettings(manifest=manifest).orders()


def test_settler__address_that_is_no_executor__refuses_to_start(place, told, w3):
    settings = SettlerSettings(**{**told, "executor": STRANGER})
    with pytest.raises(ContractMismatch, match=STRANGER):
        settler(w3, place.accounts["settler"], settings)
