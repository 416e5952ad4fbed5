"""Who thinks at a desk: those that ask the model, or decide instead of it, as the settings want."""

from typing import TypedDict

from inference import Model
from planner.aspects import Aspects
from planner.contests import WHICH
from planner.contradictions import CROSSCHECK
from planner.crosschecking import CrossChecker
from planner.desk import ResearchSettings, Toolbox
from planner.events import Trace
from planner.executor import Executor
from planner.filling import Filler
from planner.history import History
from planner.judging import Judge
from planner.language import Vocabulary
from planner.planning import Planner
from planner.routing import Router
from planner.verifying import Verifier
from planner.writing import Drafting, Writer


class Minds(TypedDict):
    """What on a desk asks the model, or decides instead of it."""

    planner: Planner
    writer: Writer
    judge: Judge
    checker: CrossChecker
    aspects: Aspects
    verifier: Verifier
    filler: Filler


def minds_of(
    model: Model,
    tools: Toolbox,
    executor: Executor,
    trace: Trace,
    settings: ResearchSettings,
    past: History,
) -> Minds:
    """As the settings want them."""
    judge = Judge(model, trace=trace, enough=settings.enough, close_call=settings.close_call)
    router = Router(
        model,
        [tool for tool in tools.for_planner if tool.name in tools.handed],
        Vocabulary.of(tools.for_planner, default=tools.for_planner[0].name),
        trace=trace,
        looks=tools.looks,
        seed=settings.seed,
    )
    planner = Planner(
        model,
        tools.for_planner,
        router=router,
        ruled=[tool for tool in tools.tools if tool.name == WHICH],
        trace=trace,
        samples=settings.plan_samples,
        one_step=settings.one_step,
        patience=settings.plan_patience,
        judge=judge,
        seed=settings.seed,
    )
    writer = Writer(
        model,
        trace=trace,
        style=settings.style,
        drafting=Drafting(settings.drafts, settings.select, settings.spread),
        seed=settings.seed,
        worded=settings.worded and not past.unworded,
    )
    checker = CrossChecker(
        executor,
        trace=trace,
        able=CROSSCHECK in tools.by_name,
        second_look=settings.second_look,
    )
    return Minds(
        planner=planner,
        writer=writer,
        judge=judge,
        checker=checker,
        aspects=Aspects(model, trace=trace, seed=settings.seed),
        verifier=Verifier(model, trace=trace, strict=settings.strict),
        filler=Filler(model, settings.form, trace=trace, seed=settings.seed),
    )
