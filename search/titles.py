"""What a text calls itself."""

import re
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

LONGEST = 100
WRAPPED = 50
"""A first line this long that runs on into the next is a paragraph, not a title."""
BEGINNING = 4000
"""A heading further down belongs to a part of the text."""

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_FIELD = re.compile(
    r"^(title|author|date)[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_FENCED = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t#]*$|^(\S.*)\n=+[ \t]*$", re.MULTILINE)
_MARKS = re.compile(r"[*_`]+|!?\[([^\]]*)\]\([^)]*\)")


def title_of(text: str, location: str) -> str:
    """Its front matter's title, first heading, short first line, or the name it is kept under."""
    front = _FRONT_MATTER.match(text)
    if front is not None:
        if named := front_matter(text).get("title"):
            return named
        text = text[front.end() :]
    return _heading(text) or _first_line(text) or name_of(location)


def front_matter(text: str) -> dict[str, str]:
    """What a text says of itself before it begins: `title`, `author`, `date`, as written."""
    front = _FRONT_MATTER.match(text)
    fields = _FRONT_FIELD.findall(front[1]) if front is not None else []
    said = ((name.lower(), value.strip("\"'")) for name, value in reversed(fields))
    return {name: value for name, value in said if value}


def name_of(location: str) -> str:
    """The last part of a path or an address, made readable."""
    address = urlsplit(location) if "://" in location else None
    path = unquote(address.path).rstrip("/") if address else location
    words = re.sub(r"[-_\s]+", " ", PurePath(path).stem).strip()
    if not words:
        return (address.hostname if address else None) or location
    return words[0].upper() + words[1:]


def _heading(text: str) -> str:
    found = _HEADING.search(_FENCED.sub("", text[:BEGINNING]))
    if found is None:
        return ""
    return _MARKS.sub(r"\1", found[1] or found[2]).strip()[: 2 * LONGEST]


def _first_line(text: str) -> str:
    line, _, rest = text.strip().partition("\n")
    line = line.strip()
    following = rest.partition("\n")[0].strip()
    ends_like_a_sentence = line.endswith((*".!?…。！？:：;,，、", '."', ".”", "?”", "。」"))
    runs_on = following != "" and (len(line) >= WRAPPED or following[0].islower())
    if len(line) > LONGEST or not rest.strip() or ends_like_a_sentence or runs_on:
        return ""
    return line if any(c.isalnum() for c in line) else ""
