"""What agents of one model are told so that they differ: roles, ways to reason, what to use."""

from collections.abc import Sequence

Policy = tuple[str, str]
"""A name, and what is told."""

PATHS: Sequence[Policy] = (
    ("forward", "Reason forward: from what is given, step by step, to what is asked."),
    ("backward", "Reason backward: from what is asked to what would have to be known for it."),
    ("principles", "Name the rule or principle that decides this first, then apply it."),
    ("example", "Think of a similar question that is easier, solve it, and carry the way over."),
    ("elimination", "List what the answer could be, and rule out what cannot be."),
)
"""Ways to reason."""

ROLES: Sequence[Policy] = (
    ("scholar", "You know the field of this question well. Answer from what is established."),
    ("analyst", "You are exact. Take the question apart and answer it part by part."),
    ("sceptic", "You distrust first ideas. Look for the trap in the question before you answer."),
    ("engineer", "You work with numbers and cases. Compute or test whatever can be."),
    ("teacher", "You explain. Answer so that each step would convince a beginner."),
    ("editor", "You are brief. Answer with what is needed, and nothing else."),
)
"""Who answers."""

JUDGES: Sequence[Policy] = (
    ("public", "You speak for the general public: is the answer clear, and does it help?"),
    ("critic", "You are a critic: look for what is wrong or missing in each answer."),
    ("scientist", "You are a scientist: is each claim right, and does each step follow?"),
    ("psychologist", "You are a psychologist: does the answer meet what the question is after?"),
    ("editor", "You are a news editor: is it true to its facts, and does it say the main thing?"),
)
"""Who judges."""

_TEXT = "Use words alone: "
_CODE = "Write a short program for it, follow by hand what it does, and read the answer off: "
_SEARCH = "First write down the facts that one would look up, then answer from them: "
_BOTH = "First write down the facts, then a short program on them, and follow what it does: "
_GUIDED = "Say first which would help most, words, a program or looked-up facts; then use it: "
WAYS: Sequence[Policy] = (
    ("directly", "come to the answer by the shortest way."),
    ("step by step", "go step by step."),
    ("twice", "do it in two different ways, and compare."),
)
TOOLS: Sequence[Policy] = tuple(
    (f"{name} {way}", f"{use}{how}")
    for way, how in WAYS
    for name, use in (
        ("text", _TEXT),
        ("code", _CODE),
        ("search", _SEARCH),
        ("both", _BOTH),
        ("guided", _GUIDED),
    )
)
"""What to use, where there are no tools: fifteen, each of five policies in three ways."""
