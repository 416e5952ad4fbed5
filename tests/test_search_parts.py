"""Parts of long questions, searched by their meaning, too."""

from collections.abc import Sequence

import pytest
from search_shelves import Shelf

from search.parts import later_parts

LONG = (
    "Who was the first president of the American association which published the Journal of"
    " Psychotherapy Integration?"
)


def test_the_endings_of_a_long_question() -> None:
    assert later_parts(LONG) == [
        "the American association which published the Journal of Psychotherapy Integration",
        "published the Journal of Psychotherapy Integration",
    ]


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Who directed Inception?",
        "When was the director of Parasite born?",
        "阿根廷的首都在哪里？以及它的人口是多少？",
        "Wann wurde der Regisseur des Films geboren, der vor dem Krieg den Preis gewann?",
    ],
)
def test_other_questions_have_none(question: str) -> None:
    assert later_parts(question) == []


def test_a_pasted_page_has_few() -> None:
    page = " ".join(f"the house {n} of the street with the name {n} in town {n}" for n in range(99))
    assert len(later_parts(page)) == 6


class Placed:
    """An Embedder that puts each text at one of three places."""

    name = "placed"

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [self._place(text) for text in texts]

    def _place(self, text: str) -> Sequence[float]:
        if text in later_parts(LONG) or text.startswith("Guild"):
            return (1.0, 0.0, 0.0)
        number = text.removesuffix(".").rpartition(" ")[2]
        near = 0.1 * int(number) if number.isdigit() else 0.0
        return (0.0, 0.0, 1.0) if text == LONG else (0.0, 1.0, near)


async def test_what_is_near_a_part_comes_before_what_is_less_near_the_whole(shelf: Shelf) -> None:
    index = await shelf.open(Placed())
    others = ((f"Other {n}", f"Something else, number {n}.", f"/{n}") for n in range(9))
    await index.add_passages([*others, ("Guild", "Healers met there.", "/guild")])
    await index.embed()
    first, second, *_ = [hit.passage.source.title for hit in await index.search(LONG)]
    assert (first, second) == ("Other 8", "Guild")
