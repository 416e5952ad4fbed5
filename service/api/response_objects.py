"""A response as it is told."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from service.api.answer_forms import told
from service.api.chat_objects import within
from service.api.citations import CitedText
from service.api.response_calls import Item
from storage import ResponseRecord, RunRecord, Spent

_STATUS: Mapping[str, str] = {
    "queued": "queued",
    "running": "in_progress",
    "interrupted": "in_progress",
}
"""Others are called the same."""
_LIMITS: Mapping[str, str] = {
    "max-tokens": "max_tokens",
    "max-cost": "max_cost",
    "max-tool-calls": "max_tool_calls",
    "seconds": "max_seconds",
}
_ECHOED = ("instructions", "max_output_tokens", "max_tool_calls", "user",
           "safety_identifier", "prompt_cache_key")  # fmt: skip
_PLAIN: Mapping[str, float] = {
    "temperature": 1.0,
    "top_p": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "top_logprobs": 0,
}
"""Clients of the neutral specification want a number, though none has an effect."""
_SENTENCE = re.compile(r"[.!?…。！？](?:[\"'”’»)]*)(?: \[\d+\])*(?=\s|$)|\n")
"""The end of one, with the marks behind it; a line is one, too."""
_TOO_LONG = "max_output_tokens"


def response_object(
    response: ResponseRecord, run: RunRecord, items: Sequence[Item], spent: Spent | None
) -> dict[str, Any]:
    """The whole. `items`: of its calls; `spent`: once the run has ended."""
    request = response.request
    message, is_cut = message_of(response, run)
    status = _STATUS.get(run.status, run.status)
    if is_cut and status == "completed":
        status = "incomplete"
    ended = run.ended_at if run.is_over else None
    return {
        "id": response.id,
        "object": "response",
        "created_at": int(response.created_at.timestamp()),
        "completed_at": int(ended.timestamp()) if ended and status == "completed" else None,
        "status": status,
        "background": bool(request.get("background")),
        "model": request["model"],
        "output": [*items, *([message] if message else [])],
        "error": _error(run),
        "incomplete_details": _incomplete(run, is_cut=is_cut) if status == "incomplete" else None,
        "metadata": request.get("metadata") or {},
        "parallel_tool_calls": request.get("parallel_tool_calls", True),
        "tool_choice": request.get("tool_choice", "auto"),
        "tools": request.get("tools", []),
        "previous_response_id": response.previous,
        "reasoning": {"effort": None, "summary": None} | (request.get("reasoning") or {}),
        "text": _text(request.get("text") or {}),
        "store": request.get("store", True),
        "truncation": request.get("truncation", "disabled"),
        "service_tier": "default",
        "usage": usage(spent) if spent else None,
        **{name: request.get(name) for name in _ECHOED},
        **{name: request.get(name, plain) for name, plain in _PLAIN.items()},
        "breadth": {"run": run.id, "reason": run.reason},
    }


def said_in(run: RunRecord) -> CitedText | None:
    """The text of the answer, and its citations; None where there is none. An answer in a form of
    the caller's is JSON, in which nothing is cited."""
    if run.status not in ("completed", "incomplete") or run.answer is None:
        return None
    return told(run.answer)


def message_of(response: ResponseRecord, run: RunRecord) -> tuple[Item | None, bool]:
    """The message of a run that has ended, and whether it was cut."""
    whole = said_in(run)
    if whole is None:
        return None, False
    most = response.request.get("max_output_tokens")
    text = whole if most is None else _cut(whole, most)
    is_cut = text != whole
    content = {
        "type": "output_text",
        "text": text.text,
        "annotations": annotations(text),
        "logprobs": [],
    }
    return {
        "id": f"msg_{response.run}",
        "type": "message",
        "status": "incomplete" if is_cut or run.status == "incomplete" else "completed",
        "role": "assistant",
        "content": [content],
    }, is_cut


def _cut(whole: CitedText, most: int) -> CitedText:
    """About so many tokens of it: whole sentences, or words where there is no whole sentence."""
    text = within(whole, most)
    if text == whole:
        return whole
    ends = [end.end() for end in _SENTENCE.finditer(whole.text, 0, len(text.text) + 1)]
    fitting = [end for end in ends if end <= len(text.text)]
    return text.cut(fitting[-1]) if fitting else text


def annotations(text: CitedText) -> list[dict[str, Any]]:
    """Its citations, as they stand beside a text."""
    return [
        {
            "type": "url_citation",
            "url": each.url,
            "title": each.title,
            "start_index": each.start,
            "end_index": each.end,
        }
        for each in text.citations
    ]


def usage(spent: Spent) -> dict[str, Any]:
    """In the words of this interface."""
    return {
        "input_tokens": spent.prompt,
        "input_tokens_details": {"cached_tokens": spent.cached, "cache_write_tokens": 0},
        "output_tokens": spent.completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": spent.prompt + spent.completion,
    }


def _text(given: Mapping[str, Any]) -> dict[str, Any]:
    """How the answer is to look, with every field of its form."""
    form = {"type": "text"} | (given.get("format") or {})
    if form["type"] == "json_schema":
        form = {"name": "answer", "description": None, "strict": False} | form
    return dict(given) | {"format": form}


def _error(run: RunRecord) -> dict[str, Any] | None:
    """Why it failed."""
    if run.status != "failed":
        return None
    return {"code": "server_error", "message": run.reason or "no reason is known"}


def _incomplete(run: RunRecord, *, is_cut: bool) -> dict[str, Any]:
    """Why not all of it could be done."""
    if run.status != "incomplete" and is_cut:
        return {"reason": _TOO_LONG}
    reason = run.reason or ""
    limit = next((said for name, said in _LIMITS.items() if name in reason), "error")
    return {"reason": limit, "message": reason}
