"""Paying: a tool that calls others on its way counts them towards the limits of the run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Payer = Callable[[], None]
"""Counts one call. Raises where the limits allow no more."""

_payer: ContextVar[Payer | None] = ContextVar("payer", default=None)


def pay_call() -> None:
    """Count a call that the running tool is about to make. Raises what the caller raises where
    there is no more."""
    payer = _payer.get()
    if payer is not None:
        payer()


@contextmanager
def paying(payer: Payer) -> Iterator[None]:
    """What is called inside pays so."""
    token = _payer.set(payer)
    try:
        yield
    finally:
        _payer.reset(token)
