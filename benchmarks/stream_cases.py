"""What is sent and fetched to see how fast and how flat that is, by name.

``python -m benchmarks.stream_cases CASE URL FOLDER`` runs one case in a process of its own and prints, as
JSON, the seconds it took and how far the process's memory grew above what it was just before, in MiB: the
peak that Linux keeps (VmHWM) over the resident memory before (VmRSS). The same case ran with a tiny file
first, so that imports, certificates and connections are there already.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import gc
import io
import json
import os
import re
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import httpx

from benchmarks.server import Canned, canned
from paraph import AsyncClient, Client, Config, Document, Envelope, Signatory
from paraph.store import Store, open_store

MIB = 1 << 20
TINY, WHOLE = "tiny.pdf", "whole.pdf"
SETTLED = 2.5
"""Seconds after which a file's times are believed (see ``paraph.model.content``)."""

_UUID = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
DOCUMENT = "/v4/documents/d1"
_WORKFLOW = "/v1/workflow/w1"
_JSON = "/json"


@attrs.frozen(kw_only=True)
class Ground:
    """Where a case happens: the vendor's URL, the file that goes up, and a folder for what comes down."""

    url: str
    pdf: Path
    folder: Path

    def config(self) -> Config:
        """Configure an account of each vendor there."""
        organisation = {"organization_id": "org", "dialect": {"base": "simulator"}}
        accounts: dict[str, dict[str, Any]] = {
            "ignisign": {"provider": "ignisign", "base_url": self.url, "api_key": "env:KEY"},
            "sign8": {"provider": "sign8", "base_url": self.url, "auth": _BEARER, **organisation},
        }
        environ = {"KEY": f"skv2_staging_{_UUID}_secret", "TOKEN": "token"}
        table = {name: {**account, "environment": "test"} for name, account in accounts.items()}
        return Config.from_mapping({"accounts": table}, environ=environ)


_BEARER = {"type": "bearer", "token": "env:TOKEN"}


def routes(size: int) -> Mapping[tuple[str, str], Canned]:
    """Return what the vendor answers; files that are fetched have about so many bytes."""
    block = b"%PDF-1.7\n" + os.urandom(65536 - 9)
    file = Canned(body=block, times=max(1, size // len(block)), content_type="application/pdf")
    status = {
        "status": "completed",
        "files": [{"file_id": "f1"}],
        "signers": [{"signer_id": "s1", "status": "signed"}],
        "ended_at": "2026-11-22T12:00:00Z",
    }
    return {
        ("POST", f"{DOCUMENT}/file"): canned({"_id": "d1"}),
        ("GET", f"{DOCUMENT}/file"): file,
        ("POST", _JSON): canned({}),
        ("POST", "/v1/workflow/add"): canned({"workflow_id": "w1"}),
        ("POST", "/v1/file/add"): canned({"file_id": "f1"}),
        ("POST", "/v1/signer/add"): canned({"signer_id": "s1"}),
        ("POST", "/v1/signature/add"): canned({"signature_id": "g1"}),
        ("POST", f"{_WORKFLOW}/start"): canned({}),
        ("GET", _WORKFLOW): canned(status),
        ("GET", f"{_WORKFLOW}/file/f1"): file,
        ("GET", f"{_WORKFLOW}/file/few"): attrs.evolve(file, times=32),
    }


def make_pdf(path: Path, size: int) -> None:
    """Write a PDF of one page, whose content of about so many bytes cannot be compressed."""
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        places: list[int] = []
        for number, begin in enumerate((*_PAGE, b"<</Length %d>>stream\n" % size), start=1):
            places.append(file.tell())
            file.write(b"%d 0 obj" % number + begin)
            if number <= len(_PAGE):
                file.write(b"endobj\n")
        for start in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - start)))
        file.write(b"\nendstream endobj\n")
        table = file.tell()
        rows = b"".join(b"%010d 00000 n \n" % place for place in places)
        count = len(places) + 1
        file.write(b"xref\n0 %d\n0000000000 65535 f \n" % count + rows)
        file.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, table))


_PAGE = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
)
"""The objects of a PDF before its page's content."""


def documents(pdf: Path, opened: BinaryIO) -> dict[str, Document]:
    """Return the same document made of each kind of source."""
    return {
        "path": Document.from_path(pdf),
        "file object": Document.from_file(opened),
        "open-callable": Document.from_opener(lambda: pdf.open("rb"), name="c.pdf"),
        "bytes": Document.from_bytes(pdf.read_bytes(), name="c.pdf"),
    }


# paraph, through its public operations; each works in both clients


def upload(client: Any, document: Document) -> Any:
    """Upload as multipart."""
    return client.call("ignisign", "documents.upload", document_id="d1", document=document)


def upload_base64(client: Any, document: Document) -> Any:
    """Upload as base64 within JSON."""
    return client.call("sign8", "files.add", workflow_id="w1", document=document)


def download(client: Any, ground: Ground) -> Any:
    """Fetch into a file: its digest is taken, it is durable, and it appears when it is whole."""
    return client.call("ignisign", "documents.original", document_id="d1", to=ground.folder / "down.pdf")


def download_into(client: Any, sink: BinaryIO, file: str = "f1") -> Any:
    """Fetch into an open file, taking the digest."""
    return client.call("sign8", "files.download", workflow_id="w1", file_id=file, sink=sink)


def send(client: Any, ground: Ground) -> Any:
    """Send an envelope, which the vendor says is signed at once."""
    return _sent(client, ground, Document.from_path(ground.pdf, id="contract"))


def send_kept(client: Any, ground: Ground) -> Any:
    """Send a file without a path, which the store keeps (up to 64 MiB) until the vendor has it."""
    return _sent(client, ground, Document.from_opener(lambda: ground.pdf.open("rb"), name="contract.pdf"))


def _sent(client: Any, ground: Ground, document: Document) -> Any:
    asked = Envelope(
        id=f"e{ground.pdf.stem}",
        title="Contract",
        documents=[document],
        signatories=[
            Signatory(
                id="ada", given_name="A", family_name="B", email="a@example.org", phone="+4915112345678"
            )
        ],
    )
    return client.send(asked, account="sign8")


def save(client: Any, ground: Ground) -> Any:
    """Save what is signed, with a manifest, into a folder."""
    return client.save(f"e{ground.pdf.stem}", ground.folder / "saved", kinds=["signed_document"])


# httpx, as its documentation says


def httpx_files(client: httpx.Client, ground: Ground) -> None:
    """Upload with ``files=``."""
    with ground.pdf.open("rb") as file:
        client.post(ground.url + f"{DOCUMENT}/file", files={"file": file}).raise_for_status()


async def httpx_files_async(client: httpx.AsyncClient, ground: Ground) -> None:
    """Do the same in an event loop."""
    with ground.pdf.open("rb") as file:
        response = await client.post(ground.url + f"{DOCUMENT}/file", files={"file": file})
    response.raise_for_status()


def httpx_json(client: httpx.Client, ground: Ground) -> None:
    """Upload base64 with ``json=``."""
    content = base64.b64encode(ground.pdf.read_bytes()).decode()
    client.post(ground.url + _JSON, json={"workflow_id": "w1", "content": content}).raise_for_status()


def httpx_download(
    client: httpx.Client,
    ground: Ground,
    *,
    watch: Callable[[bytes], object] | None = None,
    sync: bool = False,
) -> None:
    """Fetch with ``iter_bytes()`` into a file; ``watch`` sees each block, ``sync`` makes it durable."""
    path = ground.folder / "httpx.pdf"
    with client.stream("GET", ground.url + f"{DOCUMENT}/file") as response, path.open("wb") as file:
        for block in response.iter_bytes():
            if watch is not None:
                watch(block)
            file.write(block)
        if sync:
            file.flush()
            os.fsync(file.fileno())


async def httpx_download_async(client: httpx.AsyncClient, ground: Ground) -> None:
    """Fetch with ``aiter_bytes()`` into a file."""
    async with client.stream("GET", ground.url + f"{DOCUMENT}/file") as response:
        with (ground.folder / "httpx.pdf").open("wb") as file:
            async for block in response.aiter_bytes():
                file.write(block)


# A slow disk


class SlowFile(io.BytesIO):
    """A file whose every read and write takes 20 ms."""

    PAUSE = 0.02

    def read(self, size: int | None = -1, /) -> bytes:
        """Read after a while."""
        time.sleep(self.PAUSE)
        return super().read(size)

    def write(self, data: Any, /) -> int:
        """Write after a while."""
        time.sleep(self.PAUSE)
        return super().write(data)


async def longest_gap(work: Awaitable[object]) -> float:
    """Await something; return the longest time in milliseconds for which the loop did nothing else."""
    gaps: list[float] = []

    async def watch() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    watcher = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    gaps.clear()
    await work
    watcher.cancel()
    return max(gaps) * 1000


# One case in a process of its own

Ours = Callable[[Any, Ground], Any]

OURS: Mapping[str, Ours] = {
    "multipart": lambda client, ground: upload(client, Document.from_path(ground.pdf)),
    "multipart, file object": lambda client, ground: _held(client, ground, upload),
    "base64": lambda client, ground: upload_base64(client, Document.from_path(ground.pdf)),
    "download": download,
    "send": send,
    "send, kept": send_kept,
    "save": save,
}
"""What paraph does, by the name of the case."""

HTTPX: Mapping[str, Callable[[httpx.Client, Ground], None]] = {
    "multipart": httpx_files,
    "base64": httpx_json,
    "download": httpx_download,
}


def _held(client: Any, ground: Ground, act: Callable[[Any, Document], Any]) -> Any:
    """Do something with a document of an open file, which stays open as long as this process."""
    return act(client, Document.from_file(ground.pdf.open("rb")))


@contextlib.contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Tell the seconds of what happens inside, and by how much it raised this process's peak, in MiB."""
    told: dict[str, float] = {}
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # from now on the peak is what is held now
    before, began = _memory("VmRSS"), time.perf_counter()
    yield told
    told |= {"wall": time.perf_counter() - began, "peak": (_memory("VmHWM") - before) / 1024}


def _memory(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise RuntimeError("this system does not tell a process's memory in /proc")
    return int(found[1])


def once(case: str, ground: Ground) -> dict[str, float]:
    """Run one case with a tiny file, then measure it with the whole one."""
    tiny = attrs.evolve(ground, pdf=ground.pdf.with_name(TINY))
    kind, _, name = case.partition(": ")
    if kind == "async":
        return asyncio.run(_once_async(name, tiny, ground))
    if kind == "httpx":
        with httpx.Client() as plain:
            HTTPX[name](plain, tiny)
            with measured() as told:
                HTTPX[name](plain, ground)
        return told
    config = ground.config()
    with _opened(ground) as store, Client(config, registry=config.registry, store=store) as client:
        for each, where in _first(name, tiny, ground):
            OURS[each](client, where)
        with measured() as told:
            OURS[name](client, ground)
    return told


async def _once_async(name: str, tiny: Ground, ground: Ground) -> dict[str, float]:
    config = ground.config()
    with _opened(ground) as store:
        async with AsyncClient(config, registry=config.registry, store=store) as client:
            for each, where in _first(name, tiny, ground):
                await OURS[each](client, where)
            with measured() as told:
                await OURS[name](client, ground)
    return told


def _first(name: str, tiny: Ground, ground: Ground) -> Iterator[tuple[str, Ground]]:
    """Tell what has to have happened: what is saved was sent, and everything is warm."""
    if name == "save":
        yield from (("send", tiny), ("send", ground))
    yield name, tiny


@contextlib.contextmanager
def _opened(ground: Ground) -> Iterator[Store]:
    """Open a new store of envelopes."""
    with tempfile.TemporaryDirectory(dir=ground.folder) as folder:
        store = open_store(f"sqlite:///{folder}/paraph.db")
        yield store
        store.close()


def main() -> None:
    """Run the case that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case")
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    ground = Ground(url=asked.url, pdf=asked.folder / WHOLE, folder=asked.folder)
    print(json.dumps(once(asked.case, ground)))


if __name__ == "__main__":
    main()
