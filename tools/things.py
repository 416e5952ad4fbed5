"""What sort of thing a question asks for ("which river"), and whether a value is one.

A model of 1.5B reads "Belgium" where a river is asked for, and knows all the same that Belgium is
no river, if it is asked that alone. The bar is low, so that what is right passes, and with it many
a wrong one: names nobody has heard of, among others.
"""

import re

from inference import Message, Model, ModelError, p_yes
from tools.kinds import kind_of
from tools.words import is_function_word

_NONE = 0.25
"""Below this probability of a yes, a value is no such thing."""
_WORD = r"[\w'’.-]+"
_AUXILIARY = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would)\b", re.IGNORECASE
)
_ASKED = re.compile(
    r"(?:^\W*(?:(?:in|on|at|from|by|of|for|to|with|under) )?(?:what|which)"
    r"|\b(?:in|on|at|from|by|for|is|was) what)"
    rf"(?:(?: is| was)?(?: the)? name of (?:the|an?) (?P<named>{_WORD}(?: {_WORD})*)"
    r"| (?:is|was) the (?P<placed>(?:[a-z-]+ ){1,3}?)(?:where|that|which|in which|on which|by)\b"
    rf"| (?P<thing>(?!of\b){_WORD}(?: {_WORD})*))",
    re.IGNORECASE,
)
"""Not where "which" begins a clause: "the city in which Up is set"."""
_VERB = re.compile(r"[a-z]+(?:s|ed)")
_LEFT_OUT = re.compile(r"^(?:other|kind of|type of|sort of)\s+", re.IGNORECASE)
_MOST = 4
_NO_THING = re.compile(
    r"(?:part|kind|type|sort|way|role|name|word|term|title|nickname|thing|color|colour|nationality"
    r"|position|rank|percentage|amount|number|time|award|language|religion|genre)s?",
    re.IGNORECASE,
)
"""Whether something is one of these, its name does not tell."""


def thing_asked(question: str) -> str | None:
    """The noun, with what stands before it: `art museum`; None where that is not plain."""
    match = _ASKED.search(question) if kind_of(question) == "name" else None
    if match is None:
        return None
    if match["placed"]:
        found = match["placed"].split()
    else:
        found = _noun((match["named"] or match["thing"]).split())
    thing = _LEFT_OUT.sub("", " ".join(found))
    return thing if thing and not _NO_THING.fullmatch(thing.split()[-1]) else None


def _noun(told: list[str]) -> list[str]:
    """The words up to the verb, or to where something else begins."""
    found: list[str] = []
    ahead = ""
    for place, word in enumerate(told):
        if _AUXILIARY.fullmatch(word) or (is_function_word(word) and found):
            ahead = word
            break
        if found and word[0].isupper() and not found[-1][0].isupper():
            break
        if place == _MOST:
            return []
        found.append(word)
    verb = len(found) > 1 and not _AUXILIARY.fullmatch(ahead) and _VERB.fullmatch(found[-1])
    return found[:-1] if verb else found


async def is_one(model: Model, value: str, thing: str) -> bool:
    """Whether a value can be such a thing; yes, where the model cannot say."""
    article = "an" if thing[0] in "aeiouAEIOU" else "a"
    messages = (
        Message("system", "You know what names stand for."),
        Message("user", f"Is {value} {article} {thing}? Say yes or no."),
    )
    try:
        return (await p_yes(model, messages, at=_NONE)).value >= _NONE
    except ModelError:
        return True
