"""The passages of all questions of a set, each once: what the systems search."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from service.evaluating.question_sets import Given, Question


@dataclass(frozen=True)
class Pool:
    """A corpus of (title, text), in the order of the file."""

    passages: tuple[tuple[str, str], ...]
    left_out: frozenset[tuple[str, str]] = frozenset()
    """Of those, the ones that nobody is to find."""
    _places: Mapping[tuple[str, str], int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Number the passages."""
        places = {passage: number for number, passage in enumerate(self.passages)}
        object.__setattr__(self, "_places", places)

    @classmethod
    def of(cls, questions: Sequence[Question], without: Sequence[Question] = ()) -> "Pool":
        """Of all questions; `without`: those whose support is left out, under any title."""
        passages = dict.fromkeys((p.title, p.text) for q in questions for p in q.passages)
        texts = {p.text for question in without for p in _supporting(question)}
        return cls(tuple(passages), frozenset(p for p in passages if p[1] in texts))

    def support_of(self, question: Question) -> frozenset[str]:
        """The locations of the passages that its answer rests on."""
        return frozenset(f"/{self._places[p.title, p.text]}" for p in _supporting(question))

    def documents(self) -> Iterator[tuple[str, str, str]]:
        """Title, text and location, which is the passage's number."""
        for number, (title, text) in enumerate(self.passages):
            if (title, text) not in self.left_out:
                yield title, text, f"/{number}"

    @property
    def digest(self) -> str:
        """Of all that is found in it."""
        made = sha256()
        for document in self.documents():
            for text in document:
                data = text.encode("utf-8", "surrogatepass")
                made.update(f"{len(data)} ".encode() + data)
        return made.hexdigest()


def _supporting(question: Question) -> Iterator[Given]:
    return (passage for passage in question.passages if passage.supporting)
