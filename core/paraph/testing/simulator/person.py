"""A robot that acts like a person with a browser, over plain HTTP.

It knows no vendor: it opens a link, reads `data-paraph-state`, fills every required control of the form that
serves its purpose and sends it, until the page says that nothing is left to do. A control for a password gets
the person's, one for a one-time code the digits of the last text message on the person's phone.
"""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urljoin

import attrs
import httpx

from paraph.flow.trust import trusted

_MAX_STEPS = 10
_CODE = re.compile(r"\b\d{4,10}\b")


@attrs.define(kw_only=True)
class _Form:
    action: str
    purpose: str
    values: dict[str, str] = attrs.field(factory=dict)
    to_type: dict[str, str] = attrs.field(factory=dict)
    """What has to be filled in, by name: "text", "password" or "code"."""


class _PageReader(HTMLParser):
    """Collects the page's state and its forms."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ""
        self.forms: list[_Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "body":
            self.state = values.get("data-paraph-state", "")
        elif tag == "form":
            purpose = values.get("data-paraph-form", "sign")
            self.forms.append(_Form(action=values.get("action", ""), purpose=purpose))
            self._inside = True
        elif tag in {"input", "textarea"} and self._inside and "name" in values:
            self._control(self.forms[-1], tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _control(self, form: _Form, tag: str, values: dict[str, str]) -> None:
        kind = "text" if tag == "textarea" else values.get("type", "text")
        name = values["name"]
        if kind == "hidden":
            form.values[name] = values.get("value", "")
        elif kind in {"checkbox", "radio"}:
            if "required" in values or "checked" in values:
                form.values.setdefault(name, values.get("value", "on"))
        elif "required" in values and not values.get("value"):
            coded = values.get("autocomplete") == "one-time-code"
            form.to_type[name] = "code" if coded else "password" if kind == "password" else "text"
        elif kind not in {"submit", "button", "image", "reset", "file"}:
            form.values[name] = values.get("value", "")


class PersonStuckError(Exception):
    """The person could not go on: the message says in which state the page was, never what it showed."""


@attrs.frozen(kw_only=True)
class Person:
    """Somebody called `name` who signs or declines what a link leads to; `timeout` in seconds per request.

    `password` is what the sender told them by another way; `phone` returns their last text message.
    """

    name: str = attrs.field(repr=False)
    timeout: float = 30.0
    password: str = attrs.field(default="", repr=False)
    phone: Callable[[], str] | None = attrs.field(default=None, repr=False)

    def open(self, link: str) -> str:
        """Look at the page without acting; returns its state."""
        with self._browser() as browser:
            return _read(browser.get(link)).state

    def sign(self, link: str) -> str:
        """Sign everything behind `link`; returns the final state, "done". PersonStuckError otherwise."""
        return self._act(link, "sign", self.name)

    def decline(self, link: str, reason: str = "") -> str:
        """Decline if the page offers it; returns the final state. PersonStuckError if it does not."""
        return self._act(link, "decline", reason or self.name)

    def _act(self, link: str, purpose: str, words: str) -> str:
        with self._browser() as browser:
            answer = browser.get(link)
            acted = False
            for _step in range(_MAX_STEPS):
                page = _read(answer)
                if page.state == "done" or (acted and purpose == "decline" and page.state == "closed"):
                    return page.state
                form = next((form for form in page.forms if form.purpose == purpose), None)
                if form is None:
                    raise PersonStuckError(
                        f"the page is in state {page.state or 'unknown'!r} (HTTP {answer.status_code}) "
                        f"and offers no form to {purpose}"
                    )
                typed = {name: self._typed(kind, words) for name, kind in form.to_type.items()}
                filled = {**form.values, **typed}
                answer = browser.post(urljoin(str(answer.url), form.action), data=filled)
                acted = True
        raise PersonStuckError(f"the page did not come to an end within {_MAX_STEPS} steps")

    def _typed(self, kind: str, words: str) -> str:
        if kind == "password":
            return self.password
        if kind == "code":
            found = _CODE.search(self.phone()) if self.phone is not None else None
            if found is None:
                raise PersonStuckError("the page asks for a one-time code, and the phone has none")
            return found[0]
        return words

    def _browser(self) -> httpx.Client:
        return httpx.Client(follow_redirects=True, timeout=self.timeout, trust_env=False, verify=trusted())


def _read(answer: httpx.Response) -> _PageReader:
    reader = _PageReader()
    reader.feed(answer.text)
    reader.close()
    return reader
