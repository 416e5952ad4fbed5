"""Storage: what Breadth remembers, in SQLite or PostgreSQL.

`TraceStore.open` gives the store. A run is created in it, records its Events through the Trace that
`trace` gives, and can be asked for at any time, by any process: how it stands (`run`, `runs`), what
it need not do again (`history`), and everything there is (`document`). What `record` has taken
survives the death of the process. `database_url` says what database a name means.

    database     transactions, and the one place where drivers' errors become StorageErrors
    engines      which database a name means, and how SQLite and PostgreSQL are opened
    schema       brings a database to the present tables; the steps are in migrations/versions
    tables       the tables, and service_tables those of the service; columns has their types
    recording    from events to rows
    reading      from rows to History and document
    step_reading one step with all that belongs to it
    log          events as whoever follows a run reads them
    spending     what a run has cost
    responses    runs as clients of the service asked for them
    shares       links by which others read answers
    keys         API keys, and what their runs may take
    webhooks     who is told of the ends of runs, and how far each telling has come
    postings     messages of chat systems that show runs, and how far that has come
    workers      the processes of the service that do runs, and whether they live
    standing     what of the service waits, runs and works
    pruning      removing runs, with everything of them
    forking      a run that begins with what another one has
    batches      rows of a file that were asked at a shell; batch_tables has the tables
    files        files of the service, and api_batches what is done with them
    evaluations  question sets that were asked; store.evaluations has them
    runs         runs as a whole; run_ids makes their names, owner knows whether they are alive
    records      values as JSON and back
"""

from storage.api_batches import (
    BATCH_OVER,
    CLAIM_SECONDS,
    ApiBatches,
    ApiBatchRecord,
    ApiLine,
    BatchStatus,
    LineCounts,
    LineState,
)
from storage.batches import Batches, BatchLine, BatchRecord, NewLine
from storage.engines import database_url, is_there
from storage.errors import (
    BatchTaken,
    DisabledWebhook,
    EvaluationTaken,
    NoStore,
    OverLimit,
    RunTaken,
    StorageError,
    TooManyBatches,
    TooManyWebhooks,
    UnknownBatch,
    UnknownEvaluation,
    UnknownFile,
    UnknownKey,
    UnknownResponse,
    UnknownRun,
    UnknownWebhook,
    Unstorable,
)
from storage.evaluations import EvaluationRecord, EvaluationResult, Evaluations
from storage.files import FileRecord, Files
from storage.keys import KEY_PREFIX, KeyLimits, KeyRecord, Keys, KeySpent
from storage.log import Head, Logged
from storage.postings import NewPosting, Posting, Postings
from storage.pruning import Pruned
from storage.responses import ASKED, Asked, ResponseRecord, Responses
from storage.runs import Asker, RunRecord, RunState
from storage.shares import ShareRecord, Shares
from storage.spending import Spent
from storage.standing import Standing
from storage.step_reading import StepRecord
from storage.store import TraceStore
from storage.webhooks import Delivery, Due, WebhookRecord, Webhooks, require_kinds
from storage.workers import WorkerRecord, Workers

__all__ = [
    "ASKED",
    "BATCH_OVER",
    "CLAIM_SECONDS",
    "KEY_PREFIX",
    "ApiBatchRecord",
    "ApiBatches",
    "ApiLine",
    "Asked",
    "Asker",
    "BatchLine",
    "BatchRecord",
    "BatchStatus",
    "BatchTaken",
    "Batches",
    "Delivery",
    "DisabledWebhook",
    "Due",
    "EvaluationRecord",
    "EvaluationResult",
    "EvaluationTaken",
    "Evaluations",
    "FileRecord",
    "Files",
    "Head",
    "KeyLimits",
    "KeyRecord",
    "KeySpent",
    "Keys",
    "LineCounts",
    "LineState",
    "Logged",
    "NewLine",
    "NewPosting",
    "NoStore",
    "OverLimit",
    "Posting",
    "Postings",
    "Pruned",
    "ResponseRecord",
    "Responses",
    "RunRecord",
    "RunState",
    "RunTaken",
    "ShareRecord",
    "Shares",
    "Spent",
    "Standing",
    "StepRecord",
    "StorageError",
    "TooManyBatches",
    "TooManyWebhooks",
    "TraceStore",
    "UnknownBatch",
    "UnknownEvaluation",
    "UnknownFile",
    "UnknownKey",
    "UnknownResponse",
    "UnknownRun",
    "UnknownWebhook",
    "Unstorable",
    "WebhookRecord",
    "Webhooks",
    "WorkerRecord",
    "Workers",
    "database_url",
    "is_there",
    "require_kinds",
]
