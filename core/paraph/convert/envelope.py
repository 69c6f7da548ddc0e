"""Envelopes as neutral JSON: what the store keeps so that another process can go on.

Documents keep id, name, digest and, for files, their path. Content held in memory is kept
apart by the store until the envelope is published; content behind an open-callable cannot be
kept at all.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import attrs

from paraph.errors import ConfigurationError, StoreError
from paraph.exporting import ExportedOptions
from paraph.model import ContentKind, Document, DocumentRole, Envelope, Level, Secret

if TYPE_CHECKING:
    from cattrs import Converter

VERSION = 1

OptionTypes = Callable[[str], type | None]
"""Gives a provider's envelope-options class by provider name."""


@functools.lru_cache(maxsize=1)
def _converter() -> Converter:
    """Build the converter once; it holds no data, only generated functions."""
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(datetime, lambda value: value.isoformat())
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_unstructure_hook(date, lambda value: value.isoformat())
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_unstructure_hook(Level, lambda level: level.name)
    converter.register_structure_hook(Level, lambda name, _: Level[name])
    # Options are structured apart, by their provider's own class.
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    # An option may be a secret of this one envelope, such as a password for its signing page. Like personal
    # data it is needed again when a send goes on in another process, so it stands in the store in clear.
    converter.register_unstructure_hook(Secret, lambda secret: secret.reveal())
    converter.register_structure_hook(Secret, lambda text, _: Secret(text))
    converter.register_unstructure_hook(Document, _document_to_json)
    converter.register_structure_hook(Document, lambda value, _: _document_from_json(value))
    return converter


_DOCUMENT_KEYS = ("id", "name", "sha256", "size", "media_type", "kind", "role", "path")


def _document_to_json(document: Document) -> dict[str, Any]:
    return {key: getattr(document, key) for key in _DOCUMENT_KEYS}


def _open_file(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _document_from_json(value: dict[str, Any]) -> Document:
    kept = dict(value, kind=ContentKind(value["kind"]), role=DocumentRole(value["role"]))
    path = kept["path"]
    return Document(**kept, open=functools.partial(_open_file, path) if path else None)


def envelope_to_json(envelope: Envelope, provider_of: Callable[[type], str]) -> str:
    """Serialise an envelope.

    :param provider_of: gives the name of the provider whose options class it is.
    """
    converter = _converter()
    options = [(provider_of(type(option)), converter.unstructure(option)) for option in envelope.options]
    return body_of(envelope, options)


def body_of(envelope: Envelope, options: Iterable[tuple[str, Any]]) -> str:
    """Serialise an envelope with options that are JSON already, each with the name of its provider."""
    converter = _converter()
    body = {
        field.name: converter.unstructure(getattr(envelope, field.name))
        for field in attrs.fields(Envelope)
        if field.name != "options"
    }
    kept = [[provider, value] for provider, value in options]
    return json.dumps({"version": VERSION, "envelope": body, "options": kept}, ensure_ascii=True)


def options_without_secrets(text: str, option_types: OptionTypes) -> tuple[ExportedOptions, ...]:
    """Return the options of a stored envelope less their secrets, each of which is named.

    What cannot be told apart, or not be read without its secrets, is left out as a whole.
    """
    return tuple(
        _without_secrets(provider, value, option_types(provider))
        for provider, value in json.loads(text)["options"]
    )


def reads_options(value: Any, kind: type) -> bool:
    """Whether a provider's plugin reads options that came from elsewhere."""
    return _structured(_converter(), value, kind) is not None


def _without_secrets(provider: str, value: Any, kind: type | None) -> ExportedOptions:
    everything = ExportedOptions(provider=provider, left_out=("*",))
    option = None if kind is None else _structured(_converter(), value, kind)
    if kind is None or option is None:
        return everything
    hiding = _converter().copy()
    hiding.register_unstructure_hook(Secret, lambda secret: secret)
    left_out: list[str] = []
    kept = _stripped(hiding.unstructure(option), "", left_out)
    if not isinstance(kept, dict) or not reads_options(kept, kind):
        return everything
    return ExportedOptions(provider=provider, values=kept, left_out=tuple(left_out))


def _stripped(value: Any, path: str, left_out: list[str]) -> Any:
    """Take secrets out of JSON, noting where; a list that holds one goes as a whole, since places count."""
    if isinstance(value, Secret):
        left_out.append(path)
        return value
    if isinstance(value, dict):
        parts = {
            key: _stripped(each, f"{path}.{key}" if path else str(key), left_out)
            for key, each in value.items()
        }
        return {key: each for key, each in parts.items() if not isinstance(each, Secret)}
    if isinstance(value, list | tuple):
        inner: list[str] = []
        items = [_stripped(each, "", inner) for each in value]
        if inner:
            left_out.append(path)
            return Secret("")
        return items
    return value


def envelope_from_json(text: str, option_types: OptionTypes) -> Envelope:
    """Rebuild an envelope; documents without a path have no content until :func:`with_content`.

    :raises StoreError: it was written by another version.
    :raises ConfigurationError: a provider's plugin does not read its own options of then any more.
    """
    stored = json.loads(text)
    if stored.get("version") != VERSION:
        msg = f"an envelope was stored in format {stored.get('version')!r}; this version reads {VERSION}"
        raise StoreError(msg)
    converter = _converter()
    options: list[object] = []
    for provider, value in stored["options"]:
        kind = option_types(provider)
        if kind is None:
            continue
        option = _structured(converter, value, kind)
        if option is None:
            raise ConfigurationError(
                f"the stored options of provider {provider!r} were written by another version of its plugin; "
                "install that one to go on with the envelope"
            )
        options.append(option)
    body = dict(stored["envelope"], options=[])
    envelope = converter.structure(body, Envelope)
    return attrs.evolve(envelope, options=tuple(options))


def bare_envelope(text: str) -> Envelope:
    """Rebuild a stored envelope without its options: these need the plugins that understand them."""
    return envelope_from_json(text, lambda _: None)


def _structured(converter: Converter, value: Any, kind: type) -> object | None:
    """Read options of a class, or return ``None``: cattrs' own error may show what stands in them."""
    from cattrs import BaseValidationError

    try:
        found: object = converter.structure(value, kind)
    except (BaseValidationError, ValueError, TypeError):
        return None
    return found


def with_content(document: Document, opener: Callable[[], BinaryIO]) -> Document:
    """Give a rebuilt document its content, whose digest is to be taken again when it is uploaded."""
    return attrs.evolve(document, open=opener, unchanged=None)
