"""TabledEngine: any engine of the table."""

from collections.abc import Mapping, Sequence
from typing import Any

from search.engines.asking import Asked, Pace, at, fitting, json_answer, message_in
from search.engines.results import WebResult, plain
from search.engines.table import Getter, Spec
from search.errors import EngineError
from search.web import WebClient

_BEARER = "Authorization: Bearer"


class TabledEngine:
    """A WebEngine by its line of the table."""

    def __init__(
        self,
        spec: Spec,
        web: WebClient,
        *,
        key: str = "",
        second: str = "",
        base: str = "",
        address: str | None = None,
    ) -> None:
        """`second`: what an engine needs beside its key; `base`: the address of the user's own
        server; `address`: another one than the table's.
        """
        self.name = spec.name
        self._spec = spec
        self._web = web
        self._key = key
        self._second = second
        self._address = (address or spec.address).replace("{base}", base.rstrip("/"))
        self._pace = Pace(spec.pace)

    async def results(self, query: str, *, limit: int = 10) -> Sequence[WebResult]:
        """See `WebEngine.results`."""
        await self._pace.turn()
        payload = await json_answer(self._web, self.name, self._asked(query, limit))
        listed = self._listed(payload)
        results = (self._result(hit) for hit in listed if isinstance(hit, Mapping))
        return [result for result in results if result is not None][:limit]

    def _asked(self, query: str, limit: int) -> Asked:
        """The request in the engine's words."""
        spec = self._spec
        query = spec.rewritten(query) if spec.rewritten else query
        text = fitting(query, longest=spec.longest, words=spec.words)
        fields: dict[str, Any] = {**spec.more, spec.query: text}
        if spec.count:
            fields[spec.count] = max(1, min(limit, spec.most))
        if spec.second:
            fields[spec.second] = self._second
        headers = dict(spec.headers)
        if self._key and spec.key_param:
            fields[spec.key_param] = self._key
        elif self._key and spec.key_header == _BEARER:
            headers["Authorization"] = f"Bearer {self._key}"
        elif self._key and spec.key_header:
            headers[spec.key_header] = self._key
        if spec.posts:
            return Asked(self._address, headers=headers, json=fields)
        params = {name: str(value) for name, value in fields.items()}
        return Asked(self._address, params=params, headers=headers)

    def _listed(self, payload: Any) -> Sequence[Any]:
        """The list of results; an error in the form of an answer is one."""
        spec = self._spec
        if isinstance(payload, Mapping):
            complaint = next((payload[name] for name in spec.complaints if payload.get(name)), None)
            if complaint is not None:
                said = message_in(payload) or message_in(complaint)
                raise EngineError(f"{self.name} refused: {said or 'it does not say why'}")
        listed = at(payload, spec.results)
        if isinstance(listed, list) and (listed or not self._all_silent(payload)):
            return listed
        if listed is None and spec.whole and at(payload, spec.whole) is not None:
            return []
        raise EngineError(self._silence(payload))

    def _all_silent(self, payload: Any) -> bool:
        """Whether a metasearch engine has nothing because those that it asks do not answer."""
        return bool(at(payload, "unresponsive_engines"))

    def _silence(self, payload: Any) -> str:
        """What an answer lacks."""
        silent = at(payload, "unresponsive_engines")
        if silent:
            named = ", ".join(str(one[0] if isinstance(one, list) else one) for one in silent)
            return f"{self.name} has nothing, for these did not answer it: {named[:200]}"
        return f"{self.name} sent what is no list of results"

    def _result(self, hit: Mapping[str, Any]) -> WebResult | None:
        """One result; None for one without an address of the web."""
        spec = self._spec
        url = _got(hit, spec.url)
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            return None
        published = _got(hit, spec.published)
        return WebResult(
            url=url,
            title=plain(_got(hit, spec.title)) or url,
            text=plain(_got(hit, spec.text)),
            published=str(published) if published else None,
        )


def _got(hit: Mapping[str, Any], getter: Getter) -> Any:
    """A field of a result."""
    if callable(getter):
        return getter(hit)
    return at(hit, getter) if getter else None
