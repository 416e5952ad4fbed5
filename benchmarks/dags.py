"""DAGs to measure on: seeded random ones of five shapes, and the gold DAGs of question sets.

Standard library alone, so that the rival engines' own environments can import it.
"""

import heapq
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

_SIGMA = 0.8
"""Of the logarithm of a step's seconds: one in a hundred takes five times the mean."""
_LONGEST = 20.0
"""In means; what is slower than that is cut."""


@dataclass(frozen=True)
class Dag:
    """Steps by number; edges point back only."""

    needs: tuple[tuple[int, ...], ...]
    """For each step the steps before it, each once."""
    seconds: tuple[float, ...]
    """How long each step takes."""

    def __post_init__(self) -> None:
        """Refuse edges that do not point back, and times that do not match."""
        if len(self.needs) != len(self.seconds):
            raise ValueError("every step needs its seconds")
        for step, needs in enumerate(self.needs):
            if len(set(needs)) != len(needs) or any(not 0 <= need < step for need in needs):
                raise ValueError(f"step {step} cannot need {needs}")

    def __len__(self) -> int:
        """Steps."""
        return len(self.needs)

    @property
    def work(self) -> float:
        """Seconds of all steps together."""
        return sum(self.seconds)

    @cached_property
    def critical_path(self) -> float:
        """Seconds of the longest chain."""
        ends: list[float] = []
        for needs, seconds in zip(self.needs, self.seconds, strict=True):
            ends.append(seconds + max((ends[need] for need in needs), default=0.0))
        return max(ends, default=0.0)

    def bound(self, limit: int) -> float:
        """No scheduler with so many slots is faster: max(critical path, work / limit)."""
        return max(self.critical_path, self.work / limit)

    @cached_property
    def levels(self) -> list[list[int]]:
        """The steps by the length, in steps, of the longest chain before them."""
        depths: list[int] = []
        for needs in self.needs:
            depths.append(max((depths[need] + 1 for need in needs), default=0))
        found: list[list[int]] = [[] for _ in range(max(depths, default=-1) + 1)]
        for step, depth in enumerate(depths):
            found[depth].append(step)
        return found

    @cached_property
    def dependants(self) -> list[list[int]]:
        """For each step those that need it."""
        found: list[list[int]] = [[] for _ in self.needs]
        for step, needs in enumerate(self.needs):
            for need in needs:
                found[need].append(step)
        return found

    def greedy(self, limit: int) -> float:
        """Seconds of a scheduler that costs nothing and takes steps in the order they got ready.

        List scheduling (Graham 1969): at most 2 - 1 / limit times the best, and never idle while
        something is ready. What an engine takes above this is its own doing.
        """
        opened = [len(needs) for needs in self.needs]
        ready = [step for step, count in enumerate(opened) if count == 0]
        running: list[tuple[float, int]] = []
        now, at = 0.0, 0
        while at < len(ready) or running:
            while at < len(ready) and len(running) < limit:
                heapq.heappush(running, (now + self.seconds[ready[at]], ready[at]))
                at += 1
            now, ended = heapq.heappop(running)
            for step in self.dependants[ended]:
                opened[step] -= 1
                if opened[step] == 0:
                    ready.append(step)
        return now


def heavy_tailed(random: Random, mean: float) -> float:
    """Seconds from a log-normal distribution of that mean, cut at 20 means."""
    median = mean * math.exp(-_SIGMA * _SIGMA / 2)
    return min(random.lognormvariate(math.log(median), _SIGMA), _LONGEST * mean)


def random_dag(shape: str, steps: int, *, seed: int = 0, mean: float = 0.05) -> Dag:
    """One of SHAPES with so many steps of `mean` seconds each, heavy-tailed."""
    random = Random(f"{shape} {steps} {seed}")
    needs = tuple(SHAPES[shape](steps, random))
    return Dag(needs, tuple(heavy_tailed(random, mean) for _ in needs))


def _layers(steps: int, random: Random) -> Iterable[tuple[int, ...]]:
    """Up to 20 layers of one width; a step needs one to three steps of the layer before."""
    width = max(2, steps // 20)
    for step in range(steps):
        start = (step // width - 1) * width
        before = range(max(0, start), start + width)
        yield tuple(sorted(random.sample(before, min(len(before), random.randint(1, 3)))))


def _sparse(steps: int, random: Random) -> Iterable[tuple[int, ...]]:
    """Up to three edges to any earlier steps."""
    for step in range(steps):
        yield tuple(sorted(random.sample(range(step), min(step, random.randint(0, 3)))))


def _fans(steps: int, random: Random) -> Iterable[tuple[int, ...]]:
    """Up to ten fans one behind another: a root, its leaves, a join, which is the next root."""
    size = max(4, steps // 10)
    root = 0
    for step in range(steps):
        if step == 0:
            yield ()
        elif step % size == 0 or step == steps - 1:
            yield tuple(range(root + 1, step)) or (root,)
            root = step
        else:
            yield (root,)


def _tree(steps: int, random: Random) -> Iterable[tuple[int, ...]]:
    """Every step opens up to three."""
    for step in range(steps):
        yield ((step - 1) // 3,) if step else ()


def _diamonds(steps: int, random: Random) -> Iterable[tuple[int, ...]]:
    """Lanes of 13 diamonds one behind another: a, then b and c, then d, which is the next a."""
    lane = 40
    for step in range(steps):
        place = step % lane
        if place == 0:
            yield ()
        elif place % 3:
            yield (step - 1 - (place - 1) % 3,)
        else:
            yield (step - 2, step - 1)


SHAPES: Mapping[str, Callable[[int, Random], Iterable[tuple[int, ...]]]] = {
    "layers": _layers,
    "sparse": _sparse,
    "fans": _fans,
    "tree": _tree,
    "diamonds": _diamonds,
}


@dataclass(frozen=True)
class GoldQuestion:
    """A question with its sub-questions as the set gives them."""

    question: str
    asked: tuple[str, ...]
    answers: tuple[str, ...]
    """Of each sub-question, as text."""
    widths: tuple[int, ...]
    """How many elements each sub-question's answer has; 0 where it is no list."""
    needs: tuple[tuple[int, ...], ...]
    answer: str


@dataclass(frozen=True)
class PlanLine:
    """What a planner writes for one step, or for all steps of a fan-out at once."""

    text: str
    steps: tuple[int, ...]
    for_each: int | None = None
    """The step whose list the steps are the elements of."""


def plan_lines(gold: GoldQuestion) -> list[PlanLine]:
    """The plan of a gold DAG, in order; steps that a planner could only write as a fan-out as one.

    Those are the steps that need nothing but one and the same list, where there are no more of them
    than it has elements, and whoever needs one of them needs all.
    """
    lines: list[PlanLine] = []
    taken: set[int] = set()
    for step, needs in enumerate(gold.needs):
        if step in taken:
            continue
        members = _fan(gold, needs)
        if members:
            lines.append(PlanLine(gold.asked[step], members, needs[0]))
            taken.update(members)
        else:
            lines.append(PlanLine(gold.asked[step], (step,)))
    return lines


def _fan(gold: GoldQuestion, needs: tuple[int, ...]) -> tuple[int, ...]:
    """The steps of the fan-out that needs this one list; none where it is not one."""
    members = tuple(step for step, others in enumerate(gold.needs) if others == needs)
    if len(needs) != 1 or not 2 <= len(members) <= gold.widths[needs[0]]:
        return ()
    partly = any(0 < len({*others} & {*members}) < len(members) for others in gold.needs)
    return () if partly else members


def gold_questions(path: Path) -> list[GoldQuestion]:
    """The questions of musique.jsonl or fanoutqa.jsonl, in the file's order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [gold_question(json.loads(line)) for line in lines if line.strip()]


def gold_question(row: Mapping[str, Any]) -> GoldQuestion:
    """One line of either set.

    A sub-question with sub-questions of its own is answered from them: it comes behind them and
    needs them, and they need what it needed.
    """
    rows = list(_flat(row["subquestions"], ()))
    numbers = {sub["id"]: number for number, (sub, _) in enumerate(rows)}
    return GoldQuestion(
        question=row["question"],
        asked=tuple(sub["question"] for sub, _ in rows),
        answers=tuple(_text(sub["answer"]) for sub, _ in rows),
        widths=tuple(_width(sub["answer"]) for sub, _ in rows),
        needs=tuple(tuple(dict.fromkeys(numbers[name] for name in names)) for _, names in rows),
        answer=_text(row["answer"]),
    )


def _flat(
    rows: Sequence[Mapping[str, Any]], inherited: tuple[Any, ...]
) -> Iterable[tuple[Mapping[str, Any], tuple[Any, ...]]]:
    """Each sub-question with the ids that it needs, inner ones before the one they are for."""
    for row in rows:
        needs = (*inherited, *row["depends_on"])
        inner = row.get("subquestions") or []
        yield from _flat(inner, needs)
        yield row, (*needs, *(sub["id"] for sub in inner))


def _text(answer: Any) -> str:
    """An answer as a model would write it."""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _width(answer: Any) -> int:
    """Elements of a list or an object."""
    return len(answer) if isinstance(answer, list | dict) else 0
