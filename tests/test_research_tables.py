"""A plan that works on the table of a document: the answer cites the document."""

from pathlib import Path

from inference import Request, ScriptedModel
from planner import MemoryTrace, PlanBuilder, Step, Toolbox, research
from search import DocumentIndex
from tools import Read, Table

QUESTION = "What is the capacity of all ferries together?"


async def test_what_is_summed_up_cites_the_document(tmp_path: Path) -> None:
    (tmp_path / "ferries.csv").write_text("name,capacity,port\nAlda,250,Tarn\nCy,120,Vell\n")
    builder = PlanBuilder()
    builder.add(Step("a", "read", {"location": "ferries.csv"}))
    builder.add(Step("b", "table", {"rows": "{a}", "operation": "sum", "column": "capacity"}))

    def reply(request: Request) -> str:
        assert "[1] Which document was read? Ferries" in request.messages[-1].content
        return "All ferries together carry 370 [1]."

    index = DocumentIndex.open(None)
    try:
        await index.refresh([tmp_path])
        result = await research(
            QUESTION,
            model=ScriptedModel(reply),
            toolbox=lambda _: Toolbox((Read(index), Table()), planned=("table",)),
            trace=MemoryTrace(),
            plan=builder.plan,
        )
    finally:
        index.close()
    assert (result.status, result.answer.value) == ("completed", "370")
    assert [passage.source.title for passage in result.answer.citations] == ["Ferries"]
    assert result.answer.sentences[0].verdict == "supported"
