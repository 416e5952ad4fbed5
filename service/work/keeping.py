"""What the service does by itself now and then: it reads documents that have changed, and removes
runs that are old."""

import asyncio
import logging
from datetime import timedelta

from search import IndexFolderError, SearchError
from service.sources import Sources
from storage import StorageError, TraceStore

log = logging.getLogger("breadth.service")

PRUNE_SECONDS = 3600.0


async def read_anew(found: Sources, seconds: float) -> None:
    """Look after the documents so often, until cancelled; runs under way find what is new, too.
    Where they cannot be looked at (a folder that is gone for a while), what was read stays."""
    told = ""
    while True:
        await asyncio.sleep(seconds)
        try:
            report = await found.read_anew()
        except (SearchError, IndexFolderError) as error:
            if str(error) != told:
                log.warning("the documents stay as they were: %s", error)
            told = str(error)
            continue
        told = ""
        if report and (report.added or report.changed or report.removed):
            counts = (report.added, report.changed, report.removed, report.documents)
            log.info("documents: %d added, %d changed, %d removed; now %d", *counts)


async def prune_regularly(store: TraceStore, days: float) -> None:
    """Remove what ended so long ago, every hour, until cancelled. Several processes may."""
    while True:
        try:
            pruned = await store.prune(timedelta(days=days))
        except StorageError as error:
            log.warning("old runs are not removed just now: %s", error)
        else:
            if pruned.runs:
                log.info("%d runs that were older than %g days are removed", pruned.runs, days)
        await asyncio.sleep(PRUNE_SECONDS)
