"""An answer as text, Markdown, HTML and JSON."""

import html
import json
from pathlib import Path
from typing import Any

from planner import Answer
from search import Passage
from service.legible import settled
from service.workplace import Finished

_STYLE = """body{font:1.05rem/1.5 system-ui,sans-serif}
body{max-width:44rem;margin:2rem auto;padding:0 1rem}
blockquote{border-left:3px solid #999;margin-left:0;padding-left:1rem;color:#555}
a{text-decoration:none}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}
blockquote{color:#aaa}a{color:#8bf}}"""


def as_text(finished: Finished) -> str:
    """For a terminal or a pipe."""
    answer = finished.result.answer
    lines = [answer.text]
    if finished.result.reason:
        lines += ["", f"({finished.result.status}: {finished.result.reason})"]
    if answer.citations:
        lines += ["", "Sources"]
        lines += [f"[{number}] {source_line(p)}" for number, p in enumerate(answer.citations, 1)]
    return settled("\n".join(lines))


def source_line(passage: Passage) -> str:
    """Title, who wrote it and when, and place."""
    source = passage.source
    said = [source.author, source.published, source.location, passage.place]
    return f"{source.title} ({', '.join(filter(None, said))})"


def as_markdown(finished: Finished) -> str:
    """A document with the passages under it."""
    answer = finished.result.answer
    parts = [f"# {_escaped(finished.question)}", _marked_up(answer)]
    if finished.result.reason:
        parts.append(f"*{finished.result.status}: {_escaped(finished.result.reason)}*")
    if answer.citations:
        parts.append("## Sources")
        for number, passage in enumerate(answer.citations, 1):
            quoted = "\n".join(f"> {_escaped(line)}" for line in passage.text.splitlines())
            parts.append(f"**[{number}]** {_escaped(source_line(passage))}\n\n{quoted}")
    return settled("\n\n".join(parts) + "\n")


def as_html(finished: Finished) -> str:
    """One self-contained page."""
    answer, question = finished.result.answer, html.escape(finished.question)
    body = [f"<h1>{question}</h1>", f"<p>{_linked(answer)}</p>"]
    if finished.result.reason:
        body.append(
            f"<p><em>{finished.result.status}: {html.escape(finished.result.reason)}</em></p>"
        )
    if answer.citations:
        body.append("<h2>Sources</h2><ol>")
        for number, passage in enumerate(answer.citations, 1):
            body.append(
                f'<li id="source-{number}">{html.escape(source_line(passage))}'
                f"<blockquote>{html.escape(passage.text)}</blockquote></li>"
            )
        body.append("</ol>")
    return settled(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{question}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def as_json(finished: Finished) -> str:
    """One object: answer, citations and sources."""
    answer, text = finished.result.answer, ""
    citations: list[dict[str, Any]] = []
    for sentence in answer.sentences:
        text += (" " if text else "") + sentence.text
        for number in sentence.cites:
            start = len(text) + 1
            text += f" [{number}]"
            passage = answer.citations[number - 1]
            citations.append(
                {
                    "number": number,
                    "start_index": start,
                    "end_index": len(text),
                    "title": passage.source.title,
                    "location": passage.source.location,
                    "passage": {
                        "start": passage.start,
                        "end": passage.end,
                        "part": passage.part,
                        "text": passage.text,
                    },
                    "verdict": sentence.verdict,
                }
            )
    whole = {
        "run": finished.run,
        "parent": finished.parent,
        "status": finished.result.status,
        "reason": finished.result.reason,
        "question": finished.question,
        "answer": text,
        "value": answer.value,
        "citations": citations,
        "sources": _sources(answer),
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


def write_file(finished: Finished, path: Path) -> None:
    """Markdown or HTML, by the name's ending; always UTF-8. Raises OSError."""
    is_html = path.suffix.lower() in {".html", ".htm"}
    text = as_html(finished) if is_html else as_markdown(finished)
    path.write_text(text, encoding="utf-8")


def _sources(answer: Answer) -> list[dict[str, Any]]:
    """Each cited document once, with the numbers under which it is cited."""
    found: dict[str, dict[str, Any]] = {}
    for number, passage in enumerate(answer.citations, 1):
        source = passage.source
        entry = found.setdefault(
            source.location,
            {
                "location": source.location,
                "title": source.title,
                "media_type": source.media_type,
                "author": source.author,
                "published": source.published,
                "sha256": source.digest,
                "numbers": [],
            },
        )
        entry["numbers"].append(number)
    return list(found.values())


def _escaped(text: str) -> str:
    """A text that Markdown takes literally."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in text)


def _marked_up(answer: Answer) -> str:
    """The sentences with marks, for Markdown."""
    return " ".join(
        _escaped(sentence.text) + "".join(f" **[{number}]**" for number in sentence.cites)
        for sentence in answer.sentences
    )


def _linked(answer: Answer) -> str:
    """The sentences with marks that lead to their source."""
    return " ".join(
        html.escape(sentence.text)
        + "".join(f' <a href="#source-{number}">[{number}]</a>' for number in sentence.cites)
        for sentence in answer.sentences
    )
