"""The state of a world: what views of the chain say, what the model says, and a name for every word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ganglion.devnet.abi import selector
from tests import treasury as chain
from tests.model.exit_queue import OLDEST
from tests.model.exit_records import Request, Standing, standing
from tests.model.position import Position
from tests.model.price import Price
from tests.model.strategy import Strategy
from tests.model.vault import VAULT
from tests.stateful import executor_view, reaction_view
from tests.stateful.reader import Field, Item, Question, item

if TYPE_CHECKING:
    from tests.stateful.world import World

STAKE = ("requested", "pending", "claimable", "assets", "claimed", "paid")
UNITS, SECONDS = 112, 32  # bits


@dataclass(frozen=True)
class Now:
    """What several words rest on: both prices, and how far each record has come."""

    price: Price
    standings: dict[int, Standing]


@dataclass(frozen=True)
class Part:
    """Some views, a name for each of their words, and what the model says they are."""

    items: Sequence[Item]
    labels: Sequence[str]
    values: Callable[[Now], Sequence[int]]


class View:
    """All that is compared after every step of a campaign.

    Stakes are asked for by name of epoch and controller, for every epoch that there has been; everything
    else has its place in ``labels``.
    """

    def __init__(self, world: World, holders: Sequence[str]) -> None:
        self.world, self.holders = world, holders
        self.at = world.addresses

    @cached_property
    def parts(self) -> list[Part]:
        """Every part, in the order in which the reader answers."""
        numbers = range(1, world_size(self.world) + 1)
        return [
            self._vault(),
            self._queue(),
            *(self._holder(name) for name in self.holders),
            *(self._leaver(name) for name in self.holders),
            *(self._strategy(strategy) for strategy in self.world.strategies),
            *(self._position(number) for number in numbers),
            *self._reactions(),
        ]

    @cached_property
    def items(self) -> list[Item]:
        """The views."""
        return [view for part in self.parts for view in part.items]

    @cached_property
    def labels(self) -> list[str]:
        """Names of the words that ``expected`` gives, in order."""
        return [label for part in self.parts for label in part.labels]

    def now(self) -> Now:
        """The model at this moment."""
        lines, records = self.world.queue.lines(), self.world.queue.records
        standings = {number: standing(record, lines) for number, record in records.items()}
        return Now(self.world.vault.price(), standings)

    def expected(self, now: Now | None = None) -> list[int]:
        """What the views must answer now, by the model; ``now`` spares computing it, here and below."""
        now = now or self.now()
        return [word for part in self.parts for word in part.values(now)]

    # -- stakes ----------------------------------------------------------------

    @property
    def question(self) -> Question:
        """The view of an epoch and a controller."""
        return Question(self.at["queue"], selector("stake(uint256,address)"), len(STAKE))

    def asked(self, epochs: int) -> list[tuple[int, str]]:
        """Every one of the first epochs with every holder as its controller."""
        return [(number, name) for number in range(1, epochs + 1) for name in self.holders]

    def calldata(self, epochs: int) -> str:
        """What the reader is asked, 0x-hex."""
        return "0x" + "".join(
            f"{number:064x}{int(self.at[name], 16):064x}" for number, name in self.asked(epochs)
        )

    def stakes(self, now: Now | None = None) -> list[int]:
        """What the queue must answer for all epochs so far, by the model."""
        standings, epochs = (now or self.now()).standings, self.world.queue.last_id
        return [word for number, name in self.asked(epochs) for word in self._stake(name, number, standings)]

    def epochs(self, words: int) -> int:
        """How many epochs the reader was asked about if it answered so many words."""
        return (words - len(self.labels)) // (len(STAKE) * len(self.holders))

    def stake_labels(self, epochs: int) -> list[str]:
        """Names of the words of the stakes in the first epochs."""
        return [f"{word} of {name} in {number}" for number, name in self.asked(epochs) for word in STAKE]

    def _stake(self, name: str, number: int, standings: dict[int, Standing]) -> tuple[int, ...]:
        asked = self.world.queue.requests.get((name, number), Request(0))
        shares, assets = self._claimable(asked, number, standings)
        pending = asked.shares - asked.claimed - shares
        return asked.shares, pending, shares, assets, asked.claimed, asked.paid

    def _claimable(self, asked: Request, number: int, standings: dict[int, Standing]) -> tuple[int, int]:
        if number not in standings:
            return 0, 0
        whole, stands = self.world.queue.records[number].shares, standings[number]
        shares = asked.shares * stands.converted // whole - asked.claimed
        return max(0, shares), max(0, asked.shares * stands.cash // whole - asked.paid)

    # -- parts -----------------------------------------------------------------

    def _vault(self) -> Part:
        vault, asset, holder = self.at[VAULT], self.at["asset"], self.holders[0]
        model = self.world.vault
        hot = item(vault, "word(uint256,uint256)", chain.HOT, 0).data
        views = [
            item(vault, "totals()", words=3),
            Item(vault, hot, (Field(0, 0, UNITS), Field(0, UNITS, 80), Field(0, 196, 1))),
            item(vault, "word(uint256,uint256)", chain.OWED, 0),
            item(vault, "totalSupply()"),
            *(item(vault, f"{name}(address)", self.at[holder]) for name in LIMITS),
            item(asset, "balanceOf(address)", vault),
        ]
        labels = (
            "lo",
            "hi",
            "veto",
            "idle",
            "live",
            "owes",
            "owed",
            "totalSupply",
            *LIMITS,
            "asset of vault",
        )

        def values(now: Now) -> Sequence[int]:
            return (
                *(now.price.lo, now.price.hi, int(now.price.veto or model.dry)),
                *(model.idle, _packed(model.order), int(model.owed > 0), model.owed, model.supply),
                *(model.max_deposit(now.price), model.max_mint(now.price)),
                *(model.max_withdraw(holder, now.price), model.max_redeem(holder, now.price)),
                model.token.balances[VAULT],
            )

        return Part(views, labels, values)

    def _queue(self) -> Part:
        model, vault, queue = self.world.queue, self.world.vault, self.at["queue"]
        views = [
            item(queue, "open_epoch()", words=3),
            item(self.at[VAULT], "balanceOf(address)", queue),
            item(self.at["asset"], "balanceOf(address)", queue),
        ]
        labels = ("open epoch", "open shares", "due", "shares of queue", "asset of queue")

        def values(_: Now) -> Sequence[int]:
            due = model.opened_at + vault.epoch if model.open_shares else 0
            return (
                *(model.open_id, model.open_shares, due),
                *(vault.shares["queue"], vault.token.balances["queue"]),
            )

        return Part(views, labels, values)

    def _holder(self, name: str) -> Part:
        vault, address, model = self.at[VAULT], self.at[name], self.world.vault
        views = [
            item(vault, "balanceOf(address)", address),
            item(vault, "unlock_time(address)", address),
            item(self.at["asset"], "balanceOf(address)", address),
        ]
        labels = [f"{kind} of {name}" for kind in ("shares", "unlock", "asset")]

        def values(_: Now) -> Sequence[int]:
            return model.shares[name], model.unlock_time(name), model.token.balances[name]

        return Part(views, labels, values)

    def _leaver(self, name: str) -> Part:
        """What ERC-7540's own calls reach, and in which order."""
        queue, address, model = self.at["queue"], self.at[name], self.world.queue
        listed = item(queue, "requests_of(address)", address, words=2 + OLDEST)
        views = [
            item(queue, "maxRedeem(address)", address),
            item(queue, "maxWithdraw(address)", address),
            Item(queue, listed.data, listed.fields[1:]),
        ]
        places = [f"request {place} of {name}" for place in range(OLDEST)]
        labels = (f"redeemable of {name}", f"withdrawable of {name}", f"requests of {name}", *places)

        def values(now: Now) -> Sequence[int]:
            oldest = model.unfinished.get(name, ())[:OLDEST]
            parts = [self._claimable(model.requests[name, n], n, now.standings) for n in oldest]
            shares, assets = (sum(words) for words in zip((0, 0), *parts, strict=True))
            return shares, assets, len(oldest), *oldest, *(0,) * (OLDEST - len(oldest))

        return Part(views, labels, values)

    def _strategy(self, strategy: Strategy) -> Part:
        address, token = self.at[strategy.name], self.world.vault.token
        owners = (VAULT, "queue", *self.holders)
        views = [
            item(address, "held()"),
            item(self.at["asset"], "balanceOf(address)", address),
            *(item(address, "units_of(address)", self.at[owner]) for owner in owners),
        ]
        names = ("held", "asset", *(f"{owner}'s units" for owner in owners))

        def values(_: Now) -> Sequence[int]:
            owned = (strategy.units_of[owner] for owner in owners)
            return strategy.held, token.balances[strategy.name], *owned

        return Part(views, [f"{name} of {strategy.name}" for name in names], values)

    def _position(self, number: int) -> Part:
        vault, executor = self.at[VAULT], self.at["executor"]
        word = [
            item(vault, "word(uint256,uint256)", key, number).data
            for key in (chain.POSITION, chain.HEALTH, chain.RUNOFF, chain.COVERAGE)
        ]
        units, book = Field(0, 0, UNITS), Field(0, UNITS, UNITS)
        position = (units, book, Field(0, 224, 8), Field(0, 232, 1), Field(0, 234, 2), Field(0, 240, 16))
        # Between the runoff and since when its redeems fail stands what is unsynced.
        runoff = (units, Field(0, 144, UNITS), Field(0, UNITS, SECONDS, gate=2))
        # Of an observation in passing, only an open window remembers the most that it saw.
        coverage = (
            Field(0, 0, UNITS, gate=3),
            Field(0, 224, SECONDS, gate=4),
            Field(0, UNITS, UNITS, gate=1),
        )
        views = [
            Item(vault, word[0], position),
            Item(vault, word[1], tuple(Field(0, place, SECONDS) for place in (88, 128, 168))),
            Item(vault, word[2], runoff),
            Item(vault, word[3], coverage),
            item(executor, "cap(uint256)", number, words=3),
            item(executor, "over_since(uint256)", number),
            item(executor, "inflow(uint256)", number, words=3),
            item(executor, "closed_until(uint256)", number),
        ]
        name = f"strategy {number}"
        return Part(views, [f"{field} of {name}" for field in POSITION], lambda _: self._stands(number))

    def _stands(self, number: int) -> Sequence[int]:
        position, executor = self.world.vault.ever_listed(number), self.world.executor
        cap, noted = executor.caps.find(number), executor.over_since.get(number, 0)
        limits = (cap.absolute, cap.relative, cap.cut_until, noted, *executor.inflows.view(number))
        limits = (*limits, executor.caps.closed[number])
        if position is None:
            return (0,) * (len(POSITION) - len(limits)) + limits
        status = position.status if position.live else 0
        waits, owes = int(position.waits), position.owes
        known = (position.units, position.book, status, waits, owes, position.above)
        unwinds = (position.short_first, position.short_last, position.clean_at)
        return *known, *unwinds, *_runoff(position), *limits

    def _reactions(self) -> list[Part]:
        """What Executor, Sentinel and Reflexes remember, and the Vault for them."""
        world = self.world
        sides = (
            (executor_view.agents, executor_view.standing),
            (executor_view.groups, executor_view.grouped),
            (executor_view.journal, executor_view.entered),
            (reaction_view.watch, reaction_view.watched),
            (reaction_view.sentinel, reaction_view.remembered),
            (reaction_view.reflexes, reaction_view.standing),
        )
        return [Part(*shown(world), lambda _, model=model: model(world)) for shown, model in sides]


LIMITS = ("maxDeposit", "maxMint", "maxWithdraw", "maxRedeem")
POSITION = (
    *("units", "book", "status", "waits", "owes", "above"),
    *("first short unwind", "last short unwind", "last clean unwind"),
    *("runoff", "unsynced", "failing", "coverage", "since", "low"),
    *("absolute", "relative", "cut until", "noted", "inflow limit", "inflow window", "inflow spent"),
    "closed until",
)


def _packed(ids: Sequence[int]) -> int:
    """Ids of eight bits each, the first lowest."""
    return sum(number << 8 * place for place, number in enumerate(ids))


def _runoff(position: Position) -> tuple[int, ...]:
    waits = position.runoff > 0
    since = position.since if waits else 0
    return (
        *(position.runoff, position.unsynced, position.failing if waits else 0),
        *(position.coverage if waits else 0, since, position.low if since else 0),
    )


def world_size(world: World) -> int:
    """Ids that a world shows: one for each of its strategies, and one for a strategy that is listed again."""
    return len(world.strategies) + 1
