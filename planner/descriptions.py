"""The things that a question describes instead of naming them: "the director of Up"."""

import re

Found = tuple[int, int, str]
"""Where a description stands, from and to, and the question for what it describes."""

_SMALL = (
    r"(?:of|the|and|in|on|a|an|for|to|with|at|de|del|della|di|da|der|die|das|des|du|la|le|les|el"
    r"|los|las|y|e|et|und|en|von|van|zu|ibn|bin|al) "
)
_CAPITAL = r"[^\W\d_a-zà-ÿ][\w.&’'!:-]*|\d[\w-]*|\([^)]*\)"
_NAME = rf"(?:\"[^\"]+\"|“[^”]+”|\{{\w*\}}|(?:{_CAPITAL})(?:,? (?:{_SMALL})*(?:{_CAPITAL}))*)"
_END = r"(?<!['’]s)(?<!s['’])(?!['’]s)(?![\w-])(?! \d)"
"""Where a name ends: not before a possessive, nor inside of a word."""
_ORIGIN = re.compile(
    r"[A-Z]\w*(?:an|ese|ish|ic|ch|ss|i)(?= (?:(?!(?:and|or|of|the|in|on|at|by|for|to|from|with|as"
    r"|is|was|are|were|do|does|did|have|has|had)\b)[a-z-]+ )+[A-Z])"
)
"""Where somebody comes from, which is no name: "Swedish painter Ann Lee"."""
_WORK = (
    r"(?:the (?:(?:\d{4}|[a-z-]+) )?(?:film|movie|novel|book|song|album|single|play|opera|musical"
    r"|painting|series|show|game|magazine|newspaper|band|company|group|club|team) |the )?"
)
_PERSON = (
    r"(?:director|author|writer|composer|co-founder|founder|inventor|creator|producer|performer"
    r"|singer|editor|designer|architect|painter|discoverer|translator|screenwriter|conductor|coach"
    r"|owner|publisher|developer|actor|narrator|drummer|guitarist|bassist|vocalist|songwriter"
    r"|lyricist|librettist|choreographer|cinematographer|host|winner|recipient|receiver|successor"
    r"|predecessor|father|mother|brother|sister|wife|husband|spouse|partner|widow|son|daughter"
    r"|parent|sibling|grandfather|grandmother|uncle|aunt|nephew|niece|cousin|mentor|person)"
)
_PEOPLE = rf"(?:{_PERSON}s?|actress|actresses|child|children|man|men|woman|women|people)"
_THING = (
    r"(?:birthplace|birth place|place of birth|city of birth|country of birth"
    r"|place of death|hometown|home town|capital|country of citizenship|record label|employer"
    r"|manufacturer|country)"
)
_ROLE = rf"(?:[a-z-]+ ){{0,2}}?(?:{_PEOPLE}|{_THING})"
_VERBS = {
    "director": "directed",
    "author": "wrote",
    "writer": "wrote",
    "composer": "composed",
    "founder": "founded",
    "inventor": "invented",
    "creator": "created",
    "producer": "produced",
    "editor": "edited",
    "architect": "designed",
    "painter": "painted",
    "discoverer": "discovered",
    "translator": "translated",
}
"""Who did it is what a page says, and what a small model reads better than who was it."""
_ACRONYM = re.compile(r"[A-Z.]{2,}$")
_ROLE_OF = re.compile(
    rf"(?:[Tt]he |(?<=\bin )|(?<=\bof )|(?<=\bfrom )|(?<=\bat ))(?P<role>{_ROLE}) of"
    rf" (?P<whose>{_WORK}{_NAME}){_END}"
)
_POSSESSIVE = re.compile(rf"(?P<name>{_NAME})(?:(?<=['’]s)|(?<=s['’])) (?P<role>{_ROLE})(?![\w-])")
_BARE = re.compile(
    rf"[Tt]he (?P<name>{_NAME}) (?P<role>birthplace|birth place|hometown|home town)(?![\w-])"
)
_NOUN = (
    r"(?P<noun>(?:(?!(?:is|was|are|were|of|in|on|at|by|for|from|to|with|as)\b)[a-z0-9'’-]+ ){1,4}?)"
)
_LINK = (
    r"(?P<link>(?:in|on|at|to|from|of|by|for|with|under|after|around|through) (?:which|whom)"
    r"|where|which|that|who|whose)"
)
_PLACED = (
    r"(?:is|was|are|were) (?:now )?(?:located|born|found|formed|founded|situated|held|built|from"
    r"|(?:a )?part of|(?:based|set)(?: (?:on|in))?)\b"
)
_STRANDED = (
    r"(?:is|was|are|were) (?:from|(?:a )?part of|a (?:citizen|member) of|based on|born in|set in"
    r"|located in|signed to)(?=$|[?,]| (?!what\b|which\b|the\b|an?\b|[A-Z\"“]))"
)
_RELATIVE = re.compile(rf"[Tt]he {_NOUN}{_LINK} (?P<clause>[^?]+)")
_REDUCED = re.compile(rf"[Tt]he {_NOUN}(?P<clause>{_NAME} {_STRANDED})")
_PASSIVE = re.compile(
    rf"[Tt]he {_NOUN}(?:[a-z]+ed|written|made|sung|built|held|won|led|run) by (?:the )?{_NAME}"
    rf"{_END}"
)
_CLEAR_END = re.compile(
    rf"(?:(?:the )?(?:[\w'’-]+ (?:of )?){{0,2}}{_NAME}|the(?: [\w'’-]+){{1,4}}"
    rf"|[a-z-]+(?: [a-z-]+)?) {_PLACED}"
)
_ASKS_FOR = re.compile(
    r"(?:(?:^|, )(?:who|what|which) (?:is|was|are|were) (?:the name of )?"
    r"|^(?:name|give(?: me)?|find|list|tell me|show(?: me)?) (?:the name of )?)$",
    re.IGNORECASE,
)
_QUALIFIED = re.compile(r" (?:when|in|during|before|after|at|from|on|as of|who|that|between)\b")
_MORE = re.compile(r", (?:who|whom|whose|which)\b")
_QUESTION_WORD = re.compile(r"\b(?:who|whom|whose|what|which|when|where|how)\b", re.IGNORECASE)
_IN_NAME = re.compile(rf"(?<=[ ])(?:{_CAPITAL}) (?:{_SMALL})?$")
_OPEN = re.compile(r"\b(?:which|whom|where|that|who|when|and|or) (?:the )?$|, $", re.IGNORECASE)
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|did|do|does|has|have|had|will|would) ", re.I)
_VERB_FIRST = re.compile(r"(?!the\b|an?\b)[a-z]")
_TO_BE = re.compile(r"\b(?:is|are|was|were)$")
_PREDICATE = re.compile(r"(?P<clause>.+) (?:[a-z]+ed|born|built|made|won|held|set|known|written)$")
_EMPTY = re.compile(
    r"(?:(?:is|are|was|were|has|have|had|can|could|will|would)|(?:\w+ ){0,2}(?:did|do|does)"
    r"|give|list|name|find|show|tell me) \{\d\}\s*\??",
    re.IGNORECASE,
)
_LEFT = re.compile(r"\bthe (?:[\w'-]+ ){1,3}?(?:of|that|which|who|where|behind|on which)\b", re.I)
_ASKS_FOR_ONE = re.compile(r"(?:who|what) (?:is|was|are|were) the\b", re.IGNORECASE)


def described(text: str) -> Found | None:
    """The last description in a text: it holds no other. None without one."""
    for start in reversed([0, *(match.end() for match in re.finditer(r"\s", text))]):
        for finder in (_role_of, _possessive, _relative, _reduced):
            if (found := finder(text, start)) is not None:
                return found
    return None


def is_left_empty(text: str) -> bool:
    """Whether nothing is asked any more: then more was taken out than the description."""
    return bool(_EMPTY.fullmatch(text.strip()))


def left_descriptions(text: str) -> int:
    """How many things a look-up seems to describe, the one it asks for left out.

    "Who is the father of the director of Up?" describes one. Generous, where `described` is
    cautious: it is for comparing plans.
    """
    found = len(_LEFT.findall(text))
    return max(0, found - 1) if _ASKS_FOR_ONE.match(text) else found


def _role_of(text: str, start: int) -> Found | None:
    """ "the director of Up"."""
    match = _ROLE_OF.match(text, start)
    if match is None or _is_told(text, start, match.end()):
        return None
    if _ORIGIN.match(text, match.start("whose")):
        return None
    verb = None if _ACRONYM.fullmatch(match["whose"]) else _VERBS.get(match["role"])
    what = match[0] if match[0][:4] in ("The ", "the ") else f"the {match[0]}"
    if verb:
        return start, match.end(), f"Who {verb} {match['whose']}?"
    return (
        start,
        match.end(),
        _born(match["role"], match["whose"]) or _question(match["role"], what),
    )


def _possessive(text: str, start: int) -> Found | None:
    """ "Up's director", from the beginning of the name; "the Ann Lee birthplace"."""
    match = _POSSESSIVE.match(text, start) or _BARE.match(text, start)
    if match is None or _is_told(text, start, match.end()) or _IN_NAME.search(text[:start]):
        return None
    whose = re.sub(r"['’]s?$", "", match["name"])
    return start, match.end(), _born(match["role"], whose) or _question(match["role"], match[0])


def _relative(text: str, start: int) -> Found | None:
    """ "the city where Up is set", where it is clear how far that goes."""
    match = _RELATIVE.match(text, start)
    if match is None or _is_told(text, start, match.end()):
        return None
    clause = _clause(match["clause"], text[:start], text[match.end() :])
    if clause is None:
        return None
    end = match.start("clause") + len(clause)
    noun = "person" if match["link"] == "who" else match["noun"].strip()
    return start, end, _question(noun, text[start:end])


def _reduced(text: str, start: int) -> Found | None:
    """ "the country Abba is from", "the film made by Ann Lee"."""
    match = _REDUCED.match(text, start) or _PASSIVE.match(text, start)
    if match is None or _is_told(text, start, match.end()) or _OPEN.search(text[:start]):
        return None
    return start, match.end(), _question(match["noun"].strip(), match[0])


def _clause(clause: str, before: str, after: str) -> str | None:
    """The part of the words behind "which" that belongs to them and not to the main verb."""
    clear = _CLEAR_END.match(clause)
    if clear is not None:
        return clear[0]
    if after not in ("?", "") or "," in clause or _QUESTION_WORD.search(clause):
        return None
    if not before or _OPEN.search(before):
        return None
    auxiliary = list(_AUXILIARY.finditer(before))
    parted = _PREDICATE.match(clause)
    if auxiliary and parted is not None and _VERB_FIRST.match(clause):
        return clause if _TO_BE.search(parted["clause"]) else parted["clause"]
    subject = bool(auxiliary) and auxiliary[-1].end() == len(before)
    return None if subject and parted is None else clause


def _is_told(text: str, start: int, end: int) -> bool:
    """Whether a description is all that the text asks for, or stands beside what it describes."""
    before, after = text[:start], text[end:]
    if _ASKS_FOR.search(before) and (after in ("?", "") or _QUALIFIED.match(after)):
        return True
    beside = after.startswith(",") and (before.endswith(", ") or ", " in text[start:end])
    return beside or bool(_MORE.match(after))


def _born(role: str, whose: str) -> str | None:
    """Where somebody was born or died, as a page says it; a small model reads that better."""
    match role:
        case "birthplace" | "birth place" | "place of birth":
            return f"Where was {whose} born?"
        case "place of death":
            return f"Where did {whose} die?"
        case _:
            return None


def _question(role: str, what: str) -> str:
    """The question for a description."""
    person = bool(re.fullmatch(rf"(?:.* )?{_PEOPLE}", role))
    many = person and re.search(r"(?:[^s]s|actresses|men|children|people)$", role)
    start = "the" + what[3:] if what.startswith("The ") else what
    return f"{'Who' if person else 'What'} {'are' if many else 'is'} {start}?"
