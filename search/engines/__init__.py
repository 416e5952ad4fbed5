"""Web search engines, each an adapter behind one port: `WebEngine`.

results   what comes, and how several engines' results become one list
table     the engines that answer in JSON, as a table, and `tabled`, which asks them
papers    arXiv and PubMed
keyless   ddgs, which needs no key
asking    what all do alike
chosen    from names and keys to engines
"""

from search.engines.chosen import ENGINES, engines_of
from search.engines.keyless import Keyless
from search.engines.papers import Arxiv, PubMed
from search.engines.results import WebEngine, WebResult, canonical, merged
from search.engines.table import SPECS, Spec
from search.engines.tabled import TabledEngine

__all__ = [
    "ENGINES",
    "SPECS",
    "Arxiv",
    "Keyless",
    "PubMed",
    "Spec",
    "TabledEngine",
    "WebEngine",
    "WebResult",
    "canonical",
    "engines_of",
    "merged",
]
