"""What kind of document some bytes are. A name's suffix is never asked."""

import io
import re
from zipfile import ZipFile

from search.archives import DAMAGED_ARCHIVE, ZIP
from search.charset import decode, has_wide_mark
from search.mail import is_mail
from search.tables import csv_rows

PDF = "application/pdf"
HTML = "text/html"
XML = "application/xml"
TEXT = "text/plain"
CSV = "text/csv"
MAIL = "message/rfc822"
BOOK = "application/epub+zip"
OFFICE = "application/vnd.openxmlformats-officedocument."
WORD = f"{OFFICE}wordprocessingml.document"
SLIDES = f"{OFFICE}presentationml.presentation"
SHEETS = f"{OFFICE}spreadsheetml.sheet"

PACKED = (
    ("META-INF/container.xml", BOOK),
    ("word/document", WORD),
    ("ppt/presentation", SLIDES),
    ("xl/workbook", SHEETS),
)
"""A ZIP archive with a member that begins so is of that kind."""

SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"II*\x00", "a TIFF image"),
    (0, b"MM\x00*", "a TIFF image"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (30, b"mimetypeapplication/vnd.oasis", "an OpenDocument file"),
    (0, b"PK\x03\x04", "a ZIP archive or an Office document"),
    (0, b"PK\x05\x06", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive in others"),
    (4, b"1AY&SY", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x7fELF", "a program (ELF)"),
    (0, b"\xcf\xfa\xed\xfe", "a program (Mach-O)"),
    (0, b"\xca\xfe\xba\xbe", "a program (Mach-O or Java)"),
    (0, b"\x00asm", "a WebAssembly module"),
    (0, b"SQLite format 3\x00", "a SQLite database"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (4, b"ftyp", "a video or image (MP4, HEIC)"),
    (0, b"\x1a\x45\xdf\xa3", "a video (Matroska)"),
    (0, b"\xff\xfb", "an MP3 recording"),
    (0, b"\x00\x01\x00\x00", "a font"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"{\\rtf", "an RTF document"),
)
"""Offset, bytes, and what a file with those bytes there is."""

HINTS = (
    (0, b"GIF8", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (8, b"WAVE", "a WAVE recording"),
    (8, b"AVI ", "an AVI video"),
    (0, b"BM", "a BMP image"),
    (0, b"8BPS", "a Photoshop image"),
    (0, b"MZ", "a program (Windows)"),
    (0, b"ID3", "an MP3 recording"),
    (0, b"OggS", "an Ogg recording"),
    (0, b"fLaC", "a FLAC recording"),
    (0, b"wOF", "a font"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"GGUF", "a language model (GGUF)"),
)
"""As above, but text may begin so too: believed of binary content only."""

HEAD = 65_536
CONTROL_SHARE = 0.05
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"

_PDF = re.compile(rb"%PDF-\d")
_LEAD = r"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
_FRAME_TAGS = r"!doctype\s+html|html|head|body|title|meta|link|script|style"
_TEXT_TAGS = r"h[1-6]|p|div|span|main|article|section|header|nav|table|ul|ol|dl|a|b|br|center"
_XML = re.compile(r"\A\s*(?:<\?xml\b|<(?:rss|feed|urlset|sitemapindex)\b)", re.IGNORECASE)
_PAGE = re.compile(rf"{_LEAD}<(?:{_FRAME_TAGS})\b", re.IGNORECASE | re.DOTALL)
_FRAGMENT = re.compile(rf"{_LEAD}<(?:{_TEXT_TAGS})\b", re.IGNORECASE | re.DOTALL)


def media_type(data: bytes) -> str:
    """One of the types above; only for data that `looks_binary` does not name."""
    if is_pdf(data):
        return PDF
    if (packed := _packed(data)) is not None:
        return packed
    if is_mail(data):
        return MAIL
    head = _head(data)
    if _is_html(head, data):
        return HTML
    if _XML.match(head):
        return XML
    return CSV if csv_rows(head[: head.rfind("\n") + 1] or head) else TEXT


def is_pdf(data: bytes) -> bool:
    """Whether a PDF begins within the first 1024 bytes, where readers of PDF look for it.

    Text about PDF may hold the same words there; a PDF that begins late has objects as well.
    """
    found = _PDF.search(data, 0, 1024)
    return found is not None and (found.start() == 0 or b"endobj" in data or b"\x00" in data)


def looks_binary(data: bytes) -> str | None:
    """What the bytes look like when they are none of the types above, else None."""
    if is_pdf(data) or _packed(data) is not None:
        return None
    named = _named(data, SIGNATURES)
    if named is not None:
        return named
    head = data[:HEAD]
    if has_wide_mark(head):
        return None
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if b"\x00" in head or controls > CONTROL_SHARE * len(head):
        return _named(data, HINTS) or "binary data"
    return None


def _named(data: bytes, table: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((name for at, magic, name in table if data.startswith(magic, at)), None)


def _packed(data: bytes) -> str | None:
    """What a ZIP archive is by its members; None for another one, and for what is none."""
    if not data.startswith(ZIP):
        return None
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except DAMAGED_ARCHIVE:
        return None
    return next((kind for start, kind in PACKED for n in names if n.startswith(start)), None)


def _head(data: bytes) -> str:
    """The beginning; of text without a mark only what is ASCII can be believed."""
    if has_wide_mark(data):
        return decode(data[:HEAD])
    return data[:HEAD].decode("latin-1").removeprefix("ï»¿")


def _is_html(head: str, data: bytes) -> bool:
    if _PAGE.match(head):
        return True
    # Markdown may open with a tag as well, but it does not end with one.
    return _FRAGMENT.match(head) is not None and data.rstrip(b"\x00 \t\r\n").endswith(b">")
