"""CrossChecker: has a further passage read where two steps disagree, and says what came of it."""

from collections.abc import Sequence

from planner import contradictions
from planner.contradictions import CROSSCHECK, RELINKED, Claim, Dispute, Findings
from planner.errors import PlanError
from planner.events import Decided, Trace
from planner.executor import Executor
from planner.plan import Step


class CrossChecker:
    """Adds the steps that a contradiction calls for, each once."""

    def __init__(
        self, executor: Executor, *, trace: Trace, able: bool = True, second_look: bool = False
    ) -> None:
        """`able`: there is a tool to read on with. `second_look`: it is used for every look-up."""
        self._executor = executor
        self._trace = trace
        self._able = able
        self._second_look = second_look
        self._told: set[str] = set()
        self._seen: tuple[tuple[int, int], Findings] | None = None

    @property
    def findings(self) -> Findings:
        """What was found so far, without what was refuted."""
        done = self._executor
        key = len(done.rounds), len(done.outcomes)
        if self._seen is None or self._seen[0] != key:
            seen = contradictions.findings(done.plan, done.outcomes, done.facts)
            self._seen = key, seen
        return self._seen[1]

    @property
    def reading(self) -> bool:
        """Whether a check has not come to its end."""
        return any(step.tool == CROSSCHECK for step in self._executor.open_steps)

    async def look(self) -> None:
        """Add what is called for by what ended since the last time."""
        done = self._executor
        if self._second_look and self._able:
            for claim in contradictions.claims(done.plan, done.outcomes, done.facts):
                if claim.step.tool != CROSSCHECK:
                    await self._add_second_look(claim)
        for dispute in self.findings.open:
            await self._check(dispute)
        for dispute, refuted in self.findings.refuted:
            await self._resolve(dispute, refuted)

    async def _add_second_look(self, claim: Claim) -> None:
        """Once for each look-up."""
        if f"again_{claim.step.id}" not in self._executor.rounds:
            await self._add([contradictions.second_look(claim)], claim.step)

    async def _check(self, dispute: Dispute) -> None:
        """Read on; once it has come to nothing, say so."""
        first, second = dispute.first, dispute.second
        both = f"{first.question} {first.value!r} ({first.step.id}) or {second.value!r}"
        both = f"{both} ({second.step.id})"
        if self._able and dispute.check not in self._executor.rounds:
            await self._tell("contradiction", both)
            if await self._add([contradictions.check_of(dispute)], first.step):
                return
        if not self._able or dispute.check in self._executor.outcomes:
            await self._tell("contradiction open", both)

    async def _resolve(self, dispute: Dispute, refuted: Claim) -> None:
        """Say it, and run again what was built on the wrong value."""
        right = dispute.first if refuted is dispute.second else dispute.second
        why = f"a further passage says {right.value!r} and not {refuted.value!r}"
        await self._tell("contradiction resolved", f"{dispute.first.question} {why}")
        plan, wrong = self._executor.plan, refuted.step
        if wrong.id + RELINKED in self._executor.rounds:
            return
        check = next(step for step in plan.steps if step.id == dispute.check)
        again = contradictions.relinked(plan, wrong, check)
        if await self._add(again, wrong):
            for step in contradictions.built_on(plan, wrong.id):
                await self._executor.cancel(step.id, f"built on {refuted.value!r}, which is wrong")

    async def _add(self, steps: Sequence[Step], like: Step) -> bool:
        """In the round of another step. Whether they could be added."""
        try:
            for step in steps:
                await self._executor.add(
                    step, plan_round=self._executor.rounds[like.id], by="reflect"
                )
        except PlanError as error:
            await self._tell("step dropped", str(error))
            return False
        return bool(steps)

    async def _tell(self, what: str, why: str) -> None:
        """Each thing once."""
        if f"{what}: {why}" not in self._told:
            self._told.add(f"{what}: {why}")
            await self._trace.record(Decided(what, why))
