"""A fact on its way between steps: a value, and where in the plan it comes from.

"30 July 1970" alone cannot answer "Who is older?". The questions that led to it can: they name
whose birthday it is, and whose film led to that person.
"""

import re
from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, JsonValue

# Words that stand inside a name: "Battle of Hastings", "First for Women".
_JOINING = frozenset(
    re.findall(r"\S+", "of and the for in on at de la le du von van to a an & - –")
)
_ARTICLES = ("the ", "a ", "an ")
_EDGES = " \t\"“”‘'’?!.,;:()[]"


class Fact(BaseModel):
    """A value that a step found, with the questions that it answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: JsonValue
    """None: there is no such thing, or it was not found."""
    question: str = ""
    """The sub-question that it answers, with the names filled in."""
    chain: tuple[str, ...] = ()
    """The sub-questions that led to it, nearest first; it may begin with `question` itself."""
    names: tuple[str, ...] = ()
    """The values of earlier steps that were filled into `question`."""


def labels(facts: Sequence[Fact]) -> list[tuple[str, ...]]:
    """For each fact the names that it could go by, nearest first; none where nothing tells.

    First the names that were filled in, then what sets its question apart from the others'
    questions, then the same for the further questions of the chains, depth by depth. A name that
    all of them share tells nothing and is left out; one that was filled in for some of them is
    theirs alone, though the others' chains hold it ("the designer or his wife").
    """
    chains = [_questions(fact) for fact in facts]
    rows = [list(fact.names) for fact in facts]
    for depth in range(max(map(len, chains), default=0)):
        having = [index for index, chain in enumerate(chains) if depth < len(chain)]
        differences = _differences([chains[index][depth] for index in having])
        for index, names in zip(having, differences, strict=True):
            rows[index].extend(names)
    return _telling(rows, [{normalised(name) for name in fact.names} for fact in facts])


def normalised(text: str) -> str:
    """For comparing names: without case, article, quotes and punctuation at the edges."""
    folded = " ".join(text.replace("’", "'").casefold().split()).strip(_EDGES)
    for article in _ARTICLES:
        folded = folded.removeprefix(article)
    return folded


def _questions(fact: Fact) -> tuple[str, ...]:
    if fact.chain[:1] == (fact.question,) or not fact.question:
        return fact.chain
    return (fact.question, *fact.chain)


def _telling(rows: Sequence[Sequence[str]], filled_in: Sequence[set[str]]) -> list[tuple[str, ...]]:
    """Each row without blanks, repetitions, what stands in every row, and what is another's."""
    kept = [{normalised(name): _bare(name) for name in row} for row in rows]
    counts = Counter(key for row in kept for key in row)
    owners = Counter(key for keys in filled_in for key in keys)

    def tells(key: str, own: set[str]) -> bool:
        if 0 < owners[key] < len(rows):
            return key in own
        return not counts[key] == len(rows) > 1

    return [
        tuple(name for key, name in row.items() if key and tells(key, own))
        for row, own in zip(kept, filled_in, strict=True)
    ]


def _bare(name: str) -> str:
    """Without what stands at its edges, unless that closes what is opened inside: Up (film)."""
    bare = name.strip(_EDGES)
    closing = ")" if bare.count("(") > bare.count(")") else '"' if bare.count('"') % 2 else ""
    return bare + closing if closing and bare + closing in name else bare


def _differences(questions: Sequence[str]) -> list[list[str]]:
    """The names in each question where the others differ; none where that cannot be told."""
    words = [question.split() for question in questions]
    if len({tuple(row) for row in words}) < 2:
        return [[] for _ in words]
    start = _common(words)
    end = _common([row[start:][::-1] for row in words])
    return [_names(row, start, len(row) - end) for row in words]


def _common(rows: Sequence[Sequence[str]]) -> int:
    """How many words all rows begin with."""
    count = 0
    for column in zip(*rows, strict=False):
        if len({word.strip(_EDGES).casefold() for word in column}) > 1:
            break
        count += 1
    return count


def _names(words: Sequence[str], start: int, end: int) -> list[str]:
    """The names among the words from start to end, each whole where only a part differs."""
    if start == 0:
        # Questions that are worded differently: one may hold more names than the other.
        names = _runs(words[1:])
        return names if len(names) == 1 else []
    while (step := _grown(words[:start][::-1])) and start - step > 0:
        start -= step
    while end > start and not _closes(words[end - 1]) and (step := _grown(words[end:])):
        end += step
    return _runs(words[start:end]) or [" ".join(words[start:end])]


def _runs(words: Sequence[str]) -> list[str]:
    """The names: words with capitals or digits, and the joining words between two of those."""
    names: list[list[str]] = []
    is_open = False
    for index, word in enumerate(words):
        if _is_capital(word):
            names = names if is_open else [*names, []]
            names[-1].append(word)
            is_open = not _closes(word)
        elif is_open and (step := _grown(words[index:])) and step > 1:
            names[-1].append(word)
        else:
            is_open = False
    return [" ".join(name) for name in names]


def _grown(words: Sequence[str]) -> int:
    """How many of the words still belong to the name beside them: up to the next capital."""
    for count, word in enumerate(words, start=1):
        if _is_capital(word):
            return count
        if word not in _JOINING:
            return 0
    return 0


def _is_capital(word: str) -> bool:
    return any(letter.isupper() or letter.isdecimal() for letter in word)


def _closes(word: str) -> bool:
    return word[-1] in '?!,;"”'
