"""From the names and keys that a user gives to engines."""

from collections.abc import Mapping, Sequence

from search.engines.keyless import Keyless
from search.engines.papers import Arxiv, PubMed
from search.engines.results import WebEngine
from search.engines.table import SPECS
from search.engines.tabled import TabledEngine
from search.errors import EngineError
from search.web import WebClient

ENGINES = (*SPECS, "arxiv", "pubmed", "ddgs")
"""All names."""


def engines_of(names: Sequence[str], keys: Mapping[str, str], web: WebClient) -> list[WebEngine]:
    """The engines of these names. Raises EngineError for an unknown name or a missing key.

    `keys`: by engine; of google `KEY:CX`, of searxng its address.
    """
    return [_engine(name, keys.get(name, ""), web) for name in dict.fromkeys(names)]


def _engine(name: str, key: str, web: WebClient) -> WebEngine:
    if name in SPECS:
        return _tabled(name, key, web)
    match name:
        case "arxiv":
            return Arxiv(web)
        case "pubmed":
            return PubMed(web, key=key)
        case "ddgs":
            return Keyless()
        case _:
            raise EngineError(
                f"there is no search engine {name!r}: there are {', '.join(sorted(ENGINES))}"
            )


def _tabled(name: str, key: str, web: WebClient) -> WebEngine:
    spec = SPECS[name]
    if "{base}" in spec.address:
        if not key.startswith(("http://", "https://")):
            raise EngineError(_missing(name, "http://HOST:PORT", "address"))
        return TabledEngine(spec, web, base=key)
    key, _, second = key.partition(":") if spec.second else (key, "", "")
    if spec.second and not (key and second):
        raise EngineError(_missing(name, f"KEY:{spec.second.upper()}", f"key and {spec.second}"))
    if spec.key == "needed" and not key:
        raise EngineError(_missing(name, "KEY", "key"))
    return TabledEngine(spec, web, key=key, second=second)


def _missing(name: str, form: str, what: str) -> str:
    return f'{name} needs its {what}: set BREADTH_SEARCH_KEYS=\'{{"{name}": "{form}"}}\''
