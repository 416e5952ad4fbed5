"""The last resort of `compare`: what code cannot decide, a model chooses, among fixed words.

Not what is asked by degree: who is older does not follow from two names, so a model that chose
would say what it believes and not what was read.
"""

import json
import re
from collections.abc import Sequence

from inference import Message, Model, ModelError, Request, as_data, complete
from tools.compare import Chooser
from tools.cues import asks_by_degree
from tools.kinds import kind_of
from tools.tool import ToolError

_SYSTEM = "Choose the answer to the question from the facts in the data."
_YES_NO = ("yes", "no")
_DIGIT = re.compile(r"\d")


def model_chooser(model: Model, *, seed: int = 0) -> Chooser:
    """A chooser that asks the model under a grammar: it can say a label, yes or no, and no more."""

    async def choose(question: str, facts: Sequence[tuple[str, str]]) -> str | None:
        if asks_by_degree(question) and not any(map(_DIGIT.search, (v for _, v in facts))):
            return None
        labels = dict.fromkeys(label for label, _ in facts if label)
        options = _YES_NO if kind_of(question) == "yes-no" else tuple(labels)
        if not options:
            return None
        lines = [f"{label}: {value}" if label else value for label, value in facts]
        told = as_data("\n".join(lines))
        asked = f"{told}\nQuestion: {question}\nOptions: {', '.join(options)}"
        request = Request(
            messages=(Message("system", _SYSTEM), Message("user", asked)),
            max_tokens=60,
            grammar="root ::= " + " | ".join(_literal(option) for option in options),
            seed=seed,
            purpose="choose",
        )
        try:
            said = (await complete(model, request)).samples[0].text.strip()
        except ModelError as error:
            raise ToolError(f"the model could not choose: {error}") from error
        return next((option for option in options if option.casefold() == said.casefold()), None)

    return choose


def _literal(text: str) -> str:
    """A text as a GBNF literal."""
    return json.dumps(text, ensure_ascii=False)
