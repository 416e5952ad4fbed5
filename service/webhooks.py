"""Which addresses webhooks may go to."""

from urllib.parse import urlsplit

from search import WebError, require_allowed
from service.settings import Settings
from service.work import webhook_settings

_LONGEST = 2000


def require_address(url: str, settings: Settings) -> None:
    """Raises ValueError for an address that nothing can be sent to, or may be."""
    if len(url) > _LONGEST:
        raise ValueError(f"at most {_LONGEST} characters")
    try:
        parts = urlsplit(url)
        credentials, host = parts.username or parts.password, parts.hostname
    except ValueError as error:
        raise ValueError("this is no address") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("use an address that begins with https:// or http://")
    if credentials:
        raise ValueError("leave user name and password out of it: what is sent is signed")
    try:
        require_allowed(url, webhook_settings(settings.webhook_hosts, settings.user_agent))
    except WebError as error:
        told = str(error).replace("BREADTH_ALLOW_HOSTS", "BREADTH_WEBHOOK_HOSTS")
        raise ValueError(told) from error
