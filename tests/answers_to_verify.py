"""Answers and passages to verify, and judges that say what is wanted."""

from collections.abc import Callable
from typing import Any

from inference import Request, ScriptedModel
from planner import Answer, Decided, MemoryTrace
from planner.grounds import Ground, Grounds
from planner.verifying import Verifier
from search import Passage, Source


def passage(title: str, text: str) -> Passage:
    return Passage(Source(title, title, "text/plain", "0"), 0, len(text), text)


BRIDGE = passage(
    "Karlin Bridge",
    "The Karlin Bridge is in Tesk. It is 1,233 m long and was built by Ann Lee in March 1908. It"
    " was never closed. About 1,204,000 people cross it a year. It was not opened to lorries until"
    " 1961. The nearby Brod Bridge is 870 m long. Brod Bridge was opened before the war.",
)
WOMAN = passage(
    "Maria Øst",
    "Maria Øst (3 May 1871 – 12 December 1944) was a chemist from Rome. She refused to sell the"
    " firm. Her assistant Per Lund, who studied with Johannes K. Brandt at University College"
    " London, beat Otto Berg in the final.",
)
GERMAN = passage("Rhein", "Der Rhein ist ein 1.233 km langer Strom. Er mündet in die Nordsee.")
JAPANESE = passage("東京タワー", "高さは333メートルで、1958年12月23日に完成した。")
BORN = Ground("When was Maria Øst born?", "3 May 1871", WOMAN)


def grounds(*facts: Ground, value: str | None = None, read: tuple[Passage, ...] = ()) -> Grounds:
    return Grounds(facts, value, (), (), read)


def claim_of(request: Request) -> str:
    return request.messages[-1].content.partition("Claim: ")[2]


def knows(request: Request) -> bool:
    """Asked of relations, it says that all are so but the one that is known to be wrong."""
    return len(request.messages) > 2 and claim_of(request) != "Tarn Hall was drawn by Paul Moss."


def agreeing(request: Request) -> str:
    """Takes every relation for right that may be, and has no word on anything else."""
    if len(request.messages) == 2:
        return "maybe"
    return "yes" if knows(request) else "no"


async def deliver(
    answer: Answer,
    found: Grounds,
    reply: Callable[[Request], Any] = lambda request: agreeing(request),
    *,
    strict: bool = False,
    room: Callable[[int], bool] = lambda tokens: True,
) -> tuple[Answer, list[Decided], ScriptedModel]:
    trace, model = MemoryTrace(), ScriptedModel(reply)
    verifier = Verifier(model, trace=trace, strict=strict)
    made = await verifier.verify(answer, "Which?", found, room=room)
    return made, [event for event in trace.events if isinstance(event, Decided)], model


def judge(yes: str) -> Callable[[Request], Any]:
    """Says yes to what has that in it, and to sentences of the passage."""

    def reply(request: Request) -> Any:
        data, _, claim = request.messages[-1].content.partition("Claim: ")
        told = knows(request) or claim in data or yes in claim
        return ["yes" if told else "no"] * request.n

    return reply
