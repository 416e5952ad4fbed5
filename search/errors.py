"""What can go wrong in search, by who reacts.

SearchError          the step fails; the run goes on
├── EngineError      an engine gave no usable response (its status or reason is in the text)
└── ReadError        a document could not be read (the text names it and says why)
IndexFolderError     the user gave a folder that cannot be indexed: told before a run starts
"""


class SearchError(Exception):
    """A search or a reading failed; what needed it cannot go on."""


class EngineError(SearchError):
    """A search engine gave no usable response. No hits is not this: it is an empty list."""


class ReadError(SearchError):
    """A document could not be read."""


class IndexFolderError(Exception):
    """The documents named by the user cannot be indexed."""
