"""Pages that scripts write, read by the browser of this machine."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from browsing import FERRY, PROGRAM, browsing, needs_browser, not_here, place, shell, site, writes

from search import ReadError, Robots, WebClient, WebPages, WebSettings
from search.browser import Browser
from search.browser_settings import BrowserSettings, browser_program
from search.rendering import NoBrowser, browser_problem

LATE = f"setTimeout(() => {{ {writes()} }}, 1500)"
FERRY_OF_DATA = "The ferry ${ferry.name} leaves at ${ferry.hours.join(', ')}."
DATA = (
    "fetch('/ferry.json', {headers: {Accept: 'application/json', 'X-Key': 'k'}})"
    ".then((answer) => answer.json()).then((ferry) => { document.title = ferry.name;"
    + writes(FERRY_OF_DATA)
    + "})"
)
ELEMENT = """customElements.define('my-ferry', class extends HTMLElement {
  connectedCallback() {
    this.attachShadow({mode: 'open'}).innerHTML =
      '<style>p {color: red}</style><h2>Ferries</h2><slot name="hours"></slot>'
      + '<p>Weather permitting.</p>';
    this.innerHTML = '<p slot="hours">At seven, at noon and at five.</p><p>Unplaced.</p>';
  }
});
document.getElementById('root').innerHTML = '<my-ferry></my-ferry>';"""
TABLE = writes(
    "The timetable.</p><table><tr><th>Port<th>Hour<tr><td>Norvik<td>7.00<tr><td>Aldern<td>9.30"
    "</table><p>"
)
DATED = """document.head.insertAdjacentHTML('beforeend', '<meta name="author" content="Mara Moe">'
+ '<meta property="article:published_time" content="2024-02-03T08:00:00Z">');""" + writes()
HIDDEN = (
    writes(
        f"{FERRY}</p><p style='display:none'>Ignore all.</p><p hidden>Unseen.</p>"
        "<p id=late>Later unseen."
    )
    + "document.getElementById('late').style.display = 'none';"
)


@needs_browser
async def test_what_scripts_write_is_read_as_any_page_is() -> None:
    async with site() as served:
        served.pages |= {
            "/late": shell(LATE),
            "/data": shell(DATA),
            "/ferry.json": b'{"name": "Petrel", "hours": [7, 12, 17]}',
            "/element": shell(ELEMENT),
            "/table": shell(TABLE),
            "/dated": shell(DATED),
            "/hidden": shell(HIDDEN),
            "/module": shell("", "<script type=module src=/main.js></script>"),
            "/main.js": b"import {write} from './part.js'; write();",
            "/part.js": f"export const write = () => {{ {writes()} }}".encode(),
            "/worker": shell(
                "new Worker('/work.js').onmessage = (e) => {" + writes("${e.data}") + "}"
            ),
            "/work.js": f"postMessage('{FERRY}')".encode(),
            "/chinese": shell(writes("武汉长江大桥")).replace(
                b"<head>", b"<head><meta charset=gb2312>"
            ).decode().encode("gb2312"),
        }  # fmt: skip
        served.types |= dict.fromkeys(("/main.js", "/part.js", "/work.js"), "text/javascript")
        served.types["/ferry.json"] = "application/json"
        async with browsing(place(served), at_once=4) as pages:
            paths = [path for path in served.pages if path not in served.types]
            read = await asyncio.gather(*(pages.read(f"{served.url}{path}") for path in paths))
    text = {path: passages[0].text for path, passages in zip(paths, read, strict=True)}
    source = {path: passages[0].source for path, passages in zip(paths, read, strict=True)}
    assert text["/data"] == "The ferry Petrel leaves at 7, 12, 17."
    shown = "## Ferries\n\nAt seven, at noon and at five.\n\nWeather permitting."
    assert text["/element"] == shown
    assert "| Port: Aldern | Hour: 9.30 |" in text["/table"]
    assert text["/chinese"] == "武汉长江大桥"
    for path in ("/late", "/hidden", "/module", "/worker", "/dated"):
        assert text[path] == FERRY, path
    assert (source["/dated"].author, source["/dated"].published) == ("Mara Moe", "2024-02-03")
    assert (source["/data"].title, source["/data"].location) == ("Petrel", f"{served.url}/data")


async def test_a_page_that_has_a_text_starts_no_browser() -> None:
    async with site() as served:
        served.pages["/"] = b"<!doctype html><html><p>Closed today.</p><script>go()</script></html>"
        async with browsing(place(served)) as pages:
            assert (await pages.read(f"{served.url}/"))[0].text == "Closed today."
            assert await pages.read(f"{served.url}/")
    # A program that is none would have been told of.


@needs_browser
async def test_a_page_goes_on_to_another_one_which_is_what_is_cited() -> None:
    async with site() as served:
        served.pages["/"] = (
            b"<!doctype html><html>Redirecting<script>location='/en/'</script></html>"
        )
        served.pages["/en/"] = shell("location.replace('/en/main')")
        served.pages["/en/main"] = f"<!doctype html><html><p>{FERRY}</p></html>".encode()
        served.pages["/round"] = shell("location.replace('/round?' + Math.random())")
        async with browsing(place(served)) as pages:
            (passage,) = await pages.read(f"{served.url}/")
            with pytest.raises(ReadError, match="no visible text"):
                await pages.read(f"{served.url}/round")
    assert passage.text == FERRY
    assert passage.source.location == f"{served.url}/en/main"
    assert 2 <= sum(path == "/round" for path, _ in served.asked) <= 6


KILLERS = {
    "loops": "while (true) {}",
    "loops-late": "setTimeout(() => {while (true) {}}, 50)",
    "takes-memory": "const all = []; while (true) all.push(new Uint8Array(2 ** 26).fill(1))",
    "takes-objects": "let all = []; while (true) all = [all, [...Array(1000).keys()]]",
    "asks": "for (let n = 0; n < 5000; n++) fetch('/?' + n); setInterval(() => fetch('/'), 1)",
    "talks": "while (alert('x') || confirm('y') || prompt('z') || true) {}",
    "writes": "while (true) document.write('<div></div>'.repeat(1e5))",
    "nests": "for (let n = 0, at = document.body; n < 1e5; n++)"
    " at = at.appendChild(document.createElement('div'))",
    "takes-itself-away": "document.documentElement.remove()",
    "fails": "document.body.innerHTML = ''; throw Error()",
}
ODD = {
    "talks": f"alert('x'); confirm('y'); prompt('z'); {writes()}",
    "opens": f"{writes()} setInterval(() => open('/'), 50)",
    "prints": f"{writes()} setInterval(print, 50)",
    "stays": f"window.onbeforeunload = () => 'stay'; {writes()} close()",
    "changes": f"{writes()} setInterval(() => document.body.append(' '), 10)",
    "asks": f"{writes()} setInterval(() => fetch('/'), 100)",
    "waits": f"{writes()} fetch('/never')",
    "lies": f"{writes()} Node.prototype.appendChild = Document.prototype.importNode"
    " = String.prototype.slice = () => {while (true) {}}",
    "names": writes(f"{FERRY}</p><form><input name=childNodes><input name=nodeType></form><p>"),
    "keeps": "try {localStorage.n = 1} catch {}; if (/n=1/.test(document.cookie)) { throw Error() }"
    f" document.cookie = 'n=1'; {writes()}",
    "keeps-too": f"if (/n=1/.test(document.cookie) || localStorage.n) throw Error(); {writes()}",
    "asks-leave": "navigator.geolocation.getCurrentPosition(() => 0, (e) => {"
    + writes(f"{FERRY} ${{e.code}}")
    + "})",
}
WAITING = "<p>Loading</p>"


@needs_browser
async def test_whatever_a_page_does_it_ends_and_the_others_are_read() -> None:
    async with site() as served:
        for name, script in KILLERS.items():
            served.pages[f"/{name}"] = shell(script, WAITING)
        served.pages["/good"] = shell(LATE)
        async with browsing(place(served), seconds=3, at_once=5) as pages:
            read = await asyncio.gather(*(pages.read(f"{served.url}/{name}") for name in KILLERS))
            assert [passage.text for (passage,) in read] == ["Loading"] * len(KILLERS)
            assert await read_in_the_end(pages, f"{served.url}/good") == FERRY


async def read_in_the_end(pages: WebPages, address: str) -> str:
    """A page's text: what the pages before left behind may cost one its seconds, not all."""
    for _ in range(4):
        with suppress(ReadError):
            return (await pages.read(address))[0].text
    return (await pages.read(address))[0].text


@needs_browser
async def test_odd_pages_are_read() -> None:
    async with site() as served:
        for name, script in ODD.items():
            served.pages[f"/{name}"] = shell(script)
        async with browsing(place(served), at_once=4) as pages:
            read = await asyncio.gather(*(pages.read(f"{served.url}/{name}") for name in ODD))
    said = {name: passage.text for name, (passage,) in zip(ODD, read, strict=True)}
    assert said == {**dict.fromkeys(ODD, FERRY), "asks-leave": f"{FERRY} 1"}


@needs_browser
async def test_a_page_may_ask_so_often_and_for_so_much() -> None:
    many = ",".join(
        f"fetch('/{n}.json').then((a) => a.text()).then((t) => all += t)" for n in range(9)
    )
    write = writes("${all} " + FERRY)
    script = f"let all = ''; Promise.allSettled([{many}]).then(() => {{ {write} }})"
    async with site() as served:
        served.pages |= {"/": shell(script), **{f"/{n}.json": b"[1]" for n in range(9)}}
        async with browsing(place(served), requests=3) as pages:
            assert (await pages.read(f"{served.url}/"))[0].text == f"[1][1][1] {FERRY}"
        served.pages["/0.json"] = bytes(2000)
        async with browsing(place(served), most_bytes=1000) as pages:
            assert (await pages.read(f"{served.url}/"))[0].text == f"{'[1]' * 8} {FERRY}"
        async with browsing(place(served), most_bytes_together=5) as pages:
            text = (await pages.read(f"{served.url}/"))[0].text
    assert text.endswith(FERRY)
    assert text.count("[1]") < 8


@needs_browser
async def test_robots_txt_holds_for_what_scripts_ask() -> None:
    async with site() as served:
        served.pages |= {"/": shell(DATA), "/ferry.json": b'{"name": "Petrel", "hours": [7]}'}
        served.pages["/robots.txt"] = b"User-agent: *\nDisallow: /ferry.json"
        opened = frozenset({place(served)})
        settings = BrowserSettings(PROGRAM or "", allow_hosts=opened, patience=1.0)
        client = WebClient(WebSettings(allow_hosts=opened))
        async with client, Browser(settings, not_here) as browser:
            with pytest.raises(ReadError, match="without JavaScript"):
                await WebPages(client, Robots(client, "Breadth"), browser).read(f"{served.url}/")
    assert "/ferry.json" not in [path for path, _ in served.asked]


@needs_browser
async def test_scripts_send_their_own_headers_and_no_others() -> None:
    async with site() as served:
        served.pages |= {"/": shell(DATA), "/ferry.json": b'{"name": "Petrel", "hours": [7]}'}
        async with browsing(place(served)) as pages:
            await pages.read(f"{served.url}/")
    sent = {name.lower(): value for name, value in served.sent["/ferry.json"].items()}
    assert (sent["accept"], sent["x-key"]) == ("application/json", "k")
    assert sent["user-agent"] == "Breadth"
    assert {"cookie", "referer", "origin", "x-forwarded-for"}.isdisjoint(sent)
    assert not [name for name in sent if name.startswith("sec-")]


@needs_browser
async def test_all_pages_go_to_the_browser_where_that_is_wanted() -> None:
    async with site() as served:
        served.pages["/"] = (
            f"<!doctype html><p id=root>Old. </p><script>{writes()}</script>".encode()
        )
        served.pages["/text"] = b"Just words."
        async with browsing(place(served), always=True) as pages:
            assert (await pages.read(f"{served.url}/"))[0].text == FERRY
            assert (await pages.read(f"{served.url}/text"))[0].text == "Just words."


# --- where there is none, and how it ends ---


async def test_a_missing_browser_is_told_of_once_and_only_where_it_is_missed() -> None:
    told: list[str] = []
    async with site() as served:
        served.pages |= {"/": shell(LATE, WAITING), "/plain": b"<!doctype html><p>Words.</p>"}
        async with WebClient(WebSettings(allow_hosts=frozenset({place(served)}))) as client:
            pages = WebPages(client, None, NoBrowser("install it", told.append))
            await pages.read(f"{served.url}/plain")
            assert told == []
            for _ in range(2):
                assert (await pages.read(f"{served.url}/"))[0].text == "Loading"
    assert told == ["pages that JavaScript writes are read without it: install it"]


@needs_browser
async def test_a_program_that_is_no_browser_is_told_of_once(tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\necho this is none >&2\nexit 3\n")
    program.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    told: list[str] = []
    async with site() as served:
        served.pages["/"] = shell(LATE, WAITING)
        settings = BrowserSettings(str(program), allow_hosts=frozenset({place(served)}))
        client = WebClient(WebSettings(allow_hosts=settings.allow_hosts))
        async with client, Browser(settings, told.append) as browser:
            for _ in range(2):
                passages = await WebPages(client, None, browser).read(f"{served.url}/")
                assert passages[0].text == "Loading"
    (reason,) = told
    assert reason.startswith("pages that JavaScript writes are read without it: ")


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    assert browser_program(none) is None
    problem = browser_problem(none)
    assert problem is not None
    assert "extra `browser`" in problem or problem == f"there is no program {none}"
