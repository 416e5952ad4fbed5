"""`breadth replay`: the plan of a run again, as a new run, from what is stored of the old one."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace

from pydantic import JsonValue

from planner import History, PlanError, RefusingModel, steps_anew
from search import DocumentIndex
from service.display import Display
from service.errors import UsageProblem
from service.following import before_of
from service.others import Others, approver_of, others_of
from service.person import Person
from service.saved import is_given, require_ended, restored
from service.settings import Settings
from service.sources import Sources
from service.workplace import Finished, Workplace, workplace
from storage import RunRecord, TraceStore


async def replay(
    run: str,
    start: str | None,
    settings: Settings,
    display: Display,
    person: Person | None = None,
    *,
    strict: bool = False,
) -> Finished:
    """Stored outcomes and replies are taken over, but for step `start` and all that builds on it.

    `strict`: nothing else is there; raises NotStored where something is missing.
    """
    async with await TraceStore.open(settings.store, create=False) as store:
        old = await store.run(run)
        require_ended(old)
        history = await store.history(old.id)
        anew = _anew(history, start)
        if strict:
            _require_whole(old, history, anew)
        roots, saved = restored(old, settings)
        before = await before_of(store, old)
        async with (
            others_of(saved, display, every=is_given(old), approver=approver_of(person)) as others,
            (
                _archive(saved, display, others, looks=bool(roots or saved.search))
                if strict
                else workplace(roots, saved, display, others, before)
            ) as place,
        ):
            new = await store.run(await store.fork(old.id, _options(old, history, start), anew))
            display.started(new.id)
            _, settings = restored(new, settings)
            return await replace(place, settings=settings).go_on(store, new, person)


@asynccontextmanager
async def _archive(
    settings: Settings, display: Display, others: Others, *, looks: bool
) -> AsyncIterator[Workplace]:
    """A place where nothing can be asked: no model, no documents."""
    index = DocumentIndex.open(None)
    try:
        yield Workplace(
            RefusingModel(), Sources(index, index), settings, display, others, looks=looks
        )
    finally:
        index.close()


def _anew(history: History, start: str | None) -> Collection[str]:
    """The steps to run again."""
    try:
        return steps_anew(history.steps, start) if start is not None else ()
    except PlanError as error:
        raise UsageProblem(f"--from: {error}") from error


def _options(old: RunRecord, history: History, start: str | None) -> dict[str, JsonValue]:
    """Those of the old run. As many plans as it made, if nothing is new that could ask for more."""
    options = {name: value for name, value in old.options.items() if name != "from"}
    if start is not None:
        return options | {"from": start}
    if old.answer is not None and history.planned_rounds:
        options["rounds"] = history.planned_rounds
    return options


def _require_whole(old: RunRecord, history: History, anew: Collection[str]) -> None:
    """Raises UsageProblem where a strict replay could not come to an end."""
    if anew:
        raise UsageProblem("--strict calls nothing, and --from runs steps anew: leave one of them")
    steps = [step.id for step in history.steps]
    if old.answer is not None:  # then lines of a plan that was cut off have long been replaced
        steps = [line for lines in history.planned.values() for line in lines]
    open_steps = [step for step in steps if step not in history.outcomes]
    if not history.planned_rounds or open_steps:
        missing = f"steps {', '.join(open_steps)}" if open_steps else "its plan"
        raise UsageProblem(
            f"--strict: run {old.id} was stopped before {missing} had ended;"
            " replay it without --strict"
        )
