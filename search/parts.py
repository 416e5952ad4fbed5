"""The later parts of a question, which stand for what it asks about first.

"Who was the first president of the association which published the Journal of X?" is near no
passage as a whole; "the association which published the Journal of X" is. In English what has to
be known first stands last, so each ending of a long question, from a preposition or a relative
pronoun on, is searched by its meaning, too. benchmarks/retrieval.py prints what that brings.
"""

import re

from search.terms import telling_words

_LONG = 8
"""Telling words of a question that has parts."""
_SHORTEST = 3
"""Words of a part."""
_MOST = 6
"""Parts, the last ones: each is one more vector to make."""
_BEFORE = re.compile(
    r"\b(?:of|by|in|at|from|with|for|on|to|that|which|where|who|whose|whom|after|during)\b",
    re.IGNORECASE,
)


def later_parts(query: str) -> list[str]:
    """The endings of a long question, the longest first; none of a short one."""
    if len(telling_words(query)) < _LONG:
        return []
    most = len(query.split()) - 2
    ends = (query[match.end() :].strip(" ?") for match in _BEFORE.finditer(query))
    parts = (end for end in ends if _SHORTEST <= len(end.split()) <= most)
    return list(dict.fromkeys(parts))[-_MOST:]
