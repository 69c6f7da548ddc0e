"""The smallest HTML that a person with a phone, and a robot without a browser, can both use.

No JavaScript and no style sheet from elsewhere. Every text is escaped here and nowhere else: helpers take
plain text and return `Markup`; `page` takes `Markup` only. The state on `<body>` is what a robot reads.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from html import escape
from typing import NewType

import attrs

Markup = NewType("Markup", str)

_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;margin:0 auto;max-width:40rem;padding:1rem}"
    "body{color:#111;background:#fff}"
    "h1{font-size:1.4rem}label{display:block;margin:1rem 0}"
    "input[type=text],input[type=password]{box-sizing:border-box;width:100%;font:inherit;padding:.7rem}"
    "input[type=checkbox]{width:1.5rem;height:1.5rem;margin-right:.6rem;vertical-align:middle}"
    "button{font:inherit;width:100%;padding:1rem;border:0;border-radius:.4rem;background:#1a4fa3;color:#fff}"
)


class PageState(StrEnum):
    """What a signing page says about itself, in `data-paraph-state`."""

    SIGN = "sign"
    DONE = "done"
    CLOSED = "closed"
    ERROR = "error"


@attrs.frozen(kw_only=True)
class Field:
    """One required control of a form: a text line or a check box.

    `password`: what is typed is hidden. `code`: a one-time code that a phone may fill in.
    """

    name: str
    label: str
    checkbox: bool = False
    password: bool = False
    code: bool = False


def text(words: str) -> Markup:
    """Return a paragraph."""
    return Markup(f"<p>{escape(words)}</p>")


def links(targets: Sequence[tuple[str, str]]) -> Markup:
    """Return a list of links, each given as (address, words)."""
    items = (f'<li><a href="{escape(address)}">{escape(words)}</a></li>' for address, words in targets)
    return Markup(f"<ul>{''.join(items)}</ul>")


def form(action: str, fields: Iterable[Field], *, submit: str, purpose: str = "sign") -> Markup:
    """Return a form posted to `action`; `purpose` ("sign" or "decline") tells a robot which form is which."""
    controls = "".join(_control(field) for field in fields)
    return Markup(
        f'<form method="post" action="{escape(action)}" data-paraph-form="{escape(purpose)}">'
        f'{controls}<button type="submit">{escape(submit)}</button></form>'
    )


def page(title: str, state: PageState, parts: Iterable[Markup], *, language: str = "en") -> str:
    """Return a whole HTML document."""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f'<body data-paraph-state="{state.value}"><main><h1>{escape(title)}</h1>'
        f"{''.join(parts)}</main></body></html>"
    )


def _control(field: Field) -> str:
    name, label = escape(field.name), escape(field.label)
    if field.checkbox:
        return f'<label><input type="checkbox" name="{name}" value="yes" required>{label}</label>'
    kind = "password" if field.password else "text"
    filled = "off" if field.password else "one-time-code" if field.code else "name"
    return f'<label>{label}<input type="{kind}" name="{name}" autocomplete="{filled}" required></label>'
