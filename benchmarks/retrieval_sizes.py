"""How long a search takes at 1,000, 10,000 and 100,000 generated documents."""

import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.retrieval_places import Place
from inference import MiniLM
from search import DocumentIndex

SIZES = (1_000, 10_000, 100_000)
SEED = 20
WORDS, LENGTH, TITLE = 50_000, 80, 3
ZIPF = 1.0
"""The n-th word is as frequent as 1 / n to this power: Zipf's law for English."""
QUERY_WORDS = 9
"""Of HotpotQA's questions the mean, without stop words."""
SYLLABLES = ["ba", "den", "ki", "lor", "mu", "net", "po", "ras", "sil", "tov"]
DIMENSIONS = 384


class Seeded:
    """Random vectors for documents, to save the time; queries are embedded in earnest."""

    name = "seeded"

    def __init__(self, model: MiniLM) -> None:
        self._model = model
        self._random = np.random.default_rng(SEED)

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One text is a query."""
        if len(texts) == 1:
            return await self._model.embed(texts)
        return list(self._random.standard_normal((len(texts), DIMENSIONS), np.float32))


def word(number: int) -> str:
    """A word of its own for each number; frequent ones are short."""
    return "".join(SYLLABLES[int(digit)] for digit in str(number))


class Generator:
    """Texts of words that are as frequent as words are."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(SEED)
        shares = np.cumsum(1 / np.arange(1, WORDS + 1) ** ZIPF)
        self._shares = shares / shares[-1]
        self._words = [word(number) for number in range(WORDS)]

    def text(self, words: int, *, skip: int = 0) -> str:
        """So many words; `skip`: none of the most frequent, as if they were stop words."""
        least = self._shares[skip - 1] if skip else 0.0
        numbers = np.searchsorted(self._shares, self._random.uniform(least, 1.0, words))
        return " ".join(self._words[number] for number in numbers)

    def documents(self, first: int, count: int) -> Iterator[tuple[str, str, str]]:
        """Title, text, location."""
        for number in range(first, first + count):
            yield self.text(TITLE, skip=100), f"{self.text(LENGTH)}.", f"/{number}"


async def sizes(place: Place, queries: int, prefix: str = "") -> dict[str, float]:
    """One index that grows. `prefix`: of the figures' names."""
    figures: dict[str, float] = {}
    generator, embedder = Generator(), Seeded(MiniLM())
    asked = [generator.text(QUERY_WORDS, skip=30) for _ in range(queries)]
    done = 0
    for size in SIZES:
        async with place.opened(embedder) as index:
            began = time.monotonic()
            await index.add_passages(generator.documents(done, size - done))
            build = (size - done) / (time.monotonic() - began)
            figures[f"{prefix}build_documents_per_second_{size}"] = build
            await index.embed()
            figures[f"{prefix}query_seconds_{size}"] = await seconds(index, asked)
        async with place.opened(None) as index:
            figures[f"{prefix}words_query_seconds_{size}"] = await seconds(index, asked)
        done = size
    return figures


async def seconds(index: DocumentIndex, asked: Sequence[str]) -> float:
    """The mean; the first query reads what stays in memory, and is not counted."""
    await index.search(asked[0])
    began = time.monotonic()
    for query in asked:
        await index.search(query)
    return (time.monotonic() - began) / len(asked)
