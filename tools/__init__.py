"""Tools: what a step of a plan can do. Each is small, and takes what it needs when it is made."""

from tools.agents import ToolAgents
from tools.agreement import agree
from tools.approval import Approval, Approved, Approver
from tools.calculate import Calculate
from tools.callers_function import CallersFunction, LeftToCaller, Output, is_left
from tools.chooser import model_chooser
from tools.claims import claim_prompt
from tools.compare import Compare
from tools.contained import Contained
from tools.crosscheck import CrossCheck
from tools.cues import asks_by_degree, asks_to_compare, compared_kinds
from tools.drafts import Listener, listening, tell_draft
from tools.facts import Fact
from tools.find import Read, Search
from tools.function_tool import FunctionTool, function_tool
from tools.kinds import asks_for_name, fits, kind_of, may_answer
from tools.lookup import Lookup
from tools.mcp_servers import McpServer, McpTool, mcp_tools
from tools.nations import demonyms
from tools.openapi import OPENAPI_BYTES, DocumentError, Imported, openapi_tools
from tools.openapi_call import Auth, OpenApiTool, Service
from tools.paying import Payer, pay_call, paying
from tools.python_tool import Python
from tools.quantities import find_quantities
from tools.relevance import names_in
from tools.sandbox import Sandbox, SandboxLimits, SandboxRefused, SandboxResult, sandbox_kind
from tools.schema_arguments import arguments_of
from tools.table import Table
from tools.think import DEFAULT_METHOD, MAX_THOUGHT, REASONED, SAMPLE_TOKENS, Past, Think
from tools.tool import Arguments, Tool, ToolError, ToolResult, cost_of, has_side_effects
from tools.values import MONTHS, Amount, Moment, Quantity, as_amount, as_moment, convert, unit_named
from tools.which import Which
from tools.words import content_words, holds, is_function_word, stems, words

__all__ = [
    "DEFAULT_METHOD",
    "MAX_THOUGHT",
    "MONTHS",
    "OPENAPI_BYTES",
    "REASONED",
    "SAMPLE_TOKENS",
    "Amount",
    "Approval",
    "Approved",
    "Approver",
    "Arguments",
    "Auth",
    "Calculate",
    "CallersFunction",
    "Compare",
    "Contained",
    "CrossCheck",
    "DocumentError",
    "Fact",
    "FunctionTool",
    "Imported",
    "LeftToCaller",
    "Listener",
    "Lookup",
    "McpServer",
    "McpTool",
    "Moment",
    "OpenApiTool",
    "Output",
    "Past",
    "Payer",
    "Python",
    "Quantity",
    "Read",
    "Sandbox",
    "SandboxLimits",
    "SandboxRefused",
    "SandboxResult",
    "Search",
    "Service",
    "Table",
    "Think",
    "Tool",
    "ToolAgents",
    "ToolError",
    "ToolResult",
    "Which",
    "agree",
    "arguments_of",
    "as_amount",
    "as_moment",
    "asks_by_degree",
    "asks_for_name",
    "asks_to_compare",
    "claim_prompt",
    "compared_kinds",
    "content_words",
    "convert",
    "cost_of",
    "demonyms",
    "find_quantities",
    "fits",
    "function_tool",
    "has_side_effects",
    "holds",
    "is_function_word",
    "is_left",
    "kind_of",
    "listening",
    "may_answer",
    "mcp_tools",
    "model_chooser",
    "names_in",
    "openapi_tools",
    "pay_call",
    "paying",
    "sandbox_kind",
    "stems",
    "tell_draft",
    "unit_named",
    "words",
]
