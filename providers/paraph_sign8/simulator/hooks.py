"""Webhooks (contract 5): a POST whose path tells what happened, with the organisation's id in a header.

Documented are the path of a refusal, the header ``organisation_id`` (British s), and that there is one for
expiry. The body, authentication and retries are not: the body is a choice, the extra secret stands where the
dialect says, every answer of the class 2xx is taken, and nothing is repeated unless asked for. Further events
are sent only if the dialect has a path for them; of several paths for one event they take turns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

from paraph.testing.simulator import WebhookQueue
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.words import Token, WebhookEvent
from paraph_sign8.simulator import answers

Body = Literal["empty", "json", "form"]
"""What a webhook's body is."""

ORGANISATION_HEADER: Final = "organisation_id"


def any_success(status: int) -> bool:
    """Take every answer that says yes; which ones SIGN8 takes is not public."""
    return 200 <= status < 300  # noqa: PLR2004 - the class of success


class Hooks:
    """Sends to every registered URL; the owner holds the lock that protects it."""

    def __init__(
        self,
        *,
        queue: WebhookQueue,
        dialect: Dialect,
        organization_id: str,
        token: str,
        body: Body,
        names_workflow: bool,
    ) -> None:
        self.urls: list[str] = []
        self.token = token
        self._queue = queue
        self._dialect = dialect
        self._organization_id = organization_id
        self._body = body
        self._names_workflow = names_workflow
        self._turns: dict[str, int] = {}

    def send(self, event: WebhookEvent, *, workflow_id: str, signer_id: str = "", reason: str = "") -> None:
        """Queue one event for every URL, if the dialect has a path for it."""
        paths = [path for path, kind in self._dialect.webhooks.events.items() if kind == event.value]
        if not paths:
            return
        turn = self._turns[event.value] = self._turns.get(event.value, -1) + 1
        path = quote(paths[turn % len(paths)], safe="/")
        told = {"workflow_id": workflow_id if self._names_workflow else ""}
        told |= {"signer_id": signer_id, "reason": reason}
        body, headers = self._content({key: value for key, value in told.items() if value})
        headers[ORGANISATION_HEADER] = self._organization_id
        shape = self._dialect.webhooks
        if self.token and shape.token is Token.PATH:
            path = f"{quote(self.token, safe='')}/{path}"
        elif self.token:
            headers[shape.token_header] = self.token
        for url in self.urls:
            self._queue.submit(f"{url}/{path}", lambda: body, make_headers=lambda _body: headers)

    def _content(self, told: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        """Return the body, and the headers that belong to it."""
        places = {key: list(getattr(self._dialect.webhooks, key)) for key in told}
        if self._body == "json":
            value: Any = answers.build([(found[0], told[key]) for key, found in places.items() if found])
            return json.dumps(value).encode(), {"content-type": "application/json"}
        if self._body == "form":
            # A form is flat: only a place that is one plain name can be told.
            pairs = [
                (place, told[key])
                for key, found in places.items()
                for place in [each for each in found if answers.steps(each) == [each]][:1]
            ]
            return urlencode(pairs).encode(), {"content-type": "application/x-www-form-urlencoded"}
        return b"", {}
