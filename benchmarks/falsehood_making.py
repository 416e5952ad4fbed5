"""Claims that a passage supports, in other words than its own, and falsehoods made of them."""

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from search import Passage, Source, sentences
from tools import MONTHS

KINDS = ("number", "name", "negation", "date", "subject")
_MONTH = "|".join(MONTHS)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}}) ({_MONTH}) (\d{{4}})\b")
_MONTH_FIRST = re.compile(rf"\b({_MONTH}) (\d{{1,2}}), (\d{{4}})\b")
_YEAR = re.compile(r"\b(1[0-9]{3}|20[0-2]\d)\b")
_NUMBER = re.compile(
    r"(?<![\d.,$£€-])\b(\d{1,3}(?:,\d{3})+|\d{1,5})(?:\.(\d+))?\b(?![\d,.]*\d|st|nd|rd|th|s\b|-)"
)
_NAME = re.compile(r"\b[A-Z][a-zà-ÿ]+(?: (?:(?:of|the|de|van|von) )?[A-Z][a-zà-ÿ]+)+\b")
_COMMON = frozenset(
    ("The", "This", "That", "These", "Those", "In", "On", "At", "It", "He", "She", "As")
)
_AUX = re.compile(r"\b(is|are|was|were|has|had|can|could|will)\b(?! (?:not|never|also known))")
_PAST = re.compile(
    r"(?<=[a-z\d)] )(directed|starred|played|released|produced|founded|recorded|appeared|worked|"
    r"served|received|reached|moved|joined|died|won|wrote|became)\b"
)
_BASE = {
    "won": "win", "wrote": "write", "became": "become", "died": "die", "starred": "star",
    "released": "release", "produced": "produce", "served": "serve", "received": "receive",
    "moved": "move",
}  # fmt: skip
_PARENTHESES = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_PRONOUN = re.compile(r"^(?:He|She|It)\b")
_FRONTED = re.compile(r"^(In (?:\d{4}|[A-Z]\w+ \d{4})),? (?=(?:the|[A-Z]))([^;]+)\.$")
_SYNONYMS = (
    ("is located in", "lies in"), ("is situated in", "lies in"), ("was founded", "was established"),
    ("was established", "was founded"), ("is best known for", "is known above all for"),
    ("also known as", "also called"), ("film", "movie"), ("consists of", "is made up of"),
    ("began", "started"), ("such as", "like"), ("received", "was given"), ("currently", "now"),
    ("several", "some"), ("approximately", "about"), ("the same year", "that year"),
    ("most famous", "best known"), ("wrote", "penned"), ("purchased", "bought"),
    ("died", "passed away"), ("large", "big"), ("km", "kilometres"), (" mi ", " miles "),
    ("formerly", "previously"), ("was named", "was called"), ("is a part of", "belongs to"),
    ("starred in", "acted in"), ("is set in", "takes place in"), ("based on", "drawn from"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A claim and the passage that it cites."""

    kind: str
    """true, or what was altered."""
    claim: str
    passage: Passage


def cases(data: Path, seed: int = 0) -> list[Case]:
    """True claims from the supporting passages of question sets, each with one falsehood."""
    chance = random.Random(seed)
    found: list[Case] = []
    passages = list(_supporting(data))
    chance.shuffle(passages)
    others = [name for p in passages for name in _names(p.text)]
    for index, passage in enumerate(passages):
        claims = [claim for claim in map(_reworded, _declared(passage)) if claim != passage.text]
        if not claims:
            continue
        claim = chance.choice(claims)
        found.append(Case("true", claim, passage))
        order = KINDS[index % len(KINDS) :] + KINDS[: index % len(KINDS)]
        for kind in order:
            altered = _ALTER[kind](claim, passage, chance, others)
            if altered and altered != claim:
                found.append(Case(kind, altered, passage))
                break
    return found


def passage_of(title: str, text: str) -> Passage:
    """As one that was read."""
    return Passage(Source(title, title, "text/plain", "0" * 64), 0, len(text), text)


def _supporting(data: Path) -> Iterator[Passage]:
    """Each once."""
    seen: set[str] = set()
    for name in ("hotpotqa.jsonl", "musique.jsonl"):
        for line in (data / name).read_text(encoding="utf-8").splitlines():
            for one in json.loads(line)["passages"]:
                if one["supporting"] and one["text"] not in seen:
                    seen.add(one["text"])
                    yield passage_of(one["title"], " ".join(one["text"].split()))


def _declared(passage: Passage) -> list[str]:
    """Plain sentences of a middle length."""
    title = re.sub(r"\s*\(.*\)$", "", passage.source.title)
    found = []
    for start, end in sentences(passage.text):
        text = passage.text[start:end]
        plain = text.endswith(".") and not re.search(r"[\"“”;:?!\[\]`]|''", text)
        if not (plain and 7 <= len(text.split()) <= 30):
            continue
        text = _PRONOUN.sub(lambda _: title, text)
        if text[0].isupper() and not re.match(r"(?:They|This|These|His|Her|Their|Its)\b", text):
            found.append(text)
    return found


def _reworded(text: str) -> str:
    """The same in slightly other words."""
    text = _PARENTHESES.sub("", text)
    if match := _FRONTED.match(text):
        text = f"{match[2]} {match[1][0].lower()}{match[1][1:]}."
        text = text[0].upper() + text[1:]
    if _DAY_FIRST.search(text):
        text = _DAY_FIRST.sub(r"\2 \1, \3", text)
    else:
        text = _MONTH_FIRST.sub(r"\2 \1 \3", text)
    for one, other in _SYNONYMS:
        if re.search(rf"\b{re.escape(one)}\b" if one.strip() == one else one, text):
            text = text.replace(one, other, 1)
            break
    return re.sub(r"(?<=\d),(?=\d{3})", "", text)


def _names(text: str) -> list[str]:
    """Names of two words or more."""
    return [m[0] for m in _NAME.finditer(text) if m[0].split()[0] not in _COMMON]


def _number(claim: str, passage: Passage, chance: random.Random, others: list[str]) -> str | None:
    """Another count or measure."""
    found = [m for m in _NUMBER.finditer(claim) if not _YEAR.fullmatch(m[0])]
    found = [m for m in found if not re.match(rf" (?:{_MONTH})", claim[m.end() :])]
    found = [m for m in found if not re.search(rf"(?:{_MONTH}) $", claim[: m.start()])]
    if not found:
        return None
    match = chance.choice(found)
    value = int(match[1].replace(",", ""))
    new = value + chance.choice([1, 2, 3, 5]) * 10 ** max(0, len(str(value)) - 2)
    return claim[: match.start(1)] + str(new) + claim[match.end(1) :]


def _date(claim: str, passage: Passage, chance: random.Random, others: list[str]) -> str | None:
    """Another year, or another month."""
    months = list(re.finditer(rf"\b(?:{_MONTH})\b(?= \d)", claim))
    if months and chance.random() < 0.4:
        match = months[0]
        new = chance.choice([month for month in MONTHS if month != match[0]])
        return claim[: match.start()] + new + claim[match.end() :]
    years = list(_YEAR.finditer(claim))
    if not years:
        return None
    match = chance.choice(years)
    new = str(int(match[0]) + chance.choice([-10, -3, -2, -1, 1, 2, 4, 10]))
    return claim[: match.start()] + new + claim[match.end() :]


def _name(claim: str, passage: Passage, chance: random.Random, others: list[str]) -> str | None:
    """A name from elsewhere."""
    found = _names(claim)
    if not found:
        return None
    old = chance.choice(found)
    said = passage.text + passage.source.title
    fresh = [one for one in others if not set(one.split()) & set(said.split())]
    return claim.replace(old, chance.choice(fresh), 1) if fresh else None


def _negation(claim: str, passage: Passage, chance: random.Random, others: list[str]) -> str | None:
    """Denied; or not denied any more."""
    if re.search(r"\b(?:not|never|no|only)\b", claim):
        return None
    if match := _AUX.search(claim):
        return f"{claim[: match.end()]} {chance.choice(['not', 'never'])}{claim[match.end() :]}"
    if match := _PAST.search(claim):
        base = _BASE.get(match[0], re.sub(r"ed$", "", match[0]))
        how = chance.choice(["did not", "never actually did", "failed to"])
        if how == "never actually did":
            return f"{claim[: match.start()]}never {claim[match.start() :]}"
        return f"{claim[: match.start()]}{how} {base}{claim[match.end() :]}"
    return None


def _subject(claim: str, passage: Passage, chance: random.Random, others: list[str]) -> str | None:
    """Said of another one that the passage names."""
    head = re.match(r"(?:The )?[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*)*(?= [a-z])", claim)
    if head is None or head[0] in _COMMON:
        return None
    mine = set(head[0].split())
    rivals = [one for one in _names(passage.text) if not mine & set(one.split())]
    rivals = [one for one in rivals if one not in claim]
    if not rivals:
        return None
    return chance.choice(rivals) + claim[head.end() :]


_ALTER: dict[str, Callable[[str, Passage, random.Random, list[str]], str | None]] = {
    "number": _number,
    "name": _name,
    "negation": _negation,
    "date": _date,
    "subject": _subject,
}
