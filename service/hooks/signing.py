"""Whether a body comes from who knows the secret, and saying so ourselves.

A header has the HMAC-SHA256 of the body, as hexadecimals or in base64, maybe behind `sha256=`; or
it is that of Standard Webhooks, which signs an id and a moment, too.
"""

import hmac
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256

from service.hook_settings import HookSettings

STANDARD = "webhook-signature"
_SECONDS = 300.0


def is_signed(hook: HookSettings, headers: Mapping[str, str], body: bytes) -> bool:
    """`headers`: by names in any letters."""
    key, given = _key(hook), headers.get(hook.signature, "")
    if hook.signature.lower() == STANDARD:
        return _is_standard(key, headers, given, body)
    digest = hmac.new(key, body, sha256).digest()
    told = given.strip().removeprefix("sha256=")
    wanted = (digest.hex(), b64encode(digest).decode())
    return any(hmac.compare_digest(told.encode(), each.encode()) for each in wanted)


def signed(hook: HookSettings, id_: str, body: bytes) -> dict[str, str]:
    """The headers of what we tell, as Standard Webhooks say."""
    moment = str(int(time.time()))
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": moment,
        "webhook-signature": _standard(_key(hook), id_, moment, body),
    }


def _is_standard(key: bytes, headers: Mapping[str, str], given: str, body: bytes) -> bool:
    id_, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id_ or not moment.isdecimal() or abs(time.time() - int(moment[:12])) > _SECONDS:
        return False
    wanted = _standard(key, id_, moment, body).encode()
    return any(hmac.compare_digest(each.encode(), wanted) for each in given.split())


def _standard(key: bytes, id_: str, moment: str, body: bytes) -> str:
    digest = hmac.new(key, f"{id_}.{moment}.".encode() + body, sha256).digest()
    return f"v1,{b64encode(digest).decode()}"


def _key(hook: HookSettings) -> bytes:
    """As Standard Webhooks write secrets, or as it is."""
    secret = hook.secret.get_secret_value()
    if secret.startswith("whsec_"):
        try:
            return b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            pass
    return secret.encode()
