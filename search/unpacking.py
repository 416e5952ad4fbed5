"""Unpacking what was sent packed, a piece at a time and never beyond a limit.

A few kilobytes can unpack to gigabytes, so each unpacker is asked for a bounded piece, and what is
left of its input waits. Each layer counts: what is packed twice may grow in between and come to
nothing at the end.
"""

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from search.errors import TooLarge, Unreachable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    try:
        from backports import zstd
    except ImportError:
        zstd = None  # type: ignore[assignment]
try:
    import brotli
except ImportError:
    brotli = None

_MOST_CODINGS = 3
_PIECE = 1 << 16
_ANY_HEADER = 32 + zlib.MAX_WBITS
_GZIP = b"\x1f\x8b"
_MOST_ZSTD_WINDOW = 23
"""Binary logarithm of bytes: RFC 9659 lets no server ask for more."""


class Unpacker:
    """Of one body. `feed` takes pieces as they come and gives what they unpack to."""

    def __init__(self, codings: str, *, most_bytes: int, where: str) -> None:
        """`codings`: the header Content-Encoding. Raises Unreachable for one that is not known."""
        names = [name.strip().lower() for name in codings.split(",")]
        packed = [name for name in names if name not in {"", "identity"}]
        if len(packed) > _MOST_CODINGS or not _LAYERS.keys() >= set(packed):
            raise Unreachable(
                f"{where} sends its answer packed as {codings[:60]!r}, which is not asked for"
            )
        self._layers = [_LAYERS[name]() for name in reversed(packed)]
        self._given = [0] * (len(self._layers) + 1)
        self._most = most_bytes
        self._where = where

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises TooLarge beyond the limit, Unreachable for what cannot be unpacked."""
        try:
            yield from self._through(0, data)
        except _BROKEN as error:
            raise Unreachable(f"{self._where} sends what cannot be unpacked ({error})") from error

    def require_end(self) -> None:
        """Raise Unreachable where something is missing at the end."""
        if not all(layer.ended for layer in self._layers):
            raise Unreachable(f"{self._where} broke off its answer", may_pass=True)

    def _through(self, depth: int, data: bytes) -> Iterator[bytes]:
        """What a piece becomes behind this layer and all that follow."""
        self._given[depth] += len(data)
        if self._given[depth] > self._most:
            raise TooLarge(f"{self._where} answers with more than {self._most / 2**20:.3g} MiB")
        if depth == len(self._layers):
            yield data
            return
        for piece in self._layers[depth].feed(data):
            yield from self._through(depth + 1, piece)


class _Layer(Protocol):
    """One packing that is undone."""

    @property
    def ended(self) -> bool:
        """Whether the end was seen; nothing at all is whole, too."""
        ...

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of a bounded size."""
        ...


class _Inflating:
    """gzip, also in several members on end, or deflate; servers send it with and without a head."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._engine: Any = None

    @property
    def ended(self) -> bool:
        """See _Layer."""
        return self._engine is None or bool(self._engine.eof)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See _Layer."""
        full = False  # then more may wait in the engine, though all was put in
        while data or full:
            if self._engine is None or self._engine.eof:
                if not self._begins(data):
                    return  # what stands behind the end is nobody's
                self._engine = zlib.decompressobj(self._window(data))
            piece = self._engine.decompress(data, _PIECE)
            data = self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail
            full = len(piece) == _PIECE
            if piece:
                yield piece

    def _begins(self, data: bytes) -> bool:
        """Whether this is a beginning: the first, or that of a further member."""
        if self._engine is None:
            return bool(data)
        return self._gzip and bool(data) and _GZIP.startswith(data[:2])

    def _window(self, data: bytes) -> int:
        if self._gzip:
            return _ANY_HEADER
        return zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS


class _Brotli:
    """br."""

    def __init__(self) -> None:
        self._engine: Any = brotli.Decompressor()
        self._fed = False

    @property
    def ended(self) -> bool:
        """See _Layer."""
        return not self._fed or bool(self._engine.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See _Layer."""
        self._fed = True
        while not self._engine.is_finished():
            piece = self._engine.process(data, output_buffer_limit=_PIECE)
            data = b""
            if piece:
                yield piece
            if self._engine.can_accept_more_data():
                return


class _Zstandard:
    """zstd, also in several frames on end."""

    def __init__(self) -> None:
        self._engine: Any = None

    @property
    def ended(self) -> bool:
        """See _Layer."""
        return self._engine is None or bool(self._engine.eof)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See _Layer."""
        while data or not (self.ended or self._engine.needs_input):
            if self.ended:
                limits: dict[int, int] = {
                    zstd.DecompressionParameter.window_log_max: _MOST_ZSTD_WINDOW
                }
                self._engine = zstd.ZstdDecompressor(options=limits)
            piece = self._engine.decompress(data, _PIECE)
            data = self._engine.unused_data if self._engine.eof else b""
            if piece:
                yield piece


_LAYERS: dict[str, Callable[[], _Layer]] = {
    "gzip": lambda: _Inflating(True),
    "x-gzip": lambda: _Inflating(True),
    "deflate": lambda: _Inflating(False),
}
_BROKEN: tuple[type[Exception], ...] = (zlib.error,)
if brotli is not None:
    _LAYERS["br"] = _Brotli
    _BROKEN += (brotli.error,)
if zstd is not None:
    _LAYERS["zstd"] = _Zstandard
    _BROKEN += (zstd.ZstdError,)
ACCEPTED = ", ".join(name for name in _LAYERS if name != "x-gzip")
