"""Methods of reasoning that ask the model itself: question by question, some side by side.

What was asked is kept, a line of JSON for each method and question, and not asked again: the next
run goes on where this one was ended.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.method_pool import Problem, request_of
from benchmarks.method_scores import Run
from inference import Model, ModelError
from reasoning import Answers, Crew, Task, method_of
from reasoning.counting import CountedModel


def equal(n: int) -> list[str]:
    """Every method that asks on, for about n whole samples; judgements and steps come on top."""
    less, half = max(2, n - 1), max(2, n // 2)
    return [
        f"universal-self-consistency({less})",
        f"token-set-cover({n}, chunk=128, chunks=4)",
        f"repeated-sampling({n})",
        f"best-of-n({n})",
        f"process-verifier({n})",
        f"generative-verifier({n}, rationales=1)",
        f"knockout({n})",
        f"compute-optimal({n}, few={half})",
        f"latency-aware(most={n})",
        f"speculative-rejection({n})",
        f"deepprune({n}, chunk=128)",
        f"ssa({less})",
        f"parallel-refinement({less})",
        f"a2r({less})",
        f"seat({half}, rounds=2)",
        f"rsa({half}, k=2, t=2)",
        f"pdr({half}, rounds=1)",
        f"tree-of-thoughts(k={half}, b=1, depth=3)",
        f"self-eval-beam(n={half}, k=2, depth=4)",
        f"dpts(p={half}, k=2, most={2 * n}, enough=2)",
        f"graph-of-thoughts(k={half}, keep=2, merges=1)",
        f"cumulative-reasoning(rounds={n})",
        f"rap(iterations={half}, k=2, m=2, depth=4)",
        f"mcts(iterations={less}, k=2, depth=6)",
        f"skeleton-of-thought(most={n})",
        f"thinksum(n={half}, facts=2)",
        f"self-ask(most={n})",
        f"atom-of-thoughts(depth=1, most={less})",
        f"speculative-search(k={half}, b=1, depth=4)",
        f"ssr(n={half}, depth=6)",
        f"debate({half}, rounds=2)",
        f"reconcile({half}, rounds=1)",
        f"chateval({half}, judges=2, rounds=1)",
        f"corex({less}, rounds=1)",
        f"rr-mp({half})",
        "comm(rounds=1)",
        f"mixture-of-agents(proposers={less}, layers=2)",
        f"sparse-moa(proposers={less}, layers=2, k=2)",
        f"tumix({half}, rounds=2)",
        f"leap({half}, every=128, rounds=1)",
        f"malt({half})",
        f"spawn-join(threads={half}, rounds=1)",
        f"chain-of-verification(most={half})",
    ]


async def attempted(method: str, model: Model, problem: Problem, answers: Answers) -> Run:
    """One method at one question. A model that fails it has not answered."""
    counted, began, error = CountedModel(model), time.monotonic(), ""
    try:
        task = Task(request_of(problem, answers.form), answers)
        text = (await method_of(method, Crew(counted))(task)).best.text
    except ModelError as failed:
        text, error = "", str(failed) or type(failed).__name__
    seconds = time.monotonic() - began
    said = answers.of(text)
    right = said is not None and await answers.same(said, problem.gold)
    return Run(problem.text, right, counted.usage.completion_tokens, counted.calls, seconds, error)


class Kept:
    """The runs of a model that a file has."""

    def __init__(self, path: Path | None, model: str) -> None:
        """`path`: None keeps them here alone."""
        self._path, self._model = path, model
        self._runs: dict[tuple[str, str], Run] = {}
        lines = path.read_text(encoding="utf-8").split("\n") if path and path.exists() else ()
        for line in filter(None, lines):
            one = json.loads(line)
            if one.pop("model") == model:
                method = one.pop("method")
                self._runs[method, one["question"]] = Run(**one)

    def __contains__(self, asked: tuple[str, str]) -> bool:
        return asked in self._runs

    def keep(self, method: str, run: Run) -> None:
        """At once."""
        self._runs[method, run.question] = run
        if self._path is not None:
            line = {"model": self._model, "method": method, **asdict(run)}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def shared(self, methods: Sequence[str], asked: Sequence[Problem]) -> dict[str, list[Run]]:
        """Of each method, the questions that all of them were asked."""
        whole = [one.text for one in asked if all((method, one.text) in self for method in methods)]
        return {method: [self._runs[method, text] for text in whole] for method in methods}


async def live(
    methods: Sequence[str],
    asked: Sequence[Problem],
    model: Model,
    answers: Answers,
    kept: Kept,
    say: Callable[[str], None],
    *,
    beside: int,
    minutes: float,
) -> dict[str, list[Run]]:
    """Ask what the file lacks, `beside` at once, and begin nothing once the time is over."""
    ends = time.monotonic() + minutes * 60

    def lacking() -> Iterator[tuple[str, Problem]]:
        for problem in asked:
            for method in methods:
                if (method, problem.text) not in kept:
                    yield method, problem

    waiting = lacking()

    async def work() -> None:
        for method, problem in waiting:
            if time.monotonic() > ends:
                return
            run = await attempted(method, model, problem, answers)
            kept.keep(method, run)
            said = run.error or ("right" if run.right else "wrong")
            say(f"{method}: {said}, {run.tokens} tokens, {run.seconds:.0f} s")

    async with asyncio.TaskGroup() as group:
        for _ in range(beside):
            group.create_task(work())
    return kept.shared(methods, asked)
