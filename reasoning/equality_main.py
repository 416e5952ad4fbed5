"""A process of its own that compares answers with math-verify: started by `reasoning.equality`.

What is simplified may take for ever, so it has to be where it can be killed. A line of JSON with
two texts comes in, a line with true or false goes out; an empty line is answered by one.
"""

import contextlib
import json
import logging
import resource
import sys

from math_verify import parse, verify

_MEMORY = 2 << 30


def main() -> None:
    """Until the input ends."""
    logging.disable(logging.CRITICAL)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    bounded = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (bounded, hard))
    for line in sys.stdin:
        said = json.dumps(equal(*json.loads(line))) if line.strip() else ""
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


def equal(one: str, other: str) -> bool:
    """Whether both are read, and the same; each way round, as math-verify is not symmetric."""
    with contextlib.suppress(RecursionError, MemoryError, ArithmeticError, ValueError):
        first, second = (parse(f"${text}$", parsing_timeout=None) for text in (one, other))
        return any(
            verify(*pair, timeout_seconds=None) for pair in ((first, second), (second, first))
        )
    return False


if __name__ == "__main__":
    main()
