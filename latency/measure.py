"""Playing a shock and measuring, in blocks and transactions, what answers it and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ganglion.devnet.abi import event_topic
from latency.ground import BLOCK, ORDERS, UNIT, Ground, Mined, Sent
from latency.shocks import SHOCKS, Reaction, Shock, Step, relief
from tests.treasury import AGENT, DEPOSITOR, INTENT, LEAVER, STRANGER, intent_of

Document = dict[str, Any]
Progress = Callable[[str], None]

AMOUNT = 1_000 * UNIT
SHARES = 1_000 * 10**18
FIRED = event_topic("Fired(uint256,address,uint256,uint256,uint256)")
DOORS = ("deposit", "mint", "withdraw", "redeem")
CAUSES = ("fall", "liquid", "age", "dark", "short", "lapsed", "recovered", "governed")


@dataclass(frozen=True)
class Probes:
    """Transactions that try every door and every allocation."""

    doors: dict[str, Mined]
    allocations: dict[str, Mined]


def _tried(ground: Ground, shock: Shock) -> list[Sent]:
    vault, executor = ground.treasury.vault, ground.treasury.executor
    doors: list[Sent] = [
        (DEPOSITOR, vault, "deposit(uint256,address)", AMOUNT, DEPOSITOR),
        (DEPOSITOR, vault, "mint(uint256,address)", SHARES, DEPOSITOR),
        (LEAVER, vault, "withdraw(uint256,address,address)", AMOUNT, LEAVER, LEAVER),
        (LEAVER, vault, "redeem(uint256,address,address)", SHARES, LEAVER, LEAVER),
    ]
    return doors + [
        (AGENT, executor, f"execute({INTENT})", intent_of(AGENT, [(target, AMOUNT, 0)]))
        for target in _targets(shock).values()
    ]


def _targets(shock: Shock) -> dict[str, int]:
    return {**({"target": shock.hit} if shock.hit else {}), "other": shock.other}


def _sorted(shock: Shock, mined: list[Mined]) -> Probes:
    doors = dict(zip(DOORS, mined, strict=False))
    return Probes(doors, dict(zip(_targets(shock), mined[len(DOORS) :], strict=True)))


def _told(mined: Mined) -> str:
    return "passes" if mined.ok else mined.reason


def calm(ground: Ground, shock: Shock) -> Document:
    """What the probes find where nothing has happened: all of them pass, or they would show nothing."""
    with ground.undone():
        ground.invest(shock.parts)
        probes = _sorted(shock, ground.block(_tried(ground, shock)))
    return {name: _told(each) for name, each in (probes.doors | probes.allocations).items()}


def doors(ground: Ground, shock: Shock) -> Document:
    """One block: the shock, every probe, a poke by a stranger, and every probe again."""
    with ground.undone():
        ground.invest(shock.parts)
        first = shock.prepare(ground)
        tried = _tried(ground, shock)
        poke: Sent = (STRANGER, ground.treasury.sentinel, "poke()")
        mined = ground.block([*([first] if first else []), *tried, poke, *tried])
        start = mined.pop(0) if first else None
        early, poked, late = mined[: len(tried)], mined[len(tried)], mined[len(tried) + 1 :]
        assert all(each.block == mined[0].block for each in mined)
        assert [each.place for each in mined] == sorted(each.place for each in mined)
        assert poked.ok, poked.reason
        assert start is None or start.ok
    before, after = _sorted(shock, early), _sorted(shock, late)
    passed = [name for name, each in before.doors.items() if each.ok]
    return {
        "doors": {name: _told(each) for name, each in before.doors.items()},
        "margins": {name: _margin(ground, shock, DOORS.index(name)) for name in passed},
        "allocations": {name: _told(each) for name, each in before.allocations.items()},
        "after_poke": {name: _told(each) for name, each in (after.doors | after.allocations).items()},
    }


def _margin(ground: Ground, shock: Shock, door: int) -> int:
    """What whoever comes through a door right after the shock leaves to the stayers, by what strategies
    answer; asset wei, at least 0 if nobody trades on a price that is no more."""
    with ground.undone():
        ground.invest(shock.parts)
        first = shock.prepare(ground)
        trade = _tried(ground, shock)[door]
        shares, cash = ground.treasury.shares(trade[0]), ground.treasury.assets(trade[0])
        done = ground.block([*([first] if first else []), trade])
        assert done[-1].ok, done[-1].reason
        bought = ground.treasury.shares(trade[0]) - shares
        got = ground.treasury.assets(trade[0]) - cash
        return -(bought * (ground.live() + 1) // ground.supply() + got)


def reacted(ground: Ground, shock: Shock, reaction: Reaction) -> Document:
    """Have a stranger carry a standing order out, in as few transactions as it takes."""
    with ground.undone():
        ground.invest(shock.parts)
        first = shock.prepare(ground)
        blocks = _grouped(ground, reaction)
        mined: list[tuple[Step | None, Mined]] = []
        for number, (wait, steps) in enumerate(blocks):
            opening: list[tuple[Step | None, Sent]] = [(None, first)] if first and not number else []
            sent = [*opening, *steps]
            done = ground.block([each for _, each in sent], wait)
            mined += [(step, each) for (step, _), each in zip(sent, done, strict=True)]
        bounty = ground.rpc.read(ground.reflexes, "bounty_of(address)", STRANGER)
    return _reaction(reaction, mined, bounty)


def _reaction(reaction: Reaction, mined: list[tuple[Step | None, Mined]], bounty: int) -> Document:
    failed = [(step, each.reason) for step, each in mined if not each.ok]
    assert not failed, failed
    start, acted = mined[0][1], mined[-1][1]
    strangers = sum(step in (Step.POKE, Step.FIRE) for step, _ in mined)
    since = next((each for step, each in mined if step is Step.RELIEF), start)
    (event,) = [log for log in acted.logs if log["topics"][0] == FIRED]
    assets = int.from_bytes(bytes.fromhex(event["data"][2:])[32:64], "big")
    return {
        "order": ORDERS[reaction.order].title,
        "promised": reaction.speed.value,
        "steps": [step.value for step, _ in mined if step],
        "transactions": strangers,
        "seconds": acted.time - start.time,
        "blocks": (acted.time - start.time) // BLOCK,
        "blocks_since_liquid": (acted.time - since.time) // BLOCK,
        "assets": assets,
        "bounty": bounty,
    }


def _grouped(ground: Ground, reaction: Reaction) -> list[tuple[int, list[tuple[Step, Sent]]]]:
    """Steps by block: those that wait open a new one."""
    sent: dict[Step, Sent] = {
        Step.POKE: (STRANGER, ground.treasury.sentinel, "poke()"),
        Step.FIRE: (STRANGER, ground.reflexes, "fire(uint256)", reaction.order),
        Step.RELIEF: relief(ground),
    }
    blocks: list[tuple[int, list[tuple[Step, Sent]]]] = [(0, [])]
    for wait, step in reaction.steps:
        if wait:
            blocks.append((wait, []))
        blocks[-1][1].append((step, sent[step]))
    return blocks


def latched(ground: Ground, shock: Shock) -> Document | None:
    """Poke the Sentinel as spaced, until it has moved the Vault; None where it did not."""
    with ground.undone():
        ground.invest(shock.parts)
        poke: Sent = (STRANGER, ground.treasury.sentinel, "poke()")
        first = shock.prepare(ground)
        readable = 0
        for number, wait in enumerate(shock.watches or (0, 3_600, 3_600, 3_600)):
            sent = [*([first] if first and not number else []), poke]
            done = ground.block(sent, wait)
            assert all(each.ok for each in done), [each.reason for each in done]
            readable = readable or (done[0].time - wait if first is None else done[0].time)
        state = ground.state()
        if state == 0:
            return None
        sentinel, fields = ground.treasury.sentinel, ("uint256",) * 5
        number = ground.rpc.read(sentinel, "changes()")
        change = ground.rpc.read(sentinel, "change(uint256)", number, returns=fields)
        seconds = done[-1].time - readable
        return {
            "state": state,
            "cause": CAUSES[change[2]],
            "age": change[4] - change[3],
            "transactions": len(shock.watches),
            "seconds": seconds,
            "blocks": seconds // BLOCK,
        }


def played(ground: Ground, shock: Shock) -> Document:
    """Everything about one shock."""
    return {
        "title": shock.title,
        "closes": shock.veto.value,
        "latches": bool(shock.watches),
        "cause": shock.cause,
        "calm": calm(ground, shock),
        "same_block": doors(ground, shock),
        "reactions": [reacted(ground, shock, reaction) for reaction in shock.reactions],
        "latch": latched(ground, shock),
    }


def measured(ground: Ground, progress: Progress) -> dict[str, Document]:
    """Every shock by its key."""
    found = {}
    for shock in SHOCKS:
        progress(shock.title)
        found[shock.key] = played(ground, shock)
    return found
