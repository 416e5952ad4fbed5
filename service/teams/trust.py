"""Whether an activity comes from the Bot Framework: by its token, and the keys that sign such."""

import asyncio
import time
from typing import Any

import jwt
from aiohttp import ClientError, ClientSession

_KEPT_SECONDS = 86_400.0
_AGAIN_SECONDS = 60.0
"""So long no other keys are asked for, whatever key a token names."""
_LEEWAY = 300.0
_ALGORITHMS = ("RS256",)


class Untrusted(Exception):
    """It does not come from the Bot Framework, or is for somebody else; the text says why."""


class NoKeys(Exception):
    """The keys cannot be had at the moment."""


class Trust:
    """Knows the keys."""

    def __init__(self, session: ClientSession, address: str, issuer: str, audience: str) -> None:
        """`address`: of the OpenID configuration; `audience`: the id of our app."""
        self._session, self._address = session, address
        self._issuer, self._audience = issuer, audience
        self._keys: dict[str, dict[str, Any]] = {}
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def require(self, authorization: str, service: str, channel: str) -> None:
        """`service` and `channel`: where the activity says that it comes from. Raises Untrusted and
        NoKeys."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Untrusted("there is no token")
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid")))
            claims = jwt.decode(
                token,
                jwt.PyJWK(key).key,
                algorithms=list(_ALGORITHMS),
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise Untrusted(f"the token is none of the Bot Framework's: {error}") from error
        if claims.get("serviceurl", claims.get("serviceUrl")) != service:
            raise Untrusted("the token is for another service")
        endorsed = key.get("endorsements")
        if isinstance(endorsed, list) and channel not in endorsed:
            raise Untrusted("the key is not for this channel")

    async def _key(self, name: str) -> dict[str, Any]:
        """Raises Untrusted and NoKeys."""
        async with self._lock:
            age = time.monotonic() - self._asked_at
            if age > _KEPT_SECONDS or (name not in self._keys and age > _AGAIN_SECONDS):
                try:
                    self._keys = await self._asked()
                    self._asked_at = time.monotonic()
                except NoKeys:
                    if name not in self._keys:
                        raise
        if name not in self._keys:
            raise Untrusted("nobody knows the key of the token")
        return self._keys[name]

    async def _asked(self) -> dict[str, dict[str, Any]]:
        """All of today's. Raises NoKeys."""
        try:
            configuration = await self._json(self._address)
            listed = (await self._json(str(configuration["jwks_uri"])))["keys"]
            return {str(each["kid"]): each for each in listed}
        except (ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError) as error:
            raise NoKeys(
                f"{self._address} does not tell its keys: {type(error).__name__}"
            ) from error

    async def _json(self, address: str) -> Any:
        async with self._session.get(address, raise_for_status=True) as answer:
            return await answer.json(content_type=None)
