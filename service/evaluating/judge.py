"""Judge-graded correctness: a model is asked whether an answer says the same as the gold one."""

from collections.abc import Sequence

from inference import Message, Model, as_data, p_yes

JUDGE_PROMPT = (
    "Does the given answer say the same as the right answer to the question? Say yes or no."
)
"""The whole instruction; the data behind it is the question, the right answer, the given one."""


async def graded(model: Model, question: str, gold: Sequence[str], value: str | None) -> float:
    """p(yes), by the model of the role `judge`. Where there is nothing to compare, code decides:
    to abstain is right if there is no gold answer, and wrong if there is one. Raises ModelError."""
    if value is None or not gold:
        return float(value is None and not gold)
    told = f"Question: {question}\nRight answer: {' or '.join(gold)}\nGiven answer: {value}"
    messages = (Message("system", JUDGE_PROMPT), Message("user", as_data(told)))
    return (await p_yes(model, messages)).value
