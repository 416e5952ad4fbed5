"""From a body to a question: pure, of values that anybody may have sent."""

import json
from typing import Any

from service.formats.plain import line
from service.hook_settings import PLACEHOLDER, HookSettings

_BRACES = {"{{": "{", "}}": "}"}


class Missing(Exception):
    """The body has no such field."""

    def __init__(self, path: str) -> None:
        """`path`: of the template."""
        super().__init__(f"the body has no {path!r}, which the hook's question names")


def question_in(body: Any, hook: HookSettings) -> str | None:
    """What is asked; None: nothing, `when` says so. Raises Missing."""
    if not _is_wanted(body, hook):
        return None
    parts, end = [], 0
    for found in PLACEHOLDER.finditer(hook.question):
        parts.append(hook.question[end : found.start()])
        parts.append(_BRACES.get(found[0]) or _said(body, found[1].strip()))
        end = found.end()
    return line("".join([*parts, hook.question[end:]]))


def _is_wanted(body: Any, hook: HookSettings) -> bool:
    for path, wanted in hook.when.items():
        try:
            said = _said(body, path)
        except Missing:
            return False
        if said not in ((wanted,) if isinstance(wanted, str) else wanted):
            return False
    return True


def _said(body: Any, path: str) -> str:
    """As a text. Raises Missing."""
    value = body
    for name in path.split("."):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            raise Missing(path)
    if value is None:
        raise Missing(path)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
