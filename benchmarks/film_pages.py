"""Four pages about films, a question over them, and what a small model that does everything right
says of them: a plan for the one question, the value for a look-up, a sentence for the answer."""

from pathlib import Path

QUESTION = "Who is older, is it the director of Inception or the director of Parasite?"
PAGES = {
    "inception.md": "# Inception\n\nInception is a film of 2010, directed by Christopher Nolan.\n",
    "parasite.md": "# Parasite\n\nParasite is a film of 2019, directed by Bong Joon-ho.\n",
    "nolan.md": "# Christopher Nolan\n\nChristopher Nolan was born on 30 July 1970 in London.\n",
    "bong.md": "# Bong Joon-ho\n\nBong Joon-ho was born on 14 September 1969 in Daegu.\n",
}
_PLAN = """{"id":"a","lookup":"Who directed Inception?"}
{"id":"b","lookup":"Who directed Parasite?"}
{"id":"c","lookup":"When was {a} born?"}
{"id":"d","lookup":"When was {b} born?"}
{"id":"e","compare":"Who is older, the director of Inception or of Parasite?","facts":["{c}","{d}"]}
"""
_VALUES = {
    "Who directed Inception?": "Christopher Nolan",
    "Who directed Parasite?": "Bong Joon-ho",
    "When was Christopher Nolan born?": "30 July 1970",
    "When was Bong Joon-ho born?": "14 September 1969",
}
_TOLD = "Bong Joon-ho is older: he was born on 14 September 1969 [4], before Nolan [3]."


def reply(asked: str) -> str:
    """To the last message of a request."""
    if asked == QUESTION:
        return _PLAN
    if "Result:" in asked:
        return _TOLD
    value = _VALUES.get(asked.rpartition("Question: ")[2], "none")
    return value if value in asked else "none"


def write_pages(folder: Path) -> Path:
    """What there is to read."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
