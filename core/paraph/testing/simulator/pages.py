"""The HTML of simulated pages, for a person with a phone and for a robot without a browser.

One style sheet and one script, both inside the page: nothing comes from elsewhere, and the page's security
policy permits nothing else. Every text is escaped here and nowhere else: helpers take plain text and return
`Markup`; `page` takes `Markup` only. The state on `<body>` is what a robot reads. The script adds to a form
what a form cannot do alone, and every form works without it.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from html import escape
from importlib.resources import files
from typing import Any, Final, NewType

import attrs

from paraph.testing.simulator.words import Words, words_in

Markup = NewType("Markup", str)

_HERE: Final = files("paraph.testing.simulator")
_STYLE: Final = _HERE.joinpath("page.css").read_text("utf-8")
_SCRIPT: Final = _HERE.joinpath("page.js").read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# A private file is fetched from wherever its keeper is, and may be shown by the browser's own PDF viewer.
_POLICY: Final = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; "
    "img-src 'self' blob: data:; connect-src *; frame-src blob:; object-src blob:; base-uri 'none'"
)


_UNSEEN: Final = ' class="aside"'


class PageState(StrEnum):
    """What a signing page says about itself, in `data-paraph-state`."""

    SIGN = "sign"
    DONE = "done"
    CLOSED = "closed"
    ERROR = "error"


class Theme(StrEnum):
    """Which colours a page has; AUTO follows the device."""

    AUTO = ""
    LIGHT = "light"
    DARK = "dark"


@attrs.frozen(kw_only=True)
class Field:
    """One required control of a form: a text line or a check box.

    `password`: what is typed is hidden. `code`: a one-time code that a phone may fill in. `value`: what is
    in it already; for a check box anything that is not empty ticks it.
    """

    name: str
    label: str
    checkbox: bool = False
    password: bool = False
    code: bool = False
    value: str = attrs.field(default="", repr=False)


def text(words: str) -> Markup:
    """Return a paragraph."""
    return Markup(f"<p>{escape(words)}</p>")


def notice(words: str) -> Markup:
    """Return a complaint that a screen reader reads out at once."""
    return Markup(f'<p class="notice" role="alert">{escape(words)}</p>')


def ending(words: str) -> Markup:
    """Return what a page that offers nothing has to say."""
    return Markup(f'<p class="card end">{escape(words)}</p>')


def links(targets: Sequence[tuple[str, str]]) -> Markup:
    """Return a list of links, each given as (address, words)."""
    items = (f'<li><a href="{escape(address)}">{escape(words)}</a></li>' for address, words in targets)
    return Markup(f'<ul class="links">{"".join(items)}</ul>')


def card(heading: str, parts: Iterable[Markup]) -> Markup:
    """Return a titled part of a page."""
    return Markup(f'<section class="card"><h2>{escape(heading)}</h2>{"".join(parts)}</section>')


def control(field: Field) -> Markup:
    """Return one labelled control."""
    name, label = escape(field.name), escape(field.label)
    if field.checkbox:
        ticked = " checked" if field.value else ""
        return Markup(
            f'<label class="tick"><input type="checkbox" name="{name}" value="yes" required{ticked}>'
            f"<span>{label}</span></label>"
        )
    kind = "password" if field.password else "text"
    filled = "off" if field.password else "one-time-code" if field.code else "name"
    # A robot fills in what is required and empty; so an empty value is not written.
    value = f' value="{escape(field.value)}"' if field.value else ""
    return Markup(
        f'<label class="line">{label}'
        f'<input type="{kind}" name="{name}" autocomplete="{filled}"{value} required></label>'
    )


def group(heading: str, parts: Iterable[Markup]) -> Markup:
    """Return controls that belong together."""
    return Markup(f"<fieldset><legend>{escape(heading)}</legend>{''.join(parts)}</fieldset>")


def signature(words: Words, *, name: str, value: str = "") -> Markup:
    """Return the control for a signature: a typed name, posted as `name`, or with the script a drawing.

    The script posts the picture of either as `signature`, a `data:image/png` address (see `ink.drawn`).
    """
    typing = control(Field(name=name, label=words.full_name, value=value))
    return Markup(
        f'<fieldset data-paraph-signature data-pad="{escape(words.pad)}"'
        f' data-preview="{escape(words.preview)}"><legend>{escape(words.signature)}</legend>'
        '<div class="choice" hidden>'
        '<label><input type="radio" name="signatureKind" value="typed" checked>'
        f"<span>{escape(words.typing)}</span></label>"
        '<label><input type="radio" name="signatureKind" value="drawn">'
        f"<span>{escape(words.drawing)}</span></label></div>"
        f'{typing}<div class="pad" hidden><p id="pad-help" data-paraph-drawing>{escape(words.pad_help)}'
        f' <span class="keys">{escape(words.pad_keys)}</span></p>'
        '<canvas aria-describedby="pad-help"></canvas>'
        f'<button type="button" class="second" data-paraph-drawing>{escape(words.clear)}</button></div>'
        '<input type="hidden" name="signature" value=""></fieldset>'
    )


def form(
    action: str, fields: Iterable[Field | Markup], *, submit: str, purpose: str = "sign", second: bool = False
) -> Markup:
    """Return a form posted to `action`; `purpose` ("sign" or "decline") tells a robot which form is which.

    `fields` may hold finished controls. `second`: its button is not the page's main one.
    """
    controls = "".join(control(field) if isinstance(field, Field) else field for field in fields)
    rank = ' class="second"' if second else ""
    return Markup(
        f'<form method="post" action="{escape(action)}" data-paraph-form="{escape(purpose)}">'
        f'{controls}<p class="notice" role="alert" hidden></p>'
        f'<button type="submit"{rank}>{escape(submit)}</button></form>'
    )


def page(
    title: str,
    state: PageState,
    parts: Iterable[Markup],
    *,
    language: str = "en",
    theme: Theme = Theme.AUTO,
    heading: bool = True,
    script: bool = False,
    messages: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return a whole HTML document.

    `heading`: whether the title is seen, or only heard. `script`: what the page can do beyond its form.
    `messages`: what the script posts to the page that embeds this one, each with `type` and `data`.
    """
    words = words_in(language)
    shown = f' data-theme="{theme.value}"' if theme is not Theme.AUTO else ""
    body = f'data-paraph-state="{state.value}" data-paraph-missing="{escape(words.missing)}"'
    if messages:
        body += f' data-paraph-messages="{escape(json.dumps(list(messages)))}"'
    return (
        f'<!doctype html><html lang="{escape(language)}"{shown}><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        # Without this line browsers ask for an icon that is not there.
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body {body}><main><h1{'' if heading else _UNSEEN}>{escape(title)}</h1>{''.join(parts)}</main>"
        f"<footer>{escape(words.footer)}</footer>"
        f"{f'<script>{_SCRIPT}</script>' if script or messages else ''}</body></html>"
    )
