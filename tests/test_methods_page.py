"""The page of methods lists them as they are."""

import importlib.util
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "methods.md"


def test_the_page_has_every_method_as_it_is() -> None:
    spec = importlib.util.spec_from_file_location("methods_page", PAGE.with_name("methods_page.py"))
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    text = PAGE.read_text(encoding="utf-8")
    assert text == made.written(text), "run: python docs/methods_page.py"
