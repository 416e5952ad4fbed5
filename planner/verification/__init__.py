"""Verification: whether the passages that a sentence cites say what it says.

From a sentence to a verdict: `claims` takes it apart, `evidence` reads the passages, `checking`
compares the two by rule (`figures`, `naming`, `polarity`), `weighing` does so for a whole sentence
and looks for better passages, `asking` puts to the judge what is open and `relating` what the rules
let pass, and `repairing` says what becomes of a sentence that is not supported.
`planner/verifying.py` does it for an answer.
"""

from planner.verification.asking import Asker
from planner.verification.evidence import content_stems
from planner.verification.relating import Relations
from planner.verification.repairing import repaired
from planner.verification.weighing import Scales, Weighing

__all__ = ["Asker", "Relations", "Scales", "Weighing", "content_stems", "repaired"]
