"""Reflection: what to do next, looked at each time that a step ends.

There is no barrier between rounds: the answer is written as soon as nothing that still runs can
change it (FlashResearch, arXiv:2510.05145), and the next plan begins as soon as nothing that still
runs can bring one (Flash-Searcher, arXiv:2509.25301). Rules alone decide that; where they cannot
say, the judge may be asked whether a value that is there already is enough.
"""

from dataclasses import dataclass
from typing import Literal

from planner.desk import Desk


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comes next, and why."""

    choice: Literal["plan", "write", "hand over"]
    why: str


async def looked(desk: Desk, number: int, found: int) -> Verdict | None:
    """What to do in round `number`, by rule or else by the judge; None: wait for more.

    `found`: facts that were there at the end of the last round.
    """
    await desk.checker.look()
    verdict = ruled(desk, number, found)
    if verdict is not None and verdict.choice == "write" and desk.checker.reading:
        return None
    if verdict is not None or not await _is_enough(desk):
        return verdict
    return Verdict("write", "the judge holds what is there for enough")


def ruled(desk: Desk, number: int, found: int) -> Verdict | None:
    """What the rules say; never None once every step has ended."""
    running = bool(desk.executor.open_steps)
    if desk.waits_for_caller:  # what else can run does so meanwhile
        told = "; ".join(call.told for call in desk.executor.calls)
        return None if running else Verdict("hand over", told)
    return _without_caller(desk, number, found, running=running)


def _without_caller(desk: Desk, number: int, found: int, *, running: bool) -> Verdict | None:
    """See `ruled`, of a run that leaves nothing to its caller."""
    prospect = desk.prospect
    if desk.given is not None:  # all of it was wanted, and nothing else
        return None if running else Verdict("write", "the plan was given, and has come to its end")
    if desk.settings.style.open_ended and desk.is_wide:
        return None if running else Verdict("write", "the searches have come to their end")
    if desk.is_wide and desk.is_searching:
        return None  # what they find is written from, too
    if prospect == "settled":
        return Verdict("write", "the answering step has a value")
    if prospect == "open":
        return None
    if desk.budget.exceeded is not None:
        # What a spent budget stopped is not started again; what runs may still bring something.
        why = f"the budget is spent ({desk.budget.exceeded})"
        return None if running else Verdict("write", why)
    if number >= desk.settings.rounds:
        return Verdict("write", f"{number} rounds are over")
    if number > 1 and desk.found <= found:
        return None if running else Verdict("write", "the last round brought nothing new")
    if desk.doubted:
        return Verdict("plan", "what the plan came to is hardly what was asked for")
    return Verdict("plan", "the answering step has no value")


async def _is_enough(desk: Desk) -> bool:
    """Ask about the value of a step that is not the one to answer, while that one still runs."""
    grounds = desk.grounds
    if desk.is_wide or desk.waits_for_caller:  # what still runs is wanted
        return False
    if grounds.value is None or not desk.executor.open_steps or desk.given is not None:
        return False
    facts = [(ground.question, ground.value) for ground in grounds.grounds]
    return await desk.judge.is_enough(desk.question, facts, grounds.value)
