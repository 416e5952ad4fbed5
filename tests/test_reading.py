"""Reading files and bytes into documents, told apart by their bytes."""

import gzip
import os
from functools import reduce
from pathlib import Path

import pytest
from document_makers import make_pdf, make_zip
from hypothesis import given, settings
from hypothesis import strategies as st
from search_folder import read

from search import ReadError, read_file

PIECES_OF_PDF = ("%PDF-", "endobj", "/FlateDecode")


# --- PDF ---


@pytest.mark.parametrize("name", ["report", "report.txt", "report.html", "report.pdf"])
def test_a_pdf_is_known_by_its_bytes_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(make_pdf("Nino Rota wrote the waltz.", "The second page."))
    document = read_file(path)
    assert document.source.media_type == "application/pdf"
    assert "Nino Rota wrote the waltz." in document.text
    assert "The second page." in document.text
    assert not any(piece in document.text for piece in PIECES_OF_PDF)


def test_a_pdf_may_begin_behind_other_bytes() -> None:
    document = read(b"\xef\xbb\xbf\nHTTP garbage\n" + make_pdf("Hello from a page."))
    assert "Hello from a page." in document.text
    assert not any(piece in document.text for piece in PIECES_OF_PDF)


def test_a_pdf_is_called_what_it_calls_itself() -> None:
    assert read(make_pdf("Some text here.", title="Annual Report")).source.title == "Annual Report"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.4\n1 0 obj << /Filter /FlateDecode >> endobj",
        b"%PDF-1.7",
        make_pdf("Hello there, all of you.")[:150],
    ],
)
def test_a_broken_pdf_is_refused_and_never_read_as_text(data: bytes) -> None:
    with pytest.raises(ReadError, match="is a broken PDF"):
        read(data)


def test_an_encrypted_pdf_is_refused() -> None:
    with pytest.raises(ReadError, match="is an encrypted PDF"):
        read(make_pdf("Secret words stand here.", encrypted=True))


def test_a_pdf_without_text_is_refused_as_a_scan() -> None:
    with pytest.raises(ReadError, match=r"PDF without text.*OCR"):
        read(make_pdf(""))


def test_a_text_about_pdf_is_text() -> None:
    document = read(b"# Formats\n\nA file that begins with %PDF-1.4 is a PDF.\n")
    assert document.source.media_type == "text/plain"


# --- what is no text ---


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00", "a GIF image"),
        (make_zip({"photos/1.jpg": b""}), "a ZIP archive or an Office document"),
        (reduce(lambda data, _: gzip.compress(data, mtime=0), range(4), b"text"), "a gzip archive"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "a program"),
        (b"\x7fELF\x02\x01\x01\x00", "a program"),
        (b"SQLite format 3\x00\x10\x00", "a SQLite database"),
        (b"\x00\x00\x00\x18ftypmp42", "a video"),
        (b"text\x00text", "binary data"),
        (bytes(range(1, 200)), "binary data"),
    ],
)
def test_binary_content_is_refused_by_what_it_looks_like(
    tmp_path: Path, data: bytes, looks: str
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=f"notes.txt looks like {looks}.*, not text; convert"):
        read_file(path)


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", "\u3000\n".encode("utf-16")])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"some-name.txt is empty;"):
        read(data)


def test_words_that_only_look_like_magic_are_text() -> None:
    assert read(b"BMW builds cars in Munich.").source.media_type == "text/plain"
    assert read(b"MZ is an old mark. GIF87a too.").source.media_type == "text/plain"


# --- files ---


def test_a_file_over_the_limit_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(300 * 2**20)
    with pytest.raises(ReadError, match=r"huge.txt has 300.0 MiB, more than the limit of 64.0 MiB"):
        read_file(path)


def test_the_limit_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("twelve bytes")
    assert read_file(path, max_bytes=12).text == "twelve bytes"
    with pytest.raises(ReadError, match="more than the limit"):
        read_file(path, max_bytes=11)


def test_what_is_no_readable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"gone\.txt does not exist"):
        read_file(tmp_path / "gone.txt")
    with pytest.raises(ReadError, match="is a folder"):
        read_file(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ReadError, match="broken link"):
        read_file(tmp_path / "link")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(ReadError, match="circle cannot be read"):
        read_file(tmp_path / "circle")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReadError, match="is a device or a pipe"):
        read_file(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locked.txt"
    path.write_text("secret")
    path.chmod(0)
    with pytest.raises(ReadError, match="may not be read"):
        read_file(path)


def test_the_location_is_the_real_absolute_path(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Some words.")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    assert read_file(tmp_path / "b.txt").source.location == str((tmp_path / "a.txt").resolve())


# --- anything at all ---

starts = st.sampled_from(
    [
        b"",
        b"<html>",
        b"<p>",
        b"%PDF-1.4",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"---\n",
        b"<?xml ",
        b"\x1b$B",
    ]
)


@given(starts, st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_become_a_document_or_a_read_error(start: bytes, data: bytes) -> None:
    refusal, text = None, ""
    try:
        text = read(start + data).text
    except ReadError as error:
        refusal = str(error)
    if refusal is None:
        assert text.strip()
        assert "\x00" not in text
        assert text.encode()
    else:
        assert refusal.startswith("/docs/some-name.txt ")
        assert refusal.endswith(".")
