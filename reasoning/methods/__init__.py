"""Every published method by its name; importing this registers them, in this order.

voting      the answer that most samples give, and when enough have voted
verifying   what a judge thinks best
"""

from reasoning.methods import voting  # isort: skip
from reasoning.methods import verifying  # isort: skip

__all__ = ["verifying", "voting"]
