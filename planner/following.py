"""A question that follows another one, said so that it stands by itself.

"And when was he born?" can be neither searched for nor planned. A question that names nothing, or
says "he" or "there", is said anew by the model, with what was asked and answered before; what it
then says may name only what stands in one of these.
"""

import re

from inference import Message, Model, ModelError, Request, as_data, complete
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.outcomes import Answer
from tools import is_function_word, names_in, words

_SYSTEM = "Say the last question so that it can be understood alone. Name what it leaves out."
_EXAMPLES = (
    (
        "Question: Who composed Tosca?\nAnswer: Giacomo Puccini composed Tosca.",
        "And when was he born?",
        "When was Giacomo Puccini born?",
    ),
    (
        "Question: How long is the Rhine?\nAnswer: The Rhine is 1,233 km long.",
        "What about the Elbe?",
        "How long is the Elbe?",
    ),
    (
        "Question: Describe the opera Tosca.\nAnswer: Tosca is an opera by Giacomo Puccini.",
        "Which other operas did its composer write?",
        "Which other operas did Giacomo Puccini, the composer of Tosca, write?",
    ),
)
_REFERS = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|that|these|those|there|then"
    r"|one|ones|former|latter|same|other|others|else)\b|^\W*(?:and|but|or|so|also|what about"
    r"|how about|why\W*$|when\W*$|where\W*$|who\W*$)",
    re.IGNORECASE,
)
_GRAMMAR = "root ::= [^\\n]{4,300}\n"
_TOLD = 600
"""Characters of the earlier answer."""


async def standalone(
    question: str, before: str, answer: Answer, model: Model, *, trace: Trace, seed: int = 0
) -> str:
    """The question, complete. Without a model that can be asked it stays as it is.

    `before`: the question that `answer` answers.
    """
    if not refers_back(question):
        return question
    told = f"Question: {before}\nAnswer: {' '.join(answer.text.split())[:_TOLD]}"
    turns = [Message("system", _SYSTEM)]
    for earlier, asked, complete_ in _EXAMPLES:
        turns += [Message("user", _turn(earlier, asked)), Message("assistant", complete_)]
    request = Request(
        messages=(*turns, Message("user", _turn(told, question))),
        head=len(turns),
        max_tokens=80,
        grammar=_GRAMMAR,
        seed=seed,
        purpose="clarify",
    )
    try:
        sample = (await complete(model, request)).samples[0]
    except (ModelError, BudgetExceeded) as error:
        await trace.record(Decided("question left as it is", str(error)))
        return question
    said = " ".join(sample.text.split())
    strange = _strange(said, f"{question} {told}")
    if not sample.whole or not said or strange:
        why = f"the model brings in {', '.join(sorted(strange))}" if strange else "it was cut off"
        await trace.record(Decided("question left as it is", why))
        return question
    await trace.record(Decided("question completed", said))
    return said


def refers_back(question: str) -> bool:
    """Whether it may need what was said before to be understood."""
    return bool(_REFERS.search(question)) or not names_in(question)


def _strange(said: str, known: str) -> set[str]:
    """Names and numbers from elsewhere."""
    named = {
        word
        for text in re.findall(r"\w+", said)[1:]
        if text[0].isupper() or text[0].isdigit()
        for word in words(text)
        if not is_function_word(word)
    }
    return named - set(words(known))


def _turn(earlier: str, question: str) -> str:
    """What was said before is data: it comes from documents."""
    return f"{as_data(earlier)}\nLast question: {question}"
