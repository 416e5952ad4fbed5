"""Where the command begins: Ctrl-C counts from here on, though the imports take a second or two."""

import sys
from importlib import import_module


def main() -> None:
    """`breadth`."""
    try:
        import_module("service.command_line").main()
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(130)
