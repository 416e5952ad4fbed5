"""What pages may ask for when their scripts run: what our own client may, and nothing else.

Each page tries to reach a listener on loopback that nobody may ask; it hears nothing.
"""

import asyncio

import pytest
from browsing import (
    FERRY,
    PROGRAM,
    browsing,
    needs_browser,
    not_here,
    place,
    shell,
    site,
    victim,
    writes,
)
from test_guard import resolving

from search import WebClient, WebResponse, WebSettings
from search.browser import Browser
from search.browser_settings import BrowserSettings

pytestmark = needs_browser

WAYS = {
    "fetch": "fetch('AT')",
    "fetch-unread": "fetch('AT', {mode: 'no-cors'})",
    "fetch-late": "fetch('AT', {keepalive: true})",
    "post": "fetch('AT', {method: 'POST', body: 'x'})",
    "xhr": "x = new XMLHttpRequest(); x.open('GET', 'AT'); x.send()",
    "xhr-waiting": "x = new XMLHttpRequest(); x.open('GET', 'AT', false); x.send()",
    "script": "add('script', {src: 'AT'})",
    "module": "import('AT')",
    "style": "add('link', {rel: 'stylesheet', href: 'AT'})",
    "import": "add('style', {textContent: '@import url(AT); p {background: url(AT)}'})",
    "font": "new FontFace('f', 'url(AT)').load()",
    "prefetch": "add('link', {rel: 'prefetch', href: 'AT'})",
    "preload": "add('link', {rel: 'preload', as: 'script', href: 'AT'})",
    "preconnect": "add('link', {rel: 'preconnect', href: 'AT'})",
    "lookup": "add('link', {rel: 'dns-prefetch', href: 'AT'})",
    "speculation": "add('script', {type: 'speculationrules', textContent:"
    " JSON.stringify({prefetch: [{urls: ['AT']}], prerender: [{urls: ['AT']}]})})",
    "picture": "new Image().src = 'AT'",
    "video": "add('video', {src: 'AT', preload: 'auto'})",
    "frame": "add('iframe', {src: 'AT'})",
    "frame-of-file": "add('iframe', {src: 'file:///etc/passwd'})",
    "frame-of-text": "add('iframe', {srcdoc: '<script src=AT></' + 'script>'})",
    "frame-of-data": "add('iframe', {src: 'data:text/html,<script src=AT></' + 'script>'})",
    "object": "add('object', {data: 'AT'})",
    "embed": "add('embed', {src: 'AT'})",
    "events": "new EventSource('AT')",
    "socket": "new WebSocket('AT'.replace('http', 'ws')).onopen = (e) => e.target.send('x')",
    "beacon": "navigator.sendBeacon('AT', 'x')",
    "ping": "a = add('a', {href: '#', ping: 'AT'}); a.click()",
    "download": "a = add('a', {href: 'AT', download: 'x'}); a.click()",
    "form": "f = add('form', {action: 'AT', method: 'post', target: '_blank'}); f.submit()",
    "window": "window.open('AT')",
    "window-of-file": "window.open('file:///etc/passwd')",
    "worker": 'new Worker(code(\'fetch("AT"); importScripts("AT")\'))',
    "worker-socket": 'new Worker(code(\'new WebSocket("AT".replace("http", "ws"))\'))',
    "shared-worker": "new SharedWorker(code('fetch(\"AT\")'))",
    "worker-elsewhere": "new Worker('AT')",
    "service-worker": "navigator.serviceWorker.register('/worker.js')",
    "calls": "p = new RTCPeerConnection({iceServers: [{urls: ['stun:HOST',"
    " 'turn:HOST?transport=tcp'], username: 'u', credential: 'c'}]}); p.createDataChannel('d');"
    " p.createOffer().then((o) => p.setLocalDescription(o))",
    "transport": "new WebTransport('AT'.replace('http:', 'https:'))",
    "redirect": "fetch('/redirect')",
    "script-redirect": "add('script', {src: '/redirect'})",
    "metadata": "fetch('http://169.254.169.254/latest/meta-data/')",
    "by-name": "fetch('AT'.replace('127.0.0.1', 'localhost'))",
    "by-number": "fetch('AT'.replace('127.0.0.1', '2130706433'))",
    "by-six": "fetch('AT'.replace('127.0.0.1', '[::ffff:127.0.0.1]'))",
    "by-any": "fetch('AT'.replace('127.0.0.1', '0.0.0.0'))",
}
SEEN_IF_OPEN = {"fetch", "fetch-unread", "xhr", "xhr-waiting", "script", "module", "worker"}
HELPERS = """
const add = (name, values) => {
  const made = Object.assign(document.createElement(name), values);
  if (name == 'link') made.setAttribute('as', values.as || '');
  document.body.appendChild(made);
  return made;
};
const code = (text) => URL.createObjectURL(new Blob([text], {type: 'text/javascript'}));
var stolen = 'nothing';
"""


def trying(port: int, ways: dict[str, str] = WAYS) -> str:
    """A script that tries all ways, and then shows what it has, and what comes later, too."""
    host = f"127.0.0.1:{port}"
    tries = "".join(
        f"try {{ {way.replace('AT', f'http://{host}/{name}').replace('HOST', host)} }} catch {{}}\n"
        for name, way in ways.items()
    )
    shows = f"if (said !== stolen) {{ said = stolen; {writes(FERRY + ' ${stolen}')} }}"
    show = f"let said; const show = () => {{ {shows} }};"
    return f"{HELPERS}{tries}{show} setTimeout(() => {{ show(); setInterval(show, 50) }}, 400);"


@pytest.mark.parametrize("apart", [True, False], ids=["no network", "options only"])
async def test_no_way_leads_to_what_may_not_be_asked(apart: bool) -> None:
    async with site() as served, victim() as other:
        served.pages["/"] = shell(trying(other.port))
        served.pages["/worker.js"] = f"fetch('http://127.0.0.1:{other.port}/')".encode()
        served.redirects["/redirect"] = f"http://127.0.0.1:{other.port}/redirect"
        async with browsing(place(served), apart=apart) as pages:
            (passage,) = await pages.read(f"{served.url}/")
    assert passage.text == f"{FERRY} nothing"
    assert other.heard == []


async def test_the_ways_are_ways() -> None:
    """The same page, where the host is opened: it is heard by those that are let through."""
    async with site() as served, victim() as other:
        served.pages["/"] = shell(trying(other.port))
        served.redirects["/redirect"] = f"http://127.0.0.1:{other.port}/redirect"
        async with browsing(place(served), f"127.0.0.1:{other.port}") as pages:
            (passage,) = await pages.read(f"{served.url}/")
    asked = {line.split()[1].strip("/") for line in other.heard}
    assert asked >= SEEN_IF_OPEN
    assert asked <= {*SEEN_IF_OPEN, "fetch-late", "preload", "redirect", "download", "by-number"}
    assert {line.split()[0] for line in other.heard} == {"GET"}
    assert passage.text == f"{FERRY} HONEY"


LEADS = {
    "location": "location.href = 'AT'",
    "replace": "location.replace('AT')",
    "file": "location.href = 'file:///etc/passwd'",
    "data": "location.href = 'data:text/html,<p>root: of data</p>'",
    "settings": "location.href = 'chrome://version/'",
    "source": "location.href = 'view-source:AT'",
    "sent-on": "location.href = '/redirect'",
    "metadata": "location.href = 'http://169.254.169.254/'",
    "post": "f = document.createElement('form'); f.method = 'post'; f.action = 'AT';"
    " document.body.append(f); f.submit()",
    "refresh": "m = document.createElement('meta'); m.httpEquiv = 'refresh';"
    " m.content = '0;url=AT'; document.head.append(m)",
}


async def test_a_page_leads_nowhere_where_it_may_not() -> None:
    async with site() as served, victim() as other:
        served.redirects["/redirect"] = f"http://127.0.0.1:{other.port}/redirect"
        for name, lead in LEADS.items():
            at = f"http://127.0.0.1:{other.port}/{name}"
            served.pages[f"/{name}"] = shell(f"{writes()} {lead.replace('AT', at)}")
        async with browsing(place(served), at_once=4) as pages:
            read = await asyncio.gather(*(pages.read(f"{served.url}/{name}") for name in LEADS))
    for name, (passage,) in zip(LEADS, read, strict=True):
        assert passage.text == FERRY, name
        assert passage.source.location == f"{served.url}/{name}"
    assert other.heard == []


NEWS = "http://news.example/today"


async def test_a_page_does_not_pass_for_the_one_that_it_asked_to_become() -> None:
    """It stops on the way: what it says would be cited as that other page's."""

    async def fetch(url: str, *, headers: object = None, most_bytes: object = None) -> WebResponse:
        if url == NEWS:
            stopped.set()
            await asyncio.sleep(0.3)
        else:
            await stopped.wait()
        return WebResponse(url, 200, {"content-type": "text/html"}, b"<html><p>News.</p></html>")

    stopped = asyncio.Event()
    script = f"{writes()} location.href = '{NEWS}'; fetch('/stop').then(() => window.stop())"
    page = WebResponse(SHOP, 200, {}, shell(script))
    async with Browser(BrowserSettings(PROGRAM or "", patience=2.0), not_here) as browser:
        made = await browser.rendered(page, fetch)
    assert FERRY in made.body.decode()
    assert made.url == SHOP


SHOP = "http://shop.example/"
"""A public page; nothing answers there, so it is given."""


async def test_what_is_opened_by_name_is_not_open_to_pages_of_others() -> None:
    """They would read what is private, and could pass it on."""
    asked: list[str] = []

    async def fetch(url: str, *, headers: object = None, most_bytes: object = None) -> WebResponse:
        asked.append(url)
        if url.endswith("/leads-inside"):
            return WebResponse("http://wiki.corp/plans", 200, {}, b"stolen = 'HONEY'")
        return WebResponse(url, 200, {"content-type": "text/javascript"}, b"stolen = 'ours'")

    ways = {
        "private": "fetch('http://wiki.corp/plans').then((a) => a.text()).then(eval)",
        "private-script": "add('script', {src: 'http://wiki.corp/plans'})",
        "sent-on": "add('script', {src: '/leads-inside'})",
        "frame": "add('iframe', {src: 'http://wiki.corp/plans'})",
        "public": "add('script', {src: 'http://scripts.example/own.js'})",
    }
    page = WebResponse(SHOP, 200, {}, shell(trying(1, ways)))
    settings = BrowserSettings(PROGRAM or "", allow_hosts=frozenset({"wiki.corp"}))
    async with Browser(settings, not_here) as browser:
        made = await browser.rendered(page, fetch)
    assert f"{FERRY} ours" in made.body.decode()
    assert sorted(asked) == [
        "http://scripts.example/own.js",
        "http://shop.example/leads-inside",
    ]


async def test_a_page_that_was_opened_does_not_become_one_of_others() -> None:
    """Which could go on to ask what is open to it."""
    asked: list[str] = []

    async def fetch(url: str, *, headers: object = None, most_bytes: object = None) -> WebResponse:
        asked.append(url)
        return WebResponse(url, 200, {}, shell(writes("Elsewhere.")))

    script = f"{writes()} location.href = '{SHOP}'"
    settings = BrowserSettings(PROGRAM or "", allow_hosts=frozenset({"wiki.corp"}))
    async with Browser(settings, not_here) as browser:
        made = await browser.rendered(
            WebResponse("http://wiki.corp/", 200, {}, shell(script)), fetch
        )
    assert FERRY in made.body.decode()
    assert asked == []


async def test_a_name_of_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What scripts ask for is resolved by our client alone, each time that it connects."""
    ways = {"fetch": "fetch('http://rebind.example/')", "file": "fetch('file:///etc/passwd')"}
    page = WebResponse(SHOP, 200, {}, shell(trying(1, ways)))
    settings = BrowserSettings(PROGRAM or "")
    async with WebClient(WebSettings()) as client, Browser(settings, not_here) as browser:
        names = resolving(monkeypatch, ["127.0.0.1"])
        made = await browser.rendered(page, client.get)
    assert f"{FERRY} nothing" in made.body.decode()
    assert names.asked == ["rebind.example"]
