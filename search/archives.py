"""What comes packed: gzip around a document, and ZIP archives, as Office and EPUB files are."""

import io
import re
import struct
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from search.errors import ReadError

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
LAYERS = 3
"""Servers pack once more what is packed already; more than that is no accident."""

MOST_UNPACKED = 256 * 2**20
"""Bytes of all members of an archive."""
MOST_XML = 32 * 2**20
"""Bytes of a member that is parsed as a whole: its tree takes thirty times as much memory, and a
Word file of that size 40 seconds."""
MOST_MEMBERS = 10_000

DAMAGED_ARCHIVE = (
    *(BadZipFile, zlib.error, struct.error),
    *(EOFError, OSError, OverflowError, RuntimeError, ValueError),
)
"""What `zipfile` raises of archives that are damaged, be it in opening them or in reading members:
of names that are not in UTF-8, of methods that are none, of lengths that lead anywhere."""
COMPRESSED = frozenset({ZIP_STORED, ZIP_DEFLATED})
"""As Office and EPUB files are. `zipfile` unpacks all else whole before it looks at the size that
is declared, and LZMA takes as much memory as the file says."""

_XML = re.compile(r"\.(xml|rels|opf|ncx|x?html?)\Z", re.IGNORECASE)
_STREAMED = "xl/worksheets/"
_DECLARES = re.compile(rb"<!(?:ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)


def unpacked(data: bytes, location: str, *, max_bytes: int) -> bytes:
    """What is inside of gzip, or `data` itself. Raises ReadError: broken, or more than that."""
    for _ in range(LAYERS):
        if not data.startswith(GZIP):
            break
        data = _gunzipped(data, location, max_bytes)
    return data


def _gunzipped(data: bytes, location: str, max_bytes: int) -> bytes:
    whole = b""
    try:
        while data.startswith(GZIP):
            member = zlib.decompressobj(wbits=31)
            whole += member.decompress(data, max_bytes + 1 - len(whole))
            if len(whole) > max_bytes:
                raise ReadError(
                    f"{location} unpacks to more than {max_bytes // 2**20} MiB; leave it out."
                )
            if not member.eof:
                raise ReadError(f"{location} is a gzip archive that is cut short; fetch it again.")
            data = member.unused_data
    except zlib.error as error:
        raise ReadError(f"{location} is a broken gzip archive ({error}); replace it.") from error
    return whole


def open_archive(data: bytes, location: str) -> ZipFile:
    """An archive that can be unpacked safely: no member yields more than is declared.

    Raises ReadError for one that is broken, encrypted, too large, or compressed otherwise than
    such documents are.
    """
    try:
        archive = ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except DAMAGED_ARCHIVE as error:
        raise ReadError(f"{location} is a broken ZIP archive ({error}); replace it.") from error
    if any(member.flag_bits & 1 for member in members):
        raise ReadError(f"{location} is an encrypted document; save it unlocked.")
    if any(member.compress_type not in COMPRESSED for member in members):
        raise ReadError(f"{location} is compressed as no such document is; save it again.")
    parsed = [
        member
        for member in members
        if _XML.search(member.filename) and not member.filename.startswith(_STREAMED)
    ]
    large = sum(member.file_size for member in members) > MOST_UNPACKED
    if large or len(members) > MOST_MEMBERS or any(m.file_size > MOST_XML for m in parsed):
        raise ReadError(f"{location} unpacks to more than can be read; split it or leave it out.")
    return archive


def member(archive: ZipFile, name: str, location: str) -> bytes | None:
    """The bytes of a member, None where there is none. Raises ReadError for broken ones."""
    try:
        return archive.read(name)
    except KeyError:
        return None
    except DAMAGED_ARCHIVE as error:
        raise ReadError(f"{location} is a broken document ({error}); replace it.") from error


def refuse_entities(archive: ZipFile, location: str) -> None:
    """Raises ReadError for XML that declares entities: no office program writes them, bombs do."""
    for info in archive.infolist():
        if _XML.search(info.filename) and info.filename.endswith((".xml", ".rels")):
            head = member(archive, info.filename, location) or b""
            if _DECLARES.search(head, 0, 4096):
                raise ReadError(f"{location} defines XML entities; save it again, then try.")
