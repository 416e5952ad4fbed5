"""Asking back: whether a question can be understood in different ways, and which one is meant.

One small yes or no first; only a sure yes is worth a question to the person. A 1.5B model judges
this poorly (the README has the figures), so nobody is asked unless they want to be.
"""

from collections.abc import Awaitable, Callable

from inference import Message, Model, ModelError, Request, complete, p_yes
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace

SURE = 0.85
"""Probability of a yes from which on somebody is asked: above that of every question in
examples/questions.jsonl, none of which is ambiguous."""
_MAX_TOKENS = 60
_LONGEST = 400
"""Characters of what a person says."""
_JUDGE = (
    "Can the question be understood in different ways, so that one has to ask what is meant?"
    " Say yes or no."
)
_JUDGED = (
    ("How high is it?", "yes"),
    ("When was the composer of Tosca born?", "no"),
    ("How many people live in Springfield?", "yes"),
    ("Which river is longer, the Rhine or the Elbe?", "no"),
    ("Where was she born?", "yes"),
    ("Who wrote Solaris?", "no"),
    ("When does the meeting begin?", "yes"),
    ("In which year did Marie Curie win her second Nobel Prize?", "no"),
)
_ASK = "The question can be understood in different ways. Ask one short question back."
_ASKED = (
    ("How high is it?", "What do you mean by it?"),
    ("How many people live in Springfield?", "Which Springfield do you mean?"),
    ("When does the meeting begin?", "Which meeting do you mean?"),
)
_GRAMMAR = 'root ::= [A-Z] [^\\n?]{4,120} "?"\n'


async def clarified(
    question: str, model: Model, person: Callable[[str], Awaitable[str]], trace: Trace, seed: int
) -> str:
    """The question, with what the person said it means, where that was to be asked.

    `person`: answers a question; '' leaves the question as it is. A model that cannot be asked
    leaves it so, too.
    """
    try:
        return await _clarified(question, model, person, trace, seed)
    except (ModelError, BudgetExceeded) as error:
        await trace.record(Decided("nothing to clarify", str(error)))
        return question


async def _clarified(
    question: str, model: Model, person: Callable[[str], Awaitable[str]], trace: Trace, seed: int
) -> str:
    """The same; raises what the model raises."""
    judged = await p_yes(model, _turns(_JUDGE, _JUDGED, question), at=SURE)
    sure = f"ambiguous with {judged.value:.2f}, by {judged.method}"
    if judged.value < SURE:
        await trace.record(Decided("nothing to clarify", sure))
        return question
    request = Request(
        messages=_turns(_ASK, _ASKED, question),
        max_tokens=_MAX_TOKENS,
        grammar=_GRAMMAR,
        seed=seed,
        purpose="clarify",
    )
    sample = (await complete(model, request)).samples[0]
    back = " ".join(sample.text.split()) if sample.whole else ""
    await trace.record(Decided("clarifying question", f"{back} ({sure})"))
    said = " ".join((await person(back)).split())[:_LONGEST] if back else ""
    await trace.record(Decided("clarified", said or "nothing was said"))
    return f"{question} ({said})" if said else question


def _turns(
    system: str, examples: tuple[tuple[str, str], ...], question: str
) -> tuple[Message, ...]:
    """Instruction, examples, the question."""
    turns = [Message("system", system)]
    for asked, said in examples:
        turns += [Message("user", f"Question: {asked}"), Message("assistant", said)]
    return (*turns, Message("user", f"Question: {question}"))
