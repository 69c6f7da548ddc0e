"""Webhook endpoints and the events sent to them (contract 4.7 and section 2)."""

from typing import Any

from paraph_ignisign.simulator import shapes
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, delete, get, post, put
from paraph_ignisign.simulator.routes_account import APP
from paraph_ignisign.simulator.subscriptions import WebhookEndpoint, WebhookEvent
from paraph_ignisign.simulator.tables import EVENT_FILTERS
from paraph_ignisign.simulator.tenant import Tenant

_WEBHOOK = "/v4/webhooks/{webhookId}"


def create(tenant: Tenant, call: Call) -> Any:
    """POST: the answer is the list of all, the new one last (contract 9, row 14)."""
    endpoint = tenant.hooks.add(call.context, call.body["url"], call.body.get("description"))
    tenant.effects.add("webhook_created", endpoint.id)
    return _written(tenant, call, endpoint)


def list_all(tenant: Tenant, call: Call) -> Any:
    """GET every endpoint of the environment."""
    return [endpoint.json() for endpoint in tenant.hooks.of(call.context)]


def update(tenant: Tenant, call: Call) -> Any:
    """PUT: the answer is the list of all (contract 9, row 13)."""
    endpoint = _endpoint(tenant, call)
    endpoint.url = call.body["url"]
    endpoint.description = call.body.get("description", endpoint.description)
    return _written(tenant, call, endpoint)


def remove(tenant: Tenant, call: Call) -> Any:
    """DELETE: the answer is the list of those that remain."""
    endpoint = _endpoint(tenant, call)
    del tenant.hooks.endpoints[endpoint.id]
    tenant.effects.add("webhook_deleted", endpoint.id)
    return list_all(tenant, call)


def disable_topics(tenant: Tenant, call: Call) -> Any:
    """POST: switch topics off (one source only); the rest stays on, even beside `ALL: true`."""
    endpoint = _endpoint(tenant, call)
    topics = call.body["topics"]
    endpoint.disabled_topics = frozenset(name for name, off in topics.items() if off and name != "ALL")
    return list_all(tenant, call)


def events(tenant: Tenant, call: Call) -> Any:
    """GET: oldest first (assumption), pages count from 1 (assumption)."""
    wanted = call.query.get("filter", "ALL")
    if wanted not in EVENT_FILTERS:
        raise VendorError("QUERY_VALIDATION_FAILED", "Invalid query: filter", properties=["filter"])
    found = [event for event in _endpoint(tenant, call).events if wanted in {"ALL", event.status}]
    size = call.page_size(tenant.options.page_size)
    page = call.page(first=1)
    return {
        "events": [event.json() for event in found[page * size : (page + 1) * size]],
        "searchData": {"total": len(found), "page": page + 1, "nbEventsPerPage": size},
    }


def event(tenant: Tenant, call: Call) -> Any:
    """GET one event record."""
    return _event(tenant, call).json()


def resend(tenant: Tenant, call: Call) -> Any:
    """POST: deliver again, with a fresh token."""
    tenant.hooks.send(_event(tenant, call), _endpoint(tenant, call))
    return {}


def _written(tenant: Tenant, call: Call, endpoint: WebhookEndpoint) -> Any:
    return endpoint.json() if tenant.options.single_webhook_replies else list_all(tenant, call)


def _endpoint(tenant: Tenant, call: Call) -> WebhookEndpoint:
    return tenant.hooks.endpoint(call.path["webhookId"], call.context)


def _event(tenant: Tenant, call: Call) -> WebhookEvent:
    wanted = call.path["eventId"]
    found = next((one for one in _endpoint(tenant, call).events if one.id == wanted), None)
    if found is None:
        raise VendorError("WEBHOOK_EVENT_NOT_FOUND")
    return found


ENDPOINTS: tuple[Endpoint, ...] = (
    post(f"{APP}/webhooks", create, shapes.WEBHOOK),
    get(f"{APP}/webhooks", list_all),
    put(_WEBHOOK, update, shapes.WEBHOOK),
    delete(_WEBHOOK, remove),
    post(f"{_WEBHOOK}/disabled-events", disable_topics, shapes.DISABLED_TOPICS),
    get(f"{_WEBHOOK}/events", events),
    get(f"{_WEBHOOK}/events/{{eventId}}", event),
    post(f"{_WEBHOOK}/events/{{eventId}}/resend", resend),
)
