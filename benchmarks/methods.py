"""Methods of reasoning on grade-school and competition mathematics: accuracy, and what it costs.

    python benchmarks/methods.py --data FOLDER --record samples.jsonl
    python benchmarks/methods.py --data FOLDER --record samples.jsonl --kept asked.jsonl --live 20
    python benchmarks/methods.py --data FOLDER --record samples.jsonl --methods "rsa(4);debate"
    python benchmarks/methods.py --data FOLDER --base-url http://127.0.0.1:8080/v1 --model NAME
    python benchmarks/methods.py --data FOLDER --quick --json

Samples with log-probabilities are recorded once, 16 of each question, by the embedded model or the
server of `--base-url`; `--record` keeps them, and adds what is missing of the model of this name
(the same weights in another form want a file of their own, or another name). Methods that
only select are replayed over them, eight times, each time from another sample on: a sample costs
what was written of it before it was stopped. The others ask the model itself, so many questions as
`--live` says, `--beside` of them at once, each for about `--budget` whole samples; `--kept` keeps
what was asked, and the next run goes on behind it. Of every method: n, the accuracy with its 95 %
interval (Wilson's, of n questions), what it is above one sample, and above a vote of the budget,
on the same questions (paired bootstrap), and tokens written, calls, rounds and seconds for a
question. Bounds: `pass@N` is right where any of N samples is (the estimator of Chen et al.,
2107.03374), `majority@N` votes over the first N.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from itertools import product
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.method_live import Kept, attempted, equal, live
from benchmarks.method_pool import Problem, RecordedSamples, problems, recorded
from benchmarks.method_scores import Run, marks, pass_at, scored
from inference import PACKAGED, EmbeddedModel, EndpointModel, Model
from reasoning import Answers, MathEquality, last_number, parsed, tallied
from reasoning.answers import FORM
from service.settings import Settings

_DRAWS = 8


def replayed(n: int, budget: int) -> list[str]:
    """What selects among n samples, and asks nothing else; the vote of the budget among them."""
    counts = sorted({budget, *(count for count in (4, 8, 16) if count <= n)})
    votes = [f"self-consistency({count})" for count in counts]
    half = max(1, n // 2)
    return [
        "once",
        *votes,
        f"adaptive-consistency(most={n})",
        f"soft-self-consistency({n})",
        f"deepconf({n}, online=false, eta=0.5, window=64)",
        f"deepconf({n}, warmup={half}, eta=0.5, window=64)",
        f"deepconf({n}, warmup={half}, eta=0.9, window=64)",
    ]


async def over(
    pool: RecordedSamples, methods: Sequence[str], asked: Sequence[Problem], answers: Answers
) -> dict[str, list[Run]]:
    """What each comes to with the recorded samples."""
    runs: dict[str, list[Run]] = {method: [] for method in methods}
    for method, problem, first in product(methods, asked, pool.firsts(_DRAWS)):
        pool.begin(problem, first=first)
        runs[method].append(await attempted(method, pool, problem, answers))
    return runs


async def bounds(
    pool: RecordedSamples, asked: Sequence[Problem], answers: Answers
) -> Mapping[str, float]:
    """What the recorded samples hold: pass@N, and their vote."""
    found: dict[str, list[float]] = {}
    for problem in asked:
        texts = [str(sample["text"]) for sample in pool.recordings[problem.text].samples]
        said = [answers.of(text) for text in texts]
        right = [one is not None and await answers.same(one, problem.gold) for one in said]
        for n in (1, 4, 8, 16):
            if n <= len(right):
                found.setdefault(f"pass@{n}", []).append(pass_at(n, len(right), sum(right)))
                tally = await tallied(answers, said[:n])
                leads = tally.ranked[0].members[0] if tally.groups else 0
                found.setdefault(f"majority@{n}", []).append(right[leads])
    return {name: mean(marks) for name, marks in found.items()}


class Say:
    """Progress, on standard error."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:7.1f} s  {text}", file=sys.stderr, flush=True)


@asynccontextmanager
async def engine(options: argparse.Namespace) -> AsyncIterator[Model]:
    """The model of an endpoint, or a packaged one, so many streams at once."""
    model: EndpointModel | EmbeddedModel
    if options.base_url:
        model = EndpointModel(options.model, base_url=options.base_url)
    else:
        weights = PACKAGED[options.model]
        model = EmbeddedModel(weights, cache=Settings().cache, slots=options.samples, window=4096)
    try:
        yield model
    finally:
        await model.close()


async def measured(options: argparse.Namespace) -> dict[str, object]:
    """See the top of the file."""
    say, asked = Say(), problems(options.data, options.questions)
    async with engine(options) as model, MathEquality() as same:
        answers = Answers(FORM, same=same, guessed=last_number)
        await recorded(
            model, asked, options.samples, options.record, form=FORM, say=say,
            beside=options.beside, name=options.model,
        )  # fmt: skip
        pool = RecordedSamples(options.record, options.model)
        asked = [one for one in asked if one.text in pool.recordings]
        budget = min(options.budget, options.samples)
        chosen = await over(pool, replayed(options.samples, budget), asked, answers)
        once, vote = marks(chosen["once"]), marks(chosen[f"self-consistency({budget})"])
        rows = [scored(method, runs, once, vote, replayed=True) for method, runs in chosen.items()]
        interactive = await live(
            options.methods, asked[: options.live], model, answers,
            Kept(options.kept, options.model), say, beside=options.beside, minutes=options.minutes,
        )  # fmt: skip
        rows += [scored(method, runs, once, vote) for method, runs in interactive.items() if runs]
        return {
            "model": options.model,
            "budget": budget,
            "questions": len(asked),
            "bounds": dict(await bounds(pool, asked, answers)),
            "methods": [asdict(row) for row in rows],
        }


def drawn(found: Mapping[str, object], *, wide: int = 60, high: int = 16) -> str:
    """Accuracy over the tokens written for a question, as text; letters are the rows' in order."""
    rows = found["methods"]
    assert isinstance(rows, list)
    most = max(row["tokens"] for row in rows) or 1.0
    places = [[" "] * (wide + 1) for _ in range(high + 1)]
    for number, row in enumerate(rows):
        across = round(row["tokens"] / most * wide)
        places[high - round(row["accuracy"] * high)][across] = chr(ord("a") + number % 26)
    lines = [f"{1 - place / high:4.0%} |{''.join(cells)}" for place, cells in enumerate(places)]
    return "\n".join([*lines, f"     +{'-' * wide}", f"      0{most:>{wide - 1},.0f} tokens"])


def _signed(gain: Mapping[str, float] | None) -> str:
    """With its interval."""
    if gain is None:
        return ""
    return f"{gain['mean']:+.3f} ({gain['low']:+.2f} to {gain['high']:+.2f})"


def show(found: Mapping[str, object]) -> None:
    """A table, the bounds, and the plot."""
    heads = (
        "method", "n", "accuracy", "95 %", "above one", f"above a vote of {found['budget']}",
        "tokens", "calls", "rounds", "seconds",
    )  # fmt: skip
    table = Table("", *heads)
    rows, held = found["methods"], found["bounds"]
    assert isinstance(rows, list)
    assert isinstance(held, dict)
    for number, row in enumerate(rows):
        table.add_row(
            chr(ord("a") + number % 26), row["method"], f"{row['n']}", f"{row['accuracy']:.3f}",
            f"{row['low']:.3f}-{row['high']:.3f}", _signed(row["gain"]), _signed(row["beyond"]),
            f"{row['tokens']:,.0f}", f"{row['calls']:.1f}", f"{row['rounds']}",
            f"{row['seconds']:.2f}",
        )  # fmt: skip
    console = Console(width=150)
    console.print(table)
    console.print("  ".join(f"{name} {value:.3f}" for name, value in held.items()))
    for row in rows:
        if row["failed"]:
            console.print(f"{row['method']} failed {row['failed']} times: {row['error']}")
    print(drawn(found))


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--record", type=Path, help="where samples are kept; else nowhere")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--samples", type=int, default=16, help="of each question, recorded")
    parser.add_argument("--live", type=int, default=20, help="questions of methods that ask")
    parser.add_argument("--budget", type=int, default=4, help="samples of a method that asks")
    parser.add_argument("--kept", type=Path, help="where what was asked is kept; else nowhere")
    parser.add_argument("--beside", type=int, default=1, help="recorded, or asking, at once")
    parser.add_argument("--minutes", type=float, default=600, help="none asks on after so many")
    parser.add_argument(
        "--methods", type=lambda text: text.split(";"), help="instead of all; between them: ;"
    )
    parser.add_argument("--model", default="small", help="a packaged one; of --base-url: its name")
    parser.add_argument("--base-url", help="of an OpenAI-compatible server that is up; ends in /v1")
    parser.add_argument("--quick", action="store_true", help="4 questions, 4 samples")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.quick:
        options.questions, options.samples, options.live = 4, 4, 0
    if not options.base_url and options.model not in PACKAGED:
        parser.error(f"--model: {options.model} is none of {', '.join(sorted(PACKAGED))}")
    options.methods = options.methods or equal(options.budget)
    for method in options.methods:  # refused at once, not after hours
        parsed(method)
    with tempfile.TemporaryDirectory() as folder:
        options.record = options.record or Path(folder) / "samples.jsonl"
        found = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
