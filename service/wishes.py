"""What a request wishes of its run that is no setting: options beside those of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from planner import Form, PlanError
from service.errors import UsageProblem
from tools import CallersFunction, Output


@dataclass(frozen=True, slots=True)
class Wishes:
    """Each is None where the request says nothing.

    `service.saved.restored` gives the settings of a run, `Wishes.from_options(record.options)` the
    rest. What MCP servers have to be told is in the response's `secrets`, and nowhere else:
    `{"mcp": {LABEL: {"authorization": TOKEN, "headers": {NAME: VALUE}}}}`.
    """

    after: str | None = None
    """The run that it goes on from, which has an answer."""
    conversation: list[JsonValue] | None = None
    """Earlier turns, each with `role` (user or assistant) and `content` (a text)."""
    form: dict[str, JsonValue] | None = None
    """The answer as JSON: `name`, `schema`, `strict`."""
    files: bool | None = None
    """Whether the documents of the service are searched; None: they are where nothing is named."""
    web: bool | None = None
    """The same of the web."""
    domains: list[JsonValue] | None = None
    """Where on the web alone."""
    servers: list[JsonValue] | None = None
    """MCP servers, each with `label`, `url`, `description` (or null), `allowed` (names of tools;
    null: all) and `never_ask` (true: its tools are called unasked; a list of names: those; false:
    only what changes nothing). In plans their tools are named `LABEL_TOOL`."""
    functions: list[JsonValue] | None = None
    """Functions of the caller, each with `name`, `description`, `parameters` (a JSON schema) and
    `strict`. A plan may call them as tools of these names; the run then ends, and the caller sends
    what they gave with a further request."""
    method: str | None = None
    """The method by which the question is reasoned about, in the place of research."""
    outputs: list[JsonValue] | None = None
    """What functions of the caller gave: `call_id`, `name`, `arguments` (an object), `output` (a
    text). A call of the same function with the same arguments has this result."""

    @property
    def turns(self) -> list[dict[str, Any]]:
        """The conversation, as far as it is one."""
        wanted = {"role", "content"}
        return [t for t in self.conversation or () if isinstance(t, dict) and wanted <= t.keys()]

    @property
    def wanted_form(self) -> Form | None:
        """The form of the answer. Raises UsageProblem for a schema that cannot be used."""
        if self.form is None:
            return None
        schema: Any = self.form.get("schema")
        try:
            return Form(str(self.form.get("name")), schema, bool(self.form.get("strict")))
        except PlanError as error:
            raise UsageProblem(f"the form of the answer: {error}") from error

    @property
    def tools(self) -> tuple[CallersFunction, ...]:
        """The functions of the caller, with what they are known to give."""
        known = []
        for each in self.outputs or ():
            given = each.get("arguments") if isinstance(each, dict) else None
            if isinstance(each, dict) and isinstance(given, dict):
                known.append(Output(str(each["name"]), given, str(each["output"])))
        return tuple(
            CallersFunction(str(each["name"]), str(each["description"]), each["parameters"], known)
            for each in self.functions or ()
            if isinstance(each, dict)
        )

    def to_options(self) -> dict[str, JsonValue]:
        """Those that are wished."""
        names = self.__slots__
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "Wishes":
        """The inverse."""
        return cls(**{name: options[name] for name in cls.__slots__ if name in options})
