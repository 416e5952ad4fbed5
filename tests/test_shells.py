"""Which pages need a browser: those without content of their own, and no others."""

from pathlib import Path

import pytest

from search.shells import count_content, is_shell

PAGES = Path(__file__).parent / "pages"
BUNDLE = '<script src="/assets/index.js" type="module"></script>'
ANALYTICS = '<script async src="https://stats.example/t.js"></script><script>go=[1]</script>'
MENU = "<nav>" + "".join(f'<a href="/{n}">Department {n}</a> ' for n in range(40)) + "</nav>"
WORDS = "The ferry to Norvik leaves at seven, at noon and at five. "
JAVASCRIPT = "You need to enable JavaScript to run this app."

SHELLS = {
    "React": f"<body><noscript>{JAVASCRIPT}</noscript><div id=root></div>{BUNDLE}",
    "Vue": f"<body><div id='app'><!-- built files --></div>{BUNDLE}",
    "Angular": f"<body><app-root></app-root>{BUNDLE}",
    "Angular that waits": f"<body><app-root>Loading...</app-root>{BUNDLE}",
    "Next.js without a text": '<body><div id="__next"></div>'
    f'<script id="__NEXT_DATA__" type="application/json">{{"a": 1}}</script>{BUNDLE}',
    "Nuxt": f'<body><div id="__nuxt"><div class="spinner"></div></div>{BUNDLE}',
    "Gatsby": f'<body><div id="___gatsby"></div>{BUNDLE}',
    "documentation that waits": f'<body><div id="app">Please wait...</div>{BUNDLE}',
    "one's own": f"<body><p>One moment, loading the catalogue</p>{BUNDLE}",
    "a menu around nothing": f'<body>{MENU}<main class="view"></main><footer>{WORDS}</footer>'
    f"{BUNDLE}",
    "a role around nothing": f'<body><header>{MENU}</header><div role="main"> </div>{BUNDLE}',
    "a notice for all": f"<body><h1>Archive</h1><p>This site requires JavaScript.</p>{BUNDLE}",
    "a notice in German": "<body><p>Bitte aktivieren Sie JavaScript in Ihrem Browser.</p>" + BUNDLE,
    "a notice in Chinese": "<body><p>请启用 JavaScript 以继续浏览本网站</p>" + BUNDLE,
    "waiting in Japanese": f"<body><p>読み込み中</p>{BUNDLE}",
    "a page that leads on": '<body>Redirecting<script>location.replace("/en/")</script>',
    "an inline script": "<body><script>document.body.append('x')</script>",
    "a made-up element below a title": f"<body><h1>Shop</h1><my-list></my-list>{BUNDLE}",
    "a custom element": f"<body><my-catalogue src='/data.json'></my-catalogue>{BUNDLE}",
}
COMPLETE = {
    "short, with analytics": f"<body><h1>It works!</h1>{ANALYTICS}",
    "opening hours": f"<body><main><h1>Museum</h1><p>Open from ten to five.</p></main>{ANALYTICS}",
    "no scripts at all": "<body><div id=root></div>",
    "data only": '<body><div id=app></div><script type="application/ld+json">{}</script>',
    "about JavaScript": "<body><p>JavaScript is a language of 1995, made by Brendan Eich.</p>"
    + ANALYTICS,
    "a notice for a map": f"<body><noscript>The map needs JavaScript.</noscript><p>{WORDS * 2}</p>"
    + ANALYTICS,
    "a pixel without scripts": "<body><noscript><img src='/p.gif'></noscript><p>Closed today.</p>"
    + ANALYTICS,
    "empty boxes beside a text": f"<body><div id='ad-1'></div><div id='fb-root'></div>"
    f"<div id='modal-root'></div><cookie-banner></cookie-banner><p>{WORDS * 2}</p>{ANALYTICS}",
    "rendered by its server": f'<body><div id="__next"><p>{WORDS}</p></div>{BUNDLE}',
    "a long text beside an empty app": f"<body><article><p>{WORDS * 30}</p></article>"
    f"<div id='app'></div>{BUNDLE}",
    "a made-up element with a text": f"<body><my-page><p>{WORDS}</p></my-page>{BUNDLE}",
    "a switch of themes": f"<body><p>{WORDS}<theme-switch></theme-switch></p>{BUNDLE}",
    "a picture": f"<body><main><img src='/map.png' alt='Map'></main><p>{WORDS}</p>{ANALYTICS}",
    "a frame": "<body><p>Listen:</p><main><iframe src='/player'></iframe></main>" + ANALYTICS,
    "a text about loading": f"<body><p>Loading a lorry takes an hour. {WORDS}{WORDS}</p>"
    + ANALYTICS,
    "plain text": "Loading... <script src=x></script> is how it begins.",
    "nothing": "",
}


@pytest.mark.parametrize("page", SHELLS.values(), ids=SHELLS)
def test_a_shell_needs_a_browser(page: str) -> None:
    assert is_shell(f"<!doctype html><html><head><title>T</title></head>{page}".encode())


@pytest.mark.parametrize("page", COMPLETE.values(), ids=COMPLETE)
def test_a_complete_page_needs_none_however_short(page: str) -> None:
    whole = f"<!doctype html><html><title>T</title>{page}" if page.startswith("<") else page
    assert not is_shell(whole.encode())


def test_of_the_corpus_only_the_page_of_scripts_is_a_shell() -> None:
    assert [p.name for p in sorted(PAGES.iterdir()) if is_shell(p.read_bytes())] == [
        "javascript.html"
    ]


def test_of_many_places_one_in_another_the_first_count() -> None:
    """Each is read whole, so a page could make that take hours."""
    deep = "<main>" * 20 + f"<p>{WORDS}</p><main></main>" + "</main>" * 20
    assert not is_shell(f"<!doctype html><html><body>{deep}{BUNDLE}".encode())


@pytest.mark.parametrize("charset", ["utf-16", "utf-8-sig", "shift_jis"])
def test_the_charset_does_not_matter(charset: str) -> None:
    page = f"<!doctype html><html><meta charset=shift_jis><p>読み込み中</p>{BUNDLE}"
    assert is_shell(page.encode(charset))


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"\x00\x01\x02", b'{"a": "<script>"}'])
def test_what_is_no_page_is_no_shell(data: bytes) -> None:
    assert not is_shell(data)
    assert count_content(data) == 0


def test_words_of_the_frame_are_no_content() -> None:
    page = f"<!doctype html><html><body>{MENU}<main><p>{WORDS * 40}</p></main>".encode()
    assert count_content(page) == 12 * 40
