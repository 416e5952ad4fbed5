"""Inference: ask a language model, whatever engine runs it."""

from inference.embedded import EmbeddedModel, check_gguf
from inference.endpoint import EndpointModel, Patience
from inference.errors import (
    ModelError,
    ModelNonsense,
    ModelRefused,
    ModelSetupError,
    ModelUnavailable,
    Unsupported,
)
from inference.fitting import Fitted, TooLong, fits_in, fitted
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
from inference.prices import Price
from inference.probing import Capabilities, Guessing, guessing, probe
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
    "Capabilities",
    "Chunk",
    "Collector",
    "Completion",
    "EmbeddedModel",
    "EndpointModel",
    "Endurance",
    "Fitted",
    "Guessing",
    "Halt",
    "InstalledVllm",
    "Likelihood",
    "Message",
    "Model",
    "ModelError",
    "ModelNonsense",
    "ModelRefused",
    "ModelSetupError",
    "ModelUnavailable",
    "PackagedWeights",
    "Patience",
    "Price",
    "Probability",
    "Progress",
    "Relevances",
    "Request",
    "Sample",
    "ScriptedModel",
    "ServerCommand",
    "ServerDied",
    "ServerReady",
    "ServerStarting",
    "Speculation",
    "TokenLogprob",
    "TooLong",
    "Unsupported",
    "Usage",
    "Vectors",
    "VllmSettings",
    "check_gguf",
    "complete",
    "embeddings",
    "find_vllm",
    "fits_in",
    "fitted",
    "guessing",
    "keep_serving",
    "log_likelihood",
    "p_yes",
    "probe",
    "relevances",
    "vllm_command",
]
