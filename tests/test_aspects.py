"""What an open question is searched for besides."""

import pytest

from inference import ScriptedModel
from planner import MemoryTrace
from planner.aspects import Aspects


@pytest.mark.parametrize(
    ("said", "searched"),
    [
        ("its history\nits wildlife", ["Aller history", "Aller wildlife"]),
        ("its history\nits wildlife" + " and plants" * 200, ["Aller history"]),
        ("its wildlife" + " and plants" * 200, []),
    ],
)
async def test_a_line_that_was_cut_is_no_query(said: str, searched: list[str]) -> None:
    aspects = Aspects(ScriptedModel([said]), trace=MemoryTrace())
    steps = await aspects.searches("Tell me about the river Aller", "report")
    assert [str(step.arguments["query"]).replace(" its ", " ") for step in steps] == searched
