"""Unpacking what was sent packed, a piece at a time and never beyond a limit.

A few kilobytes can unpack to gigabytes, so each unpacker is asked for a bounded piece, and what is
left of its input waits.
"""

import zlib
from collections.abc import Iterator, Sequence

from search.errors import TooLarge, Unreachable

ACCEPTED = "gzip, deflate"
_MOST_CODINGS = 3
_PIECE = 1 << 16
_ANY_HEADER = 32 + zlib.MAX_WBITS


class Unpacker:
    """Of one body. `feed` takes pieces as they come and gives what they unpack to."""

    def __init__(self, codings: str, *, most_bytes: int, where: str) -> None:
        """`codings`: the header Content-Encoding. Raises Unreachable for one that is not known."""
        names = [name.strip().lower() for name in codings.split(",")]
        packed = [name for name in names if name not in {"", "identity"}]
        known = {"gzip", "x-gzip", "deflate"}
        if len(packed) > _MOST_CODINGS or not known.issuperset(packed):
            raise Unreachable(f"{where} sends its answer packed as {codings[:60]!r}")
        self._layers = [_Inflating(name == "deflate") for name in reversed(packed)]
        self._most = most_bytes
        self._where = where
        self._total = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises TooLarge beyond the limit, Unreachable for what cannot be unpacked."""
        try:
            for piece in _through(self._layers, data):
                self._total += len(piece)
                if self._total > self._most:
                    raise TooLarge(
                        f"{self._where} answers with more than {self._most / 2**20:.3g} MiB"
                    )
                yield piece
        except zlib.error as error:
            raise Unreachable(f"{self._where} sends what cannot be unpacked ({error})") from error

    def require_end(self) -> None:
        """Raise Unreachable where something is missing at the end."""
        if not all(layer.ended for layer in self._layers):
            raise Unreachable(f"{self._where} broke off its answer")


class _Inflating:
    """One layer of gzip or deflate; servers send deflate with and without its head."""

    def __init__(self, deflate: bool) -> None:
        self._deflate = deflate
        self._engine = None if deflate else zlib.decompressobj(_ANY_HEADER)
        self._fed = False

    @property
    def ended(self) -> bool:
        """Whether the end was seen; nothing at all is whole, too."""
        return not self._fed or (self._engine is not None and self._engine.eof)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of a bounded size."""
        if not data:
            return
        self._fed = True
        if self._engine is None:
            raw = data[0] & 0x0F != 8
            self._engine = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS)
        while data and not self._engine.eof:
            piece = self._engine.decompress(data, _PIECE)
            data = self._engine.unconsumed_tail
            if piece:
                yield piece


def _through(layers: Sequence[_Inflating], data: bytes) -> Iterator[bytes]:
    """What a piece becomes behind all layers."""
    if not layers:
        yield data
        return
    for piece in layers[0].feed(data):
        yield from _through(layers[1:], piece)
