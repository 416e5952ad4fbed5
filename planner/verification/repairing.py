"""What becomes of a sentence that its passages do not support."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.grounds import Grounds
from planner.outcomes import Sentence, Verdict
from planner.verification.checking import checked
from planner.verification.claims import Claim
from planner.verification.weighing import Scales, Weighed, Weighing
from tools import content_words, holds

_SAME = 0.5
"""The share of a sentence's words from which a fact is what it was about."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A sentence as it may be delivered, and what was decided about it."""

    sentence: Sentence | None
    """None: it is left out."""
    what: str = ""
    """Empty where nothing was changed."""
    why: str = ""


def repaired(weighing: Weighing, scales: Scales, grounds: Grounds, *, strict: bool) -> Repaired:
    """As it is, with a better citation, rewritten, left out, or marked.

    What is contradicted is never delivered, and what the judge alone doubts is marked. `strict`:
    only what is supported is delivered.
    Without a value there is nothing else to tell: then what is unsupported is marked.
    """
    sentence = weighing.sentence
    if not weighing.parts:
        return Repaired(sentence)
    verdict = weighing.verdict
    cited = replace(sentence, cites=weighing.cites, verdict=verdict)
    if weighing.doubts and not strict:
        why = "; ".join(weighing.doubts)
        return Repaired(cited, "sentence marked", f"{verdict}: {sentence.text!r} ({why})")
    if verdict == "supported":
        if cited.cites == sentence.cites:
            return Repaired(cited)
        further = cited.cites[len(sentence.cites) :]
        added = ", ".join(scales.citations[number - 1].source.title for number in further)
        return Repaired(cited, "better passage cited", f"{added} for {sentence.text!r}")
    kept = [part for part in weighing.parts if _may_stay(part, strict=strict)]
    if kept and len(kept) < len(weighing.parts):
        return _rewritten(weighing, kept)
    if kept:
        why = "; ".join(part.finding.why for part in kept)
        return Repaired(cited, "sentence marked", f"{verdict}: {sentence.text!r} ({why})")
    written = None if weighing.doubts else _written_out(weighing, scales, grounds)
    if written is not None and (written.verdict == "supported" or not strict):
        return Repaired(written, "sentence rewritten", f"{sentence.text!r} as {written.text!r}")
    if verdict == "unsupported" and grounds.value is None and not strict:
        return Repaired(cited, "sentence marked", f"{verdict}: {sentence.text!r}")
    return Repaired(None, "sentence left out", f"what it cites does not say {sentence.text!r}")


def _may_stay(part: Weighed, *, strict: bool) -> bool:
    """Whether a claim may be told."""
    return part.finding.verdict in (("supported",) if strict else ("supported", "partly"))


def _rewritten(weighing: Weighing, kept: Sequence[Weighed]) -> Repaired:
    """Only the claims that may stay, each as a clause of its own."""
    texts = [part.claim.text for part in kept]
    clauses = [text.rstrip(".") for text in texts[:-1]]
    text = "; ".join([*clauses, texts[-1]])
    whole = all(part.finding.verdict == "supported" for part in kept)
    verdict: Verdict = "supported" if whole else "partly"
    cites = tuple(dict.fromkeys(number for part in kept for number in part.cites))
    gone = [part for part in weighing.parts if part not in kept]
    why = "; ".join(f"{part.claim.text!r}: {part.finding.why}" for part in gone)
    sentence = replace(weighing.sentence, text=text, cites=cites, verdict=verdict)
    return Repaired(sentence, "sentence rewritten", f"without {why}")


def _written_out(weighing: Weighing, scales: Scales, grounds: Grounds) -> Sentence | None:
    """The fact that the sentence was about, as question and value, if its passage holds it.

    Where the judge has rejected a sentence that tells the value, that goes for the fact, too.
    """
    sentence = weighing.sentence
    said = set(content_words(sentence.text))
    for ground in reversed(grounds.proven):
        proof = ground.proof
        if proof is None or proof not in scales.citations or not holds(proof.text, ground.value):
            continue
        text = ground.written_out
        asked = set(content_words(text))
        if len(said & asked) < _SAME * min(len(said), len(asked)) or text == sentence.text:
            continue
        number = scales.citations.index(proof) + 1
        finding = checked(Claim(text), scales.evidence([number]), scales.given)
        if finding.verdict in ("supported", "partly"):
            the_same = weighing.is_rejected and holds(sentence.text, ground.value)
            the_same = the_same or text in scales.rejected
            return Sentence(text, (number,), "unsupported" if the_same else "supported")
    return None
