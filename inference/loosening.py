"""Counts in grammars and expressions, for engines to whom each of them is dear.

xgrammar (0.2), which holds vLLM's text to them, works out beforehand which of all tokens may come
at each place. Where nearly all of them may, as in `[^"]{2,240}`, that is much to work out, and 240
times: seconds of all cores for a plan, while the request waits. vLLM gives an expression
up after five seconds, and the request with it. Without the upper count there are few places.
"""

import re

_FEW = 16
_CLASS = r"(?P<but>\[\^(?:\\.|[^\]\\])+\])\{(?P<least>\d+),(?P<most>\d+)\}|\[(?:\\.|[^\]\\])*\]"
_IN_GRAMMAR = re.compile(rf'"(?:\\.|[^"\\])*"|#[^\n]*|{_CLASS}', re.DOTALL)
_IN_REGEX = re.compile(rf"\\.|{_CLASS}", re.DOTALL)


def loosened_grammar(grammar: str) -> str:
    """The GBNF grammar, where a run of nearly any character, `[^...]{m,n}`, has no upper count that
    is more than a few: max_tokens limits it."""
    return _IN_GRAMMAR.sub(_loosened, grammar)


def loosened_regex(regex: str) -> str:
    """The same of a regular expression."""
    return _IN_REGEX.sub(_loosened, regex)


def _loosened(found: re.Match[str]) -> str:
    """A text, a remark, an escape or a class that says what may stand there is as it was."""
    if found["but"] is None or int(found["most"]) <= _FEW:
        return found[0]
    return f"{found['but']}{{{found['least']},}}"
