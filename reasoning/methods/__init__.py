"""Every published method by its name; importing this registers them, in this order.

voting      the answer that most samples give, and when enough have voted
confidence  how sure the model was, token by token
covering    hypotheses whose words others have, too, are dropped on the way
verifying   what a judge thinks best
choosing    a strategy and a budget for each question
pruning     what a judge gives no hope, or thinks a double, is dropped on the way
merging     what one writes who has read all
rounds      again, having read the last round
trees       steps that are proposed and judged, of which the best go on
graphs      steps and solutions that come together again
rollouts    Monte Carlo tree search
decomposing points, follow-up questions, likelihoods; atoms: sub-questions and what is left
relaying    a long text read by several in turn
speculative steps of a small model that a large one checks
debating    agents who answer, read one another, and answer again
panels      judges who differ, and who talk before they choose
teamwork    agents of different parts
mixing      layers of agents, each of which reads the whole layer before it
sharing     traces that tell one another how far they are
delegating  work that is handed on, to a verifier and a refiner or to threads
"""

from reasoning.methods import voting  # isort: skip
from reasoning.methods import confidence  # isort: skip
from reasoning.methods import covering  # isort: skip
from reasoning.methods import verifying  # isort: skip
from reasoning.methods import choosing  # isort: skip
from reasoning.methods import pruning  # isort: skip
from reasoning.methods import merging  # isort: skip
from reasoning.methods import rounds  # isort: skip
from reasoning.methods import trees  # isort: skip
from reasoning.methods import graphs  # isort: skip
from reasoning.methods import rollouts  # isort: skip
from reasoning.methods import decomposing  # isort: skip
from reasoning.methods import atoms  # isort: skip
from reasoning.methods import relaying  # isort: skip
from reasoning.methods import speculative  # isort: skip
from reasoning.methods import debating  # isort: skip
from reasoning.methods import panels  # isort: skip
from reasoning.methods import teamwork  # isort: skip
from reasoning.methods import mixing  # isort: skip
from reasoning.methods import sharing  # isort: skip
from reasoning.methods import delegating  # isort: skip

__all__ = [
    "atoms",
    "choosing",
    "confidence",
    "covering",
    "debating",
    "decomposing",
    "delegating",
    "graphs",
    "merging",
    "mixing",
    "panels",
    "pruning",
    "relaying",
    "rollouts",
    "rounds",
    "sharing",
    "speculative",
    "teamwork",
    "trees",
    "verifying",
    "voting",
]
