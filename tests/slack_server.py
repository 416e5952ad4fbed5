"""A Slack of our own on loopback: its API, its limits and moods, its events and its socket."""

import asyncio
import hmac
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession, WSMsgType, web
from loopback import on_loopback

TOKEN, SECRET, APP_TOKEN = "xoxb-t0ken-of-a-bot", "s1gning-s3cret", "xapp-t0ken-of-an-app"
BOT = "UBOT"
Reply = dict[str, Any] | web.Response
BUSY: Callable[[], web.Response] = lambda: web.Response(  # noqa: E731
    status=429, headers={"Retry-After": "1"}
)


def units(text: str) -> int:
    """The length as Slack counts."""
    return len(text.encode("utf-16-le")) // 2


@dataclass
class Posted:
    """A message."""

    channel: str
    ts: str
    thread: str | None
    metadata: Any
    shown: list[dict[str, Any]] = field(default_factory=list)
    """What it said, one after the other: text and blocks."""
    at: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that it says now."""
        return text_of(self.shown[-1])

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """Those that it has now."""
        rows = [
            block["elements"] for block in self.shown[-1]["blocks"] if block["type"] == "actions"
        ]
        return [button for row in rows for button in row]


def text_of(shown: dict[str, Any]) -> str:
    """The text of all blocks, or of the message where there are none."""
    if not shown["blocks"]:
        return str(shown["text"])
    texts = []
    for block in shown["blocks"]:
        texts.append(block.get("text", {}).get("text", ""))
        texts += [
            str(each["text"]) for each in block.get("elements", ()) if "button" not in str(each)
        ]
    return "\n".join(filter(None, texts))


class SlackServer:
    """Checks what it is told; what breaks its rules is in `faults`, too."""

    def __init__(self) -> None:
        self.posted: dict[str, Posted] = {}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.faults: list[str] = []
        self.moods: defaultdict[str, list[Callable[[], web.Response | str | None]]]
        self.moods = defaultdict(list)
        """By method: before a call is done, the first of these is taken; an answer is given
        instead, a text is an error; behind `lost`, it is done and its answer is not told."""
        self.names: dict[str, str] = {}
        self.closed: set[str] = set()
        """Channels that the bot is not in."""
        self.files: dict[str, dict[str, Any]] = {}
        self.ephemeral: list[dict[str, str]] = []
        self.changed = asyncio.Condition()
        self.sockets: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.acknowledged: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.url = ""
        self._numbers = count(1)

    async def method(self, request: web.Request) -> web.Response:
        """A call of the API."""
        name = request.match_info["method"]
        fields = {key: str(value) for key, value in (await request.post()).items()}
        self.calls.append((name, fields))
        async with self.changed:
            self.changed.notify_all()
        wanted = APP_TOKEN if name == "apps.connections.open" else TOKEN
        if request.headers.get("Authorization") != f"Bearer {wanted}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        mood = self.moods[name].pop(0)() if self.moods[name] else None
        if mood is not None and mood != "lost":
            return mood if isinstance(mood, web.Response) else _refused(mood)
        does = getattr(self, "_" + name.replace(".", "_").lower())
        try:
            answer = does(fields)
        except ValueError as error:
            return _refused(str(error))
        async with self.changed:
            self.changed.notify_all()
        if mood == "lost":
            return web.Response(status=502)
        return web.json_response({"ok": True, **answer})

    def _chat_postmessage(self, fields: dict[str, str]) -> dict[str, Any]:
        if fields["channel"] in self.closed:
            raise ValueError("not_in_channel")
        ts = f"{time.time() + next(self._numbers):.6f}"
        metadata = json.loads(fields["metadata"]) if "metadata" in fields else None
        one = Posted(fields["channel"], ts, fields.get("thread_ts"), metadata)
        self._show(one, fields)
        self.posted[ts] = one
        return {"channel": one.channel, "ts": ts}

    def _chat_update(self, fields: dict[str, str]) -> dict[str, Any]:
        one = self.posted.get(fields["ts"])
        if one is None or one.channel != fields["channel"]:
            raise ValueError("message_not_found")
        self._show(one, fields)
        return {"channel": one.channel, "ts": one.ts}

    def _show(self, one: Posted, fields: dict[str, str]) -> None:
        shown = {"text": fields["text"], "blocks": json.loads(fields.get("blocks", "[]"))}
        for fault in faults_of(shown):
            self.faults.append(fault)
            raise ValueError("invalid_blocks")
        one.shown.append(shown)
        one.at.append(time.monotonic())

    def _chat_postephemeral(self, fields: dict[str, str]) -> dict[str, Any]:
        self.ephemeral.append(fields)
        return {"message_ts": "1.1"}

    def _conversations_replies(self, fields: dict[str, str]) -> dict[str, Any]:
        return self._listed(fields, lambda one: one.thread == fields["ts"])

    def _conversations_history(self, fields: dict[str, str]) -> dict[str, Any]:
        return self._listed(fields, lambda one: one.thread is None)

    def _listed(
        self, fields: dict[str, str], is_wanted: Callable[[Posted], bool]
    ) -> dict[str, Any]:
        """Two on a page."""
        oldest, start = float(fields["oldest"]), int(fields.get("cursor", 0))
        found = [
            {"ts": one.ts, "metadata": one.metadata}
            for one in self.posted.values()
            if one.channel == fields["channel"] and is_wanted(one) and float(one.ts) >= oldest
        ]
        following = str(start + 2) if len(found) > start + 2 else ""
        page = found[start : start + 2]
        return {"messages": page, "response_metadata": {"next_cursor": following}}

    def _conversations_info(self, fields: dict[str, str]) -> dict[str, Any]:
        if fields["channel"] not in self.names:
            raise ValueError("channel_not_found")
        return {"channel": {"id": fields["channel"], "name": self.names[fields["channel"]]}}

    def _conversations_open(self, fields: dict[str, str]) -> dict[str, Any]:
        return {"channel": {"id": f"D{fields['users']}"}}

    def _files_getuploadurlexternal(self, fields: dict[str, str]) -> dict[str, Any]:
        id_ = f"F{next(self._numbers)}"
        self.files[id_] = {
            "name": fields["filename"],
            "length": int(fields["length"]),
            "shares": [],
        }
        return {"file_id": id_, "upload_url": f"{self.url}/upload/{id_}"}

    def _files_completeuploadexternal(self, fields: dict[str, str]) -> dict[str, Any]:
        (told,) = json.loads(fields["files"])
        file = self.files.get(told["id"])
        if file is None or "content" not in file:
            raise ValueError("file_not_found")
        file["title"] = told["title"]
        file["shares"].append((fields["channel_id"], fields.get("thread_ts")))
        return {"files": [{"id": told["id"]}]}

    def _files_info(self, fields: dict[str, str]) -> dict[str, Any]:
        file = self.files.get(fields["file"])
        if file is None or not file["shares"]:
            raise ValueError("file_not_found")
        return {"file": {"shares": {"public": {where: [{}] for where, _ in file["shares"]}}}}

    def _apps_connections_open(self, fields: dict[str, str]) -> dict[str, Any]:
        return {"url": f"{self.url.replace('http', 'ws', 1)}/socket"}

    async def upload(self, request: web.Request) -> web.Response:
        """To an address that was given out, which needs no token."""
        file, content = self.files[request.match_info["id"]], await request.read()
        if "Authorization" in request.headers or len(content) != file["length"]:
            self.faults.append("an upload is not as it was announced")
            return web.Response(status=400)
        file["content"] = content.decode()
        return web.Response(text="OK")

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """Of an app that hears by a connection of its own."""
        opened = web.WebSocketResponse()
        await opened.prepare(request)
        await opened.send_json({"type": "hello", "num_connections": 1})
        await self.sockets.put(opened)
        async for message in opened:
            if message.type == WSMsgType.TEXT:
                await self.acknowledged.put(json.loads(message.data))
        return opened

    async def until(self, is_so: Callable[[], bool], seconds: float = 60) -> None:
        """Wait, as calls come in."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(is_so)

    async def answer(self, thread: str | None = None, seconds: float = 60) -> Posted:
        """The one message of ours in the thread, when it has no button any more."""

        def found() -> list[Posted]:
            return [
                one
                for one in self.posted.values()
                if thread in (None, one.thread) and not one.buttons
            ]

        await self.until(lambda: bool(found()), seconds)
        (one,) = found()
        return one


def _refused(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error})


def faults_of(shown: dict[str, Any]) -> list[str]:
    """Rules of Slack's that a message breaks."""
    faults = []
    if not shown["text"] and not shown["blocks"]:
        faults.append("no text")
    if units(shown["text"]) > 4000:
        faults.append("a text of more than 4,000 characters")
    if len(shown["blocks"]) > 50:
        faults.append("more than 50 blocks")
    for block in shown["blocks"]:
        match block:
            case {"type": "section", "text": {"type": "mrkdwn", "text": str(text)}}:
                lengths = [(1, units(text), 3000)]
            case {"type": "header", "text": {"type": "plain_text", "text": str(text)}}:
                lengths = [(1, units(text), 150)]
            case {"type": "context", "elements": list(elements)}:
                lengths = [(1, len(elements), 10)]
                lengths += [(1, units(each["text"]), 3000) for each in elements]
            case {"type": "actions", "elements": [{"type": "button"} as button]}:
                lengths = [(1, units(button["value"]), 2000)]
                lengths.append((1, units(button["text"]["text"]), 75))
            case _:
                lengths = [(1, 0, 0)]
        faults += [f"{block}: {low} <= {got} <= {high}" for low, got, high in lengths
                   if not low <= got <= high]  # fmt: skip
    return faults


@asynccontextmanager
async def slack_serving(server: SlackServer) -> AsyncIterator[SlackServer]:
    """On a free port."""
    app = web.Application()
    app.router.add_post("/api/{method}", server.method)
    app.router.add_post("/upload/{id}", server.upload)
    app.router.add_get("/socket", server.socket)
    async with on_loopback(app, shutdown=0.1) as server.url:
        yield server


@pytest.fixture
async def slack_server() -> AsyncIterator[SlackServer]:
    async with slack_serving(SlackServer()) as server:
        yield server


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """The headers that say that Slack has sent it."""
    moment = str(int(time.time() if at is None else at))
    text = f"v0:{moment}:".encode() + body
    signature = hmac.new(secret.encode(), text, sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={signature}"}


@dataclass
class Sender:
    """Slack, telling the service at this address."""

    url: str
    session: ClientSession

    async def json(self, body: dict[str, Any], **headers: str) -> int:
        """An event; gives the status of the answer."""
        raw = json.dumps(body).encode()
        told = {"Content-Type": "application/json", **signed(raw), **headers}
        async with self.session.post(f"{self.url}/slack/events", data=raw, headers=told) as answer:
            return answer.status

    async def form(self, fields: dict[str, str]) -> tuple[int, str]:
        """A command, or a button."""
        raw = urlencode(fields).encode()
        told = {"Content-Type": "application/x-www-form-urlencoded", **signed(raw)}
        async with self.session.post(f"{self.url}/slack/events", data=raw, headers=told) as answer:
            return answer.status, await answer.text()

    async def pressed(self, one: Posted, user: str = "UANN", team: str = "T1") -> int:
        """The button of a message."""
        (button,) = one.buttons
        payload = {
            "type": "block_actions",
            "team": {"id": team},
            "user": {"id": user, "team_id": team},
            "channel": {"id": one.channel},
            "actions": [{**button, "type": "button", "block_id": "b", "action_ts": "1.1"}],
        }
        return (await self.form({"payload": json.dumps(payload)}))[0]


def told(event: dict[str, Any], id_: str = "Ev1", team: str = "T1") -> dict[str, Any]:
    """An event in its envelope."""
    return {
        "type": "event_callback",
        "team_id": team,
        "event_id": id_,
        "authorizations": [{"team_id": team, "user_id": BOT, "is_bot": True}],
        "event": event,
    }


def mention(question: str, ts: str = "1.1", channel: str = "C1", **more: Any) -> dict[str, Any]:
    """Somebody asks us."""
    text = f"<@{BOT}> {question}"
    event = {"type": "app_mention", "channel": channel, "user": "UANN", "ts": ts, "text": text}
    return event | more


def message(text: str, ts: str = "1.1", channel: str = "C1", **more: Any) -> dict[str, Any]:
    """Somebody says something."""
    kind = "im" if channel.startswith("D") else "channel"
    event = {"type": "message", "channel": channel, "user": "UANN", "ts": ts, "text": text}
    return event | {"channel_type": kind} | more
