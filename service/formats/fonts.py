"""The fonts of a PDF: those of installed packages, cut down to the letters of one text.

What these lack is looked for on the system. What is found nowhere is told by the script's name.
"""

import base64
import io
import unicodedata
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from service.formats.plain import language, script

PACKAGES = ("manimgx_fonts", "fontpkg_amiri", "manimgx_fonts_cjk")
"""Modules that fonts lie beside."""
_ORDER = ("NotoSans[", "NotoSans-", "Amiri-", "NotoSansSymbols", "NotoSans", "NotoEmoji")
"""Beginnings of names, in the order in which fonts are asked for a letter. Amiri goes before Noto's
Arabic, whose dots are letters of their own where somebody copies the text."""
_FACES = {"ja": 0, "ko": 1, "zh": 2}
"""Of a collection for East Asia: the forms that a letter has there."""
_KINDS = (".ttf", ".otf", ".ttc")


def font_rules(text: str) -> str:
    """Rules of CSS with all the faces that the text needs, and families in the order of asking."""
    wanted = {ord(letter) for letter in text if not letter.isspace()}
    families: dict[str, str] = {}
    for file in _files():
        if _is_variant(file) or not wanted:  # a slope of a family that is asked already
            continue
        with _opened(file, text) as font:
            had = wanted & set(font.getBestCmap())
        if had:
            wanted -= had
            family = f"Breadth {_name(file)}"
            families[family] = "".join(_rule(one, family, text) for one in [file, *_slopes(file)])
    named = "".join(f'"{family}",' for family in families)
    return f"{''.join(families.values())}html,svg{{font-family:{named}sans-serif}}"


def told_of(missing: Iterable[int]) -> str:
    """Which letters no font has, by their scripts; nothing where none is missing."""
    names: dict[str, list[str]] = {}
    for point in sorted(set(missing)):
        letter = chr(point)
        if unicodedata.category(letter) not in ("Cf", "Zs", "Cn", "Co"):
            names.setdefault(script(letter), []).append(letter)
    return ", ".join(
        f"{name.capitalize()} ({' '.join(letters[:3])}{' ...' if len(letters) > 3 else ''})"
        for name, letters in names.items()
    )


def _files() -> Iterator[Path]:
    """Of the packages that are installed, in the order of asking."""
    found = []
    for package in PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found += [file for file in Path(folder).rglob("*") if file.suffix in _KINDS]
    yield from sorted(found, key=lambda file: (_place(file), file.name))


def _place(file: Path) -> tuple[bool, int]:
    """Collections, which are large, come last."""
    return file.suffix == ".ttc", next(
        (place for place, name in enumerate(_ORDER) if file.name.startswith(name)), len(_ORDER)
    )


def _name(file: Path) -> str:
    """Of the family: without slope, weight, axes of variation and kind of file."""
    return file.name.partition("[")[0].partition(".")[0].partition("-")[0]


def _is_variant(file: Path) -> bool:
    """Whether it is a slope or a weight of another face."""
    return any(word in file.stem for word in ("Italic", "Bold"))


def _slopes(file: Path) -> Iterator[Path]:
    """The other faces of its family."""
    for other in sorted(file.parent.glob("*")):
        if other.suffix in _KINDS and _name(other) == _name(file) and _is_variant(other):
            yield other


def _opened(file: Path, text: str) -> Any:
    """The font; of a collection the face for the text's language."""
    number = _FACES.get(language([text]), _FACES["zh"]) if file.suffix == ".ttc" else -1
    return import_module("fontTools.ttLib").TTFont(file, fontNumber=number, lazy=True)


def _rule(file: Path, family: str, text: str) -> str:
    """One face, as a part of the page: nothing has to be fetched."""
    subset = import_module("fontTools.subset")
    options = subset.Options(layout_features=["*"], notdef_outline=True, ignore_missing_glyphs=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text + " ")
    written = io.BytesIO()
    with _opened(file, text) as font:
        subsetter.subset(font)
        font.save(written)
        varies = "fvar" in font
    data = base64.b64encode(written.getvalue()).decode("ascii")
    weight = "100 900" if varies else "700" if "Bold" in file.stem else "400"
    slope = "italic" if "Italic" in file.stem else "normal"
    return (
        f'@font-face{{font-family:"{family}";src:url("data:font/otf;base64,{data}");'
        f"font-weight:{weight};font-style:{slope}}}\n"
    )
