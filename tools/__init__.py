"""Tools: what a step of a plan can do. Each is small, and takes what it needs when it is made."""

from tools.calculate import Calculate
from tools.compare import Compare
from tools.facts import Fact
from tools.find import Read, Search
from tools.lookup import Lookup
from tools.tool import Arguments, Tool, ToolError, ToolResult
from tools.words import content_words, holds, stems, words

__all__ = [
    "Arguments",
    "Calculate",
    "Compare",
    "Fact",
    "Lookup",
    "Read",
    "Search",
    "Tool",
    "ToolError",
    "ToolResult",
    "content_words",
    "holds",
    "stems",
    "words",
]
