"""Pages and documents of all kinds: the right text, or the right error, for each of them."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from document_makers import make_docx, make_epub, make_pdf, make_xlsx, make_zip, paragraph
from search_folder import read
from test_web import served

from search import ReadError, WebClient, WebPages, WebSettings
from search.errors import TooLarge

PAGES = Path(__file__).parent / "pages"


def page(name: str, charset: str = "utf-8") -> bytes:
    """A page of the folder, in another charset than it is kept in."""
    return (PAGES / name).read_text(encoding="utf-8").encode(charset)


@dataclass(frozen=True)
class Right:
    """What stands in the text of a page, in this order, and what does not."""

    name: str
    data: bytes
    says: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    title: str | None = None
    author: str | None = None
    published: str | None = None
    """None: whatever it says."""


@dataclass(frozen=True)
class Refused:
    """A page without text that can be had, and the reason that is told."""

    name: str
    data: bytes
    reason: str


ZOE = "Zoë paid 5 € for a café au lait at the Gare de l’Est."
BRIDGE = (
    "# Harbour bridge reopens after two years",
    "opened to traffic again on Wednesday, twenty-six months after",
    "The repair cost 41.3 million crowns",
    "chief engineer, Tove Aasen.",
    "## What changes for drivers",
    "- The speed limit is 50 kilometres an hour.",
    "- Lorries over 30 tonnes take the tunnel.",
    "The council expects eighteen thousand cars a day.",
)
FRAME = ("cookies", "Weather", "Share on", "Ten recipes", "First! What", "rights reserved", "ads")

RIGHT = [
    Right(
        "article",
        page("article.html"),
        BRIDGE,
        FRAME,
        title="Harbour bridge reopens after two years | The Coast Paper",
        author="Mara Lindqvist",
        published="2023-05-17",
    ),
    Right(
        "forum in divisions",
        page("forum_divs.html"),
        (
            "ann",
            "My pump shows error 42",
            "bob",
            "Did you check the valve?",
            "cy",
            "Reseat the blue plug",
            "That worked, thanks!",
        ),
        ("Log in", "Powered by"),
        title="How do I clear error 42? - Pump Forum",
    ),
    Right(
        "forum in articles",
        page("forum_articles.html"),
        (
            "ida",
            "the crumb was too wet",
            "olaf",
            "No yeast at all.",
            "pia",
            "Sourdough only: 20 %",
            "Perfect loaf",
        ),
        ("Sign in", "since 2009"),
    ),
    Right(
        "question and answers",
        page("question_and_answers.html"),
        (
            "I sort a table by its second column.",
            "rows.sort(key=lambda r: r[1])\nprint(rows)",
            "the sort is stable since version 2.2",
            "Add the index as a second key.",
        ),
        ("Why is the sky blue", "about, legal"),
    ),
    Right(
        "documentation",
        page("documentation.html"),
        (
            "# retry",
            "Calls a function again when it fails.",
            "toolbox.retry(function, times=3, wait=0.5)",
            "Call function at most times times.",
            "GaveUp when the last call failed, too.",
            "## Example",
            "from toolbox import retry\n\nif True:\n    retry(fetch, times=5)",
            "The wait is never longer than a minute.",
            "| Option: wait | Default: 0.5 | Meaning: seconds before the second call |",
        ),
        ("Getting started", "Created with"),
    ),
    Right(
        "tables",
        page("tables.html"),
        (
            "Lengths are those of the survey of 2018.",
            "Rivers over 200 kilometres",
            "| River: Oster | Length (km): 812 | Mouth: Grey Sea |",
            "| River: Tiir | Length (km): 244 | Mouth: Grey Sea |",
            "## By province",
            "| Province: South | Rivers: 9 |",
        ),
        published="",
    ),
    Right(
        "infobox",
        page("infobox.html"),
        (
            "| Born | 30 July 1921, Graz |",
            "| Died | 3 May 2001, Vienna |",
            "first lens that corrects three colours with two glasses.",
            "## Life",
            "Her laboratory employed eleven people.",
        ),
        ("Random article", "free licence"),
        published="",
    ),
    Right(
        "layout by tables",
        page("layout_tables.html"),
        (
            "Chess Club Lower Mill",
            "We meet every Thursday at 7 p.m.",
            "won the county cup in 1998",
            "| Date: 12 March | Guest: Upper Mill | Result: 4 : 2 |",
            "Questions to the chairman.",
        ),
    ),
    Right(
        "paywall",
        page("paywall.html"),
        ("For ninety years the furnace of Leerdal has never gone out.", "gas costs seven times"),
        ("publishing house",),
        author="Piet Vos",
        published="2022-11-03",
    ),
    Right(
        "product",
        page("product.html"),
        (
            "# Trekker 40 rucksack",
            "€ 129.00",
            "Light, tough, dry.",
            "- Weight: 1,150 g",
            "Nylon, 210 denier",
            "5 years",
        ),
        ("Cart", "first order", "Returns"),
    ),
    Right(
        "recipe",
        page("recipe.html"),
        (
            "# Barley soup",
            "- 150 g pearl barley\n- 2 carrots",
            "## Method",
            "1. Soak the barley for ten minutes.\n2. Fry the carrots.\n3. Add the stock",
        ),
        ("Recipes",),
    ),
    Right(
        "listing",
        page("listing.html"),
        ("- Agnes Bruun (chair)", "- Noor Haddad (deputy chair)", "- Per Strand"),
        ("Market 1",),
    ),
    Right(
        "asides",
        page("asides.html"),
        (
            "1987, Norvik yard",
            "The Petrel carries forty cars",
            "In winter she does not sail on Sundays.",
            "Captain Moe, 1991",
        ),
        ("sponsors", "Norvik ferries"),
    ),
    Right(
        "hidden text",
        page("hidden.html"),
        (
            "High water in Norvik is at 4.12",
            "the pier is green",
            "Low water is about six hours later.",
        ),
        ("Ignore all", "Unseen words", "Too small", "Nobody reads", "Not rendered"),
    ),
    Right(
        "frames with a text for others",
        page("frames_with_text.html"),
        ("The museum of keys is open from ten to five",),
        title="Museum of Keys",
    ),
    Right(
        "broken markup",
        page("broken_markup.html"),
        (
            "The first paragraph is never closed properly",
            "stray",
            "- one",
            "- two",
            "5 < 6 and a ©",
        ),
    ),
    Right("inline tags", page("inline_tags.html"), ("H2O boils at 100", "An unbelievable link,")),
    Right("Arabic", page("arabic.html"), ("افتتح في عام 2002", "سنوهيتا"), ("الرئيسية",)),
    Right(
        "Arabic in cp1256",
        page("arabic.html").decode().replace("utf-8", "windows-1256").encode("cp1256"),
        ("افتتح في عام 2002",),
    ),
    Right("Devanagari", page("devanagari.html"), ("गंगा भारत की सबसे लंबी नदी है।",)),
    Right("Thai, undeclared", page("thai.html"), ("แม่น้ำเจ้าพระยา",), title="แม่น้ำ"),
    Right(
        "Thai in TIS-620",
        page("thai.html")
        .replace(b"<head>", b"<head><meta charset=tis-620>")
        .decode()
        .encode("tis-620"),
        ("แม่น้ำเจ้าพระยา",),
    ),
    Right(
        "Chinese in GB2312",
        page("chinese.html", "gb2312"),
        ("武汉长江大桥", "下层为铁路"),
        ("首页",),
    ),
    Right("Chinese in UTF-8 that says GB2312", page("chinese.html"), ("武汉长江大桥",)),
    Right(
        "Japanese in Shift_JIS",
        page("japanese.html", "shift_jis"),
        ("富士山は標高三千七百七十六メートル",),
    ),
    Right("Japanese in ISO-2022-JP", page("japanese.html", "iso2022_jp"), ("富士山は標高",)),
    Right("Korean in EUC-KR", page("korean.html", "euc_kr"), ("한라산은 높이가",)),
    Right("Russian without charset", page("russian.html", "cp1251"), ("самым глубоким озером",)),
    Right("Russian in KOI8-R, undeclared", page("russian.html", "koi8_r"), ("самым глубоким",)),
    Right(
        "XML declared wrong",
        page("declared_wrong.xhtml"),
        ("Die Größe des Cafés", "„nicht mehr“"),
        title="Café Größe",
    ),
    Right(
        "XML declared right",
        page("declared_wrong.xhtml").decode().replace("iso-8859-1", "cp1252").encode("cp1252"),
        ("sagt Zoë",),
    ),
    Right("UTF-8 with a mark", page("article.html", "utf-8-sig"), BRIDGE, ("\ufeff",)),
    Right("UTF-16 with a mark", page("article.html", "utf-16"), BRIDGE),
    Right("UTF-16 the other way", b"\xfe\xff" + page("article.html", "utf-16-be"), BRIDGE),
    Right("UTF-32 with a mark", page("article.html", "utf-32"), BRIDGE),
    Right("gzip", gzip.compress(page("article.html")), BRIDGE),
    Right("gzip twice", gzip.compress(gzip.compress(page("article.html"))), BRIDGE),
    Right(
        "gzip in two members",
        gzip.compress(b"First half, ") + gzip.compress(b"second half."),
        ("First half, second half.",),
    ),
    Right(
        "feed",
        page("feed.xml"),
        ("Crane falls into basin", "A crane of forty tonnes", "New pilot boat", "called Petrel."),
        ("<", "CDATA"),
        title="Harbour news",
    ),
    Right(
        "PDF without suffix",
        make_pdf("The score was written in May.", title="Score"),
        ("written in May.",),
        ("%PDF-", "endobj", "/FlateDecode"),
        title="Score",
    ),
    Right("PDF behind other bytes", b"\r\n\r\n" + make_pdf("The score."), ("The score.",)),
    Right("Word file", make_docx(paragraph(ZOE)), (ZOE,)),
    Right("workbook", make_xlsx({"S": [["a", "b"], ["c", ZOE]]}), (ZOE,)),
    Right("book", make_epub({"a.xhtml": f"<p>{ZOE}</p>"}, title="T"), (ZOE,)),
    Right("text in cp1252", ZOE.encode("cp1252"), (ZOE,)),
    Right("text with Mac newlines", b"One line.\rAnother.", ("One line.\nAnother.",)),
    Right("JSON", b'{"film": "Psycho", "year": 1960}', ('"film": "Psycho"',)),
]

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ODT = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.text"

REFUSED = [
    Refused("JavaScript only", page("javascript.html"), "no visible text without JavaScript"),
    Refused("frames", page("frames.html"), r"only frames other pages.*menu\.htm, start\.htm"),
    Refused("a page of pictures", page("empty_body.html"), "has no visible text"),
    Refused("nothing", b"", "is empty"),
    Refused("a mark and nothing", b"\xef\xbb\xbf", "is empty"),
    Refused("scanned PDF", make_pdf("", ""), "PDF without text; if it is a scan, run OCR"),
    Refused("encrypted PDF", make_pdf("Secret.", encrypted=True), "encrypted PDF"),
    Refused("half a PDF", make_pdf("Whole.")[:120], "broken PDF"),
    Refused("half of gzip", gzip.compress(page("article.html"))[:200], "cut short"),
    Refused("broken gzip", b"\x1f\x8b\x08\x00" + b"\xff" * 40, "broken gzip"),
    Refused("gzip of 70 MiB", gzip.compress(bytes(70 * 2**20)), "unpacks to more than 64 MiB"),
    Refused("picture in gzip", gzip.compress(b"\x89PNG\r\n\x1a\n"), "PNG image"),
    Refused("archive", make_zip({"a.txt": "words"}), "ZIP archive"),
    Refused("OpenDocument", ODT, "OpenDocument"),
    Refused("old Word file", OLD_OFFICE + bytes(500), "old Office document"),
    Refused("video", b"\x00\x00\x00\x18ftypmp42", "a video"),
    Refused("raw deflate", zlib.compress(page("article.html"))[2:], "binary data"),
]  # fmt: skip


def test_there_are_enough() -> None:
    assert len(RIGHT) + len(REFUSED) >= 40
    used = set(Path(__file__).read_text(encoding="utf-8").split('"'))
    assert {path.name for path in PAGES.iterdir()} <= used


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_a_page_gives_the_right_text(case: Right) -> None:
    document = read(case.data, "https://example.org/download")
    at = 0
    for words in case.says:
        at = document.text.find(words, at)
        assert at >= 0, f"{words!r} is missing, or too late, in:\n{document.text}"
    assert [words for words in case.lacks if words in document.text] == []
    source = document.source
    assert case.title in (None, source.title)
    assert case.author in (None, source.author)
    assert case.published in (None, source.published)


async def test_a_stream_without_end_is_cut() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"<p>And so it goes on.</p>" * 1000)

    async with served(endless) as url:
        settings = WebSettings(allow_hosts=frozenset({url.split("/")[2]}), most_bytes=10**6)
        async with WebClient(settings) as client:
            with pytest.raises(TooLarge):
                await WebPages(client).read(url)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_page_without_text_says_why(case: Refused) -> None:
    with pytest.raises(ReadError, match=f"^https://example.org/download .*{case.reason}"):
        read(case.data, "https://example.org/download")
