"""Marks and lists of sources: by author and date, and the keys of BibTeX."""

import re

import bibtexparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publications import TEXTS, answer_of, report_in, source

from planner import Answer, Sentence
from search import Passage, Source
from service.formats import Publication, as_bibtex, as_markdown
from service.formats.citing import Citing, authors_of
from service.formats.plain import web_address


def passages(*sources: Source) -> tuple[Passage, ...]:
    return tuple(
        Passage(one, 0, 5, "Text.", "page 2" if n == 1 else "") for n, one in enumerate(sources)
    )


def marks(*sources: Source) -> str:
    answer = Answer("x", (), passages(*sources))
    cited = Sentence("x", tuple(range(1, len(sources) + 1)))
    return str(Citing(answer, "author-date").marks(cited))


def test_author_and_year_and_page() -> None:
    first, second = source(1, author="Ann Author", published="2020-01-31"), source(2, "A title")
    assert marks(first, second) == "(Ann Author 2020; “A title” n.d., page 2)"


def test_sources_that_would_look_alike_are_told_apart() -> None:
    alike = [source(n, author="Ann Author", published="2020") for n in (1, 2)]
    assert marks(*alike) == "(Ann Author 2020a; Ann Author 2020b, page 2)"
    assert marks(source(1, "Same"), source(2, "Same")) == "(“Same” n.d.-a; “Same” n.d.-b, page 2)"


def test_one_document_is_named_once_and_listed_once() -> None:
    same = source(1, author="Ann Author", published="2020")
    assert marks(same, same) == "(Ann Author 2020; Ann Author 2020, page 2)"
    citing = Citing(Answer("x", (), passages(same, same)), "author-date")
    ((entry),) = citing.entries()
    assert [number for number, _ in entry.passages] == [1, 2]


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Ann Author", ["Ann Author"]),
        ("Author, Ann", ["Author, Ann"]),
        ("Ann Author; Bob Writer", ["Ann Author", "Bob Writer"]),
        ("Ann Author and Bob Writer", ["Ann Author", "Bob Writer"]),
        ("Ann Author, Bob Writer, and Cy Third", ["Ann Author", "Bob Writer", "Cy Third"]),
        ("Food and Agriculture Organization", ["Food and Agriculture Organization"]),
        ("山田 太郎、佐藤 花子", ["山田 太郎", "佐藤 花子"]),
        ("أحمد بن علي؛ فاطمة الزهراء", ["أحمد بن علي", "فاطمة الزهراء"]),
        (" , ; ", [","]),
        ("", []),
    ],
)
def test_names_of_authors(author: str, names: list[str]) -> None:
    assert authors_of(author) == names


def test_two_are_both_named_and_three_are_not() -> None:
    assert marks(source(1, author="A B; C D", published="1999")) == "(A B & C D 1999)"
    assert marks(source(1, author="A B; C D; E F", published="1999")) == "(A B et al. 1999)"


def test_the_list_is_in_the_order_of_names() -> None:
    answer = Answer("x", (), passages(source(1, author="Zoe Zed"), source(2, "Middle")))
    assert [e.label for e in Citing(answer, "author-date").entries()] == [
        "“Middle” n.d.",
        "Zoe Zed n.d.",
    ]


def entries_of(publication: Publication) -> list[dict[str, str]]:
    parser = bibtexparser.bparser.BibTexParser(common_strings=True)
    found: list[dict[str, str]] = bibtexparser.loads(as_bibtex(publication), parser).entries
    return found


@pytest.mark.parametrize("language", TEXTS)
def test_bibtex_is_read_by_a_parser(language: str) -> None:
    web, local = entries_of(report_in(language))
    assert web["title"].strip("{}") == TEXTS[language][1]
    assert (web["author"], web["year"], web["day"]) == ("Ann Author", "2020", "31")
    assert web["url"] == "https://example.org/1?a=1&b=2"
    assert web["urldate"] == "2026-11-26"
    assert local["howpublished"] == "/notes/ü.txt"
    assert re.fullmatch(r"author2020\w*-[0-9a-f]{6}", web["ID"])
    assert re.fullmatch(r"[a-z0-9]+-[0-9a-f]{6}", local["ID"])


def test_a_key_does_not_depend_on_the_other_sources() -> None:
    alone = as_bibtex(answer_of("x", title="The Rhine", location="/rhine.md"))
    answer = Answer("x", (), (*passages(source(1, "The Rhine")), *passages(
        Source("/rhine.md", "The Rhine", "text/plain", "0" * 64))))  # fmt: skip
    both = as_bibtex(Publication("r", "x", "completed", answer))
    keys = re.findall(r"^@misc\{(.+),$", both, re.MULTILINE)
    assert len(set(keys)) == 2
    assert re.findall(r"^@misc\{(.+),$", alone, re.MULTILINE) == keys[1:]
    assert all(key.startswith("rhine-") for key in keys)


def test_people_with_accents_are_people_to_bibtex() -> None:
    (entry,) = entries_of(answer_of("x", author="Müller, Jörg; Ζήση, Ελένη", published="May 2021"))
    assert entry["author"] == "Müller, Jörg and Ζήση, Ελένη"
    assert entry["year"] == "2021"


@pytest.mark.parametrize(
    ("author", "key"),
    [("Jörg Müßig", "mussig"), ("Søren Łoś", "los"), ("Þór Æsir", "aesir"), ("王伟", "")],
)
def test_letters_of_a_key_are_spelt_and_not_lost(author: str, key: str) -> None:
    (entry,) = entries_of(answer_of("x", title="The Rhine", author=author, published="2021"))
    assert entry["ID"].startswith(f"{key}2021rhine-")


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=40), st.text(max_size=12), st.text(max_size=40))
def test_no_text_breaks_bibtex(title: str, author: str, published: str, location: str) -> None:
    publication = answer_of("x", title=title, author=author, published=published, location=location)
    (entry,) = entries_of(publication)
    assert entry["ENTRYTYPE"] == "misc"
    depth = 0
    for sign in as_bibtex(publication):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize(
    ("location", "linked"),
    [
        ("https://example.org/a b?q=ü#x", "https://example.org/a%20b?q=%C3%BC#x"),
        ("HTTP://example.org/%20", "HTTP://example.org/%20"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("https://example.org/\u202egpj.exe", "https://example.org/%E2%80%AEgpj.exe"),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        (" data:text/html,<script>", None),
        ("file:///etc/passwd", None),
        ("//example.org/", None),
        ("https://", None),
        ("http://[::1", None),
        ("/notes/a.md", None),
    ],
)
def test_only_what_was_fetched_from_the_web_is_a_link(location: str, linked: str | None) -> None:
    assert web_address(location) == linked
    written = as_markdown(answer_of("x", location=location))
    assert ("](<" in written) == (linked is not None)
