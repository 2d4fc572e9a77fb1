"""A bot's turn: one at a time, every failure with its reason, never an exception."""

from __future__ import annotations

import threading

from ganglion.agent.errors import NodeError
from ganglion.bots import Deed, Duty, Outcome, Report


def test_run__error_of_the_node__is_told_with_its_reason_and_tried_again(log):
    logger, lines = log
    answers = iter(
        [NodeError("eth_call", "header not found\nFAKE LINE"), Report(7, [Deed("a", Outcome.DONE)])]
    )

    def step():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    duty = Duty("bot", step, logger)
    assert duty.run(6) == {"failed": 1}
    assert duty.run(7) == {"done": 1}
    (level, first), second = lines
    assert (level, second) == ("WARNING", ("INFO", "bot: block 7: a: done"))
    assert "header not found" in first
    assert "\n" not in first
    assert duty.unexpected == 0


def test_run__bug__is_counted_logged_and_outlived(log):
    logger, lines = log

    def step():
        raise ZeroDivisionError("nought")

    duty = Duty("bot", step, logger)
    assert [duty.run(1), duty.run(2)] == [{"failed": 1}, {"failed": 1}]
    assert duty.unexpected == 2
    assert lines == [("ERROR", f"bot: block 1: {_bug('nought')}")]


def _bug(text: str) -> str:
    return f"step: failed: ZeroDivisionError: {text}; this is a bug, the next block tries again"


def test_run__same_reason_again__is_told_once(log):
    logger, lines = log
    reasons = iter(["too dear", "too dear", "too late", "too dear"])
    duty = Duty("bot", lambda: Report(0, [Deed("move", Outcome.REFUSED, next(reasons))]), logger)
    for number in range(1, 5):
        duty.run(number)
    assert [line.rpartition(": ")[2] for _, line in lines] == ["too dear", "too late", "too dear"]


def test_run__block_that_was_looked_at__is_skipped(log):
    looked = []

    def step():
        looked.append(len(looked))
        return Report(10)

    duty = Duty("bot", step, log[0])
    for number in (8, 9, 10, 11):
        duty.run(number)
    assert looked == [0, 1]


def test_run__while_an_older_block_is_handled__is_skipped(log):
    began, may_end = threading.Event(), threading.Event()
    looked = []

    def step():
        looked.append(True)
        began.set()
        assert may_end.wait(10)
        return Report(1)

    duty = Duty("bot", step, log[0])
    first = threading.Thread(target=duty.run, args=(1,))
    first.start()
    assert began.wait(10)
    assert duty.run(2) == {}
    may_end.set()
    first.join(10)
    assert len(looked) == 1
