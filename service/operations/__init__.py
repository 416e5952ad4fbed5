"""Operations: what the service tells those who run it.

logs        one record a line, as text or JSON, with the run and the request that it belongs to
metrics     counts and times of runs, steps, models and requests, in Prometheus' form
standing    how runs, workers and webhooks stand in the database, among the metrics
exposing    the metrics of a process that answers no other requests
spans       a run as a trace of OpenTelemetry; span_attributes has what is told of model calls
exporting   where such traces are sent
parents     the trace of a client, that its run belongs to
assembly    all of this, for a process that does runs
"""
