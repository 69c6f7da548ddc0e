"""Operations as generators: commands, typed helpers, retry, pages and the two runners."""

from paraph.flow.commands import (
    NOT_DONE,
    UNKNOWN,
    Command,
    Downloaded,
    Flow,
    Recovered,
    Sink,
)
from paraph.flow.files import FileSink
from paraph.flow.helpers import (
    call,
    download,
    gather,
    http,
    identify,
    new_id,
    now,
    publish,
    recall,
    remember,
    shared,
    sleep,
    step,
)
from paraph.flow.pages import Page, all_pages
from paraph.flow.pdf_sink import PdfSink
from paraph.flow.retry import ONCE, READING, RetryPolicy, retrying

__all__ = [
    "NOT_DONE",
    "ONCE",
    "READING",
    "UNKNOWN",
    "Command",
    "Downloaded",
    "FileSink",
    "Flow",
    "Page",
    "PdfSink",
    "Recovered",
    "RetryPolicy",
    "Sink",
    "all_pages",
    "call",
    "download",
    "gather",
    "http",
    "identify",
    "new_id",
    "now",
    "publish",
    "recall",
    "remember",
    "retrying",
    "shared",
    "sleep",
    "step",
]
