"""Show where the gas of one operation goes.

    python -m bench.profile warm_deposit 3 [--lines 40] [--hooks]

By contract and kind of instruction; then, inside our own contracts, by function, and with --lines by line of
source. A call is charged without what its callee uses, which stands under the callee's own name.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.operation import Operation, intrinsic
from bench.operations import OPERATIONS
from bench.scenario import Hand, Scenario, running
from bench.source_map import Place, SourceMap
from bench.trace import Step, trace
from ganglion.devnet.artifacts import ROOT
from ganglion.devnet.errors import DevnetError

PROFILED = {each.name: each for each in OPERATIONS if each.name != "create_vault" and not each.is_compared}
Shares = Counter[tuple[str, str]]
SMALL = (
    60  # gas below which a function is not worth a row; the compiler marks no place for some of its own code
)
REST = "(the rest)"


def _ours(scenario: Scenario) -> dict[str, str]:
    """Our contracts of a scenario, by address, and the names of their sources."""
    treasury = scenario.treasury
    names = {
        treasury.vault: "Vault",
        treasury.annex: "VaultAnnex",
        treasury.queue: "ExitQueue",
        treasury.steward: "Steward",
        treasury.sentinel: "Sentinel",
    }
    if scenario.hand is Hand.EXECUTOR:
        names |= {treasury.executor: "Executor", scenario.reflexes: "Reflexes"}
    return names


def _labels(scenario: Scenario) -> dict[str, str]:
    treasury = scenario.treasury
    names = {treasury.executor: "forwarder", treasury.asset: "asset", **_ours(scenario)}
    names |= {address: f"strategy {index}" for index, address in enumerate(treasury.strategies, 1)}
    return {address.lower(): name for address, name in names.items()}


def by_contract(steps: Iterable[Step], labels: dict[str, str]) -> Shares:
    """Gas by contract and kind of instruction."""
    shares: Shares = Counter()
    for step in steps:
        shares[labels.get(step.address, step.address), step.kind] += step.gas
    return shares


def by_place(steps: Iterable[Step], maps: dict[str, SourceMap]) -> Counter[tuple[Place, str]]:
    """Gas by place in our sources and kind of instruction."""
    shares: Counter[tuple[Place, str]] = Counter()
    for step in steps:
        if step.address in maps:
            shares[maps[step.address].at(step.counter), step.kind] += step.gas
    return shares


def by_function(places: Counter[tuple[Place, str]]) -> Shares:
    """Gas by function and kind of instruction, the smallest together."""
    shares: Shares = Counter()
    for (place, kind), gas in places.items():
        shares[place.function, kind] += gas
    small = {name for name, gas in _sums(shares, 0).items() if gas < SMALL}
    for name, kind in [key for key in shares if key[0] in small]:
        shares[REST, kind] += shares.pop((name, kind))
    return shares


def _pivot(title: str, head: str, shares: Shares) -> Table:
    kinds = [kind for kind, _ in _sums(shares, 1).most_common()]
    view = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    view.add_column(head, no_wrap=True)
    for name in ("gas", *kinds):
        view.add_column(name.replace(" ", "\n"), justify="right")
    for name, total in _sums(shares, 0).most_common():
        cells = [f"{shares[name, kind]:,}" if shares[name, kind] else "" for kind in kinds]
        view.add_row(name, f"{total:,}", *cells)
    return view


def _sums(shares: Shares, index: int) -> Counter[str]:
    sums: Counter[str] = Counter()
    for key, gas in shares.items():
        sums[key[index]] += gas
    return sums


def _lines(places: Counter[tuple[Place, str]], count: int) -> Table:
    view = Table(
        title="By line", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False
    )
    view.add_column("gas", justify="right", no_wrap=True)
    view.add_column("kind", no_wrap=True)
    view.add_column("place", overflow="fold")
    view.add_column("source", overflow="fold")
    for (place, kind), gas in places.most_common(count):
        view.add_row(f"{gas:,}", kind, f"{place.function}:{place.line}", Text(place.text))
    return view


def _show(scenario: Scenario, operation: Operation, lines: int) -> None:
    operation.prepare(scenario)
    transaction = operation.transaction(scenario)
    used, steps = trace(scenario.rpc, transaction)
    ran = {step.address for step in steps}
    maps = {
        address.lower(): SourceMap(ROOT / "contracts" / f"{name}.vy")
        for address, name in _ours(scenario).items()
        if address.lower() in ran
    }
    places = by_place(steps, maps)
    console = Console()
    before, executed = intrinsic(transaction["data"]), sum(step.gas for step in steps)
    console.print(
        f"{operation.name} over {scenario.count}: {used:,} gas = {before:,} before it runs + {executed:,} run"
        f" − {before + executed - used:,} refunded\n"
    )
    console.print(_pivot("By contract", "contract", by_contract(steps, _labels(scenario))), "")
    console.print(_pivot("By function of ours", "function", by_function(places)), "")
    if lines:
        console.print(_lines(places, lines))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.profile", description="Where the gas of one operation goes."
    )
    parser.add_argument("operation", choices=PROFILED, metavar="operation", help=", ".join(PROFILED))
    parser.add_argument("strategies", type=int, choices=range(1, 11), metavar="N", help="1 to 10 strategies")
    parser.add_argument("--lines", type=int, default=0, metavar="COUNT", help="the dearest source lines too")
    parser.add_argument("--hooks", action="store_true", help="over solmate's MockERC4626")
    return parser.parse_args()


def main() -> int:
    """Profile one operation; returns 1 if it cannot be done."""
    arguments = _arguments()
    operation = PROFILED[arguments.operation]
    if arguments.strategies < operation.least:
        print(f"{operation.name} needs at least {operation.least} strategies", file=sys.stderr)
        return 1
    try:
        with running(arguments.strategies, operation.hand, hooks=arguments.hooks) as scenario:
            _show(scenario, operation, arguments.lines)
    except DevnetError as error:
        print(f"bench.profile: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
