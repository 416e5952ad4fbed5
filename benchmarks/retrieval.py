"""What retrieval finds, how fast, and how much it keeps: our stages, and libraries as they come.

    python benchmarks/retrieval.py --data FOLDER --quick --json

FOLDER has hotpotqa.jsonl and musique.jsonl; the passages of all questions of a set are one corpus.

- `SET_recallN_SYSTEM`: the share of supporting passages among the first N, for the question as it
  stands. `musique_gold_recallN_SYSTEM`: for MuSiQue's gold sub-questions, with the gold answers of
  those before in their places. With `_tuned` and `_held` behind it: on that half of the questions
  on which the numbers in search/ranking.py were chosen, and on the other one.
- Systems: `bm25` (SQLite's FTS5, as we use it), `embeddings`, `hybrid` (both fused), `reranked`
  (and linked by the titles that passages name: what `DocumentIndex.search` gives with the extra
  `embeddings`), `words` (what it gives without), `bm25s` and `tantivy` (as they come).
- `SYSTEM_query_seconds`: the mean of all questions as they stand, the query's vector included.
- `index_passages_per_second`, `embed_passages_per_second`, `index_bytes_per_passage` and
  `vector_bytes_per_passage`: of the two corpora.
- `query_seconds_N`, `words_query_seconds_N`: at N generated documents (from a seed; their vectors
  are random, the query's are not); `build_documents_per_second_N`: without embedding.

With `--database URL` the same of an index in that PostgreSQL, which is taken away at the end: with
`shared_` before the system (with pgvector, where the database has it), with `plain_` (without).

`--quick` leaves the halves out, and asks fewer queries of the generated documents. Needs the extras
`embeddings` and `benchmarks`.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.pools import Asked, Set
from benchmarks.retrieval_places import PLAIN, Place, places_of
from benchmarks.retrieval_rivals import Rank, bm25s_rank, tantivy_rank
from benchmarks.retrieval_sizes import seconds, sizes
from inference import MiniLM
from search.finding import Finder
from search.parts import later_parts
from search.passages import Embedder, Passage
from search.ranking import linked

SETS = ("hotpotqa", "musique")
AT = (5, 10, 20)
GOLD_AT = (3, *AT)
DEEP, READ = 100, 60

Vectors = Sequence[Sequence[float]]
"""Of a query, and of its parts."""

Stage = Callable[[str], Awaitable[list[int]]]
"""From a query to the numbers of passages, best first."""


def stages(finder: Finder, vectors: Mapping[str, Vectors]) -> dict[str, Stage]:
    """Each stage of our search by itself."""

    async def of(scores: Awaitable[Mapping[int, float]]) -> list[int]:
        return numbers([passage for passage, _ in await finder.passages(await scores, DEEP)])

    async def with_links(scores: Awaitable[Mapping[int, float]]) -> list[int]:
        found = await finder.passages(await scores, READ)
        return numbers([passage for passage, _ in linked(found)])

    return {
        "bm25": lambda query: of(finder.by_words(query)),
        "words": lambda query: with_links(finder.fused(query, ())),
        "embeddings": lambda query: of(finder.by_meaning(vectors[query][:1])),
        "hybrid": lambda query: of(finder.fused(query, vectors[query])),
        "reranked": lambda query: with_links(finder.fused(query, vectors[query])),
    }


def staged(rank: Rank) -> Stage:
    """A rival, to be asked as our stages are."""

    async def asked(query: str) -> list[int]:
        return rank(query)

    return asked


def numbers(passages: Sequence[Passage]) -> list[int]:
    """The pool's passages that these are pieces of, each once."""
    return list(dict.fromkeys(int(passage.source.location[1:]) for passage in passages))


async def recalls(
    name: str, asked: Sequence[Asked], ranks: Mapping[str, Stage], at: Sequence[int], halves: bool
) -> dict[str, float]:
    """The shares of the supporting passages that are found."""
    figures: dict[str, float] = {}
    parts = {"": asked}
    if halves:
        parts |= {"_tuned": [a for a in asked if a.half == 0]}
        parts |= {"_held": [a for a in asked if a.half == 1]}
    for system, rank in ranks.items():
        found = {one.query: await rank(one.query) for one in asked}
        for part, those in parts.items():
            for limit in at:
                shares = [
                    len(one.supporting & set(found[one.query][:limit])) / len(one.supporting)
                    for one in those
                ]
                figures[f"{name}_recall{limit}_{system}{part}"] = mean(shares)
    return figures


class Remembering:
    """An embedder that makes no vector twice, as each place has the same texts."""

    def __init__(self, model: MiniLM) -> None:
        self.name = model.name
        self._model = model
        self._made: dict[str, Sequence[float]] = {}

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One text is a query, which is embedded in earnest."""
        if len(texts) == 1:
            return await self._model.embed(texts)
        new = [text for text in texts if text not in self._made]
        if new:
            self._made |= dict(zip(new, await self._model.embed(new), strict=True))
        return [self._made[text] for text in texts]


@dataclass(frozen=True)
class Questions:
    """What is asked of one corpus, and the vectors of that."""

    name: str
    set_: Set
    kinds: Mapping[str, tuple[Sequence[Asked], Sequence[int]]]
    vectors: Mapping[str, Vectors]

    @classmethod
    async def of(cls, name: str, set_: Set, model: Embedder) -> "Questions":
        """As they stand; MuSiQue's sub-questions, too."""
        kinds: dict[str, tuple[Sequence[Asked], Sequence[int]]] = {name: (set_.whole, AT)}
        if name == "musique":
            kinds[f"{name}_gold"] = (set_.gold, GOLD_AT)
        queries = list(dict.fromkeys(one.query for asked, _ in kinds.values() for one in asked))
        vectors = {query: await model.embed([query, *later_parts(query)]) for query in queries}
        return cls(name, set_, kinds, vectors)


async def one_index(
    questions: Questions, place: Place, model: Embedder, halves: bool, prefix: str = ""
) -> dict[str, float]:
    """Both kinds of queries over one corpus; the index, and what it costs."""
    figures: dict[str, float] = {}
    pool = questions.set_.pool
    async with place.opened(model) as index:
        began = time.monotonic()
        await index.add_passages(pool.documents())
        figures[f"{prefix}index_seconds"] = time.monotonic() - began
        figures[f"{prefix}index_bytes"] = await place.size()
        began = time.monotonic()
        await index.embed()
        figures[f"{prefix}embed_seconds"] = time.monotonic() - began
        figures[f"{prefix}vector_bytes"] = await place.size() - figures[f"{prefix}index_bytes"]
        figures[f"{prefix}passages"] = (await index.counts())[1]
        found = stages(Finder(index.store), questions.vectors)
        ranks = {f"{prefix}{system}": rank for system, rank in found.items()}
        if not prefix:
            for rival, rank in (("bm25s", bm25s_rank), ("tantivy", tantivy_rank)):
                ranks[rival] = staged(rank(pool.passages))
        for kind, (asked, at) in questions.kinds.items():
            figures |= await recalls(kind, asked, ranks, at, halves)
    for system, embedder in (("words", None), ("reranked", model)):
        async with place.opened(embedder) as index:
            asked_queries = [one.query for one in questions.set_.whole]
            figures[f"{prefix}{system}_query_seconds"] = await seconds(index, asked_queries)
    return figures


async def measured(options: argparse.Namespace) -> dict[str, float]:
    """Everything, one after another."""
    sums: defaultdict[str, float] = defaultdict(float)
    figures: dict[str, float] = {}
    model, halves = Remembering(MiniLM()), not options.quick
    queries = 10 if options.quick else 50
    places = places_of(options.database)
    with tempfile.TemporaryDirectory() as folder:
        for set_ in SETS:
            asked = Set.of(options.data / f"{set_}.jsonl")
            questions = await Questions.of(set_, asked, model)
            for prefix, kept in places.items():
                async with kept(Path(folder), set_) as place:
                    found = await one_index(questions, place, model, halves, prefix)
                figures |= {key: value for key, value in found.items() if "_recall" in key}
                for key in found.keys() - figures.keys():
                    sums[key] += found[key]
        for prefix in places:
            figures |= summed(prefix, sums)
        for prefix in places.keys() - {PLAIN}:
            async with places[prefix](Path(folder), "generated") as place:
                figures |= await sizes(place, queries, prefix)
    return {key: round(value, 4) for key, value in figures.items()}


def summed(prefix: str, sums: Mapping[str, float]) -> dict[str, float]:
    """Of all sets."""
    figures = {}
    for done in ("index",) if prefix else ("index", "embed"):
        rate = sums[f"{prefix}passages"] / sums[f"{prefix}{done}_seconds"]
        figures[f"{prefix}{done}_passages_per_second"] = rate
    for kept in ("index", "vector"):
        size = sums[f"{prefix}{kept}_bytes"] / sums[f"{prefix}passages"]
        figures[f"{prefix}{kept}_bytes_per_passage"] = size
    for system in ("words", "reranked"):
        figures[f"{prefix}{system}_query_seconds"] = sums[f"{prefix}{system}_query_seconds"] / len(
            SETS
        )
    return figures


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--quick", action="store_true", help="within five minutes")
    parser.add_argument("--database", help="URL of a PostgreSQL, to compare an index there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:40} {value}")


if __name__ == "__main__":
    main()
