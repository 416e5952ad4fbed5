"""Where the command begins: Ctrl-C counts from here on, though the imports take a second or two."""

import gc
import sys
from importlib import import_module
from types import ModuleType


def main() -> None:
    """`breadth`."""
    try:
        imported("service.command_line").main()
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(130)


def imported(name: str) -> ModuleType:
    """A module, imported without a collection of garbage, of which imports leave none.

    Looking for it is a quarter of their time. What they made stays for good: later collections pass
    it over, each of which would stop all steps for a tenth of a second.
    """
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()
