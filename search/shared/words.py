"""Passages by words: PostgreSQL's text search finds them, BM25 puts them in order.

PostgreSQL's own rankings know nothing of how rare a word is. So the passages that have each word
are counted (by a trigger), and a query is two questions: what its words weigh, and which passages
have the most of that. The second takes all candidates by the words that they have at all, which is
quick, and works out BM25 (as FTS5 has it: k1 = 1.2, b = 0.75, titles thrice) for the best of them.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from search.catalogue import COMMON, LARGE
from search.conditions import in_postgresql
from search.narrowing import Narrowing
from search.terms import Term, plain_words, query_terms

_CANDIDATES = 1_000
"""Passages for which BM25 is worked out."""
_ENOUGH = 10_000
"""So many passages with the rarer words of a query are candidates; more by frequent words alone
are not looked at."""
_BEGINNINGS = 50
"""Words that a term may be the beginning of."""
_TITLE = 1.6
"""How much more a word in the title says, by BM25 for a passage of usual length."""
_LEAST = 1e-6

_COUNTED = """
SELECT l.lexeme, l.passages FROM lexemes l WHERE l.passages > 0 AND l.lexeme IN (
    SELECT t.lexeme FROM unnest(to_tsvector('words', :whole)) t
)"""
_BEGUN = """
SELECT l.lexeme, l.passages FROM lexemes l
WHERE l.passages > 0 AND l.lexeme >= :first AND l.lexeme < :behind
ORDER BY l.passages DESC LIMIT :limit"""
_RANKED = """
WITH candidates AS MATERIALIZED (
    SELECT p.id, p.likeness, p.length, p.words FROM passages p{joined}
    WHERE p.words @@ CAST(:any AS tsquery){conditions}
    ORDER BY {rough} DESC LIMIT :candidates
), found AS (
    SELECT c.id, c.likeness, c.length, w.weight,
        (SELECT sum(CASE l WHEN 'A' THEN 3 ELSE 1 END) FROM unnest(t.weights) l) AS times
    FROM candidates c CROSS JOIN LATERAL unnest(c.words) t
    JOIN unnest(CAST(:lexemes AS text[]), CAST(:weights AS float[])) w (lexeme, weight)
        ON w.lexeme = t.lexeme
), scored AS (
    SELECT id, likeness,
        sum(weight * 2.2 * times / (times + 0.3 + 0.9 * length / :mean)) AS score
    FROM found GROUP BY id, likeness
), alike AS (
    SELECT DISTINCT ON (likeness) id, score FROM scored ORDER BY likeness, score DESC, id
)
SELECT id, score FROM alike ORDER BY score DESC, id LIMIT :limit
"""


async def by_words(
    connection: AsyncConnection, query: str, limit: int, within: Narrowing | None
) -> dict[int, float]:
    """See `Store.by_words`."""
    counted = await _counted(connection, query_terms(query))
    state = await connection.exec_driver_sql("SELECT passages, length FROM state")
    passages, length = map(int, tuple(state.one()))
    counted = _telling(counted, passages)
    if not counted:
        return {}
    conditions, values = in_postgresql(within)
    weights = {lexeme: _weight(count, passages) for lexeme, count in counted.items()}
    statement = _RANKED.format(
        joined=" JOIN documents d ON d.id = p.document" if conditions else "",
        conditions=conditions,
        rough=" + ".join(
            f"CASE WHEN NOT p.words @@ CAST(:q{i} AS tsquery) THEN 0"
            f" WHEN p.words @@ CAST(:t{i} AS tsquery) THEN {_TITLE} * :w{i} ELSE :w{i} END"
            for i in range(len(weights))
        ),
    )
    for i, (lexeme, weight) in enumerate(weights.items()):
        values |= {f"q{i}": f"'{lexeme}'", f"t{i}": f"'{lexeme}':A", f"w{i}": weight}
    values |= {
        "any": " | ".join(f"'{lexeme}'" for lexeme in _essential(counted)),
        "lexemes": list(weights),
        "weights": list(weights.values()),
        "mean": max(length / max(passages, 1), 1.0),
        "candidates": max(_CANDIDATES, limit),
        "limit": limit,
    }
    rows = await connection.execute(text(statement), values)
    return {int(row): float(score) for row, score in rows}


def indexed(words: Sequence[str]) -> str:
    """What text search is given: words alone, so that its parser takes none for anything else."""
    return " ".join(words)


async def _counted(connection: AsyncConnection, terms: Sequence[Term]) -> dict[str, int]:
    """The words as they are indexed, with the number of passages that have each."""
    whole = [word for term in terms if not term.begins for word in plain_words(term.text)]
    rows = list(await connection.execute(text(_COUNTED), {"whole": indexed(whole)}))
    for term in terms:
        if term.begins:
            first = term.text
            behind = first[:-1] + chr(ord(first[-1]) + 1)
            values = {"first": first, "behind": behind, "limit": _BEGINNINGS}
            rows += await connection.execute(text(_BEGUN), values)
    return {str(lexeme): int(count) for lexeme, count in rows}


def _telling(counted: Mapping[str, int], passages: int) -> dict[str, int]:
    """Rarest first. In a large index words that most passages have are left out, as in a file's."""
    by_rarity = dict(sorted(counted.items(), key=lambda item: item[1]))
    if passages < LARGE:
        return by_rarity
    telling = {word: count for word, count in by_rarity.items() if count <= COMMON * passages}
    return telling or by_rarity


def _essential(counted: Mapping[str, int]) -> list[str]:
    """The rarest words that have candidates enough; the others only add to the scores of these."""
    sums = [0, *accumulate(counted.values())]
    return [word for word, before in zip(counted, sums, strict=False) if before < _ENOUGH]


def _weight(count: int, passages: int) -> float:
    """The inverse document frequency."""
    return max(math.log((passages - count + 0.5) / (count + 0.5)), _LEAST)
