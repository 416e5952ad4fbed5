"""Search: finds passages in documents, and reads documents into passages.

- A Source is a document that was read, a Passage a piece of it: all that an answer can cite.
- A SearchEngine finds passages, a Reader gives a whole document as passages: the two ports.
- `read_file` and `read_bytes` make a Document of text, HTML, PDF, Office files, books and mails,
  told apart by their bytes (`media`); each format has a module that takes an Extract out of it.
- `split` makes passages of a document, `sentences` finds where its sentences end.
- DocumentIndex is both ports over the user's folders: BM25 in one SQLite file that `refresh`
  keeps in step with the files. An IndexReport says what that did and what was unreadable.
  `shared_index` is one in PostgreSQL, which workers on several machines keep up together.
- WebClient is the one way out to the web, and refuses every private address; WebSearch asks several
  WebEngines and reads the pages that they find; Together is several SearchEngines as one, ByAddress
  two Readers. PageCache keeps what was fetched, Robots knows what may be read.
- A Browser (`browser_of`) is a Renderer: it runs the scripts of pages that show nothing without
  (`shells`); what these ask for is fetched as pages are. NoBrowser says what is missing.
- An Embedder has it find by meaning, too (`embed` makes the vectors); a Reranker orders the first
  hits. Both are given to it: search knows no model.
- COMPRESSED (which compression is unpacked) and DAMAGED_ARCHIVE (what a damaged one raises) are for
  those who open ZIP archives of their own.
- A Narrowing says which documents a search may look into.
- `pages_of` lists what a sitemap names, `refresh_pages` keeps an index in step with such pages.
- Errors: SearchError fails a step, IndexFolderError is told to the user before a run starts.
"""

from search.archives import COMPRESSED, DAMAGED_ARCHIVE
from search.browser_settings import BrowserSettings, browser_program
from search.domains import OnDomains
from search.engines import WebEngine, engines_of
from search.errors import (
    EngineError,
    HttpStatus,
    IndexFolderError,
    ReadError,
    SearchError,
    WebError,
)
from search.index import DocumentIndex, IndexReport
from search.narrowing import KINDS, Narrowing
from search.pacing import retry_after
from search.page_cache import Fetches, PageCache
from search.passages import (
    Embedder,
    Hit,
    Passage,
    Reader,
    Reranker,
    SearchEngine,
    Source,
)
from search.reading import Document, read_bytes, read_file
from search.remembered import Remembered
from search.rendering import NoBrowser, browser_of, browser_problem
from search.robots import Robots
from search.shared import shared_index
from search.site import refresh_pages
from search.sitemaps import pages_of
from search.splitting import sentences, split
from search.tables import LEFT_OUT, rows_in
from search.together import Together
from search.web import WebClient, WebResponse, WebSettings, require_allowed
from search.web_pages import ByAddress, Renderer, WebPages, is_address
from search.web_search import WebSearch

__all__ = [
    "COMPRESSED",
    "DAMAGED_ARCHIVE",
    "KINDS",
    "LEFT_OUT",
    "BrowserSettings",
    "ByAddress",
    "Document",
    "DocumentIndex",
    "Embedder",
    "EngineError",
    "Fetches",
    "Hit",
    "HttpStatus",
    "IndexFolderError",
    "IndexReport",
    "Narrowing",
    "NoBrowser",
    "OnDomains",
    "PageCache",
    "Passage",
    "ReadError",
    "Reader",
    "Remembered",
    "Renderer",
    "Reranker",
    "Robots",
    "SearchEngine",
    "SearchError",
    "Source",
    "Together",
    "WebClient",
    "WebEngine",
    "WebError",
    "WebPages",
    "WebResponse",
    "WebSearch",
    "WebSettings",
    "browser_of",
    "browser_problem",
    "browser_program",
    "engines_of",
    "is_address",
    "pages_of",
    "read_bytes",
    "read_file",
    "refresh_pages",
    "require_allowed",
    "retry_after",
    "rows_in",
    "sentences",
    "shared_index",
    "split",
]
