"""What tests of plans share: two tools to plan with, and a step that looks something up."""

from planner import Step, Vocabulary

VOCABULARY = Vocabulary(
    {"lookup": ("question",), "compare": ("question", "facts")}, default="lookup"
)


def lookup(id_: str, question: str, **more: object) -> Step:
    return Step(id_, "lookup", {"question": question}, **more)
