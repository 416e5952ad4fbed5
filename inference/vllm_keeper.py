"""Keeps one vLLM: starts it, and sees that nothing of it is left, however its owner ends.

Run as a script, never imported; the first line of its input is a JSON object. It lives until vLLM
ends, and ends vLLM when its input ends. A pipe is closed by the kernel when its owner is killed,
too, which no handler of the owner's could do, and this works beyond Linux. It is in a session of
its own, so that Ctrl-C reaches its owner alone; vLLM is in another one, whose whole group is killed
at the end: the engine is a child of vLLM's server, and outlives it when that crashes.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
"""Linux: a signal for a child whose parent is gone, however that came."""
_PR_SET_CHILD_SUBREAPER = 36
"""Linux: orphans below us become our children, so that their ends can be waited for."""


def main() -> None:
    """Keep one vLLM."""
    told = json.loads(sys.stdin.readline())
    signal.signal(signal.SIGTERM, lambda *_: None)  # its owner decides; and it is not inherited
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.umask(0o077)
    os.environ.update(told["environment"])
    with open(told["log"], "ab", buffering=0) as log:
        try:
            process = subprocess.Popen(  # noqa: S603 - the owner's own command
                told["command"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            log.write(f"{told['command'][0]}: {error}\n".encode())
            sys.exit(127)
    waiting = threading.Thread(target=_end, args=(process, told["grace"]), daemon=True)
    waiting.start()
    code = process.wait()
    _kill(process.pid)
    with suppress(ChildProcessError):  # until the last one is gone, and its memory free
        while True:
            os.waitpid(-process.pid, 0)
    sys.stdout.write(f"{code}\n")
    sys.stdout.flush()
    os._exit(0)  # the thread may still be reading


def _die_with_parent() -> None:
    """In the child: where the keeper itself is killed, vLLM is told to end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _end(process: "subprocess.Popen[bytes]", grace: float) -> None:
    """When the input ends: first politely, which frees a GPU's memory, then for good."""
    sys.stdin.read()
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        _kill(process.pid)


def _kill(group: int) -> None:
    """What is left of a process group."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
