"""A library of reasoning methods in a process of its own, asked over its input and output.

Run by the library's own Python, never imported: it needs the standard library and the library. The
first line of its input is a JSON object of settings, and its first of output tells the library's
version. Then each line is a question with its method, and is answered by a line.
"""

import asyncio
import importlib
import json
import os
import sys
import types
import warnings
from collections.abc import Callable
from importlib import metadata, util
from typing import Any

Ask = Callable[[str, str, str], str]
"""Of a method, what the system says and a question: the text that the method stands behind."""


def optillm(settings: dict[str, Any]) -> Ask:
    """Its functions, as its proxy calls them.

    Its package imports the proxy, which wants PyTorch and more; the methods do without, so they
    are imported past it.
    """
    package = types.ModuleType("optillm")
    found = util.find_spec("optillm")
    assert found is not None
    package.__path__ = list(found.submodule_search_locations or ())
    sys.modules["optillm"] = package
    openai = importlib.import_module("openai")
    client = openai.OpenAI(
        base_url=settings["base_url"], api_key="none", max_retries=0, timeout=settings["patience"]
    )
    n, config = settings["n"], {"max_tokens": settings["max_tokens"], "k": settings["n"]}
    config["temperature"] = settings["temperature"]

    def method(module: str, name: str) -> Callable[..., Any]:
        return getattr(importlib.import_module(f"optillm.{module}"), name)

    def self_consistency(system: str, question: str, client: Any, model: str, **more: Any) -> Any:
        """As `advanced_self_consistency_approach` does, which cannot be told a number."""
        kind = method("self_consistency", "AdvancedSelfConsistency")
        made = kind(client, model, num_samples=n, **more).evaluate(system, question)
        clusters = made["aggregated_result"]["clusters"]
        return clusters[0]["answer"] if clusters else "No consistent answer found.", 0

    def ask(name: str, system: str, question: str) -> str:
        call, more = {
            "self_consistency": lambda: (self_consistency, {}),
            "majority_voting": lambda: (method("plugins.majority_voting_plugin", "run"), {}),
            "bon": lambda: (method("bon", "best_of_n_sampling"), {"n": n}),
            "moa": lambda: (method("moa", "mixture_of_agents"), {}),
            "mcts": lambda: (method("mcts", "chat_with_mcts"), {}),
            "pvg": lambda: (method("pvg", "inference_time_pv_game"), {}),
            "cot_reflection": lambda: (method("cot_reflection", "cot_reflection"), {}),
        }[name]()
        text, _ = call(
            system, question, client=client, model=settings["model"], request_config=config, **more
        )
        return str(text)

    return ask


def its_hub(settings: dict[str, Any]) -> Ask:
    """Its algorithms; the judge is its `LLMJudge`, of steps, too: its own reward models of steps
    are for graphics cards."""
    warnings.simplefilter("ignore")
    algorithms = importlib.import_module("its_hub.algorithms")
    voting = importlib.import_module("its_hub.core.algorithms.self_consistency")
    adaptive = importlib.import_module("its_hub.core.algorithms.adaptive_self_consistency")
    models = importlib.import_module("its_hub.core.lms.openai_lm")
    steps = importlib.import_module("its_hub.core.lms.step_generation")
    judges = importlib.import_module("its_hub.core.reward_models.llm_judge")
    types_ = importlib.import_module("its_hub.api.types")
    # It cannot be told how long to wait; its client's own 300 s are few where many ask at once.
    client = importlib.import_module("aiohttp.client")
    client.DEFAULT_TIMEOUT = client.ClientTimeout(total=settings["patience"])
    n = settings["n"]
    answer = voting.create_regex_projection_function(r"answer:\s*([^\n]+)")

    def model(**more: Any) -> Any:
        return models.OpenAICompatibleLanguageModel(
            settings["base_url"], "none", settings["model"],
            max_completion_tokens=settings["max_tokens"], max_tries=1, **more,
        )  # fmt: skip

    judge = judges.LLMJudge(model(temperature=0.0))

    class StepJudge:
        """Marks of 0 to 10 as probabilities."""

        async def ascore(self, prompt: str, texts: list[str]) -> list[float]:
            told = types_.ChatMessage
            asked = [[told("user", prompt), told("assistant", text)] for text in texts]
            marks = await judge.ascore(asked) if asked else []
            return [min(0.99, max(0.01, mark / 10)) for mark in marks]

    stepping = steps.StepGeneration(  # it takes one step more than it is told: four
        3, step_token="\n\n", stop_token="Answer:", temperature=settings["temperature"]
    )
    kinds: dict[str, Callable[[], Any]] = {
        "SelfConsistency": lambda: voting.SelfConsistency(answer),
        "AdaptiveSelfConsistency": lambda: adaptive.AdaptiveSelfConsistency(
            consistency_space_projection_func=answer
        ),
        "BestOfN": lambda: algorithms.BestOfN(judge),
        "BeamSearch": lambda: algorithms.BeamSearch(stepping, StepJudge(), beam_width=2),
        "ParticleFiltering": lambda: algorithms.ParticleFiltering(stepping, StepJudge()),
    }

    async def asked(name: str, system: str, question: str) -> str:
        asking = model(system_prompt=system, temperature=settings["temperature"])
        try:
            return str((await kinds[name]().ainfer(asking, question, n))["content"])
        finally:
            await asking.close()
            await judge.lm.close()

    return lambda name, system, question: asyncio.run(asked(name, system, question))


LIBRARIES: dict[str, tuple[str, Callable[[dict[str, Any]], Ask]]] = {
    "optillm": ("optillm", optillm),
    "its-hub": ("its_hub", its_hub),
}


def main() -> None:
    """Serve until the input ends."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer

    def say(**told: str) -> None:
        output.write(json.dumps(told) + "\n")
        output.flush()

    settings = json.loads(sys.stdin.readline())
    package, library = LIBRARIES[settings["library"]]
    try:
        version, ask = metadata.version(package), library(settings)
    except ImportError as error:
        return say(error=f"cannot be imported: {error}")
    say(version=version)
    for line in sys.stdin:
        told = json.loads(line)
        try:
            say(text=ask(told["method"], told["system"], told["question"]))
        except Exception as error:  # noqa: BLE001 - a library may fail in any way, and is told so
            say(error=f"{type(error).__name__}: {error}"[:500])
    return None


if __name__ == "__main__":
    main()
