"""The HTTP interface: what clients ask for, and how runs look to them.

app         the application: routes, middlewares, limits
errors      errors as the interface says them
access      who asks
again       requests that are sent again with the same Idempotency-Key
hardening   what every answer says, and which requests are not heard
pace        how long clients may take, and how much they may send
health      whether the service lives and is ready, and its metrics
metering    each request, counted and logged
front       what the handlers need of the service: runs, their events, the store
chat        /v1/chat/completions, with chat_bodies (what it takes), chat_tools (functions of the
            caller) and chat_objects (what it gives)
responses   /v1/responses; response_bodies is what it takes, with response_tools, response_functions
            and response_servers; response_asking makes a question of that
            response_items folds a run's calls into items (response_calls: what each looks like),
            response_objects gives the whole, and response_stream its events
files       /v1/files, with uploads (what is sent)
batches     /v1/batches; batching works on them, and batch_lines reads, asks and tells their lines
models      /v1/models; offered has the service's own
runs        /v1/runs, with run_objects; named_runs finds the run of an address
run_files   answers to be downloaded; published makes of a run what others may see
shares      links by which others read answers
vectors     /v1/embeddings and /v1/completions
passing     requests for models behind the service; served knows the servers
openapi     the description of all routes, from what describing keeps; reference is its page
bodies      what clients send, read strictly; characters makes their texts whole
citations   an answer as text, and where in it which source is cited
progress    a run's events, as whoever waits for its answer sees them
places      the server's own paths, which no client is told
server_events  streams of events that say that they live
"""

from service.api.app import application, exposed, is_open
from service.api.front import Front
from service.api.pace import server_options
from service.api.server_events import CLOSING

__all__ = ["CLOSING", "Front", "application", "exposed", "is_open", "server_options"]
