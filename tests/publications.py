"""Publications for tests: in five languages, as a report and as a plain answer."""

from dataclasses import replace
from typing import Any

from planner import Answer, Section, Sentence, Table
from search import Passage, Source
from service.formats import Publication

TEXTS = {
    "en": ("Christopher Nolan was born in London in 1970.", "Christopher Nolan", "Directors"),
    "de": ("Die größte Brücke über die Weiße Elster führt nach Döbeln.", "Brücken", "Übersicht"),
    "zh": (
        "克里斯托弗·诺兰于1970年出生在伦敦，他导演了《盗梦空间》。",
        "克里斯托弗·诺兰",
        "导演概览",
    ),
    "ja": ("クリストファー・ノーランは1970年にロンドンで生まれた。", "ノーラン", "監督の一覧"),
    "ar": ("ولد كريستوفر نولان في لندن عام 1970 وأخرج فيلم البداية.", "كريستوفر نولان", "المخرجون"),
    "el": ("Ο Κρίστοφερ Νόλαν γεννήθηκε στο Λονδίνο το 1970.", "Κρίστοφερ Νόλαν", "Σκηνοθέτες"),
    "emoji": (
        "The flag 🇩🇪 and the party 🎉 are 😀 z\u0351\u036balgo e\u0301.",
        "Emoji 🎉",
        "Signs 😀",
    ),
}


def source(number: int, title: str = "Title", author: str = "", published: str = "") -> Source:
    return Source(
        f"https://example.org/{number}?a=1&b=2", title, "text/html", f"{number}" * 64,
        author, published,
    )  # fmt: skip


def answer_in(language: str) -> Answer:
    sentence, title, heading = TEXTS[language]
    citations = (
        Passage(source(1, title, "Ann Author", "2020-01-31"), 0, 40, f"{sentence}\n{sentence}"),
        Passage(Source("/notes/ü.txt", heading, "text/plain", "2" * 64), 5, 9, sentence, "page 3"),
    )
    cells = (Sentence(title), Sentence(sentence, (2,), "supported"))
    return Answer(
        "1970",
        (
            Sentence(sentence, (1,), "supported"),
            Sentence(sentence, (1, 2), "partly"),
            Sentence(sentence, (2,), "contradicted"),
        ),
        citations,
        heading,
        (
            Section(heading, (Sentence(sentence, (1,), "unsupported"),)),
            Section(title, (), Table((heading, title), (cells, cells))),
        ),
    )


def report_in(language: str, **changes: Any) -> Publication:
    publication = Publication(
        "0k3f", f"{TEXTS[language][1]}?", "completed", answer_in(language), day="2026-11-26",
        document=document_of(language),
    )  # fmt: skip
    return replace(publication, **changes)


def answer_of(
    text: str, *, title: str = "Title", passage: str = "Passage.", **of_source: Any
) -> Any:
    """A plain answer of one sentence with one source."""
    cited = Source(
        of_source.get("location", "https://example.org/"), title, "text/html", "0" * 64,
        of_source.get("author", ""), of_source.get("published", ""),
    )  # fmt: skip
    answer = Answer(text, (Sentence(text, (1,), "supported"),), (Passage(cited, 0, 9, passage),))
    return Publication("0k3f", of_source.get("question", text), "completed", answer)


def document_of(language: str) -> dict[str, Any]:
    """As the store gives it, of a plan in the shape of a diamond, with one failure."""
    sentence, title, heading = TEXTS[language]
    return made_document(
        [
            ("a", f"{title}?", [], "done", title),
            ("b", f"{heading}?", [], "done", heading),
            ("c", f"{sentence} {{a}}", ["a"], "done", "1970"),
            ("d", f"{title} {{b}}", ["b"], "failed", None),
            ("e", f"{sentence}?", ["c", "d"], "done", sentence),
        ]
    )


def made_document(steps: list[tuple[str, str, list[str], str, Any]]) -> dict[str, Any]:
    """A step: its name, question, inputs, outcome and value."""
    moment = "2026-11-26T10:00:00+00:00"
    return {
        "run": {"id": "0k3f", "status": "completed"},
        "steps": [
            {"id": name, "tool": "lookup", "arguments": {"question": asked}, "inputs": inputs,
             "within": None}
            for name, asked, inputs, _, _ in steps
        ],
        "calls": [
            {"id": name, "step": name, "arguments": {"question": asked}, "outcome": outcome,
             "value": value, "error": None if outcome == "done" else "no such thing",
             "started_at": moment, "ended_at": moment}
            for name, asked, _, outcome, value in steps
        ],
        "model_calls": [],
        "events": [],
    }  # fmt: skip
