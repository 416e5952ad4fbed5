"""What spans tell of a call of a model, and under which names.

The names stand here, and are of no package, since the conventions are still moving.
"""

import json
from urllib.parse import urlsplit

from opentelemetry.util.types import AttributeValue

from planner import ModelCalled

AGENT = "breadth"
OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
ERROR_TYPE = "error.type"

Attributes = dict[str, AttributeValue]


def about_call(called: ModelCalled) -> Attributes:
    """What is told of a call of a model in any case; what is said in it is not there."""
    request, usage = called.request, called.completion.usage
    about: Attributes = {
        OPERATION: "chat",
        PROVIDER: "breadth",
        "gen_ai.request.model": called.model,
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.temperature": request.temperature,
        "gen_ai.request.top_p": request.top_p,
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        "breadth.purpose": request.purpose,
        "breadth.reused": called.reused,
    }
    if request.n > 1:
        about["gen_ai.request.choice.count"] = request.n
    if request.seed is not None:
        about["gen_ai.request.seed"] = request.seed
    if called.completion.samples:
        reasons = [sample.finish_reason for sample in called.completion.samples]
        about["gen_ai.response.finish_reasons"] = [str(reason) for reason in reasons]
    if called.first_token_seconds is not None:
        about["gen_ai.response.time_to_first_chunk"] = called.first_token_seconds
    if called.cost is not None:
        about["breadth.cost"] = called.cost
    return about | _server(called.completion.endpoints)


def _server(endpoints: tuple[str, ...]) -> Attributes:
    """Which one answered; it is only known where there may be several."""
    if not endpoints:
        return {}
    place = urlsplit(endpoints[0])
    found: Attributes = {"server.address": place.hostname or endpoints[0]}
    if place.hostname:
        found["server.port"] = place.port or (443 if place.scheme == "https" else 80)
    if (place.hostname or "").endswith("openai.com"):
        found[PROVIDER] = "openai"
    return found


def messages(role: str, text: str) -> str:
    """One, as the list that the conventions want."""
    return as_json([message(role, text)])


def message(role: str, text: str) -> dict[str, object]:
    """As the conventions have it."""
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def as_json(value: object) -> str:
    """Attributes hold no dictionaries."""
    return json.dumps(value, ensure_ascii=False, default=str)
