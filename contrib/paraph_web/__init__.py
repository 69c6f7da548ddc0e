"""The webhook receiver of paraph, for any ASGI server.

::

    uvicorn --factory paraph_web:app --no-access-log

Webhook URLs carry a secret, so access logs have to be off, or behind a proxy that cuts the path.
The proxy also has to end slow headers: an application first sees a request when its headers are complete.
"""

from paraph_web.receiver import Receiver, app

__all__ = ["Receiver", "app"]
