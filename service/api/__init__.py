"""The HTTP interface: what clients ask for, and how runs look to them.

app         the application: routes, middlewares, limits
errors      errors as the interface says them
access      who asks
front       what the handlers need of the service: runs, their events, the store
"""

from service.api.app import application

__all__ = ["application"]
