"""The work of the service: a durable queue, and workers that do the runs in it.

queue      the queue: DBOS, one workflow for each run
worker     does runs, says that it lives, and takes over those of the dead
bench      models and sources, opened once for all runs of a worker
servers    MCP servers that a request names, for its run alone
following  whoever waits for events of a run gets them as they come
service    all together: what the HTTP interface asks
telling    ends of runs, told to webhooks
ending     how a process of the service ends
"""

from service.work.bench import Notices
from service.work.ending import asked_to_end, handed_over
from service.work.service import FENCED, Service, service
from service.work.telling import webhook_settings
from service.work.worker import Worker

__all__ = [
    "FENCED",
    "Notices",
    "Service",
    "Worker",
    "asked_to_end",
    "handed_over",
    "service",
    "webhook_settings",
]
