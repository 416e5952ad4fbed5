"""A PostgreSQL of the tests' own, started when the first test wants one.

`BREADTH_TEST_POSTGRES` may name an empty database instead. The server's programs are those of the
system; where there are none, the tests that want them are skipped. Run as a script it keeps a
server until its input ends, so that none outlives the tests, however they end.
"""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

NAMED = os.environ.get("BREADTH_TEST_POSTGRES")
WHY_NOT = "there is no PostgreSQL server on this machine, and BREADTH_TEST_POSTGRES names none"
_INITDB = ("-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "32MB",
}


@cache
def postgres() -> str | None:
    """The URL of a database for tests; None where there is no server to be had."""
    if NAMED is not None:
        return NAMED
    folder = programs()
    if folder is None or os.name != "posix":
        return None
    process = subprocess.Popen(
        [sys.executable, __file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    if not port:
        process.communicate()
        return None
    atexit.register(process.communicate)
    return f"postgresql://breadth@127.0.0.1:{port}/postgres"


def programs() -> Path | None:
    """The folder of the server's programs, the newest."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((one for one in folders if (one / "postgres").exists()), None)


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def keep(programs: Path) -> None:
    """Until the input ends. Prints the port."""
    user, folder = _user(), Path(tempfile.mkdtemp(prefix="breadth-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    data, port = folder / "data", _free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user}
    quiet |= {"cwd": folder}
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "breadth", *_INITDB],
            check=True,
            **quiet,
        )
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), "-k", folder, *options], **quiet
        )
        try:
            ready = subprocess.run(
                [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "0"], **quiet
            )
            for _ in range(200):
                if ready.returncode == 0 or server.poll() is not None:
                    break
                try:
                    server.wait(0.05)
                except subprocess.TimeoutExpired:
                    ready = subprocess.run(ready.args, **quiet)
            if ready.returncode == 0:
                sys.stdout.write(f"{port}\n")
                sys.stdout.flush()
                sys.stdin.read()
        finally:
            server.send_signal(signal.SIGINT)  # a fast shutdown
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the tests, and they end this
    keep(Path(sys.argv[1]))
