"""Reading text: its charset and its title."""

import pytest
from search_folder import read

from search.titles import name_of

# --- charsets of text ---


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("cp1252", "Café à Paris"),
        ("cp1252", "Le château de Chambord fut bâti sous François Ier."),
        ("cp1252", "« Où ça ? » – 20 € l’été, déjà vu"),
        ("cp1252", "El niño comió piña en España."),
        ("cp1252", "Ein Überblick über Größen und Maße"),
        ("cp1252", "FRANÇOIS TRUFFAUT, RÉALISATEUR NÉ À PARIS"),
        ("shift_jis", "千と千尋の神隠し"),
        ("shift_jis", "東京"),
        ("shift_jis", "宮崎駿は1941年に東京で生まれた。"),
        ("gb2312", "北京是中国的首都。"),
        ("gb2312", "李安导演了《卧虎藏龙》，他出生于台湾。"),
        ("gb2312", "张艺谋"),
        ("cp1251", "Москва"),
        ("cp1251", "Андрей Тарковский родился в 1932 году."),
        ("cp1251", "Сталкер снят по повести братьев Стругацких «Пикник на обочине»."),
        ("cp1251", "МОСКВА, РОССИЯ"),
        ("koi8_r", "Солярис снят в 1972 году."),
        ("euc_jp", "ハウルの動く城は2004年の映画です。"),
        ("big5", "李安導演了《臥虎藏龍》，他出生於台灣。"),
        ("euc_kr", "봉준호 감독의 영화 기생충은 2019년에 개봉했다."),
        ("cp1250", "Stanisław Lem urodził się we Lwowie."),
        ("iso2022_jp", "千と千尋の神隠し"),
        ("cp1253", "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας."),
        ("utf-8", "naïve Привет 東京"),
        ("utf-8-sig", "naïve"),
        ("utf-16", "naïve Привет"),
        ("utf-32", "naïve Привет"),
    ],
)
def test_the_charset_of_a_short_text_is_seen(charset: str, text: str) -> None:
    assert read(text.encode(charset)).text == text


def test_a_few_broken_bytes_do_not_spoil_a_text_in_utf8() -> None:
    text = read("Привет, мир! ".encode() * 20 + b"\xff\xfe").text
    assert text.startswith("Привет, мир! Привет")


def test_newlines_and_accents_are_made_the_same() -> None:
    assert read(b"a\r\nb\rc\n").text == "a\nb\nc\n"
    assert read("e\u0301te\u0301".encode()).text == "été"


# --- titles of text ---


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# The *Third* [Man](x)\n\nText.", "The Third Man"),
        ("Intro line\n\n## Section ##\n\nText.", "Section"),
        ("The Third Man\n=============\n\nText.", "The Third Man"),
        ("```\n# code\n```\n\n# Real\n", "Real"),
        ("---\nauthor: X\ntitle: 'From the front'\n---\n# Heading\n", "From the front"),
        ("---\nauthor: X\n---\n# Heading\n", "Heading"),
        ("Mario Puzo\n\nMario Puzo was a novelist.", "Mario Puzo"),
        ("Mario Puzo was a novelist.\n\nHe wrote.", "Some name"),
        ("Only one line", "Some name"),
        (f"{'long ' * 30}\n\nText.", "Some name"),
        ("This first line is wrapped by hand and goes on,\nhere. The end.", "Some name"),
        ("A paragraph whose first line is broken near seventy\nCharacters. The end.", "Some name"),
        ("------\n\nText.", "Some name"),
    ],
)
def test_a_text_is_called_by_its_heading_first_line_or_name(text: str, title: str) -> None:
    assert read(text.encode()).source.title == title


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("/a/howls-moving_castle.txt", "Howls moving castle"),
        ("https://example.org/a/Blade%20Runner.html?q=1#x", "Blade Runner"),
        ("https://example.org/", "example.org"),
        ("/a/.md", ".md"),
    ],
)
def test_a_location_becomes_a_name(location: str, name: str) -> None:
    assert name_of(location) == name
