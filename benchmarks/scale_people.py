"""People who sign: a process of its own that reads signing links, one a line, and signs each.

They cost what browsers and people cost, which is neither the client's nor the vendor's, so they are counted
apart. Each opens the page and posts a drawing, over a connection of their own.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import queue
import sys
import threading
import urllib.parse

from PIL import Image, ImageDraw

AT_ONCE = 4
_FORM = {"content-type": "application/x-www-form-urlencoded"}


def main() -> None:
    """Sign until the standard input ends; a link that cannot be signed ends the process with its status."""
    links: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    failures: list[str] = []
    people = [threading.Thread(target=_sign_all, args=(links, failures)) for _ in range(AT_ONCE)]
    for person in people:
        person.start()
    for line in sys.stdin:
        links.put(line.strip())
    for _ in people:
        links.put(None)
    for person in people:
        person.join()
    sys.exit("; ".join(failures[:3]) or 0)


def _sign_all(links: queue.SimpleQueue[str | None], failures: list[str]) -> None:
    form = urllib.parse.urlencode(
        {"signatureKind": "drawn", "signature": _drawing(), "fullName": "Ada Lovelace", "consent": "on"}
    )
    while (link := links.get()) is not None:
        parts = urllib.parse.urlsplit(link)
        address = f"{parts.path}?{parts.query}"
        with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
            connection.request("GET", address)
            opened = connection.getresponse()
            opened.read()
            connection.request("POST", address, body=form, headers=_FORM)
            posted = connection.getresponse()
            if b'data-paraph-state="done"' not in posted.read():
                failures.append(f"a signing page answered {opened.status} and then {posted.status}")


def _drawing() -> str:
    image = Image.new("RGBA", (120, 40))
    ImageDraw.Draw(image).line([(5, 35), (60, 5), (115, 35)], fill=(16, 28, 58, 255), width=3)
    packed = io.BytesIO()
    image.save(packed, "PNG")
    return "data:image/png;base64," + base64.b64encode(packed.getvalue()).decode("ascii")


if __name__ == "__main__":
    main()
