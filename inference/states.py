"""Saved states of prompts: files in a folder, known by what they are the state of.

A state that is not whole ends the engine when it is loaded, so a file is only used under a name
that holds its digest, and after the digest was seen to be right.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b, file_digest
from pathlib import Path
from uuid import uuid4

from inference.model import Message

_SUFFIX = ".state"
_PART = ".part"
_ABANDONED_SECONDS = 3600
_MOST_BYTES = 512 * 2**20


class SavedStates:
    """The states of one model in one engine."""

    def __init__(self, folder: Path, identity: str, *, most_bytes: int = _MOST_BYTES) -> None:
        """`identity`: the weights, the engine and all that makes a state useless to another.

        `most_bytes`: what was not used for longest is deleted beyond it.
        """
        self.folder = folder
        self._identity = identity
        self._most_bytes = most_bytes
        self._checked: set[str] = set()
        # Without a folder nothing is kept: the engine says so, and computes again.
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)  # prompts may hold what only the user may read
        for left in folder.glob(f"*{_PART}"):  # by a process that was killed
            with suppress(OSError):
                if left.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                    left.unlink()

    def temporary(self) -> str:
        """A new name for a file that the engine may write."""
        return f"{uuid4().hex}{_PART}"

    def discard(self, file: str) -> None:
        """Delete a file, if it is there."""
        with suppress(OSError):
            (self.folder / file).unlink()

    async def find(self, messages: Sequence[Message]) -> str | None:
        """The file that holds the state of these messages, whole; None without one."""
        return await asyncio.to_thread(self._find, self._key(messages))

    def forget(self, file: str) -> None:
        """Delete a kept file that the engine does not take, though it is whole."""
        self._checked.discard(file)
        self.discard(file)

    async def keep(self, file: str, messages: Sequence[Message]) -> None:
        """Give a temporary file its lasting name. Raises OSError."""
        await asyncio.to_thread(self._keep, file, self._key(messages))

    def _find(self, key: str) -> str | None:
        for path in self.folder.glob(f"{key}-*{_SUFFIX}"):
            try:
                if path.name in self._checked or path.name == _name(key, path):
                    os.utime(path)
                    self._checked.add(path.name)
                    return path.name
                path.unlink()
            except OSError:  # another process deleted it
                continue
        return None

    def _keep(self, file: str, key: str) -> None:
        path = self.folder / file
        path.replace(self.folder / _name(key, path))
        files = sorted(self.folder.glob(f"*{_SUFFIX}"), key=lambda path: -path.stat().st_mtime)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > self._most_bytes:
                path.unlink(missing_ok=True)

    def _key(self, messages: Sequence[Message]) -> str:
        """What the messages and the engine make together."""
        told = repr((self._identity, [(m.role, m.content) for m in messages]))
        return blake2b(told.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _name(key: str, path: Path) -> str:
    """A state's lasting name: what it is the state of, and the digest of the file."""
    with path.open("rb") as file:
        digest = file_digest(file, lambda: blake2b(digest_size=12))
    return f"{key}-{digest.hexdigest()}{_SUFFIX}"
