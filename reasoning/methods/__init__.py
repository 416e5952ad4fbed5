"""Every published method by its name. Importing this imports the files of this folder, which
register theirs.

`_BEFORE` is their order in lists of methods. A file that is not in it comes behind, by its name.
"""

from importlib import import_module
from pkgutil import iter_modules

_BEFORE = (
    "voting",
    "confidence",
    "covering",
    "verifying",
    "choosing",
    "pruning",
    "merging",
    "rounds",
    "trees",
    "graphs",
    "rollouts",
    "decomposing",
    "atoms",
    "relaying",
    "speculative",
    "debating",
    "panels",
    "teamwork",
    "mixing",
    "sharing",
    "delegating",
)

for _name in (*_BEFORE, *sorted({one.name for one in iter_modules(__path__)} - set(_BEFORE))):
    import_module(f"{__name__}.{_name}")
