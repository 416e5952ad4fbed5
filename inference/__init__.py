"""Inference: ask a language model, whatever engine runs it."""

from inference.embedded import EmbeddedModel, check_gguf
from inference.endpoint import EndpointModel, Patience
from inference.errors import (
    AnswerCut,
    AnswerInvalid,
    AnswerUnusable,
    ModelError,
    ModelNonsense,
    ModelRefused,
    ModelSetupError,
    ModelUnavailable,
)
from inference.model import (
    ALL,
    Chunk,
    Collector,
    Completion,
    Constraint,
    Halt,
    Message,
    Model,
    Request,
    Sample,
    TokenLogprob,
    Usage,
    complete,
)
from inference.probing import Capabilities, probe
from inference.scripted import ScriptedModel
from inference.speculation import Speculation
from inference.structured import Structured, structured, structured_as
from inference.tightening import tight
from inference.weights import PACKAGED, PackagedWeights, Progress

__all__ = [
    "ALL",
    "PACKAGED",
    "AnswerCut",
    "AnswerInvalid",
    "AnswerUnusable",
    "Capabilities",
    "Chunk",
    "Collector",
    "Completion",
    "Constraint",
    "EmbeddedModel",
    "EndpointModel",
    "Halt",
    "Message",
    "Model",
    "ModelError",
    "ModelNonsense",
    "ModelRefused",
    "ModelSetupError",
    "ModelUnavailable",
    "PackagedWeights",
    "Patience",
    "Progress",
    "Request",
    "Sample",
    "ScriptedModel",
    "Speculation",
    "Structured",
    "TokenLogprob",
    "Usage",
    "check_gguf",
    "complete",
    "probe",
    "structured",
    "structured_as",
    "tight",
]
