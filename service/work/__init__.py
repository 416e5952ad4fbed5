"""The work of the service: a durable queue, and workers that do the runs in it.

queue    the queue: DBOS, one workflow for each run
worker   does runs, says that it lives, and takes over those of the dead
"""
