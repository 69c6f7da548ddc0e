"""How tests use a signing page in Chromium: drawing by touch, measuring, and embedding it in another page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from PIL import Image
from playwright.sync_api import ConsoleMessage, Frame, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from paraph.testing.simulator import serve

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
DESK = {"viewport": {"width": 1280, "height": 900}}
PATIENCE = 30000  # milliseconds

WIDE = "document.documentElement.scrollWidth - window.innerWidth"
"""How many pixels of a page do not fit in its window."""

MEASURE = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 2
    && !element.closest(".aside, .keys, script, style");
  const texts = [...document.body.querySelectorAll("*")].filter((element) => seen(element)
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const controls = [...document.querySelectorAll("a, button, summary, input[type=text], label:has(input)")];
  const contrast = (element) => {
    const [one, two] = [channels(getComputedStyle(element).color), ground(element)].map(light);
    return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  };
  return {
    faint: texts.filter((e) => contrast(e) < 4.5).map((e) => `${e.tagName} ${e.textContent.slice(0, 30)}`),
    small: texts.filter((e) => parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.textContent),
    narrow: controls.filter((e) => seen(e) && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML),
    texts: texts.length,
    controls: controls.filter(seen).length,
  };
}"""
"""What is hard to read or hit: contrast (WCAG 2.1) below 4.5, letters below 16 px, controls below 44 px."""

_HOST = """<!doctype html><title>The application</title><script>
window.heard = [];
window.answers = {};
addEventListener("message", (event) => {
  window.heard.push(event.data);
  const answer = event.data.type === "NEED_PRIVATE_FILE_URL" && window.answers[event.data.data.documentId];
  if (answer) event.source.postMessage({ ...answer, documentId: event.data.data.documentId }, "*");
});
</script><iframe width="360" height="640"></iframe>"""


class Complaints:
    """What pages say on their console as an error: a script that failed, or what the policy stopped."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def listen(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.all.append(str(error)))

    def _said(self, message: ConsoleMessage) -> None:
        # A refusal by the server is no fault of the page; it is what some tests are about.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.all.append(message.text)


def state(page: Page | Frame) -> str | None:
    """Return what the page says about itself."""
    return page.locator("body").get_attribute("data-paraph-state")


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    """Draw one stroke with a finger; `points` are fractions of the field's width and height."""
    field = page.locator("canvas")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box is not None
    places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:1]})
    for place in places[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def picture(png: bytes | None) -> Image.Image:
    """Return a signature's picture; it has to be a PNG with transparent ground."""
    assert png is not None
    image = Image.open(io.BytesIO(png))
    assert ("PNG", "RGBA") == (image.format, image.mode)
    return image


@attrs.define
class Host:
    """An application's own page, on another origin, with private files behind a bearer token."""

    url: str
    files: dict[str, bytes]
    bearer: str
    fetched: list[str]

    def embed(self, page: Page, link: str, answers: dict[str, Any] | None = None) -> Frame:
        """Show `link` in the page's frame and return the frame; `answers` by document id."""
        page.goto(self.url)
        page.evaluate("(answers) => { window.answers = answers; }", answers or {})
        page.locator("iframe").evaluate("(frame, link) => { frame.src = link; }", link)
        # by the element, which stays: what is in the frame is being replaced at this moment
        frame = page.locator("iframe").element_handle().content_frame()
        assert frame is not None
        frame.wait_for_url(link)
        return frame

    def private_file(self, name: str, **changes: Any) -> dict[str, Any]:
        """Return the PrivateFile of a file here."""
        found = {"fileUrl": f"{self.url}/files/{name}", "mimeType": "text/plain", "fileName": name}
        return {**found, "bearer": self.bearer, **changes}

    @staticmethod
    def heard(page: Page, kind: str) -> list[Any]:
        """Wait until a message of this type came, and return the data of all of them."""
        page.wait_for_function("(kind) => window.heard.some(({ type }) => type === kind)", arg=kind)
        found: list[Any] = page.evaluate(
            "(kind) => window.heard.filter(({ type }) => type === kind).map(({ data }) => data)", kind
        )
        return found


@contextmanager
def host() -> Iterator[Host]:
    """Serve an application's page and its private files."""
    here = Host(url="", files={}, bearer="canary-bearer", fetched=[])
    allowed = {"access-control-allow-origin": "*", "access-control-allow-headers": "authorization"}

    async def index(_request: Request) -> Response:
        return HTMLResponse(_HOST)

    async def file(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(headers=allowed)
        name = request.path_params["name"]
        here.fetched.append(name)
        if f"Bearer {here.bearer}" != request.headers.get("authorization"):
            return Response(status_code=401, headers=allowed)
        if name not in here.files:
            return Response(status_code=404, headers=allowed)
        return Response(here.files[name], headers=allowed)

    routes = [Route("/", index), Route("/files/{name}", file, methods=["GET", "OPTIONS"])]
    with serve(Starlette(routes=routes)) as base_url:
        here.url = base_url
        yield here
