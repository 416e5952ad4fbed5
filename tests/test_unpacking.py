"""Unpacking: whatever is packed comes out, in whatever pieces it came, and never too much."""

import contextlib
import gzip
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import TooLarge, Unreachable
from search.unpacking import ACCEPTED, Unpacker

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def unpacked(pieces: list[bytes], codings: str, most_bytes: int = 1 << 20) -> bytes:
    unpacker = Unpacker(codings, most_bytes=most_bytes, where="here")
    found = b"".join(out for piece in pieces for out in unpacker.feed(piece))
    unpacker.require_end()
    return found


def test_what_is_asked_for_is_what_can_be_unpacked() -> None:
    assert ACCEPTED == "gzip, deflate, br, zstd"


def test_what_is_not_installed_is_not_asked_for() -> None:
    code = (
        "import sys; sys.modules.update(brotli=None, backports=None);"
        "import search.unpacking; print(search.unpacking.ACCEPTED)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.strip() in {"gzip, deflate", "gzip, deflate, zstd"}


@given(
    st.binary(max_size=2000).map(lambda text: text * 100),
    st.lists(st.sampled_from(sorted(PACKERS)), max_size=3),
    st.integers(1, 5000),
)
def test_all_that_was_packed_comes_out_in_whatever_pieces_it_came(
    text: bytes, names: list[str], size: int
) -> None:
    body = text
    for name in names:
        body = PACKERS[name](body)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert unpacked(pieces, ", ".join(names)) == text


@given(st.binary(min_size=1, max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_what_is_broken_is_a_typed_error_or_a_text(junk: bytes, coding: str) -> None:
    with contextlib.suppress(TooLarge, Unreachable):
        unpacked([junk], coding)


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_members_on_end_are_all_unpacked(name: str, size: int) -> None:
    body = PACKERS[name](b"one, ") + PACKERS[name](b"two")
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert unpacked(pieces, name) == b"one, two"


@pytest.mark.parametrize("size", range(2**16 - 2, 2**16 + 260, 13))
def test_what_waits_in_the_engine_at_the_end_comes_out(size: int) -> None:
    """A raw deflate may have been put in to the last byte while some of it is still to come."""
    packing = zlib.compressobj(9, wbits=-15)
    body = packing.compress(b"\0" * size) + packing.flush()
    assert unpacked([body], "deflate") == b"\0" * size


def test_what_stands_behind_the_end_is_left_out() -> None:
    assert unpacked([gzip.compress(b"one") + b"\0" * 100], "gzip") == b"one"
    assert unpacked([zlib.compress(b"one") + b"junk"], "deflate") == b"one"


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_what_is_broken_off_is_an_error(name: str) -> None:
    with pytest.raises(Unreachable, match="broke off"):
        unpacked([PACKERS[name](bytes(range(256)) * 100)[:-3]], name)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_is_cut_and_takes_no_memory(name: str, layers: int) -> None:
    body = b"\0" * 20_000_000
    for _ in range(layers):
        body = PACKERS[name](body)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        unpacked([body], ", ".join([name] * layers), 100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def four_gigabytes() -> bytes:
    """Of zeros, packed three times: a mebibyte packs to a block that can be repeated."""
    packing = zlib.compressobj(9, wbits=-15)
    block = packing.compress(b"\0" * 2**20) + packing.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(gzip.compress(gzip.compress(b"")[:10] + block * 4096, 9), 9)


def test_six_kilobytes_do_not_become_four_gigabytes() -> None:
    body = four_gigabytes()
    assert len(body) < 6_144
    tracemalloc.start()
    with pytest.raises(TooLarge, match="10 MiB"):
        unpacked([body], "gzip, gzip, gzip", 10 * 2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


ENDLESS = gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 400_000
"""A gzip that comes to nothing, however long it goes on: blocks without content."""


@pytest.mark.parametrize("inner", [ENDLESS, gzip.compress(b"x") + b"\0" * 2_000_000])
def test_a_layer_that_comes_to_nothing_is_counted_too(inner: bytes) -> None:
    body = gzip.compress(inner, 9)
    assert len(body) < 6_000
    with pytest.raises(TooLarge):
        unpacked([body], "gzip, gzip", 100_000)


def test_a_zstd_frame_that_wants_much_memory_is_refused() -> None:
    wide = {zstd.CompressionParameter.window_log: 27}
    frame = zstd.ZstdCompressor(options=wide)
    body = frame.compress(b"x" * 100_000) + frame.flush()
    with pytest.raises(Unreachable, match="unpacked"):
        unpacked([body], "zstd")
