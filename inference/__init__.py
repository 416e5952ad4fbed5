"""Inference: ask a language model, whatever engine runs it."""

from inference.embedded import EmbeddedModel, check_gguf
from inference.endpoint import EndpointModel, Patience
from inference.errors import (
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
    Halt,
    Message,
    Model,
    Request,
    Sample,
    TokenLogprob,
    Usage,
    complete,
)
from inference.pool import PooledModel
from inference.probing import Capabilities, probe
from inference.roles import ROLES, Role, RoledModel, answering
from inference.rotation import Endpoint, Persistence
from inference.scripted import ScriptedModel
from inference.speculation import Speculation
from inference.weights import PACKAGED, PackagedWeights, Progress

__all__ = [
    "ALL",
    "PACKAGED",
    "ROLES",
    "Capabilities",
    "Chunk",
    "Collector",
    "Completion",
    "EmbeddedModel",
    "Endpoint",
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
    "Persistence",
    "PooledModel",
    "Progress",
    "Request",
    "Role",
    "RoledModel",
    "Sample",
    "ScriptedModel",
    "Speculation",
    "TokenLogprob",
    "Usage",
    "answering",
    "check_gguf",
    "complete",
    "probe",
]
