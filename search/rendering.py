"""Who renders pages: the browser, or what says in its place what is missing for one.

`browser` is imported when there is one: Playwright is an extra, and slow to import.
"""

import asyncio
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from search.browser_settings import BrowserSettings, browser_program
from search.shells import is_shell
from search.web import WebResponse
from search.web_pages import Fetch, charset_of

if TYPE_CHECKING:
    from search.browser import Browser

INSTALL = "pip install '.[browser]'"


def browser_of(settings: BrowserSettings, tell: Callable[[str], None]) -> "Browser":
    """A Browser, where `browser_problem` knows of none. `tell`: see there."""
    from search.browser import Browser  # noqa: PLC0415 - an extra, and slow to import

    return Browser(settings, tell)


class NoBrowser:
    """A Renderer where there is none: says so once, when a page needs one."""

    def __init__(self, reason: str, tell: Callable[[str], None]) -> None:
        """`reason`: what is missing, and how to get it."""
        self._reason = reason
        self._tell = tell
        self._told = False

    async def rendered(self, page: WebResponse, fetch: Fetch) -> WebResponse:
        """See Renderer."""
        if not self._told and await asyncio.to_thread(is_shell, page.body, charset_of(page)):
            self._told = True
            self._tell(f"pages that JavaScript writes are read without it: {self._reason}")
        return page


def browser_problem(named: str | None = None) -> str | None:
    """Why there can be no Browser here, and what to do; None: there can. `named`: its program."""
    if find_spec("playwright") is None:
        return f"install the extra `browser` ({INSTALL})"
    if browser_program(named) is None:
        if named:
            return f"there is no program {named}"
        return (
            "install Chromium (on Debian: apt install chromium), or name its program"
            " (BREADTH_BROWSER_PATH)"
        )
    return None
