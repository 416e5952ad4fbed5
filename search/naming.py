"""Which document a reader means who names it by the end of its path."""

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import PurePath

from search.errors import ReadError


def suffix_of(location: str) -> str:
    """What the location of such a document ends in, with / between its parts."""
    return "/" + location.replace("\\", "/").removeprefix("./").lstrip("/")


def the_one(location: str, matches: Sequence[str], known: Callable[[], Iterable[str]]) -> str:
    """The only match. Raises ReadError, with names of `known` that are close, where it is not."""
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ReadError(f"{location} names several documents: {', '.join(matches[:5])}.")
    raise ReadError(f"{location} is not among the documents{_suggestion(location, known())}.")


def _suggestion(location: str, known: Iterable[str]) -> str:
    by_name: dict[str, str] = {}
    for name in known:
        by_name.setdefault(PurePath(name).name.lower(), name)
    wanted = PurePath(location).name.lower()
    close = [by_name[name] for name in get_close_matches(wanted, by_name)]
    return f"; close to it: {', '.join(close)}" if close else "; search for it by its content"
