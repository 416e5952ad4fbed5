"""The planner: from a question to a DAG of steps, and from the steps to an answer."""

from planner import template
from planner.budget import Budget, Limits, Spending
from planner.calling import Caller, call_key
from planner.checking import checked_arguments
from planner.clarifying import clarified
from planner.desk import ResearchSettings, Result, Review, Toolbox
from planner.drafting import Select
from planner.effort import Effort, Means, means_of
from planner.errors import BudgetExceeded, NotStored, PlanError, Withdrawn
from planner.events import (
    STOPPED,
    AnswerWritten,
    Decided,
    Event,
    MemoryTrace,
    ModelCalled,
    PhaseStarted,
    PlanEnded,
    Reasoned,
    RunEnded,
    RunStarted,
    Speculated,
    SpeculationStarted,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
    Trace,
    Within,
)
from planner.executor import Executor
from planner.following import standalone
from planner.form import Form, require_form
from planner.handing import Call, steps_to_go_on, waiting_calls
from planner.history import History, another_try, known_results
from planner.language import PlanReader, Vocabulary, is_tool_name, step_of, written
from planner.nesting import Research, ResearchArguments
from planner.outcomes import (
    Answer,
    Done,
    Failed,
    Outcome,
    Section,
    Sentence,
    Skipped,
    Status,
    Table,
    Verdict,
    marked,
)
from planner.plan import Plan, PlanBuilder, Step
from planner.plan_reading import in_order, question_of, read_plan
from planner.planning import Planner
from planner.recording import RecordedModel
from planner.replaying import RefusingModel, ReplayedModel, Reply, steps_anew, top_step
from planner.research import research
from planner.speculating import Speculation, SpeculationTotals
from planner.style import Size, Style, language_code, style_of
from planner.subgraph import Researched, research_graph
from planner.unnesting import is_plain, unnested

__all__ = [
    "STOPPED",
    "Answer",
    "AnswerWritten",
    "Budget",
    "BudgetExceeded",
    "Call",
    "Caller",
    "Decided",
    "Done",
    "Effort",
    "Event",
    "Executor",
    "Failed",
    "Form",
    "History",
    "Limits",
    "Means",
    "MemoryTrace",
    "ModelCalled",
    "NotStored",
    "Outcome",
    "PhaseStarted",
    "Plan",
    "PlanBuilder",
    "PlanEnded",
    "PlanError",
    "PlanReader",
    "Planner",
    "Reasoned",
    "RecordedModel",
    "RefusingModel",
    "ReplayedModel",
    "Reply",
    "Research",
    "ResearchArguments",
    "ResearchSettings",
    "Researched",
    "Result",
    "Review",
    "RunEnded",
    "RunStarted",
    "Section",
    "Select",
    "Sentence",
    "Size",
    "Skipped",
    "Speculated",
    "Speculation",
    "SpeculationStarted",
    "SpeculationTotals",
    "Spending",
    "Status",
    "Step",
    "StepAdded",
    "StepCancelled",
    "StepEnded",
    "StepReplaced",
    "StepStarted",
    "Style",
    "Table",
    "Toolbox",
    "Trace",
    "Verdict",
    "Vocabulary",
    "Withdrawn",
    "Within",
    "another_try",
    "call_key",
    "checked_arguments",
    "clarified",
    "in_order",
    "is_plain",
    "is_tool_name",
    "known_results",
    "language_code",
    "marked",
    "means_of",
    "question_of",
    "read_plan",
    "require_form",
    "research",
    "research_graph",
    "standalone",
    "step_of",
    "steps_anew",
    "steps_to_go_on",
    "style_of",
    "template",
    "top_step",
    "unnested",
    "waiting_calls",
    "written",
]
