"""One run from its question to its answer."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from planner import MemoryTrace, Plan, Result
from service.display import Display
from service.errors import UsageProblem
from service.following import before_of, documents_of, earlier_of
from service.others import Others, approver_of, others_of
from service.person import Person
from service.plans import asked_by, plan_of, reads, text_of
from service.saved import is_given, options_of, require_ended, restored
from service.settings import Settings
from service.workplace import Finished, require_presence, workplace
from storage import RunRecord, TraceStore

MOST_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Written:
    """A plan as somebody wrote it."""

    name: str
    """Where it stands, for errors."""
    text: str


async def ask(
    question: str,
    documents: Sequence[str],
    settings: Settings,
    display: Display,
    approver: Person | None = None,
    clarifier: Person | None = None,
    present: Person | None = None,
    after: str | None = None,
) -> Finished:
    """A new run. `approver`: looks the plan over before it runs; `clarifier`: is asked what an
    ambiguous question means, `present`: whether a tool may be called, if they are there.

    `after`: a run that the question follows; its sources come first, and its documents are
    searched where none are named.
    """
    question = " ".join(question.split())
    if not question:
        raise UsageProblem("the question is empty: write it in quotes behind `breadth ask`")
    if approver is not None:
        require_presence(approver)
    every, asked = approver is not None, approver_of(present or approver)
    async with others_of(settings, display, every=every, approver=asked) as others:
        return await _new_run(
            question, None, documents, settings, display, others, approver, clarifier, after
        )


async def run_plan(
    plan: Written,
    question: str | None,
    documents: Sequence[str],
    settings: Settings,
    display: Display,
    present: Person | None = None,
) -> Finished:
    """A new run, of a plan that somebody wrote. Without a question it is what the plan asks."""
    asked = approver_of(present)
    async with others_of(settings, display, every=True, approver=asked) as others:
        given = plan_of(plan.text, plan.name, others.shapes)
        question = " ".join((question or "").split()) or asked_by(given)
        return await _new_run(question, given, documents, settings, display, others)


async def _new_run(
    question: str,
    plan: Plan | None,
    documents: Sequence[str],
    settings: Settings,
    display: Display,
    others: Others,
    approver: Person | None = None,
    clarifier: Person | None = None,
    after: str | None = None,
) -> Finished:
    """From the first row in the store to the answer."""
    if len(question) > MOST_CHARACTERS:
        raise UsageProblem(
            f"the question has {len(question)} characters; at most {MOST_CHARACTERS} can be asked"
        )
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await TraceStore.open(settings.store))
        earlier = await earlier_of(store, after)
        roots, settings = documents_of(documents, settings, earlier)
        options = options_of(roots, settings)
        options |= {"after": earlier.record.id} if earlier else {}
        options |= {"plan": text_of(plan)} if plan else {}
        options |= {"approve": True} if approver else {}
        before = earlier.passages if earlier else ()
        place = await stack.enter_async_context(
            workplace(roots, settings, display, others, before, reads=plan is None or reads(plan))
        )
        talk = MemoryTrace()
        if earlier is not None:
            record = earlier.record
            question = await place.completed(question, record.question, earlier.answer, talk)
        if clarifier is not None and clarifier.is_there:
            question = await place.clarified(question, clarifier, talk)
        run = await store.create_run(question, options)
        for event in talk.events:
            await store.trace(run).record(event)
        display.started(run)
        review = place.review_by(approver) if approver else None
        return await place.run(store, run, question, plan=plan, review=review)


async def resume(
    run: str, settings: Settings, display: Display, person: Person | None = None
) -> Finished:
    """Go on with a run that was cut off; nothing that it finished is done again."""
    async with await TraceStore.open(settings.store, create=False) as store:
        record = await store.run(run)
        if record.status == "completed" and record.answer is not None:
            return Finished(
                record.id, record.question, Result("completed", record.answer), record.parent
            )
        require_ended(record)
        display.started(record.id)
        roots, saved = restored(record, settings)
        before = await before_of(store, record)
        async with (
            others_of(
                saved, display, every=is_given(record), approver=approver_of(person)
            ) as others,
            workplace(roots, saved, display, others, before, reads=_reads(record, others)) as place,
        ):
            return await place.go_on(store, record, person)


def _reads(record: RunRecord, others: Others) -> bool:
    """Whether a stored run looks into documents or the web."""
    plan = record.options.get("plan")
    return plan is None or reads(plan_of(str(plan), "the run's plan", others.shapes))
