"""An audit of delivered answers that does not use the product's own verifier.

    python benchmarks/citation_audit.py runs.db             precision, and the sentences that fail
    python benchmarks/citation_audit.py a.json b.json       of what `breadth ask --json` printed
    python benchmarks/citation_audit.py runs.db --sample 50 sentences with their passages, to read

Each cited sentence is compared with its passages by simple rules of its own: every number, every
month and every capitalised word that does not begin the sentence has to stand in one of them, or in
the question. `precision` is the share of cited sentences that pass. Values that code computed stand
in no passage and fail here: read what fails. `--runs N`: the newest N of a database. `--evaluation
NAME`: the planned runs of one that `breadth eval` made; may be given several times.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from planner import Answer
from storage import TraceStore

_MARK = re.compile(r"\s*\[\d+\]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![.!?:] )(?<!^)\b[A-Z][\w’'-]+")
_SMALL_WORDS = frozenset(("The", "A", "An", "In", "It", "He", "She", "They", "Yes", "No", "I"))
_SHOWN = 700
"""Characters of a passage that are printed."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A delivered sentence."""

    run: str
    question: str
    text: str
    verdict: str
    passages: tuple[str, ...]
    """Title and text of each."""

    @property
    def missing(self) -> list[str]:
        """What it says that neither a passage nor the question has."""
        there = " ".join((self.question, *self.passages))
        numbers = {number.replace(",", "").strip(".") for number in _NUMBER.findall(there)}
        said = [number.replace(",", "").strip(".") for number in _NUMBER.findall(self.text)]
        lost = [number for number in said if number not in numbers]
        plain = _plain(there)
        names = (name.removesuffix("'s").removesuffix("’s") for name in _NAME.findall(self.text))
        return lost + [n for n in names if n not in _SMALL_WORDS and _plain(n) not in plain]

    @property
    def told(self) -> frozenset[str]:
        """The names and numbers that a passage has and the question has not."""
        there, asked = _plain(" ".join(self.passages)), _plain(self.question)
        said = {_plain(one) for one in (*_NUMBER.findall(self.text), *_NAME.findall(self.text))}
        return frozenset(one for one in said if one in there and one not in asked)


def _plain(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


async def of_database(path: Path, most: int, evaluations: Sequence[str] = ()) -> list[Cited]:
    """Of the newest runs, or of the planned ones of some evaluations."""
    found: list[Cited] = []
    async with await TraceStore.open(path, create=False) as store:
        runs = [record.id for record in await store.runs(limit=most)] if not evaluations else []
        for name in evaluations:
            results = (await store.evaluations.get(name)).results
            runs += [result.run for result in results if result.system == "planned"]
        for run in runs:
            record = await store.run(run)
            if record.answer is not None:
                found += cited_of(run, record.question, record.answer)
    return found


def cited_of(run: str, question: str, answer: Answer) -> list[Cited]:
    """The sentences of an answer that cite something."""
    found = []
    for sentence in answer.every_sentence:
        passages = [answer.citations[number - 1] for number in sentence.cites]
        told = tuple(f"{one.source.title}: {one.text}" for one in passages)
        if told:
            found.append(Cited(run, question, sentence.text, sentence.verdict, told))
    return found


def of_json(path: Path) -> Iterator[Cited]:
    """Of one answer: the marks behind a sentence say what it cites."""
    whole: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    text, start, marks = whole["answer"], 0, whole["citations"]
    group: list[dict[str, Any]] = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        group.append(mark)
        end = mark["end_index"]
        if following is not None and not text[end : following["start_index"]].strip():
            continue
        told = tuple(f"{one['title']}: {one['passage']['text']}" for one in group)
        said = _MARK.sub("", text[start:end]).strip()
        yield Cited(whole["run"], whole["question"], said, group[0]["verdict"], told)
        start, group = end, []


def report(found: Sequence[Cited]) -> dict[str, Any]:
    """The figures."""
    failed = [one for one in found if one.missing]
    return {
        "cited_sentences": len(found),
        "runs": len({one.run for one in found}),
        "precision": round(1 - len(failed) / len(found), 3) if found else None,
        "failed": len(failed),
        "told_as_supported": sum(one.verdict == "supported" for one in found),
        "failed_of_those": sum(one.verdict == "supported" for one in failed),
    }


def show(one: Cited, number: int) -> None:
    """For a person who reads it."""
    print(f"--- {number}. {one.text}\n    ({one.verdict}; {one.question})")
    for passage in one.passages:
        print(textwrap.indent(textwrap.fill(" ".join(passage.split())[:_SHOWN], 100), "    > "))


def main() -> None:
    """Parse, read, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", help="databases of runs, or JSON answers")
    parser.add_argument("--runs", type=int, default=1000, help="of a database, the newest")
    parser.add_argument(
        "--evaluation", action="append", default=[], help="the planned runs of that evaluation"
    )
    parser.add_argument("--sample", type=int, help="print so many sentences with their passages")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: list[Cited] = []
    for path in options.files:
        if path.suffix == ".json":
            found += of_json(path)
        else:
            found += asyncio.run(of_database(path, options.runs, options.evaluation))
    if options.sample:
        chosen = random.Random(options.seed).sample(found, min(options.sample, len(found)))
        for number, one in enumerate(chosen, 1):
            show(one, number)
        return
    if options.json:
        print(json.dumps(report(found)))
        return
    for name, value in report(found).items():
        print(f"{name:20} {value}")
    for one in found:
        if one.missing:
            print(f"{one.run}: {', '.join(one.missing)}: {one.text}")


if __name__ == "__main__":
    main()
