"""A browser without a screen: opens a signing page, reads its form, fills it and sends it (contract 7.3)."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

import httpx

from providers.ignisign.replay.vendor import Place


def embedded_url(
    place: Place, request_id: str, signer_id: str, token: str, secret: str, **options: str
) -> str:
    """Return the address that the JS, iOS and Android SDKs give to the iframe; values are URL-encoded."""
    query = {
        "token": token,
        "signerSecret": secret,
        "showTitle": "false",
        "showDescription": "false",
        "darkMode": "false",
        "forceShowDocumentInformations": "false",
        **options,
    }
    return f"{place.sign}/signature-requests/{request_id}/signers/{signer_id}/sign?{urlencode(query)}"


class Form(HTMLParser):
    """The first form of a page: where it goes and its controls, by name, as (type, value, required)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.method = "get"
        self.controls: dict[str, tuple[str, str, bool]] = {}
        self._depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form and what can be filled in."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action, self.method, self._depth = given.get("action", ""), given.get("method", "get"), 1
        elif self._depth and tag in {"input", "textarea"} and given.get("name"):
            kind = given.get("type", "text")
            chosen = kind not in {"radio", "checkbox"} or "checked" in given or "required" in given
            if chosen:
                self.controls.setdefault(given["name"], (kind, given.get("value", ""), "required" in given))

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        if tag == "form":
            self._depth = 0

    def filled(self, name: str) -> dict[str, str]:
        """Return what somebody called `name` would send: every box ticked, every empty line with the name."""
        return {
            key: value if kind == "hidden" or value else "on" if kind == "checkbox" else name
            for key, (kind, value, required) in self.controls.items()
            if kind not in {"submit", "button", "file"} and (required or kind == "hidden" or value)
        }


class Visitor:
    """One person with one link."""

    def __init__(self, name: str, link: str) -> None:
        self.name, self.link = name, link

    def look(self) -> httpx.Response:
        """Open the page and do nothing."""
        with _browser() as browser:
            return browser.get(self.link)

    def sign(self, **more: Any) -> httpx.Response:
        """Open the page, fill its form and send it, as often as a page asks; returns the last page."""
        with _browser() as browser:
            page = browser.get(self.link)
            assert page.status_code == httpx.codes.OK, page.status_code
            assert Form(page.text).action is not None, "a page to sign on has a form"
            for _step in range(5):
                form = Form(page.text)
                if form.action is None:
                    break
                assert form.method.lower() == "post"
                data = {**form.filled(self.name), **more}
                page = browser.post(urljoin(str(page.url), form.action), data=data)
                assert page.status_code == httpx.codes.OK, page.status_code
            assert Form(page.text).action is None, "signing comes to an end"
            return page


def _browser() -> httpx.Client:
    return httpx.Client(follow_redirects=True, trust_env=False)
