"""The methods that libraries share, as each has them: what `method_rivals.py` puts side by side."""

from dataclasses import dataclass

OURS = "breadth"


@dataclass(frozen=True)
class Way:
    """A method of a library; those of a family do the same, each as its library has it."""

    family: str
    library: str
    method: str


WAYS = (
    Way("one", OURS, "once"),
    Way("one", "optillm", "cot_reflection"),
    Way("vote", OURS, "self-consistency({n})"),
    Way("vote", "optillm", "self_consistency"),
    Way("vote", "optillm", "majority_voting"),
    Way("vote", "its-hub", "SelfConsistency"),
    Way("adaptive", OURS, "adaptive-consistency(most={n}, threshold=0.85, batch=2)"),
    Way("adaptive", "its-hub", "AdaptiveSelfConsistency"),
    Way("best", OURS, "best-of-n({n})"),
    Way("best", "optillm", "bon"),
    Way("best", "its-hub", "BestOfN"),
    Way("mixture", OURS, "mixture-of-agents(proposers=3, layers=2)"),
    Way("mixture", "optillm", "moa"),
    Way("beam", OURS, "self-eval-beam(n=2, k=2, depth=4)"),
    Way("beam", "its-hub", "BeamSearch"),
    Way("particles", OURS, "self-eval-beam(n=2, k={n}, depth=4, tau=1.0)"),
    Way("particles", "its-hub", "ParticleFiltering"),
    Way("tree", OURS, "mcts(iterations=2, k=3)"),
    Way("tree", "optillm", "mcts"),
    Way("game", OURS, "malt(6)"),
    Way("game", "optillm", "pvg"),
)
"""Numbers are those that the library has fixed, where it cannot be told; {n} is --n. Particles and
games are not among ours: what comes nearest stands there, for particles a beam that begins with two
lines and keeps as many as there are particles."""
FAMILIES = tuple(dict.fromkeys(way.family for way in WAYS))
