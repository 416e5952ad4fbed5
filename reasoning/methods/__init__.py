"""Every published method by its name; importing this registers them, in this order.

voting      the answer that most samples give, and when enough have voted
verifying   what a judge thinks best
merging     what one writes who has read all
rounds      again, having read the last round
trees       steps that are proposed and judged, of which the best go on
graphs      steps and solutions that come together again
rollouts    Monte Carlo tree search
decomposing points, follow-up questions, likelihoods; atoms: sub-questions and what is left
relaying    a long text read by several in turn
speculative steps of a small model that a large one checks
"""

from reasoning.methods import voting  # isort: skip
from reasoning.methods import verifying  # isort: skip
from reasoning.methods import merging  # isort: skip
from reasoning.methods import rounds  # isort: skip
from reasoning.methods import trees  # isort: skip
from reasoning.methods import graphs  # isort: skip
from reasoning.methods import rollouts  # isort: skip
from reasoning.methods import decomposing  # isort: skip
from reasoning.methods import atoms  # isort: skip
from reasoning.methods import relaying  # isort: skip
from reasoning.methods import speculative  # isort: skip

__all__ = [
    "atoms",
    "decomposing",
    "graphs",
    "merging",
    "relaying",
    "rollouts",
    "rounds",
    "speculative",
    "trees",
    "verifying",
    "voting",
]
