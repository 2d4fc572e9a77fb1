"""Makes operations concrete: runs each on the model, and writes down the call and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.model import capital
from tests.model.arithmetic import Refused, Undo
from tests.model.capital import Moved
from tests.model.exit_queue import NOBODY
from tests.model.intents import Intent, Move, Signature
from tests.model.mandates import Mandate
from tests.model.roles import GOVERNOR
from tests.model.strategy import Strategy
from tests.model.vault import QUEUE, VAULT
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.signing import signed_bytes
from tests.stateful.world import HOLDERS, STRANGER, World, mandate_tuple
from tests.treasury import MANDATE

COPYING = ("detach", "in_kind")  # calls that write a record without units that join
EDGE = 8  # wei on either side of a limit


def amount(size: int, most: int) -> int:
    """An amount for a size below 256: mostly a part of ``most``, else at its edge, tiny, or beyond it."""
    if size < 144:
        return most * size // 128
    if size < 160:
        return max(0, most + size - 144 - EDGE)
    if size < 176:
        return size - 160
    if size < 240:
        return most * (size - 175) // 64
    return most * (size - 239) // 4


def _numbers(answer: Any) -> tuple[int, ...]:
    if answer is None:
        return ()
    return tuple(answer) if isinstance(answer, tuple) else (int(answer),)


def _told(intent: Intent) -> str:
    """What a person reads of an intent."""
    moves = ", ".join(f"{move.id}: {move.assets:+}" for move in intent.moves)
    words = {name: getattr(intent, name) for name in ("nonce", "sequence") if getattr(intent, name)}
    words |= {"only by": intent.relayer} if intent.relayer != NOBODY else {}
    conditions = "".join(f", {name} {word}" for name, word in words.items())
    return f"{intent.agent}: {moves}, max_loss {intent.max_loss}{conditions}"


class Step(NamedTuple):
    """One call, and what must come of it by the model."""

    time: int
    text: str
    sender: str
    target: str
    call: dict[str, str]
    ok: bool
    reason: str
    answer: str
    events: list[str]
    state: str
    epochs: int


class Driver:
    """Turns operations into steps against one world's model, which it leaves changed."""

    def __init__(self, world: World) -> None:
        world.start.restore()
        self.world = world
        self.vault = world.vault
        self.steps: list[Step] = []

    # -- names -----------------------------------------------------------------

    def at(self, name: str) -> str:
        """Address of a name of the model."""
        return self.world.addresses[name]

    def holder(self, which: int) -> str:
        """A holder."""
        return HOLDERS[which % len(HOLDERS)]

    def owner(self, which: int) -> str:
        """A holder with shares, if there is one; one time in eight whoever it is."""
        names = [name for name in HOLDERS if self.vault.shares[name]] if which != 7 else []
        return names[which % len(names)] if names else self.holder(which)

    def after(self, name: str) -> str:
        """The holder after a holder."""
        return HOLDERS[(HOLDERS.index(name) + 1) % len(HOLDERS)]

    def number(self, which: int) -> int:
        """Id of a listed strategy."""
        return which % len(self.vault.positions) + 1

    def filled(self, which: int) -> int:
        """Id of a strategy that holds capital, if there is one; one time in eight whichever it is."""
        numbers = [p.id for p in self.vault.positions if p.units] if which != 7 else []
        return numbers[which % len(numbers)] if numbers else self.any_number(which)

    def invested(self, which: int) -> Strategy:
        """The strategy of a position that holds capital, if there is one."""
        position = self.vault.ever_listed(self.filled(which))
        return position.world if position is not None else self.strategy(which)

    def any_number(self, which: int) -> int:
        """Id of a listed strategy, or sometimes one past the last."""
        return len(self.vault.positions) + 1 if which == 7 else self.number(which)

    def waiting(self, which: int) -> int:
        """Id of a strategy that leavers wait for, if there is one; one time in eight whichever it is."""
        numbers = [p.id for p in self.vault.positions if p.waits] if which != 7 else []
        return numbers[which % len(numbers)] if numbers else self.any_number(which)

    def request(self, which: int, settled: bool = True) -> tuple[str, int]:
        """Controller and epoch of a request, if there is one; one time in eight of one that there is not."""
        queue = self.world.queue
        keys = [key for key in queue.requests if (key[1] != queue.open_id) == settled] if which != 7 else []
        return keys[-1 - which % len(keys)] if keys else (self.holder(which), queue.last_id)

    def strategy(self, which: int) -> Strategy:
        """A strategy, listed or not."""
        return self.world.strategies[which % len(self.world.strategies)]

    def worth(self, number: int) -> int:
        """What the Vault could hope to take out of a strategy; its idle cash for one that is not listed."""
        if number > len(self.vault.positions):
            return self.vault.idle
        position = self.vault.positions[number - 1]
        return position.world.to_assets(position.units)

    # -- steps -----------------------------------------------------------------

    def warp(self, seconds: int) -> None:
        """Let time pass; the next step is in a later block."""
        self.vault.now += seconds

    def step(
        self,
        text: str,
        sender: str,
        target: str,
        data: str,
        action: Callable[[], Any],
        returns: bool | None = None,
    ) -> None:
        """A call whose answer is nothing, or the word of ``returns``."""
        answer = "0x" if returns is None else "0x" + wire.words((returns,))
        self._run(text, sender, target, data, lambda: (action(), answer)[1])

    def valued(
        self, text: str, sender: str, data: str, action: Callable[[], int], target: str = VAULT
    ) -> None:
        """A call that answers with the number that the model gives."""
        self._run(text, sender, target, data, lambda: "0x" + wire.words((action(),)))

    def tell(
        self, sender: str, target: str, signature: str, *arguments: int | str, by: Callable[[], Any]
    ) -> None:
        """A call of numbers and names that answers with the numbers, if any, that the model gives."""
        data = wire.call(signature, *(self.at(a) if isinstance(a, str) else a for a in arguments))
        text = f"{signature.partition('(')[0]}({', '.join(map(str, arguments))})"
        self._run(text, sender, target, data, lambda: "0x" + wire.words(_numbers(by())))

    def line(self, sender: str, signature: str, *arguments: int | str, by: Callable[[], Any]) -> None:
        """A call of the queue."""
        self.tell(sender, QUEUE, signature, *arguments, by=by)

    def foretold(self, action: Callable[[], Any]) -> Any:
        """What an action would give now; None if it would be refused."""
        undo = Undo(self.world.parts())
        try:
            return action()
        except Refused:
            return None
        finally:
            undo.restore()

    def poke_through(self, target: str = VAULT, sender: str = STRANGER, direct: bool = True) -> None:
        """A poke of the Vault, which answers with what it saw, or of the Sentinel."""
        model = self.vault if target.endswith(VAULT) else self.world.sentinel
        self.tell(sender, target, "poke()", by=lambda: model.poke(direct))

    def allocated(self, number: int, assets: int, least: int) -> None:
        """An allocation past the Executor, to see all that the Vault measures."""
        data = wire.call("allocate(uint256,uint256,uint256)", number, assets, least)
        text = f"allocate({number}, {assets}, {least})"
        self.move(text, data, lambda: capital.allocate(self.vault, number, assets, least))

    def move(self, text: str, data: str, action: Callable[[], Moved], sender: str = "executor") -> None:
        """A move of capital, called as the Executor unless somebody else may."""
        self._run(text, sender, VAULT, data, lambda: wire.moved(action()))

    def intent(
        self, agent: str, moves: Sequence[Move], max_loss: int, deadline: int, **conditions: Any
    ) -> None:
        """An intent of an agent, which sends it."""
        self.sent(agent, Intent(agent, tuple(moves), max_loss, deadline, **conditions))

    def sent(self, caller: str, intent: Intent) -> None:
        """An intent, as somebody sends it."""
        action = lambda: self.world.executor.execute(caller, intent)  # noqa: E731
        self.step(f"execute({_told(intent)})", caller, "executor", wire.execute(intent, self.at), action)

    def sent_signed(self, caller: str, intent: Intent, signature: Signature) -> None:
        """An intent with a signature, as somebody sends it."""
        data = wire.execute_signed(intent, signed_bytes(signature), self.at)
        action = lambda: self.world.executor.execute_signed(caller, intent, signature)  # noqa: E731
        text = f"execute_signed({_told(intent)}, by {signature.signer} {signature.form.value})"
        self.step(text, caller, "executor", data, action)

    def dial(self, strategy: Strategy, group: Group, mode: Mode, param: int, **effect: Any) -> None:
        """Turn a dial of a strategy; ``effect`` is what it changes in the model."""
        data = wire.call("set_mode(uint8,uint8,uint256)", group, mode, param)
        text = f"set_mode({group.name}, {mode.name}, {param})"
        self.step(text, "world", strategy.name, data, lambda: strategy.__dict__.update(effect))

    def grant(self, agent: str, mandate: Mandate) -> None:
        """Grant or replace a mandate."""
        fields = mandate_tuple(mandate, self.at)
        document = int.from_bytes(mandate.document, "big")
        data = wire.call(f"set_mandate(address,{MANDATE})", self.at(agent), *fields[:-1], document)
        action = lambda: self.world.executor.mandates.grant(GOVERNOR, agent, mandate)  # noqa: E731
        self.step(f"set_mandate({agent}, {mandate})", "governor", "executor", data, action)

    def _run(self, text: str, sender: str, target: str, data: str, action: Callable[[], str]) -> None:
        undo, known = Undo(self.world.parts()), set(self.world.queue.records)
        self.vault.told.clear()
        try:
            answer, ok, reason = action(), True, ""
        except Refused as refused:
            undo.restore()
            self.vault.told.clear()
            answer, ok, reason = wire.revert(refused.reason), False, refused.reason
        events = [wire.log(event, self.at) for event in self.vault.told]
        if not text.startswith(COPYING):
            events += self._joined(known)
        addresses = self.world.addresses
        call = {"from": addresses[sender], "to": addresses[target], "data": data, "gas": "0xf42400"}
        view, epochs = self.world.view, self.world.queue.last_id
        now = view.now()
        state = "0x" + wire.words([*view.expected(now), *view.stakes(now)])
        told = (ok, reason, answer, events, state, epochs)
        self.steps.append(Step(self.vault.now, text, sender, target, call, *told))

    def _joined(self, known: set[int]) -> list[str]:
        """Events of what joined the runoff with records that were not known."""
        records = self.world.queue.records
        new = [number for number in records if number not in known]
        return sorted(wire.join_log(number, part) for number in new for part in records[number].slices)
