"""Reading pages of HTML."""

from pathlib import Path

import pytest
from search_folder import read

from search import ReadError, read_bytes, read_file

# --- HTML ---

PAGE = """<!DOCTYPE html>
<html><head><title>Psycho &amp; more</title><script>var hidden = 1</script></head>
<body><nav><ul><li><a href="/">Home page link</a></li></ul></nav><main><article>
<h1>Psycho</h1>
<p>Psycho is a film by <a href="/hitchcock">Alfred Hitchcock</a>, made <em>quick</em>ly in 1960.</p>
<h2>Cast</h2><ul><li>Anthony Perkins</li><li>Janet Leigh</li></ul>
<table><tr><th>Year</th><th>Budget</th></tr><tr><td>1960</td><td>$806,947</td></tr></table>
<p>Bernard Herrmann scored the film for strings alone, and Saul Bass designed its titles_2 * 3.</p>
</article></main><footer>Printed on recycled electrons</footer></body></html>"""


def test_a_page_gives_its_main_text_with_headings_lists_and_tables(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text(PAGE)
    document = read_file(path)
    assert document.source.media_type == "text/html"
    assert document.source.title == "Psycho & more"
    assert (
        "# Psycho\n\nPsycho is a film by Alfred Hitchcock, made quickly in 1960." in document.text
    )
    assert "## Cast\n\n- Anthony Perkins\n- Janet Leigh" in document.text
    assert "| Year: 1960 | Budget: $806,947 |" in document.text
    assert "titles_2 * 3." in document.text
    for unwanted in ("hitchcock)", "var hidden", "recycled", "Home page", "<p>"):
        assert unwanted not in document.text


def test_a_page_without_main_text_gives_all_that_is_visible() -> None:
    page = b"""<html><head><title>T</title><style>p {}</style></head><body>
    <aside><a href="/a">The 42<b>nd</b>
    film</a><div>Another one</div></aside><script>hidden</script></body></html>"""
    assert read(page).text == "The 42nd film\n\nAnother one"


def test_a_page_without_title_is_called_by_its_heading_or_name() -> None:
    assert read(b"<html><body><h1>The <i>Third</i> Man</h1>").source.title == "The Third Man"
    nameless = read_bytes(
        b"<html><p>Some words.</p>", "https://example.org/a/the-third_man.html?x=1"
    )
    assert nameless.source.title == "The third man"


def test_a_fragment_of_html_is_html_but_markdown_with_a_tag_is_text() -> None:
    assert read(b"<p>One.</p>").text == "One."
    assert read(b"<p>One.</p>\n<p>Two.</p>").source.media_type == "text/html"
    markdown = b'<p align="center"><img src="x"></p>\n\n# Project\n\nIt does things.\n'
    assert read(markdown).source.media_type == "text/plain"


@pytest.mark.parametrize(
    "data",
    [
        '<meta charset="windows-1251"><title>Сталкер</title><p>Фильм.</p>'.encode("cp1251"),
        '<html><meta http-equiv="Content-Type" content="text/html; charset=koi8-r">'
        "<title>Сталкер</title><p>Фильм.</p>".encode("koi8_r"),
        '<?xml version="1.0" encoding="windows-1251"?><html><title>Сталкер</title>'
        "<p>Фильм.</p></html>".encode("cp1251"),
        '<meta charset="windows-1251"><title>Сталкер</title><p>Фильм.</p>'.encode("utf-8-sig"),
        "<html><title>Сталкер</title><p>Фильм.</p>".encode("utf-16"),
        "<html><title>Сталкер</title><p>Фильм снят на студии.</p>".encode("cp1251"),
        '<meta charset="utf-8"><title>Сталкер</title><p>Фильм снят.</p>'.encode("cp1251"),
        '<meta charset="rot13"><title>Сталкер</title><p>Фильм.</p>'.encode(),
    ],
)
def test_the_charset_of_a_page_is_marked_declared_or_seen(data: bytes) -> None:
    document = read(data)
    assert document.source.media_type == "text/html"
    assert document.source.title == "Сталкер"
    assert "Фильм" in document.text


def test_a_page_that_nests_very_deep_is_read() -> None:
    document = read(b"<html><body>" + b"<div>" * 200 + b"<p>Deep down</p>")
    assert "Deep down" in document.text


def test_a_page_without_visible_text_is_refused() -> None:
    with pytest.raises(ReadError, match="has no visible text"):
        read(b"<html><head><script>1</script></head><body></body></html>")


def test_what_a_page_is_made_of_does_not_matter_to_its_frame() -> None:
    deep = "<div>" * 200 + "<p>A paragraph with <a href='x'>a link</a> in it.</p>" * 500
    text = read(f"<html><body><nav>Menu</nav>{deep}".encode()).text
    assert text.count("A paragraph with a link in it.") == 500
    assert "Menu" not in text
