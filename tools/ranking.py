"""Which of several values stands at the end of an order that a cue asks for."""

from collections.abc import Callable, Sequence

from tools.cues import Cue
from tools.quantities import find_quantities
from tools.values import Amount, Moment, Quantity, as_amount, as_moment, compare_quantities, convert

MAX_LENGTH = 500
"""Characters of a question, and of a value that are searched for quantities."""
Reading = Callable[[Quantity], Quantity | None]


def quantity_of(text: str, reader: Reading) -> Quantity | None:
    """The first quantity that is of that kind as it stands, else the first that can be."""
    found = list(find_quantities(text[:MAX_LENGTH]))
    for quantity in found:
        if reader(quantity) is quantity:
            return quantity
    return next((read for quantity in found if (read := reader(quantity))), None)


def is_moment(quantity: Quantity) -> Quantity | None:
    """The quantity if it is a date."""
    return quantity if isinstance(quantity, Moment) else None


def ranked_by(texts: Sequence[str], cue: Cue) -> tuple[Sequence[Quantity], int] | None:
    """The values as quantities of one kind that the cue can compare, and which end wins."""
    # A bare year stays a date as long as dates are asked for; "450" is one only beside a date.
    readers: list[tuple[Reading, int]] = [
        (is_moment, cue.moment),
        (as_amount, cue.amount),
        (as_moment, cue.moment),
    ]
    for reader, sign in readers:
        read = (
            [quantity for text in texts if (quantity := quantity_of(text, reader))] if sign else []
        )
        if not read or len(read) < len(texts):
            continue
        times = [isinstance(q, Amount) and convert(q, "second") is not None for q in read]
        return read, cue.duration if cue.duration and all(times) else sign
    return None


def best_of(quantities: Sequence[Quantity], sign: int) -> Sequence[int]:
    """Who is at that end: several if they are equal, none if that cannot be told."""
    best = []
    for index, quantity in enumerate(quantities):
        orders = [compare_quantities(quantity, other) for other in quantities]
        if any(order is not None and order * sign < 0 for order in orders):
            continue
        if None in orders:
            return []
        best.append(index)
    return best
