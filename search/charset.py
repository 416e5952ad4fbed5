"""Bytes to text: the byte order mark, then UTF-8, then the charset whose reading is plausible.

charset-normalizer alone gets about six in ten of the short texts right that people keep in
folders ("Café à Paris" became Arabic). A handful of charsets covers those, and telling them
apart takes only the look of the decoded letters, so that is asked first; charset-normalizer is
asked when no reading looks plausible.
"""

import codecs
import re
import unicodedata
from itertools import islice

from charset_normalizer import from_bytes

from search.plausibility import CANDIDATES, implausibility

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""UTF-32 before UTF-16: its little-endian mark begins with the one of UTF-16."""

SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
"""What a declared charset means on the web (WHATWG Encoding Standard)."""

JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@")
"""Valid as UTF-8, but only ISO-2022-JP has them."""

MISDECLARED = 4
"""So many characters of valid UTF-8 are no text of another charset, whatever is declared."""

ACCEPTABLE = 0.6
"""Above this mean implausibility, no candidate is believed."""

SAMPLE = 200_000
"""So many characters of a long text are looked at to choose its charset."""

_TEXT_CODEC = re.compile(r"utf-(8|16|32)|cp\d|iso8859|iso2022|gb|big5|euc|shift|koi8|mac|johab|tis")
_ONE_BYTE = ("cp125", "iso8859", "koi8", "mac", "tis")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff]")


def decode(data: bytes, *, declared: str | None = None) -> str:
    """The text of `data`: newlines are \\n, composed (NFC), without control characters.

    A `declared` charset counts when it is known, the bytes are valid in it, and not UTF-8 in truth.
    """
    text = _marked(data)
    if text is None and not _has_japanese_escapes(data):
        text = _as_declared(data, declared)
    return normalise(_sniffed(data) if text is None else text)


def normalise(text: str) -> str:
    """`text` with \\n for every newline, composed (NFC), without control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", lines))


def has_wide_mark(data: bytes) -> bool:
    """Whether a byte order mark of UTF-16 or UTF-32 opens `data`: its NULs are letters then."""
    return any(data.startswith(mark) for mark, charset in BYTE_ORDER_MARKS if charset != "utf-8")


def _marked(data: bytes) -> str | None:
    for mark, charset in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(charset, "replace")
    return None


def _as_declared(data: bytes, declared: str | None) -> str | None:
    if declared is None:
        return None
    try:
        name = codecs.lookup(declared.strip()).name
    except (LookupError, ValueError):
        return None
    if not _TEXT_CODEC.match(name):
        return None
    name = SUPERSETS.get(name, name)
    utf8 = None if name.startswith(("utf", "iso2022")) else _strictly(data, "utf-8")
    if utf8 is not None and not utf8.isascii():
        several = sum(1 for _ in islice(_NOT_ASCII.finditer(utf8), MISDECLARED)) >= MISDECLARED
        if several or name.startswith(_ONE_BYTE):
            return utf8
    return _strictly(data, name)


def _sniffed(data: bytes) -> str:
    text = _strictly(data, "iso2022_jp" if _has_japanese_escapes(data) else "utf-8")
    return text if text is not None else _damaged_utf8(data) or _most_plausible(data)


def _has_japanese_escapes(data: bytes) -> bool:
    return any(escape in data for escape in JAPANESE_ESCAPES)


def _strictly(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None


def _damaged_utf8(data: bytes) -> str | None:
    """UTF-8 with a few broken bytes, as in a log: better than another charset for the whole."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    valid = sum(1 for _ in islice(re.finditer(r"[^\x00-\x7f\ufffd]", text), 20 * broken))
    return text if valid >= 20 * broken else None


def _most_plausible(data: bytes) -> str:
    readings = [(c, text) for c in CANDIDATES if (text := _strictly(data, c.charset)) is not None]
    if readings:
        scored = [(implausibility(text[:SAMPLE], c), text) for c, text in readings]
        score, text = min(scored, key=lambda pair: pair[0])
        if score <= ACCEPTABLE:
            return text
    guess = from_bytes(data).best()
    return str(guess) if guess is not None else data.decode("cp1252", "replace")
