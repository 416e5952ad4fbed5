"""A cited sentence, weighed: each of its claims against the passages that it cites."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from planner.grounds import Grounds
from planner.outcomes import Answer, Sentence, Verdict
from planner.verification.checking import checked
from planner.verification.claims import Claim, claims_of
from planner.verification.evidence import Evidence, content_stems
from planner.verification.findings import Finding, Given
from search import Passage
from tools import holds, words

_TRIED, _HALF = 4, 0.5
"""Passages that are looked at closely, and the share of a claim's words that they have to have."""
_FREE = 1
"""Words that a sentence may have of its own and still say no more than a fact."""
_WRITTEN_OUT = Finding("supported", True, "it is a fact that a step has found")
_LEAST_ASKED, _RETOLD = 2, 0.6
"""Words of a fact's question, and their share from which a sentence tells the fact, too."""
_MOST_READ = 100
"""Passages, of all that were read, among which a better one is looked for."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A claim with what was found of it."""

    claim: Claim
    cites: tuple[int, ...]
    """With those of better passages."""
    finding: Finding


@dataclass
class Weighing:
    """A sentence of an answer while it is verified."""

    sentence: Sentence
    parts: list[Weighed]

    @property
    def verdict(self) -> Verdict:
        """Of the whole sentence."""
        found = {part.finding.verdict for part in self.parts}
        if not found:
            return self.sentence.verdict
        if "contradicted" in found:
            return "contradicted"
        return next(iter(found)) if len(found) == 1 else "partly"

    @property
    def doubts(self) -> list[str]:
        """Why the judge alone does not take it for supported."""
        return [part.finding.why for part in self.parts if part.finding.doubted]

    @property
    def is_rejected(self) -> bool:
        """Whether the judge has spoken against it, alone or where the rules were not sure."""
        return any(part.finding.doubted or part.finding.judged for part in self.parts)

    @property
    def cites(self) -> tuple[int, ...]:
        """Its own first, then those of better passages."""
        further = (n for part in self.parts for n in part.cites)
        return tuple(dict.fromkeys((*self.sentence.cites, *further)))


class Scales:
    """Weighs the sentences of one answer, without a model."""

    def __init__(self, answer: Answer, question: str, grounds: Grounds) -> None:
        """`grounds`: what was computed may be said, and what was read may be cited."""
        self.citations = list(answer.citations)
        """Those of the answer, and behind them what else of what was read is cited now."""
        self.given = Given(question, tuple(_computed(grounds)))
        self._proven = grounds.proven
        self._made = [one.value for one in grounds.grounds if one.proof is None]
        self.rejected: set[str] = set()
        """Facts, written out, that the judge doubts."""
        self._facts = {_folded(f"{one.question} {one.value}") for one in grounds.proven}
        self._read = grounds.read
        self._stems: dict[str, frozenset[str]] = {}
        self._evidence: dict[tuple[str, ...], Evidence] = {}

    def weighed(self, sentence: Sentence, subject: str = "") -> Weighing:
        """`subject`: what stands outside of the sentence, see `claims_of`."""
        if not sentence.cites or not sentence.text:
            return Weighing(sentence, [])
        cites = (*sentence.cites, *self._retold(sentence))
        parts = [self._part(one, cites) for one in claims_of(sentence.text, subject)]
        return Weighing(sentence, parts)

    def evidence(self, cites: Iterable[int]) -> Evidence:
        """Of the citations with these numbers."""
        return self._of([self.citations[number - 1] for number in cites])

    def _retold(self, sentence: Sentence) -> list[int]:
        """Citations that are missing: of the facts that it tells besides its own.

        "The writer of the song is the second wife of Bo Lee" says who the writer is, too.
        """
        told = content_stems(sentence.text)
        cited = {self.citations[number - 1].id for number in sentence.cites}
        found: list[int] = []
        for one in self._proven:
            asked = content_stems(one.question)
            if one.proof is None or one.proof.id in cited or len(asked) < _LEAST_ASKED:
                continue
            if len(asked & told) >= _RETOLD * len(asked):
                cited.add(one.proof.id)
                found.append(self.number(one.proof))
        return found

    def _part(self, claim: Claim, cites: tuple[int, ...]) -> Weighed:
        """One claim; where the citations do not hold it, with a passage that does."""
        finding = checked(claim, self.evidence(cites), self.given)
        if finding.verdict == "partly" and _folded(claim.text) in self._facts:
            return Weighed(claim, cites, _WRITTEN_OUT)
        if finding.verdict == "supported" and not finding.sure and self._is_found(claim):
            return Weighed(claim, cites, _WRITTEN_OUT)
        if finding.verdict == "supported":
            return Weighed(claim, cites, finding)
        better = self._better(claim, cites)
        return better or Weighed(claim, cites, finding)

    def _is_found(self, claim: Claim) -> bool:
        """Whether a step has found just this: then a model has read it in the passage already."""
        rest = content_stems(claim.text) - self.given.stems
        return any(
            len(rest - content_stems(f"{one.question} {one.value}")) <= _FREE
            for one in self._proven
            if holds(claim.text, one.value) and one.proof and holds(one.proof.text, one.value)
        )

    def is_made(self, text: str) -> bool:
        """Whether it tells a value that has no passage because code has made it."""
        return any(holds(text, value) for value in self._made)

    def spelled_out(self, text: str) -> str:
        """A bare value as the fact that it is: what is said of it can be right or wrong."""
        folded = _folded(text)
        same = (one for one in reversed(self._proven) if _folded(one.value) == folded)
        return next((one.written_out for one in same), text)

    def _better(self, claim: Claim, cites: tuple[int, ...]) -> Weighed | None:
        """With a further passage, of the answer's or of all that were read."""
        cited = [self.citations[number - 1] for number in cites]
        for passage in self.others(claim, cites):
            for together in ([passage], [*cited, passage]):
                finding = checked(claim, self._of(together), self.given)
                if finding.verdict == "supported" and finding.sure:
                    return Weighed(claim, (*cites, self.number(passage)), finding)
        return None

    def others(self, claim: Claim, cites: Iterable[int]) -> list[Passage]:
        """Not cited, but with most of the claim's words; first what the answer cites elsewhere."""
        known = {self.citations[number - 1].id for number in cites}
        every = {one.id: one for one in (*self.citations, *self._read[-_MOST_READ:])}
        asked = content_stems(claim.text)
        shares = {
            id_: len(asked & self._stems_of(one)) / max(1, len(asked))
            for id_, one in every.items()
            if id_ not in known
        }
        best = sorted(shares, key=lambda id_: -shares[id_])[:_TRIED]
        return [every[id_] for id_ in best if shares[id_] >= _HALF]

    def _stems_of(self, passage: Passage) -> frozenset[str]:
        """Each made once."""
        if passage.id not in self._stems:
            text = f"{passage.source.title} {passage.text}"
            self._stems[passage.id] = content_stems(text)
        return self._stems[passage.id]

    def number(self, passage: Passage) -> int:
        """Its place among the citations, where it gets one if it has none."""
        for number, one in enumerate(self.citations, 1):
            if one.id == passage.id:
                return number
        self.citations.append(passage)
        return len(self.citations)

    def _of(self, passages: Sequence[Passage]) -> Evidence:
        """Each made once."""
        key = tuple(passage.id for passage in passages)
        if key not in self._evidence:
            self._evidence[key] = Evidence(passages)
        return self._evidence[key]


def _computed(grounds: Grounds) -> list[str]:
    """Values that no passage holds because code made them, of a passage's table, say."""
    return [
        ground.value
        for ground in grounds.grounds
        if ground.proof is None or not holds(ground.proof.text, ground.value)
    ]


def _folded(text: str) -> str:
    return " ".join(words(text))
