"""Sizes against a deployment, the compilation with warnings as errors, make and the set-up script."""

import json
import os
import subprocess
import sys

import pytest
from eth_tester import EthereumTester, PyEVMBackend
from vyper.exceptions import VyperException
from vyper.warnings import VyperWarning

from tests.lint.conftest import HEADER
from tools import bootstrap
from tools.compile import compile_strictly, failures
from tools.size import LIMIT, Size, measure, runtime_size
from tools.vyper_source import (
    ROOT,
    compiler_data,
    deployable,
    every_contract,
    every_module,
    evm_version,
    modules,
)

WITH_IMMUTABLES = """
OWNER: immutable(address)
WORDS: immutable(String[40])
BIG: immutable(uint256[5])

@deploy
def __init__():
    OWNER = msg.sender
    WORDS = "Ganglion"
    BIG = [1, 2, 3, 4, 5]

@external
@view
def f() -> (address, String[40], uint256):
    return OWNER, WORDS, BIG[3]
"""


def _deployed_length(project, path) -> int:
    chain = EthereumTester(PyEVMBackend())
    data = compiler_data(path, project.root)
    sender = chain.get_accounts()[0]
    sent = chain.send_transaction({"from": sender, "data": "0x" + data.bytecode.hex(), "gas": 5_000_000})
    address = chain.get_transaction_receipt(sent)["contract_address"]
    return len(chain.get_code(address)) // 2 - 1


@pytest.mark.parametrize("code", [WITH_IMMUTABLES, "@external\n@view\ndef f() -> uint256:\n    return 1\n"])
@pytest.mark.parametrize("mode", ["gas", "codesize"])
def test_runtime_size__deployed_contract__equal_to_the_chain(project, code, mode):
    project.write("contracts/Sample.vy", f"# pragma optimize {mode}\n" + HEADER + code)
    path = project.root / "contracts/Sample.vy"
    assert runtime_size(path, project.root) == _deployed_length(project, path)


def test_measure__immutables__counted_apart(project):
    project.write("contracts/Sample.vy", HEADER + WITH_IMMUTABLES)
    size = measure(project.root / "contracts/Sample.vy", project.root)
    # One word, a length and two words of text, five words.
    assert size.immutables == 32 + 96 + 160
    assert size.total == size.code + size.immutables
    assert not size.over


def test_size__one_byte_over__is_over():
    assert not Size("Sample", LIMIT, 0, LIMIT).over
    assert Size("Sample", LIMIT - 31, 32, LIMIT + 1).over


def _size(project, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tools.size", "--root", str(project.root), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_size__json__same_as_measured(project):
    project.write("contracts/Sample.vy", HEADER + WITH_IMMUTABLES)
    done = _size(project, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    total = runtime_size(project.root / "contracts/Sample.vy", project.root)
    assert [(entry["contract"], entry["total"]) for entry in json.loads(done.stdout)] == [("Sample", total)]


def test_size__over_the_limit__exit_1(project):
    code = "@external\n@pure\ndef f{}() -> String[2000]:\n    return '{}'\n"
    project.write("contracts/Big.vy", HEADER + "".join(code.format(n, "x" * 2000) for n in range(13)))
    done = _size(project)
    assert done.returncode == 1
    assert "Big: " in done.stderr
    assert "bytes over the limit of 24,576" in done.stderr


def test_size__broken_contract__exit_1_and_named(project):
    project.write("contracts/Broken.vy", HEADER + "x: uint256 = 1\n")
    done = _size(project)
    assert done.returncode == 1
    assert "contracts/Broken.vy: does not compile" in done.stderr


def test_compile__warning__is_a_failure(project):
    project.write("contracts/Sample.vy", HEADER + "enum Old:\n    A\n")
    with pytest.raises(VyperWarning):
        compile_strictly(project.root / "contracts/Sample.vy", project.root)
    assert [message.split(":")[0] for message in failures(project.root)] == ["contracts/Sample.vy"]


def test_compile__broken_module__is_a_failure_though_nobody_imports_it(project):
    project.write("contracts/modules/unused.vy", HEADER + "x: uint256 = 1\n")
    assert [message.split(":")[0] for message in failures(project.root)] == ["contracts/modules/unused.vy"]


def test_compile__broken_mock__is_a_failure(project):
    project.write("contracts/mocks/Broken.vy", HEADER + "@external\ndef f():\n    y = 1\n")
    with pytest.raises(VyperException):
        compile_strictly(project.root / "contracts/mocks/Broken.vy", project.root)


def test_compile__module_that_uses_another__passes_alone(project):
    code = "from snekmate.auth import ownable\n\nuses: ownable\n\n"
    code += "@internal\ndef _f():\n    ownable._check_owner()\n"
    project.write("contracts/modules/guard.vy", HEADER + code)
    assert list(failures(project.root)) == []


def test_sources__kinds__kept_apart(project):
    for path in ("Sample.vy", "modules/part.vy", "mocks/Fake.vy", "mocks/modules/helper.vy"):
        project.write(f"contracts/{path}", HEADER)
    kinds = (deployable, modules, every_contract, every_module)
    names = [{path.stem for path in kind(project.root)} for kind in kinds]
    assert names == [{"Sample"}, {"part"}, {"Sample", "Fake"}, {"helper", "part"}]


def test_evm_version__project_without_config__is_this_projects(project):
    assert evm_version(project.root) == evm_version() == "cancun"
    project.write("ape-config.yaml", "vyper:\n  evm_version: shanghai\n")
    assert evm_version(project.root) == "shanghai"


def _make(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    env = {**os.environ, **environment}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=env, capture_output=True, text=True)


def test_make__default__lists_every_target():
    done = _make()
    assert done.returncode == 0
    named = [line.split()[1] for line in done.stdout.splitlines()]
    assert {"help", "setup", "demo", "devnet", "test", "fuzz", "bench", "size", "lint"} <= set(named)


def test_make__no_python__one_line_with_the_remedy():
    done = _make("lint", "PYTHON=")
    assert done.returncode != 0
    assert "Python 3.11 or 3.12 is needed" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_check_python__unsupported__says_so(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    with pytest.raises(bootstrap.SetupError, match=r"Python 3.11 or 3.12 is needed.* is 3.10.4; install"):
        bootstrap.check_python()


def test_check_node__absent__says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.SetupError, match=r"`node` is not on PATH; install Node.js \d+ or newer"):
        bootstrap.check_node()


def test_check_node__old__says_so(monkeypatch, tmp_path):
    for tool in ("node", "npm"):
        (tmp_path / tool).write_text("#!/bin/sh\necho v16.20.0\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.SetupError, match=r"node is v16.20.0; install Node.js \d+ or newer"):
        bootstrap.check_node()


def test_run__failing_step__shows_its_output_and_the_remedy(capfd):
    with pytest.raises(bootstrap.SetupError, match="a step failed; do this"):
        bootstrap.run("a step", ["sh", "-c", "echo because; exit 3"], "do this")
    assert "because" in capfd.readouterr().err


def test_digest__changed_file__changes(tmp_path):
    (tmp_path / "a").write_text("1")
    before = bootstrap.digest(tmp_path / "a", tmp_path / "absent")
    assert before == bootstrap.digest(tmp_path / "a", tmp_path / "absent")
    (tmp_path / "a").write_text("2")
    assert before != bootstrap.digest(tmp_path / "a", tmp_path / "absent")


def test_stamp__written__read_back(tmp_path):
    assert bootstrap.read_stamp(tmp_path / "stamp") == ""
    bootstrap.write_stamp(tmp_path / "stamp", "abc")
    assert bootstrap.read_stamp(tmp_path / "stamp") == "abc"
    assert [path.name for path in tmp_path.iterdir()] == ["stamp"]


def test_only_one__second_process__waits(monkeypatch, tmp_path):
    lock = tmp_path / "lock"
    monkeypatch.setattr(bootstrap, "LOCK_FILE", lock)
    script = f"import pathlib, sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom tools import bootstrap\n"
    script += f"bootstrap.LOCK_FILE = pathlib.Path({str(lock)!r})\n"
    script += "with bootstrap.only_one(): print('in', flush=True)"
    with bootstrap.only_one():
        second = subprocess.Popen([sys.executable, "-c", script], stdout=-1, stderr=-1, text=True)
        assert "waiting" in second.stderr.readline()
        assert second.poll() is None
    assert second.communicate(timeout=30)[0] == "in\n"


@pytest.mark.parametrize("path", deployable(), ids=lambda path: path.stem)
def test_contract__runtime_code__fits_the_chain(path):
    assert runtime_size(path) <= LIMIT
