"""What an open question is searched for: its aspects, each a search of its own, all at once.

No single look-up answers "Describe the life of ...", and a plan of look-ups would ask for values.
So its plan is as wide as its aspects (ParallelSearch, arXiv:2508.09303): one call of the model
names them, and the searches run beside each other. What they find is read by the writer.
"""

import re
from collections.abc import Mapping, Sequence

from inference import Message, Model, ModelError, Request, complete
from planner import template
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.plan import Step
from planner.style import Size
from tools import names_in, stems, words

_MOST: Mapping[Size, int] = {"short": 1, "answer": 3, "report": 6}
_SYSTEM = (
    "Which aspects does a good answer cover? Write a short search query for each, one a line, with"
    " the name of what is asked about."
)
_EXAMPLES = (
    (
        "Describe the opera Tosca.",
        "Tosca composer and libretto\nTosca plot and characters\nTosca first performance",
    ),
    (
        "Why did the Roman Republic fall?",
        "Roman Republic civil wars causes\nRoman Republic land reform Gracchi\n"
        "Roman Republic Caesar and the Senate",
    ),
)
_SAME = 0.8


class Aspects:
    """Names them."""

    def __init__(self, model: Model, *, trace: Trace, seed: int = 0) -> None:
        """A model that cannot be asked names none: the question is searched in any case."""
        self._model = model
        self._trace = trace
        self._seed = seed

    async def searches(self, question: str, size: Size) -> list[Step]:
        """Steps that search, none for the same twice."""
        try:
            sample = (await complete(self._model, self._request(question, size))).samples[0]
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("no aspects", str(error)))
            return []
        lines = sample.text.splitlines()
        whole = lines if sample.whole else lines[:-1]  # what was cut is no query
        queries = different([_about(line, question) for line in whole], question)
        return [
            Step(f"aspect_{number}", "search", {"query": template.literal(query)})
            for number, query in enumerate(queries[: _MOST[size]], 1)
        ]

    def _request(self, question: str, size: Size) -> Request:
        turns = [Message("system", _SYSTEM)]
        for asked, lines in _EXAMPLES:
            turns += [Message("user", f"Question: {asked}"), Message("assistant", lines)]
        return Request(
            messages=(*turns, Message("user", f"Question: {question}")),
            head=len(turns),
            max_tokens=24 * _MOST[size],
            grammar=_grammar(_MOST[size]),
            seed=self._seed,
            purpose="plan",
        )


def different(queries: Sequence[str], question: str) -> list[str]:
    """Without those that search for what the question, or an earlier one, searches for."""
    known, kept = [stems(question)], []
    for query in queries:
        mine = stems(query)
        if mine and not any(len(mine & other) >= _SAME * len(mine) for other in known):
            known.append(mine)
            kept.append(query)
    return kept


def _about(query: str, question: str) -> str:
    """A query that names what is asked about, where the question names something."""
    query = " ".join(re.sub(r"^[\s\d.)*-]+", "", query).split())
    names = names_in(question)
    if not names or names & stems(query):
        return query
    named = [word for word in re.findall(r"\w[\w’'-]*", question) if stems(words(word)) & names]
    return " ".join([*named, query])


def _grammar(most: int) -> str:
    """A few lines."""
    return f'root ::= line ("\\n" line){{0,{most - 1}}}\nline ::= [^\\n]{{4,80}}\n'
