"""The tree that the README shows is the tree that stands."""

from __future__ import annotations

import subprocess

from ganglion.devnet.artifacts import ROOT

LISTED_WHOLE = (
    "contracts/",
    "interfaces/",
    "ganglion/",
    "scripts/",
    "demo/",
    "bench/",
    "fairness/",
    "latency/",
    "hostile/",
    "soak/",
    "bots/",
    "tools/",
)


def shown() -> set[str]:
    """Paths in the README's tree, folders with a slash at their end."""
    tree = (ROOT / "README.md").read_text().split("## The tree")[1].split("```")[1]
    paths, folder = set(), ""
    for line in tree.strip().splitlines():
        if not line.startswith(" "):
            folder = line.strip().removeprefix("./")
        else:
            paths.add(folder + line.split()[0])
    return paths


def test_readme_tree__every_path__exists() -> None:
    assert [path for path in sorted(shown()) if not (ROOT / path).exists()] == []


def test_readme_tree__every_source_file__is_shown() -> None:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    sources = [
        f for f in files if f.startswith(LISTED_WHOLE) and (ROOT / f).exists() and (ROOT / f).stat().st_size
    ]
    lacking = [f for f in sources if f not in shown() and not f.endswith("__init__.py")]
    assert lacking == []
