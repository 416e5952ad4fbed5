"""The HTTP client that tools of others are given: what of `search.WebClient` they use."""

from collections.abc import Mapping
from typing import Any, Protocol


class WebReply(Protocol):
    """A whole answer."""

    @property
    def status(self) -> int:
        """Of HTTP."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Their names in any case."""
        ...

    @property
    def body(self) -> bytes:
        """Decompressed."""
        ...


class Web(Protocol):
    """Makes requests, to addresses that are not refused."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | None = None,
        most_bytes: int | None = None,
        seconds: float | None = None,
        raise_for_status: bool = True,
    ) -> WebReply:
        """Raises SearchError where there is no answer."""
        ...
