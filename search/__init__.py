"""Search: finds passages in documents, and reads documents into passages.

- A Source is a document that was read, a Passage a piece of it: all that an answer can cite.
- A SearchEngine finds passages, a Reader gives a whole document as passages: the two ports.
- `read_file` and `read_bytes` make a Document of text, HTML or PDF, told apart by the bytes.
- `split` makes passages of a document, `sentences` finds where its sentences end.
- DocumentIndex is both ports over the user's folders: BM25 in one SQLite file that `refresh`
  keeps in step with the files. An IndexReport says what that did and what was unreadable.
- WebClient is the one way out to the web, and refuses every private address; WebSearch asks several
  WebEngines and reads the pages that they find; Together is several SearchEngines as one, ByAddress
  two Readers.
- Errors: SearchError fails a step, IndexFolderError is told to the user before a run starts.
"""

from search.engines import WebEngine, engines_of
from search.errors import EngineError, IndexFolderError, ReadError, SearchError, WebError
from search.index import DocumentIndex, IndexReport
from search.passages import Hit, Passage, Reader, SearchEngine, Source
from search.reading import Document, read_bytes, read_file
from search.splitting import sentences, split
from search.together import Together
from search.web import WebClient, WebResponse, WebSettings
from search.web_pages import ByAddress, WebPages
from search.web_search import WebSearch

__all__ = [
    "ByAddress",
    "Document",
    "DocumentIndex",
    "EngineError",
    "Hit",
    "IndexFolderError",
    "IndexReport",
    "Passage",
    "ReadError",
    "Reader",
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
    "engines_of",
    "read_bytes",
    "read_file",
    "sentences",
    "split",
]
