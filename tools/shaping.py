"""The form in which a value that was read is told: a number without the unit that the question
names, a name as full as its passage has it.

Small models copy too much ("273,282 tons" where tons were asked for) or too little ("Dodge" where
a county was). Both are put right by the words of the question and of the passage alone.
"""

import re

from search import Passage
from tools.kinds import kind_of
from tools.words import content_words, folded, is_function_word, stems

_COUNTED = re.compile(r"\b(?:what|which) (?:amount|quantity|number|percentage|share)\b", re.I)
_FIGURE = re.compile(r"(?P<figure>\d[\d.,]*)\s+(?P<unit>[^\W\d_][\w'’ -]*)")
_TITLE = re.compile(r"(?:(?:the )?(?:rt\.? )?hon|mrs?|ms|dr|prof|rev)\.? (?=\S+ \S)", re.IGNORECASE)
"""Before at least two more words: Dr. Dre is a name."""
_ASKED_THING = re.compile(
    r"\b(?:(?:[Ww]hat|[Ww]hich)(?: is| was)?(?: the)? name of (?:the|a)"
    r" (?P<named>(?:[a-z-]+ ){0,3}[a-z-]+)"
    r"|(?:[Ww]hat|[Ww]hich) (?P<thing>(?:[a-z-]+ ){0,2}[a-z-]+))"
)
_MARKS = (('"', '"'), ("“", "”"), ("«", "»"))
_INCHES = re.compile(r"\d\"")
_NAME_WORD = r"[^\W\d_a-zß-ÿ][\w.'’-]*"
_MOST_WORDS = 4


def shaped(value: str, question: str, passage: Passage) -> str:
    """The value in the form to tell; itself where nothing is to be done."""
    value = _TITLE.sub("", value, count=1) if _TITLE.match(value) else value
    bare = _without_unit(value, question)
    if bare is not None:
        return bare
    if kind_of(question) != "name" or not value[:1].isupper():
        return value
    return _with_its_noun(value, question, passage) or _in_full(value, question, passage) or value


def unquoted(value: str) -> str:
    """Without quotation marks around all of it, and without one that has lost its fellow.

    Marks inside of it stay: Mary "Polly" Lee, 7" records.
    """
    text = value.strip()
    for opens, closes in _MARKS:
        inner = text[1:-1].strip()
        if text[:1] == opens and text[-1:] == closes and not {opens, closes} & set(inner):
            return inner
        ends_alone = opens == closes and text.count(opens) == 1 and not _INCHES.search(text)
        if ends_alone or text.count(opens) != text.count(closes):
            text = text.removeprefix(opens).removesuffix(closes).strip()
    return text


def _without_unit(value: str, question: str) -> str | None:
    """The figure alone, where all words behind it stand in the question."""
    counted = kind_of(question) == "number" or _COUNTED.search(question)
    match = _FIGURE.fullmatch(value) if counted else None
    if match is None or not stems(match["unit"]) <= stems(question):
        return None
    return match["figure"].rstrip(".,")


def _with_its_noun(value: str, question: str, passage: Passage) -> str | None:
    """With what it is, where that is asked for and the passage has it in the name."""
    asked = _ASKED_THING.search(question)
    if asked is None:
        return None
    told = (asked["named"] or asked["thing"]).split()
    nouns = [word for word in told if not is_function_word(word)]
    if not nouns or set(content_words(value)) & {folded(word) for word in nouns}:
        return None
    ends = "|".join(re.escape(noun.capitalize()) for noun in nouns)
    pattern = rf"(?<!\w){re.escape(value)}(?: {_NAME_WORD}){{0,2}}? (?:{ends})\b"
    found = re.search(pattern, _said(passage))
    return found[0] if found else None


def _in_full(value: str, question: str, passage: Passage) -> str | None:
    """A person's whole name, where a passage that has it was read and only its last word copied."""
    if not re.match(r"\W*who(?:m|se)?\b", question, re.IGNORECASE) or " " in value:
        return None
    pattern = rf"(?<![\w.] )(?<!\w)(?:{_NAME_WORD} ){{1,{_MOST_WORDS - 1}}}{re.escape(value)}(?!\w)"
    title = re.fullmatch(pattern, re.sub(r" \([^)]*\)$", "", passage.source.title))
    return title[0] if title else None


def _said(passage: Passage) -> str:
    """The title and the text, in single spaces."""
    return " ".join(f"{passage.source.title} . {passage.part} . {passage.text}".split())
