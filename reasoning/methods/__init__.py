"""Every published method by its name; importing this registers them, in this order.

voting      the answer that most samples give, and when enough have voted
confidence  how sure the model was, token by token
covering    hypotheses whose words others have, too, are dropped on the way
verifying   what a judge thinks best
pruning     what a judge gives no hope, or thinks a double, is dropped on the way
"""

from reasoning.methods import voting  # isort: skip
from reasoning.methods import confidence  # isort: skip
from reasoning.methods import covering  # isort: skip
from reasoning.methods import verifying  # isort: skip
from reasoning.methods import pruning  # isort: skip

__all__ = ["confidence", "covering", "pruning", "verifying", "voting"]
