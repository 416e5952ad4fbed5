"""E-mail to text: who wrote what to whom and when, the text, and what hangs on it: texts whole, of
anything else the name."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr
from itertools import islice

from search.charset import decode, normalise
from search.extracts import Extract
from search.markup import visible_text
from search.pages import decode_page, parse_page

SHOWN = ("From", "To", "Cc", "Date", "Subject")
TELLING = ("date", "subject", "to", "message-id", "mime-version", "received", "return-path")
"""A text that begins with From and two of these is a mail."""
DEEPEST = 5
"""Mails inside of mails."""
MOST_PARTS = 200

_HEAD = re.compile(rb"\A(?:From [^\n]*\n)?((?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+)\r?\n")
_NAME = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)


def is_mail(data: bytes) -> bool:
    """Whether the bytes begin with the header of a mail."""
    head = _HEAD.match(data[:65_536])
    if head is None:
        return False
    names = {name.decode("ascii").lower() for name in _NAME.findall(head[1])}
    return "from" in names and len(names.intersection(TELLING)) >= 2


def mail_text(data: bytes, location: str) -> Extract:
    """The headers that a reader sees, the body, and the names of what is attached."""
    mail = message_from_bytes(data, EmailMessage, policy=policy.default)
    name, address = parseaddr(_header(mail, "From"))
    moment = getattr(mail["Date"], "datetime", None) if mail["Date"] else None
    return Extract(
        normalise("\n\n".join(_lines(mail, 0))).strip(),
        title=_header(mail, "Subject"),
        author=name or address,
        published=moment.date().isoformat() if moment else "",
    )


def _lines(mail: MIMEPart, depth: int) -> Iterator[str]:
    yield "\n".join(f"{name}: {said}" for name in SHOWN if (said := _header(mail, name)))
    body = mail.get_body(preferencelist=("plain", "html"))
    yield _body(body) if body is not None else ""
    for part in islice(mail.iter_attachments() if mail.is_multipart() else (), MOST_PARTS):
        if part.get_content_type() == "message/rfc822" and depth < DEEPEST:
            yield from (line for inner in part.iter_parts() for line in _lines(inner, depth + 1))
        elif name := part.get_filename():
            yield f"Attached: {' '.join(str(name).split())}"
            if part.get_content_maintype() == "text":
                yield _body(part)


def _body(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    if part.get_content_type() == "text/html":
        tree = parse_page(decode_page(payload, part.get_content_charset()))
        return visible_text(tree) if tree is not None else ""
    return decode(payload, declared=part.get_content_charset()).strip()


def _header(mail: MIMEPart, name: str) -> str:
    return normalise(" ".join(str(mail.get(name, "")).split()))
