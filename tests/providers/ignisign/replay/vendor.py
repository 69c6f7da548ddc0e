"""The API as an integrator calls it: keys, the bearer, JSON in and out, refusals (contract 3, 6).

`Place` is all that a flow is told. Its last field is the one thing that a real vendor does not have: the
simulator's controls, used for what a person or time would do (read an e-mail, let days pass).
"""

import base64
import datetime as dt
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from providers.ignisign.replay.shapes import PROBLEM, Shape, fits


@dataclass(frozen=True)
class Place:
    """Where the vendor is, and the credentials of one application in one environment.

    `secret` is a v2 key, or the old secret, which needs `app_id` and `app_env` next to it.
    """

    api: str
    sign: str
    secret: str = field(repr=False)
    app_id: str
    app_env: str
    control: str


class RefusedError(Exception):
    """The vendor said no: the HTTP status, the code and the context of its body."""

    def __init__(self, answer: httpx.Response) -> None:
        body = fits(answer.json(), PROBLEM)
        assert answer.status_code == body["status"]
        super().__init__(f"{body['status']} {body['code']}")
        self.status: int = body["status"]
        self.code: str = body["code"]
        self.context = body["context"]


class Vendor:
    """One application's client. Safe to use from the thread of the webhook receiver, too."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.app_id, self.app_env = credentials_of(place)
        self.app = f"/v4/applications/{self.app_id}/envs/{self.app_env}"
        self._http = httpx.Client(base_url=place.api, headers={"accept": "application/json"}, trust_env=False)
        self._renewing = threading.Lock()
        self._bearer = place.secret if is_new_key(place.secret) else ""
        self.exchanges = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def get(self, path: str, shape: Shape, **query: str | int) -> Any:
        """Read; the answer must have the shape."""
        return fits(self.send("GET", path, params=query).json(), shape)

    def post(self, path: str, shape: Shape, body: Any = None) -> Any:
        """Post JSON, `{}` where nothing is to be said."""
        return fits(self.send("POST", path, json={} if body is None else body).json(), shape)

    def put(self, path: str, shape: Shape, body: Any) -> Any:
        """Put JSON."""
        return fits(self.send("PUT", path, json=body).json(), shape)

    def delete(self, path: str, shape: Shape) -> Any:
        """Delete."""
        return fits(self.send("DELETE", path).json(), shape)

    def upload(self, path: str, shape: Shape, name: str, content: bytes, mime: str) -> Any:
        """Post one file as the multipart part `file`."""
        return fits(self.send("POST", path, files={"file": (name, content, mime)}).json(), shape)

    def download(self, path: str) -> bytes:
        """Return a stream's bytes."""
        return self.send("GET", path).content

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send with the bearer; an outdated one is renewed once. RefusedError for all but 200."""
        for last in (False, True):
            answer = self._http.request(
                method,
                path.replace("APP", self.app, 1),
                headers={"authorization": f"Bearer {self._current()}"},
                **options,
            )
            if answer.status_code == httpx.codes.OK:
                return answer
            refused = RefusedError(answer)
            if last or refused.code != "OUTDATED_AUTH_JWT_TOKEN":
                raise refused
            self._bearer = ""
        raise AssertionError("unreachable")

    def _current(self) -> str:
        """Return the bearer: the v2 key itself, or a token that has not run out."""
        with self._renewing:
            if not is_new_key(self.place.secret) and (
                not self._bearer or time.time() >= expiry(self._bearer)
            ):
                asked = {"appId": self.app_id, "appEnv": self.app_env, "secret": self.place.secret}
                answer = self._http.post("/v4/auth/app-api", json=asked)
                if answer.status_code != httpx.codes.OK:
                    raise RefusedError(answer)
                self._bearer = fits(answer.json(), {"jwtToken": str})["jwtToken"]
                self.exchanges += 1
            return self._bearer


def is_new_key(secret: str) -> bool:
    """Whether `secret` is a bearer by itself: by its prefix, or by four parts (contract 3, the rule)."""
    return secret.startswith("skv2_") or len(secret.split("_", 3)) == 4


def credentials_of(place: Place) -> tuple[str, str]:
    """Return application and environment: written in a v2 key, told apart from an old secret."""
    if not is_new_key(place.secret):
        return place.app_id, place.app_env
    _prefix, env, application, _secret = place.secret.split("_", 3)
    return f"appId_{application}", env.upper()


def expiry(token: str) -> float:
    """Return the `exp` of a JSON Web Token, in seconds, without checking its signature: as the SDK does."""
    claims = token.split(".")[1]
    return float(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"])


class Controls:
    """What a person and time do, asked from the simulator over HTTP."""

    def __init__(self, place: Place) -> None:
        self._http = httpx.Client(base_url=place.control, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def now(self) -> dt.datetime:
        """Return the moment that the vendor takes it to be."""
        return self._advance(0)

    def until(self, moment: dt.datetime) -> None:
        """Let simulated time pass until `moment`."""
        self._advance((moment - self.now()).total_seconds())

    def _advance(self, seconds: float) -> dt.datetime:
        answer = self._http.post("/clock", json={"advance_seconds": seconds}).raise_for_status()
        return dt.datetime.fromisoformat(answer.json()["now"])

    def mailbox(self, address: str) -> list[str]:
        """Return the links that were mailed to `address`, oldest first."""
        return [mail["link"] for mail in self._http.get("/outbox").json() if mail["to"] == address]
