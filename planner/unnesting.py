"""Questions inside of questions: what is described instead of named is asked for first.

"Where was the father of the director of Up born?" holds two such descriptions. A small model often
leaves them in one look-up, which then finds a page about the wrong one of the three. Here they are
taken out, from the innermost on, by the words of the question alone; a question that is put in
another way, or in another language than English, stays as it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from planner import template
from planner.plan import Step
from tools import asks_to_compare, stems

_MOST_PARTS = 4
_LONGEST = 400

_SMALL = (
    r"(?:of|the|and|in|on|a|an|for|to|with|at|de|del|della|di|da|der|die|das|des|du|la|le|les|el"
    r"|los|las|y|e|et|und|en|von|van|zu|ibn|bin|al) "
)
_CAPITAL = r"[^\W\d_a-zà-ÿ][\w.&’'!:-]*|\d[\w-]*|\([^)]*\)"
_NAME = rf"(?:\"[^\"]+\"|“[^”]+”|\{{\w*\}}|(?:{_CAPITAL})(?:,? (?:{_SMALL})*(?:{_CAPITAL}))*)"
_NO_ROLE = (
    r"(?:number|river|order|member|center|centre|chapter|border|power|corner|cover|former|other"
    r"|winter|summer|matter|sector|factor|tower|color|major|minor|over|under|after|water"
    r"|weather|remainder|quarter|exterior|interior|list|coast|majority|beer|letter|paper)s?\b"
)
_PERSON = (
    r"(?:(?:[a-z]+(?:or|er|ist|ress|man)|woman|wife|husband|spouse|son|child|parent"
    r"|sibling|architect|president|king|queen|person)s?|women|men|children|people)"
)
_THING = (
    r"(?:birthplace|place of birth|city of birth|country of birth|hometown|home town|capital"
    r"|country of citizenship|record label|country)"
)
_ROLE = rf"(?:[a-z-]+ ){{0,2}}?(?!{_NO_ROLE})(?:{_PERSON}|{_THING})"
_ROLE_OF = re.compile(
    rf"[Tt]he (?P<role>{_ROLE}) of (?P<whose>(?:the (?:(?!of\b)[\w-]+ ){{1,3}})?{_NAME})"
    r"(?!['’]s)(?![\w-])"
)
_VERBS = {
    "director": "directed",
    "author": "wrote",
    "writer": "wrote",
    "composer": "composed",
    "founder": "founded",
    "inventor": "invented",
    "creator": "created",
    "producer": "produced",
    "performer": "performed",
    "singer": "sang",
    "editor": "edited",
    "designer": "designed",
    "architect": "designed",
    "painter": "painted",
    "discoverer": "discovered",
    "translator": "translated",
}
"""Who did it is what a page says, and what a small model reads better than who was it."""
_POSSESSIVE = re.compile(rf"(?P<name>{_NAME})(?<=['’]s) (?P<role>{_ROLE})(?![\w-])")
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
_RELATIVE = re.compile(rf"[Tt]he {_NOUN}{_LINK} (?P<clause>[^?]+)")
_REDUCED = re.compile(rf"[Tt]he {_NOUN}(?P<clause>{_NAME} {_PLACED})")
_PASSIVE = re.compile(
    rf"[Tt]he {_NOUN}(?:[a-z]+ed|written|made|sung|built|held|won|led|run) by (?:the )?{_NAME}"
    r"(?!['’]s)(?![\w-])"
)
_CLEAR_END = re.compile(
    rf"(?:(?:the )?(?:[\w'’-]+ (?:of )?){{0,2}}{_NAME}|the(?: [\w'’-]+){{1,4}}"
    rf"|[a-z-]+(?: [a-z-]+)?) {_PLACED}"
)
_ASKS_FOR = re.compile(
    r"(?:(?:who|what|which) (?:is|was|are|were) (?:the name of )?|name |give |find )$",
    re.IGNORECASE,
)
_MORE = re.compile(r", (?:who|whom|whose|which)\b")
_QUESTION_WORD = re.compile(r"\b(?:who|whom|whose|what|which|when|where|how)\b", re.IGNORECASE)
_AUXILIARY = re.compile(r"(?:^|\s)(?:is|are|was|were|did|do|does|has|have|had|will|would) $", re.I)
_IN_NAME = re.compile(rf"(?<=[ ])(?:{_CAPITAL}) $")
_OPEN = re.compile(r"\b(?:which|whom|where|that|who|when|and|or) $|, $", re.IGNORECASE)
_TO_BE = re.compile(r"\b(?:is|are|was|were)$")
_PREDICATE = re.compile(r"(?P<clause>.+) (?:[a-z]+ed|born|built|made|won|held|set|known|written)$")

_NUMBER = re.compile(r"\{(\d)\}")

_Found = tuple[int, int, str]
"""Where a description stands, from and to, and the question for what it describes."""


def parts(question: str) -> list[str]:
    """The questions to ask, the last one last; `{1}` stands for the answer of the first.

    A question that describes nothing is its own only part.
    """
    text = question.strip()
    found: list[str] = []
    if len(text) > _LONGEST or _NUMBER.search(text):
        return [text]
    while len(found) < _MOST_PARTS - 1 and (inner := _innermost(text)) is not None:
        start, end, asked = inner
        found.append(asked)
        text = f"{text[:start]}{{{len(found)}}}{text[end:]}"
    return [*found, text]


def unnested(step: Step, field: str, earlier: Sequence[Step]) -> list[Step]:
    """The steps that a look-up stands for, itself the last: what it describes is looked up first.

    `field`: the argument that holds the question. An earlier step that asks the same is taken up
    instead of asking again.
    """
    question = step.arguments.get(field)
    if not isinstance(question, str) or asks_to_compare(question):
        return [step]
    *inner, _ = asked = parts(question)
    known = {_key(other, field): other.id for other in earlier if other.tool == step.tool}
    steps: list[Step] = []
    ids: list[str] = []
    for text in inner:
        made = _asking(step, f"{step.id}{len(ids) + 1}", field, _named(text, ids))
        same = known.get(_key(made, field))
        ids.append(same or made.id)
        steps += [] if same else [made]
    return [*steps, _asking(step, step.id, field, _named(asked[-1], ids))] if inner else [step]


def _asking(step: Step, step_id: str, field: str, text: str) -> Step:
    """The step with another id and another question."""
    arguments: Mapping[str, JsonValue] = {**step.arguments, field: text}
    return replace(step, id=step_id, arguments=arguments)


def _named(text: str, ids: Sequence[str]) -> str:
    """A part as a template: its numbers become the names of steps."""
    return _NUMBER.sub(lambda match: f"{{{ids[int(match[1]) - 1]}}}", text)


def _key(step: Step, field: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """What makes two look-ups the same: their words and their inputs."""
    text = template.without_names(str(step.arguments.get(field, "")))
    return stems(text), step.inputs


def _innermost(text: str) -> _Found | None:
    """The last description in a text: it holds no other."""
    for start in reversed([0, *(match.end() for match in re.finditer(r"\s", text))]):
        for finder in (_role_of, _possessive, _relative, _reduced):
            if (found := finder(text, start)) is not None:
                return found
    return None


def _role_of(text: str, start: int) -> _Found | None:
    """ "the director of Up"."""
    match = _ROLE_OF.match(text, start)
    if match is None or _is_told(text, start, match.end()):
        return None
    verb = _VERBS.get(match["role"])
    asked = f"Who {verb} {match['whose']}?" if verb else _question(match["role"], match[0])
    return start, match.end(), asked


def _possessive(text: str, start: int) -> _Found | None:
    """ "Up's director", from the beginning of the name."""
    match = _POSSESSIVE.match(text, start)
    if match is None or _is_told(text, start, match.end()) or _IN_NAME.search(text[:start]):
        return None
    return start, match.end(), _question(match["role"], match[0])


def _relative(text: str, start: int) -> _Found | None:
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


def _reduced(text: str, start: int) -> _Found | None:
    """ "the country Abba is from", "the film made by Ann Lee"."""
    match = _REDUCED.match(text, start) or _PASSIVE.match(text, start)
    if match is None or _is_told(text, start, match.end()):
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
    if not _AUXILIARY.search(before):
        return clause
    parted = _PREDICATE.match(clause)
    if parted is None:
        return None
    return clause if _TO_BE.search(parted["clause"]) else parted["clause"]


def _is_told(text: str, start: int, end: int) -> bool:
    """Whether a description is all that the text asks for, or stands beside what it describes."""
    before, after = text[:start], text[end:]
    if after in ("?", ""):
        return bool(_ASKS_FOR.match(before))
    return (before.endswith(", ") and after.startswith(",")) or bool(_MORE.match(after))


def _question(role: str, described: str) -> str:
    """The question for a description."""
    person = bool(re.fullmatch(rf"(?:.* )?{_PERSON}", role))
    many = person and re.search(r"(?:[^s]s|men|children|people)$", role)
    start = "the" + described[3:] if described.startswith("The ") else described
    return f"{'Who' if person else 'What'} {'are' if many else 'is'} {start}?"
