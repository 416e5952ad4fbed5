"""What a rival of the planned run looks into, and what it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from planner import Budget
from search import Passage, SearchEngine, sentences
from tools import words

_HITS = 10


@dataclass
class Looking:
    """Searches for one question. The passages that were shown have numbers, from 1."""

    engine: SearchEngine
    budget: Budget
    shown: list[Passage] = field(default_factory=list)
    """All that was put into a prompt, in this order."""
    _hits: list[Passage] = field(default_factory=list)
    """Of the last search."""
    _told: set[str] = field(default_factory=set)
    """Sentences that a look into them brought."""

    async def search(self, query: str, limit: int) -> list[Passage]:
        """The best passages that were not shown yet; they count as shown now. Raises SearchError,
        and BudgetExceeded."""
        self.budget.spend_tool_call()
        most = max(_HITS, limit) + len(self.shown)
        found = await self.engine.search(query, limit=most)
        self._hits = [hit.passage for hit in found]
        new = [passage for passage in self._hits if passage not in self.shown][:limit]
        self.shown += new
        return new

    def look_up(self, text: str) -> tuple[Passage, str] | None:
        """The next sentence with all these words in what the last search found."""
        wanted = set(words(text))
        for passage in self._hits if wanted else ():
            for start, end in sentences(passage.text):
                sentence = passage.text[start:end]
                if sentence not in self._told and wanted <= set(words(sentence)):
                    self._told.add(sentence)
                    if passage not in self.shown:
                        self.shown.append(passage)
                    return passage, sentence
        return None

    def number(self, passage: Passage) -> int:
        """Of a passage that was shown."""
        return self.shown.index(passage) + 1

    def numbered(self, passages: Sequence[Passage]) -> str:
        """Passages as they are shown."""
        return "\n".join(self.line(passage, passage.text) for passage in passages)

    def line(self, passage: Passage, text: str) -> str:
        """A passage, or a part of it, under its number."""
        return f"[{self.number(passage)}] {passage.source.title}: {' '.join(text.split())}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a rival came to."""

    value: str | None
    """None: it says that there is no answer."""
    sources: tuple[int, ...] = ()
    """Numbers of the passages that it rests on."""
