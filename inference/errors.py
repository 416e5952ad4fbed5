"""What can go wrong between us and a model, by who reacts.

ModelError               the call failed; the text names the endpoint or file and what to do
├── ModelUnavailable     nothing answers there, or it stopped answering: worth another try
├── ModelRefused         the endpoint understood and said no (wrong name, key, request)
│   └── Unsupported      it has no such ability: there may be another way
├── ModelNonsense        an answer came that is no completion
└── AnswerUnusable       the model answered, and not in the form that it was asked for
    ├── AnswerEmpty      nothing came, where something had to: another endpoint may say more
    ├── AnswerCut        something ended the text, again with more room: never read as if whole
    └── AnswerInvalid    every attempt has another form: the text says where and why
ModelSetupError          the user named a model that cannot be started: told before a run
└── NoAddress            where its server was to be named stands something else
"""

from inference.model import Usage


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


class AnswerUnusable(ModelError):
    """The model answered, and not in the form that it was asked for."""

    def __init__(self, message: str, *, answer: str, usage: Usage) -> None:
        """`answer`: the last text that came, all of it; `usage`: of all attempts."""
        super().__init__(message)
        self.answer = answer
        self.usage = usage


class AnswerEmpty(AnswerUnusable):
    """Not a word came, and nothing in the request allows for that: see `inference.emptiness`."""


class AnswerCut(AnswerUnusable):
    """Something ended the text before the model did: allow more tokens, or ask for less."""


class AnswerInvalid(AnswerUnusable):
    """What came is not what was asked for, in every attempt."""


class ModelSetupError(Exception):
    """A model that was named cannot be started."""


class NoAddress(ModelSetupError):
    """What was given for the address of a server cannot be one."""
