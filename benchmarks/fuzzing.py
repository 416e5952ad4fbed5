"""Asks a real service whatever its description allows, and what it does not: no request may end in
an error of the service, or in an answer that is not described.

    python benchmarks/fuzzing.py --requests 500
    python benchmarks/fuzzing.py --requests 3000 --database postgresql://me@127.0.0.1/empty

`breadth serve` runs as a process, with a model on loopback; schemathesis reads its /openapi.json
and asks with a key and without one, with one seed behind another until so many requests were made.
The exit code is 1 where something was found; what, is printed.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.film_pages import QUESTION, write_pages
from benchmarks.model_server import film_model
from benchmarks.service_processes import Kept, answering, free_port, kept
from storage import TraceStore

_EXAMPLES = 40
"""Of each operation and seed."""
_SECONDS = 1800.0
_UNSAID = "positive_data_acceptance"
"""The check that is left out: a description cannot say which ids there are."""


@dataclass
class Found:
    """What was answered."""

    answers: Counter[str] = field(default_factory=Counter)
    """By status, of requests with a key and without."""
    failures: list[str] = field(default_factory=list)
    """What schemathesis says of each run that found something."""


async def asked(folder: Path, url: str, seed: int, *heads: str) -> str | None:
    """What schemathesis has found; None: nothing. `heads`: headers of all requests."""
    given = [word for head in heads for word in ("--header", head)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", *given),
        *("--max-examples", str(_EXAMPLES), "--seed", str(seed)),
        *("--request-timeout", "60"),
        *("--exclude-checks", _UNSAID, "--continue-on-failure", "--no-color"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(_SECONDS):
        said, _ = await process.communicate()
    return said.decode() if process.returncode else None


def answers_of(log: Path) -> Counter[str]:
    """The statuses that the service has told its log: those of requests without a key apart."""
    found: Counter[str] = Counter()
    for line in log.read_text(encoding="utf-8").splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        if "status" in told and "route" in told:
            found[f"{told['status']}{'' if told.get('user') else ' without a key'}"] += 1
    return found


async def fuzzed(options: argparse.Namespace, folder: Path) -> Found:
    """Until enough was asked."""
    port, found = free_port(), Found()
    url, log = f"http://127.0.0.1:{port}", folder / "serve.log"
    with film_model() as model:
        environment = {
            "BREADTH_ACCESS": "keys",
            "BREADTH_DATABASE": options.database or str(folder / "runs.db"),
            "BREADTH_DATA": str(folder / "data"),
            "BREADTH_CACHE": str(folder / "cache"),
            "BREADTH_MODEL": "openai:film",
            "BREADTH_BASE_URL": model,
            "BREADTH_INDEX": "file",
            "BREADTH_LOG_FORMAT": "json",
        }
        async with await TraceStore.open(environment["BREADTH_DATABASE"]) as store:
            _, key = await store.keys.create("fuzzing", "fuzzing")
        head = f"Authorization: Bearer {key}"
        documents = write_pages(folder / "documents")
        serve = Kept(
            ("serve", "--port", str(port), "--runs", "8", "--documents", str(documents)),
            environment,
            log,
        )
        async with kept([serve]), aiohttp.ClientSession() as session:
            await answering(session, url, [serve])
            await first(session, url, {"Authorization": f"Bearer {key}"})
            seed = options.seed
            while sum(found.answers.values()) < options.requests:
                for heads in ((head,), ()):
                    said = await asked(folder, url, seed, *heads)
                    found.failures += [said] if said else []
                found.answers = answers_of(log)
                seed += 1
    return found


async def first(session: aiohttp.ClientSession, url: str, head: Mapping[str, str]) -> None:
    """Something to be found: a response with an answer."""
    body = {"model": "breadth", "input": QUESTION}
    async with session.post(f"{url}/v1/responses", json=body, headers=head) as answer:
        answer.raise_for_status()


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=3000, help="at least")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--database", help="URL of an empty PostgreSQL; else a SQLite file")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(fuzzed(options, Path(folder)))
    told: dict[str, Any] = {
        "requests": sum(found.answers.values()),
        "answers": dict(sorted(found.answers.items())),
        "failures": len(found.failures),
    }
    print(json.dumps(told) if options.json else "\n".join(f"{k}: {v}" for k, v in told.items()))
    for said in found.failures:
        print(said, file=sys.stderr)
    sys.exit(1 if found.failures else 0)


if __name__ == "__main__":
    main()
