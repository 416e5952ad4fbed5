"""Removes what code wrote, however it wrote it."""

import itertools
import os
from pathlib import Path


def clear(folder: str) -> None:
    """Removes a folder that nobody writes to any more; follows no link.

    Folders in folders are brought to the top one by one, so the deepest nest has a short path.
    """
    numbers = itertools.count()
    while inner := [each for each in os.scandir(folder) if _is_folder(each)]:
        for each in inner:
            Path(each.path).chmod(0o700)
            for found in list(os.scandir(each.path)):
                if _is_folder(found):
                    Path(found.path).chmod(0o700)
                    Path(found.path).rename(_free(folder, numbers))
                else:
                    Path(found.path).unlink()
            Path(each.path).rmdir()
    for found in list(os.scandir(folder)):
        Path(found.path).unlink()
    Path(folder).rmdir()


def _free(folder: str, numbers: "itertools.count[int]") -> str:
    return next(path for number in numbers if not os.path.lexists(path := f"{folder}/.{number}"))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    return entry.is_dir(follow_symlinks=False)
