"""The HTTP interface: what clients ask for, and how runs look to them.

app         the application: routes, middlewares, limits
errors      errors as the interface says them
access      who asks
health      whether the service lives and is ready, and its metrics
metering    each request, counted and logged
front       what the handlers need of the service: runs, their events, the store
"""
