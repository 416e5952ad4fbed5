"""Answers with whatever may stand in them, for property tests."""

from typing import cast

from hypothesis import strategies as st

from planner import Answer, Section, Sentence, Status, Table
from search import Passage, Source
from service.chats import Ending
from service.formats import Publication

nasty = st.one_of(
    st.text(max_size=60),
    st.text("<>&|*_`~[]() \nab😀\u202e\ud800", max_size=200),
    st.sampled_from(
        ["", " ", "<!channel>", "<@U1>", "&" * 4000, "x" * 9000, "wort " * 900, "😀" * 2000]
    ),
)
sentences = st.builds(
    Sentence,
    nasty,
    st.lists(st.integers(1, 3), max_size=4).map(tuple),
    st.sampled_from([None, "supported", "partly", "unsupported", "contradicted"]),
)
tables = st.lists(st.lists(sentences, min_size=2, max_size=2).map(tuple), max_size=3).map(
    lambda rows: Table(("A < B", "*C*"), tuple(rows))
)
sections = st.builds(Section, nasty, st.lists(sentences, max_size=3).map(tuple), st.none() | tables)
addresses = st.one_of(
    st.sampled_from(
        [
            "https://e.example/a?b=1&c=<d>|e",
            "javascript:alert(1)",
            "notes.md",
            "https://e.example/" + "x" * 4000,
        ]
    ),
    nasty,
)
passages = st.builds(
    lambda location, title, text: Passage(
        Source(location, title, "text/html", "0" * 64, title, "2020-01-01"), 0, 9, text, title
    ),
    addresses,
    nasty,
    nasty,
)
answers = st.builds(
    Answer,
    st.none(),
    st.lists(sentences, max_size=5).map(tuple),
    st.lists(passages, min_size=3, max_size=3).map(tuple),
    nasty,
    st.lists(sections, max_size=3).map(tuple),
)
statuses = st.sampled_from(["completed", "incomplete", "failed", "cancelled"])
endings = st.builds(
    lambda answer, status, reason, by: Ending(
        Publication("r1", "Who?", cast("Status", status), answer, reason, day="2026-01-02"),
        bool(answer.every_sentence),
        by,
    ),
    answers,
    statuses,
    st.none() | nasty,
    st.sampled_from([None, "U1"]),
)
