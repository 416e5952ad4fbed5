"""The embedded engine's process: a llama.cpp server that ends with the process that started it.

Run as a script, never imported. The first line of its input is a JSON object of settings; its
output is one line, the address, once the model is loaded. It runs until its input ends.
"""

import json
import os
import sys
from typing import Any

# A thread that waits for the others spins a while before it gives its core away. OpenMP's own while
# is so long that with anything else on the cores hardly a token is written; a shorter one costs
# nothing where nothing else runs. OpenMP reads it once, when it is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import xllamacpp

_NGRAM = 3
"""So many tokens must have stood together before; the answers are short, so a few have to do."""
_NGRAM_DRAFT = 8
"""So many of those that followed are guessed."""


def main() -> None:
    """Serve until the input ends."""
    settings = json.loads(sys.stdin.readline())
    os.umask(0o077)  # what it saves is for its user only
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what llama.cpp may print is no address
    server = xllamacpp.Server(_params(settings))
    output.write(f"{server.listening_address}\n")
    output.flush()
    sys.stdin.read()
    os._exit(0)  # the server's destructor waits for the requests that are still open


def _params(settings: dict[str, Any]) -> xllamacpp.CommonParams:
    """The settings in llama.cpp's words."""
    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.n_ctx = settings["slots"] * settings["window"]
    params.n_parallel = settings["slots"]
    params.kv_unified = False  # else each token attends to the cells of all slots, in vain
    params.cache_idle_slots = False  # else a request empties all slots that wait for theirs
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.n_batch = params.n_ubatch = settings["batch"]
    params.api_keys = [settings["key"]]
    params.verbosity, params.ui = 1, False
    params.endpoint_slots = False  # it shows the prompts
    params.slot_save_path = settings["states"]
    _speculate(params, settings)
    return params


def _speculate(params: xllamacpp.CommonParams, settings: dict[str, Any]) -> None:
    """How drafts are made; without this there are none."""
    kinds = xllamacpp.common_speculative_type
    match settings["speculate"]:
        case "ngram":
            params.speculative.types = [kinds.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
            params.speculative.ngram_simple.size_n = _NGRAM
            params.speculative.ngram_simple.size_m = _NGRAM_DRAFT
        case "draft":
            params.speculative.types = [kinds.COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE]
            params.speculative.draft.mparams.path = settings["draft"]


if __name__ == "__main__":
    main()
