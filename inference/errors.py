"""What can go wrong between us and a model, by who reacts.

ModelError               the call failed; the text names the endpoint or file and what to do
├── ModelUnavailable     nothing answers there, or it stopped answering: worth another try
├── ModelRefused         the endpoint understood and said no (wrong name, key, request)
│   └── Unsupported      it has no such ability: there may be another way
└── ModelNonsense        an answer came that is no completion
ModelSetupError          the user named a model that cannot be started: told before a run
"""


class ModelError(Exception):
    """A call to a model failed."""


class ModelUnavailable(ModelError):
    """Nothing answers, or the stream broke; the same call may work later."""

    def __init__(
        self, message: str, *, retry_after: float | None = None, busy: bool = False
    ) -> None:
        """`retry_after`: seconds to wait before another try; None: not worth one now. `busy`: it is
        there, and has more to do than it can."""
        super().__init__(message)
        self.retry_after = retry_after
        self.busy = busy


class ModelRefused(ModelError):
    """The endpoint refused the request; asking again changes nothing."""


class Unsupported(ModelRefused):
    """The engine cannot do that at all."""


class ModelNonsense(ModelError):
    """The endpoint's answer is not a completion."""


class ModelSetupError(Exception):
    """A model that was named cannot be started."""
