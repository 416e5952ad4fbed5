"""The rival `oneshot`: the first passages of one retrieval in one prompt, the same model."""

import re

from inference import Model, Request, complete
from service.evaluating.looking import Found, Looking
from service.evaluating.rival_prompts import NOTHING, oneshot_prompt

_MAX_TOKENS = 40
_MARKS = re.compile(r"[\s.]*((?:\[\d+\][\s,.]*)+)$")


async def oneshot(
    question: str, model: Model, looking: Looking, *, passages: int = 5, seed: int = 0
) -> Found:
    """Search, read all at once, answer. Raises ModelError, SearchError and BudgetExceeded."""
    shown = await looking.search(question, passages)
    if not shown:
        return Found(None)
    messages = oneshot_prompt(question, looking.numbered(shown))
    request = Request(
        messages=messages,
        head=len(messages) - 1,
        max_tokens=_MAX_TOKENS,
        stop=("\n",),
        seed=seed,
        purpose="oneshot",
    )
    return read_off((await complete(model, request)).samples[0].text, len(shown))


def read_off(text: str, shown: int) -> Found:
    """The value, and the passages whose numbers stand behind it."""
    marks = _MARKS.search(text)
    value = (text[: marks.start()] if marks else text).strip().strip('"').rstrip(".").strip()
    if value.casefold() in {"", NOTHING}:
        return Found(None)
    numbers = map(int, re.findall(r"\d+", marks[1])) if marks else ()
    return Found(value, tuple(dict.fromkeys(n for n in numbers if 0 < n <= shown)))
