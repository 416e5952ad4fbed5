"""Inference: ask a language model, whatever engine runs it."""

from inference.capabilities import Capabilities
from inference.connecting import Patience, is_loopback
from inference.control import as_data
from inference.embedded import EmbeddedModel, check_gguf
from inference.endpoint import EndpointModel
from inference.errors import (
    AnswerCut,
    AnswerEmpty,
    AnswerInvalid,
    AnswerUnusable,
    ModelError,
    ModelNonsense,
    ModelRefused,
    ModelSetupError,
    ModelUnavailable,
    NoAddress,
    Unsupported,
)
from inference.fitting import Fitted, TooLong, fits_in, fitted
from inference.handing import HandingOn
from inference.interrupts import Boundary, Interrupt, behind, interruptible
from inference.metering import estimated_prompt, estimated_tokens
from inference.minilm import MiniLM
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
from inference.pool import PooledModel
from inference.prices import Price
from inference.probing import Guessing, guessing, probe
from inference.roles import ROLES, OfRole, Role, RoledModel, answering
from inference.rotation import Endpoint, Persistence
from inference.scoring import (
    Likelihood,
    Probability,
    Relevances,
    Vectors,
    embeddings,
    log_likelihood,
    p_yes,
    relevances,
)
from inference.scripted import ScriptedModel
from inference.speculation import Speculation
from inference.structured import Structured, structured, structured_as
from inference.tightening import tight
from inference.vllm_flags import VllmSettings, vllm_command
from inference.vllm_install import InstalledVllm, find_vllm
from inference.vllm_server import (
    Endurance,
    ServerCommand,
    ServerDied,
    ServerReady,
    ServerStarting,
    keep_serving,
)
from inference.weights import PACKAGED, PackagedWeights, Progress

__all__ = [
    "ALL",
    "PACKAGED",
    "ROLES",
    "AnswerCut",
    "AnswerEmpty",
    "AnswerInvalid",
    "AnswerUnusable",
    "Boundary",
    "Capabilities",
    "Chunk",
    "Collector",
    "Completion",
    "Constraint",
    "EmbeddedModel",
    "Endpoint",
    "EndpointModel",
    "Endurance",
    "Fitted",
    "Guessing",
    "Halt",
    "HandingOn",
    "InstalledVllm",
    "Interrupt",
    "Likelihood",
    "Message",
    "MiniLM",
    "Model",
    "ModelError",
    "ModelNonsense",
    "ModelRefused",
    "ModelSetupError",
    "ModelUnavailable",
    "NoAddress",
    "OfRole",
    "PackagedWeights",
    "Patience",
    "Persistence",
    "PooledModel",
    "Price",
    "Probability",
    "Progress",
    "Relevances",
    "Request",
    "Role",
    "RoledModel",
    "Sample",
    "ScriptedModel",
    "ServerCommand",
    "ServerDied",
    "ServerReady",
    "ServerStarting",
    "Speculation",
    "Structured",
    "TokenLogprob",
    "TooLong",
    "Unsupported",
    "Usage",
    "Vectors",
    "VllmSettings",
    "answering",
    "as_data",
    "behind",
    "check_gguf",
    "complete",
    "embeddings",
    "estimated_prompt",
    "estimated_tokens",
    "find_vllm",
    "fits_in",
    "fitted",
    "guessing",
    "interruptible",
    "is_loopback",
    "keep_serving",
    "log_likelihood",
    "p_yes",
    "probe",
    "relevances",
    "structured",
    "structured_as",
    "tight",
    "vllm_command",
]
