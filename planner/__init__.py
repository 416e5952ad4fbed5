"""The planner: from a question to a DAG of steps, and from the steps to an answer."""

from planner import template
from planner.budget import Budget, Limits, Spending
from planner.calling import Caller, call_key
from planner.desk import ResearchSettings, Result, Toolbox
from planner.effort import Effort, Means, means_of
from planner.errors import BudgetExceeded, PlanError
from planner.events import (
    AnswerWritten,
    Decided,
    Event,
    MemoryTrace,
    ModelCalled,
    PhaseStarted,
    PlanEnded,
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
)
from planner.executor import Executor
from planner.history import History, known_results
from planner.language import PlanReader, Vocabulary, step_of, written
from planner.outcomes import Answer, Done, Failed, Outcome, Sentence, Skipped, Status
from planner.plan import Plan, PlanBuilder, Step
from planner.planning import Planner
from planner.recording import RecordedModel
from planner.research import research, research_graph
from planner.speculating import Speculation, SpeculationTotals

__all__ = [
    "Answer",
    "AnswerWritten",
    "Budget",
    "BudgetExceeded",
    "Caller",
    "Decided",
    "Done",
    "Effort",
    "Event",
    "Executor",
    "Failed",
    "History",
    "Limits",
    "Means",
    "MemoryTrace",
    "ModelCalled",
    "Outcome",
    "PhaseStarted",
    "Plan",
    "PlanBuilder",
    "PlanEnded",
    "PlanError",
    "PlanReader",
    "Planner",
    "RecordedModel",
    "ResearchSettings",
    "Result",
    "RunEnded",
    "RunStarted",
    "Sentence",
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
    "Toolbox",
    "Trace",
    "Vocabulary",
    "call_key",
    "known_results",
    "means_of",
    "research",
    "research_graph",
    "step_of",
    "template",
    "written",
]
