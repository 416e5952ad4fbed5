"""What the benchmarks of verification measure with."""

import json
from pathlib import Path

from benchmarks.citation_audit import Cited, of_json, report
from benchmarks.falsehood_making import KINDS, cases
from benchmarks.falsehoods import halves
from benchmarks.falsehoods_written import written

TEXT = (
    "Ann Lee Ray was born in Rome on 3 May 1971 and moved to Oslo. She directed 40 films about Old"
    " Norway between 1990 and 2010. Bob Ray Hill was the producer of most of them in those years."
)


def question_set(folder: Path) -> Path:
    for name in ("hotpotqa", "musique"):
        passages = [{"title": "Ann Lee Ray", "text": f"{TEXT} {name}", "supporting": True}]
        lines = json.dumps({"passages": passages})
        (folder / f"{name}.jsonl").write_text(f"{lines}\n", encoding="utf-8")
    return folder


def test_each_falsehood_is_an_altered_claim_of_the_same_passage(tmp_path: Path) -> None:
    found = cases(question_set(tmp_path))
    assert [case.kind for case in found][::2] == ["true", "true"]
    for true, false in zip(found[::2], found[1::2], strict=True):
        assert false.kind in KINDS
        assert false.claim != true.claim
        assert false.passage == true.passage


def test_the_halves_share_nothing_and_keep_pairs_together(tmp_path: Path) -> None:
    even, odd = (halves(question_set(tmp_path), even=even) for even in (True, False))
    told = [{(case.claim, case.passage.text) for case in half} for half in (even, odd)]
    assert not told[0] & told[1]
    assert len(even) + len(odd) == 4 + len(written())


def cited(text: str) -> Cited:
    return Cited("r", "Who was born in Rome?", text, "supported", (f"Ann Lee Ray: {TEXT}",))


def test_the_audit_misses_numbers_names_and_months_that_no_passage_has() -> None:
    assert cited("In Rome she made 40 films, as Ann Lée Ray.").missing == []
    assert cited("Ann Lee Ray was born on 4 June 1971 beside Eve.").missing == ["4", "June", "Eve"]
    assert report([cited("She made 40."), cited("She made 41.")])["precision"] == 0.5


def test_the_audit_reads_what_the_command_prints(tmp_path: Path) -> None:
    text = "Ann was born in Rome. [1] [2] She made 40 films. [1]"
    marks = [(22, 25, 1), (26, 29, 2), (49, 52, 1)]
    citations = [
        {"start_index": start, "end_index": end, "title": f"T{n}", "passage": {"text": TEXT}}
        | {"verdict": "supported"}
        for start, end, n in marks
    ]
    told = {"run": "r", "question": "?", "answer": text, "citations": citations}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    found = list(of_json(path))
    assert [one.text for one in found] == ["Ann was born in Rome.", "She made 40 films."]
    assert [len(one.passages) for one in found] == [2, 1]
