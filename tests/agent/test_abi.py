"""The ABIs that the SDK carries are the contracts' own; what cannot be decoded is an error of the node."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganglion.agent.abi import EXECUTOR, LENS, contract
from ganglion.agent.errors import Invalid, NodeError
from ganglion.devnet.abi import encode, event_topic, selector
from tools import abi as tool
from tools.vyper_source import ROOT

ADDRESS = "0x" + "11" * 20


def test_files__are_what_the_contracts_export():
    assert tool.stale() == []


def test_check__altered_and_missing_files__are_named(tmp_path: Path):
    shutil.copytree(tool.FOLDER, tmp_path, dirs_exist_ok=True)
    altered = tmp_path / "Lens.json"
    altered.write_text(altered.read_text().replace("observe", "observed"))
    (tmp_path / "Vault.json").unlink()
    assert tool.stale(tmp_path) == ["Lens", "Vault"]


def test_write__then_check__is_clean(tmp_path: Path):
    tool.write(tmp_path / "abi")
    assert tool.stale(tmp_path / "abi") == []


def test_command_line__check__exits_0():
    done = subprocess.run([sys.executable, "-m", "tools.abi", "--check"], cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_encode__is_the_signature_and_its_arguments():
    data = EXECUTOR.encode("set_cap", 3, 10**12, 4_000)
    assert data == selector("set_cap(uint256,uint256,uint256)") + encode(["uint256"] * 3, [3, 10**12, 4_000])


def test_decode__one_value_and_several():
    assert EXECUTOR.decode("nonces", encode(["uint256"], [7])) == 7
    assert EXECUTOR.decode("journal", encode(["bytes32", "uint256"], [b"\1" * 32, 9])) == (b"\1" * 32, 9)


@pytest.mark.parametrize("arguments", [(-1, 0, 0), (1, 2), ("one", 0, 0)])
def test_encode__argument_that_does_not_fit__names_the_function(arguments):
    with pytest.raises(Invalid, match="set_cap"):
        EXECUTOR.encode("set_cap", *arguments)


@pytest.mark.parametrize(
    "answer", [b"", b"\xff" * 31, b"\xff" * 3_200], ids=["empty", "short", "wild offsets"]
)
def test_decode__answer_that_is_none__is_an_error_of_the_node(answer):
    with pytest.raises(NodeError, match="observe"):
        LENS.decode("observe", answer)


def test_event__topic_and_arguments():
    beat = EXECUTOR.events["Beat"]
    assert "0x" + beat.topic.hex() == event_topic("Beat(address)")
    agent = encode(["address"], [ADDRESS])
    assert beat.decode([beat.topic, agent], b"") == {"agent": ADDRESS}


def test_event__log_of_another__is_refused():
    beat = EXECUTOR.events["Beat"]
    with pytest.raises(NodeError, match="Beat"):
        beat.decode([b"\0" * 32, encode(["address"], [ADDRESS])], b"")
    with pytest.raises(NodeError, match="Beat"):
        beat.decode([beat.topic], b"")


def test_contract__that_is_not_carried__is_refused():
    with pytest.raises(Invalid, match="Timelock"):
        contract("Timelock")
