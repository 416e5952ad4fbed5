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
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.pools import Asked, Pool, load
from benchmarks.retrieval_rivals import Rank, bm25s_rank, tantivy_rank
from benchmarks.retrieval_sizes import sizes
from inference import MiniLM
from search import DocumentIndex
from search.file_store import FileStore
from search.finding import Finder
from search.passages import Passage
from search.ranking import linked

SETS = ("hotpotqa", "musique")
AT = (5, 10, 20)
GOLD_AT = (3, *AT)
DEEP, READ = 100, 60

Stage = Callable[[str], Awaitable[list[int]]]
"""From a query to the numbers of passages, best first."""


def stages(finder: Finder, vectors: Mapping[str, Sequence[float]]) -> dict[str, Stage]:
    """Each stage of our search by itself."""

    async def of(scores: Awaitable[Mapping[int, float]]) -> list[int]:
        return numbers([passage for passage, _ in await finder.passages(await scores, DEEP)])

    async def with_links(scores: Awaitable[Mapping[int, float]]) -> list[int]:
        found = await finder.passages(await scores, READ)
        return numbers([passage for passage, _ in linked(found)])

    return {
        "bm25": lambda query: of(finder.by_words(query)),
        "words": lambda query: with_links(finder.fused(query, None)),
        "embeddings": lambda query: of(finder.by_meaning(vectors[query])),
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


async def one_set(name: str, pool: Pool, folder: Path, halves: bool) -> dict[str, float]:
    """Both kinds of queries over one corpus; the index, and what it costs."""
    figures: dict[str, float] = {}
    model, path = MiniLM(), folder / f"{name}.db"
    began = time.monotonic()
    index = await pool.index(path, model)
    figures["index_seconds"] = time.monotonic() - began
    figures["index_bytes"] = size_of(path)
    began = time.monotonic()
    await index.embed()
    figures["embed_seconds"] = time.monotonic() - began
    index.close()
    figures["vector_bytes"] = size_of(path) - figures["index_bytes"]
    kinds = {name: (pool.whole(), AT)}
    if name == "musique":
        kinds[f"{name}_gold"] = (pool.gold(), GOLD_AT)
    queries = list(dict.fromkeys(one.query for asked, _ in kinds.values() for one in asked))
    vectors = dict(zip(queries, await model.embed(queries), strict=True))
    store = FileStore(path, model.name)
    figures["passages"] = (await store.counts())[1]
    ranks = stages(Finder(store), vectors)
    for rival, rank in (("bm25s", bm25s_rank), ("tantivy", tantivy_rank)):
        ranks[rival] = staged(rank(pool.passages))
    for kind, (asked, at) in kinds.items():
        figures |= await recalls(kind, asked, ranks, at, halves)
    store.close()
    figures |= await as_asked(path, pool, model)
    return figures


async def as_asked(path: Path, pool: Pool, model: MiniLM) -> dict[str, float]:
    """Seconds of the whole search, as a run asks for it."""
    figures: dict[str, float] = {}
    for system, embedder in (("words", None), ("reranked", model)):
        index = DocumentIndex.open(path, embedder=embedder)
        await index.search("The first reads the vectors.")
        began = time.monotonic()
        for one in pool.whole():
            await index.search(one.query)
        figures[f"{system}_query_seconds"] = (time.monotonic() - began) / len(pool.questions)
        index.close()
    return figures


def size_of(path: Path) -> int:
    """Bytes of a database, the log of what is not in it yet included."""
    files = (path.with_name(path.name + ending) for ending in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


async def measured(options: argparse.Namespace) -> dict[str, float]:
    """Everything, one after another."""
    sums: defaultdict[str, float] = defaultdict(float)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for set_ in SETS:
            pool = Pool.of(load(options.data / f"{set_}.jsonl"))
            found = await one_set(set_, pool, folder, not options.quick)
            figures |= {key: value for key, value in found.items() if "_recall" in key}
            for key in found.keys() - figures.keys():
                sums[key] += found[key]
        passages = sums["passages"]
        figures |= {
            "index_passages_per_second": passages / sums["index_seconds"],
            "embed_passages_per_second": passages / sums["embed_seconds"],
            "index_bytes_per_passage": sums["index_bytes"] / passages,
            "vector_bytes_per_passage": sums["vector_bytes"] / passages,
        }
        for key in ("words_query_seconds", "reranked_query_seconds"):
            figures[key] = sums[key] / len(SETS)
        figures |= await sizes(folder, queries=10 if options.quick else 50)
    return {key: round(value, 4) for key, value in figures.items()}


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--quick", action="store_true", help="within five minutes")
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
