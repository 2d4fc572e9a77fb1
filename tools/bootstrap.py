"""Bring a clone to a working state: uv, the Python environment, the npm packages and anvil.

Runs under the interpreter that the Makefile found, before anything is installed, so it needs the standard
library alone. Every step leaves a stamp with a digest of its inputs and is skipped while that holds. One lock
makes a second `make` wait instead of writing into a half-built environment.

    python tools/bootstrap.py python    the Python environment only
    python tools/bootstrap.py all       the Python environment, npm packages and anvil
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_VERSION = "0.13.8"
UV_HOME = ROOT / ".uv"
UV = UV_HOME / "bin" / "uv"
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"
LOCK_FILE = ROOT / ".setup.lock"
PYTHON_VERSIONS = ((3, 11), (3, 12))


class SetupError(Exception):
    """Something the machine lacks, or a step that failed: one line that ends with the remedy."""


def digest(*parts: str | Path) -> str:
    """SHA-256 over strings and the contents of files; a file that is missing counts as empty."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part.read_bytes() if part.is_file() else b""
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def read_stamp(path: Path) -> str:
    """Digest that the step wrote when it last succeeded, or an empty string."""
    return path.read_text().strip() if path.is_file() else ""


def write_stamp(path: Path, value: str) -> None:
    """Record a step as done, in one rename."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(value + "\n")
    temporary.replace(path)


def run(step: str, command: Sequence[str | Path], remedy: str) -> None:
    """Run a step quietly; on failure show its output and raise with the remedy."""
    print(f"setup: {step}", file=sys.stderr, flush=True)
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    env["UV_PROJECT_ENVIRONMENT"] = str(VENV)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        print(done.stdout.rstrip(), file=sys.stderr)
        raise SetupError(f"{step} failed; {remedy}")


def check_python() -> None:
    """Refuse an interpreter that the pinned packages do not support, or one that cannot make a venv."""
    if sys.version_info[:2] not in PYTHON_VERSIONS:
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(
            f"Python 3.11 or 3.12 is needed, {sys.executable} is {found}; "
            "install one of them or run `make PYTHON=<path to python3.12> ...`"
        )
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise SetupError(
            f"{sys.executable} has no `ensurepip`; install your system's venv package (Debian: python3-venv)"
        ) from None


def ensure_uv() -> None:
    """Install the pinned uv into `.uv/`, which nothing outside the clone sees."""
    stamp = UV_HOME / ".setup"
    want = digest(UV_VERSION, "uv")
    if read_stamp(stamp) == want and UV.is_file():
        return
    remedy = "check that pip reaches a package index, then run it again"
    run("creating .uv", [sys.executable, "-m", "venv", "--clear", UV_HOME], remedy)
    pip = [UV_HOME / "bin" / "python", "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"]
    run(f"installing uv {UV_VERSION} into .uv", pip, remedy)
    write_stamp(stamp, want)


def ensure_python() -> None:
    """Make `.venv` equal to `uv.lock`; rebuild it if the clone was moved, since its scripts hold its path."""
    stamp, home = VENV / ".setup-python", VENV / ".setup-root"
    version = "{}.{}".format(*sys.version_info[:2])
    want = digest(ROOT / "uv.lock", ROOT / "pyproject.toml", version, UV_VERSION, str(ROOT))
    if read_stamp(stamp) == want and (VENV / "bin" / "python").exists():
        return
    ensure_uv()
    here = digest(str(ROOT))
    if VENV.exists() and read_stamp(home) not in ("", here):
        remedy = "delete .venv and run it again"
        run("rebuilding .venv", [UV, "venv", "--clear", "--python", sys.executable, VENV], remedy)
    command = [UV, "sync", "--frozen", "--quiet", "--compile-bytecode", "--python", sys.executable]
    run("uv sync --frozen", command, "check that uv reaches a package index, then run it again")
    write_stamp(home, here)
    write_stamp(stamp, want)


def check_node() -> None:
    """Refuse a missing or old Node.js, by the minimum that package.json names."""
    engine = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    minimum = int(re.findall(r"\d+", engine)[0])
    remedy = f"install Node.js {minimum} or newer (nodejs.org, nvm, or your system's packages)"
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise SetupError(f"`{tool}` is not on PATH; {remedy}")
    done = subprocess.run(["node", "--version"], capture_output=True, text=True)
    found = re.match(r"v(\d+)\.", done.stdout)
    if found is None or int(found[1]) < minimum:
        raise SetupError(f"node is {done.stdout.strip() or 'broken'}; {remedy}")


def ensure_node() -> None:
    """Make `node_modules` equal to package-lock.json and put anvil into `.venv/bin`."""
    stamp, link = NODE_MODULES / ".setup-node", VENV / ".setup-anvil"
    linker = ROOT / "tools" / "link_anvil.mjs"
    packages = digest(ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc")
    linked = digest(packages, linker)
    current = read_stamp(stamp) == packages and read_stamp(link) == linked
    if current and shutil.which("anvil", path=search_path()):
        return
    check_node()
    if read_stamp(stamp) != packages:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        run("npm ci", command, "check that npm reaches a package index, then run it again")
        write_stamp(stamp, packages)
    run("linking anvil", ["node", linker], "see the line above")
    write_stamp(link, linked)


def search_path() -> str:
    """PATH as the Makefile's recipes see it."""
    return os.pathsep.join((str(VENV / "bin"), os.environ.get("PATH", "")))


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the clone's set-up lock; say so once when another process has it."""
    try:
        import fcntl
    except ImportError:
        raise SetupError("Windows is not supported; use WSL 2") from None
    with LOCK_FILE.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("setup: another make is installing, waiting for it", file=sys.stderr, flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Install what is missing; returns 0, or 1 after one line that says what is missing and the remedy."""
    parser = argparse.ArgumentParser(description="Install what the Makefile's targets need.")
    parser.add_argument("what", choices=("python", "all"), help="python: no Node.js packages")
    what = parser.parse_args().what
    started = time.monotonic()
    try:
        check_python()
        with only_one():
            ensure_python()
            if what == "all":
                ensure_node()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    elapsed = time.monotonic() - started
    if elapsed > 1:
        print(f"setup: ready after {elapsed:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
