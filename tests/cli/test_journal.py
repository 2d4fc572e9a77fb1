"""``journal verify``, ``journal report`` and ``watch`` on the command line."""

from __future__ import annotations

import json
import signal
import threading
import time
from importlib.metadata import entry_points
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from ganglion.agent import allocate
from ganglion.cli import main
from tests.agent.proxy import Fault, proxied
from tests.agent.stage import AGENT, K
from tests.cli.conftest import KEY
from tests.treasury import GUARDIAN


@pytest.fixture
def worked(stage):
    """A treasury with two intents of the agent in its journal."""
    client = stage.client()
    for identifier in (1, 2):
        client.submit(client.intent([allocate(identifier, 10 * K)], reason=f"for {identifier}"))
    return stage


def test_verify__honest_journal__is_exit_code_0(ganglion, worked):
    ran = ganglion("journal", "verify", "--json")
    assert (ran.code, ran.told["ok"], ran.told["findings"]) == (0, True, [])
    head, sequence = worked.desk.head()
    assert (ran.told["journal"]["head"], ran.told["journal"]["entries"]) == ("0x" + head.hex(), sequence)
    assert "every hash is the chain's own" in ganglion("journal", "verify").out


def test_verify__cache_that_was_tampered_with__is_exit_code_4_at_its_sequence(ganglion, worked, tmp_path):
    cache = tmp_path / "cache"
    assert ganglion("journal", "verify", "--cache", str(cache)).code == 0
    lines = cache.read_text().splitlines()
    kept = json.loads(lines[1])
    altered = next(log for log in kept["logs"] if log["topics"][1] == "0x" + (2).to_bytes(32, "big").hex())
    altered["data"] = (
        altered["data"][:10] + ("1" if altered["data"][10] != "1" else "2") + altered["data"][11:]
    )
    cache.write_text("\n".join([lines[0], json.dumps(kept), *lines[2:]]) + "\n")
    ran = ganglion("journal", "verify", "--cache", str(cache), "--json")
    assert (ran.code, ran.told["ok"]) == (4, False)
    assert [(each["sequence"], each["problem"]) for each in ran.told["findings"]] == [(2, "altered")]
    assert ganglion("journal", "report", "--cache", str(cache)).code == 4


def test_report__tells_each_agents_outcome_and_writes_files(ganglion, worked, tmp_path):
    files = {name: tmp_path / f"{name}.parquet" for name in ("entries", "moves", "outcomes")}
    arguments = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    ran = ganglion("journal", "report", "--json", *arguments)
    assert ran.code == 0, ran.out + ran.err
    (outcome,) = (each for each in ran.told["outcomes"] if each["kinds"].get("intent"))
    assert (outcome["agent"], outcome["kinds"]["intent"], outcome["moves"]) == (AGENT.address, 2, 2)
    assert (outcome["allocated"], outcome["turnover"]) == (str(20 * K), str(20 * K))
    assert int(outcome["gain"]) == int(outcome["worth"]) - 20 * K
    assert parquet.read_table(files["moves"]).column("assets").to_pylist() == [10 * K, 10 * K]
    assert AGENT.address in ganglion("journal", "report").out


def test_report__file_of_another_kind__is_refused(ganglion, worked, tmp_path):
    ran = ganglion("journal", "report", "--moves", str(tmp_path / "moves.xlsx"))
    assert ran.code == 1
    assert ".parquet" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_watch__prints_entries_and_changes_as_they_come(ganglion, stage):
    def act():
        time.sleep(0.5)
        client = stage.client()
        client.submit(client.intent([allocate(1, K)], reason="seen"))
        stage.desk.latch(1)

    acting = threading.Thread(target=act)
    acting.start()
    ran = ganglion("watch", "--json", "--blocks", "2", "--interval", "0.05")
    acting.join()
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0, ran.out + ran.err
    assert [line["event"] for line in lines] == ["entry", "change", "end"]
    assert (lines[0]["what"], lines[0]["moves"][0]["assets"]) == ("intent", str(K))
    assert (lines[1]["strategy"], lines[1]["what"]) == (0, "stress")


def test_watch__from_an_older_block__tells_what_was(ganglion, worked):
    last = int(worked.rpc.call("eth_blockNumber"), 16)
    ran = ganglion("watch", "--from-block", "1", "--blocks", str(last), "--interval", "0.05")
    assert ran.code == 0, ran.out + ran.err
    assert sum("  intent  " in line for line in ran.out.splitlines()) == 2


def test_watch__line_that_drops__misses_nothing(ganglion, stage):
    def act():
        time.sleep(0.5)
        client = stage.client()
        for identifier in (1, 2):
            client.submit(client.intent([allocate(identifier, K)], reason=f"seen {identifier}"))

    with proxied(stage.rpc.url) as proxy:
        proxy.plan({"eth_getLogs": [Fault.BEFORE, Fault.AFTER]})
        acting = threading.Thread(target=act)
        acting.start()
        arguments = ("watch", "--json", "--blocks", "2", "--interval", "0.05")
        ran = ganglion(*arguments, GANGLION_RPC_URL=proxy.url)
        acting.join()
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["event"] for line in lines] == ["entry", "entry", "end"]
    assert ran.err.count("trying again") == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watch__interrupted__ends_with_130(process, number):
    running = process("watch", "--interval", "0.05")
    assert "following" in running.stderr.readline()
    running.send_signal(number)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out) == (130, ""), err
    assert "Traceback" not in err


def test_command__as_a_process__submits_without_its_key_in_arguments_or_output(process):
    running = process("submit", "--move", f"1:+{K}", "--yes", GANGLION_PRIVATE_KEY=KEY)
    arguments = Path(f"/proc/{running.pid}/cmdline").read_bytes()
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert "executed in block" in out
    assert KEY[2:] not in out + err
    assert KEY[2:].encode() not in arguments


def test_verify__revocation__is_an_entry_too(ganglion, worked):
    worked.desk.command("revoke(address)", AGENT.address, sender=GUARDIAN)
    ran = ganglion("journal", "report", "--json")
    kinds = [each["kinds"] for each in ran.told["outcomes"]]
    assert sum(each.get("revocation", 0) for each in kinds) == 1


def test_console_script__is_the_command():
    (script,) = entry_points(group="console_scripts", name="ganglion")
    assert script.load() is main
