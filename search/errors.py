"""What can go wrong in search, by who reacts.

SearchError          the step fails; the run goes on
├── EngineError      an engine gave no usable response (its status or reason is in the text)
├── ReadError        a document could not be read (the text names it and says why)
├── NotRendered      the browser made nothing of a page; it is read without its scripts
└── WebError         a server could not be asked (the text names the address, without its query)
    ├── Refused          the address is none that may be connected to
    ├── TooLarge         more bytes came than are taken
    ├── TooSlow          the time was over
    ├── TooManyRedirects it was sent from address to address
    ├── Unreachable      nothing answers, or not in HTTP, or the answer broke off
    └── HttpStatus       it answered with a status that is an error
IndexFolderError     the user gave a folder that cannot be indexed: told before a run starts
"""


class SearchError(Exception):
    """A search or a reading failed; what needed it cannot go on."""


class EngineError(SearchError):
    """A search engine gave no usable response. No hits is not this: it is an empty list."""


class ReadError(SearchError):
    """A document could not be read."""


class NotRendered(SearchError):
    """The scripts of a page could not be run, or not to an end."""


class WebError(SearchError):
    """A server could not be asked."""


class Refused(WebError):
    """The address may not be connected to: nothing was sent."""


class TooLarge(WebError):
    """More came than is taken, as it was sent or as it unpacks."""


class TooSlow(WebError):
    """It was not over in time."""


class TooManyRedirects(WebError):
    """It was sent on too often."""


class Unreachable(WebError):
    """Nothing answers there, or what answers breaks off or speaks no HTTP."""

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        """`may_pass`: whether asking again may help."""
        super().__init__(message)
        self.may_pass = may_pass


class HttpStatus(WebError):
    """The server answered with a status that says no."""

    def __init__(self, message: str, status: int, retry_after: float | None = None) -> None:
        """`retry_after`: seconds that the server asks to wait, where it does."""
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class IndexFolderError(Exception):
    """The documents named by the user cannot be indexed."""
