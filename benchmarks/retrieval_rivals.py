"""Search libraries as they come, over the same passages: bm25s and tantivy."""

from collections.abc import Callable, Sequence

import bm25s
import tantivy

Rank = Callable[[str], list[int]]
"""From a query to the numbers of passages, best first."""

_LIMIT = 100


def bm25s_rank(passages: Sequence[tuple[str, str]]) -> Rank:
    """Its defaults, and its English stop words; it has no stemmer of its own."""
    texts = [f"{title}. {text}" for title, text in passages]
    engine = bm25s.BM25()
    engine.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)

    def rank(query: str) -> list[int]:
        tokens = bm25s.tokenize(query, stopwords="en", show_progress=False)
        found, _ = engine.retrieve(tokens, k=min(_LIMIT, len(texts)), show_progress=False)
        return [int(number) for number in found[0]]

    return rank


def tantivy_rank(passages: Sequence[tuple[str, str]]) -> Rank:
    """Its default tokenizer over title and text, as its first example has it."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("number", stored=True)
    builder.add_text_field("title", stored=False)
    builder.add_text_field("body", stored=False)
    index = tantivy.Index(builder.build())
    writer = index.writer()
    for number, (title, text) in enumerate(passages):
        writer.add_document(tantivy.Document(number=number, title=title, body=text))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def rank(query: str) -> list[int]:
        parsed, _ = index.parse_query_lenient(query, ["title", "body"])
        hits = searcher.search(parsed, _LIMIT).hits
        return [searcher.doc(address)["number"][0] for _, address in hits]

    return rank
