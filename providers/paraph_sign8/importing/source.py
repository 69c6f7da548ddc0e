"""A file that somebody else wrote, as plain data: bytes in, JSON's types out, or one clear error.

The file may be anything: the wrong one, a login page that was saved instead, or made to do harm. So its
size, its depth and what its aliases unfold to are limited before anything looks at it, and an error says what
is wrong and where, never what the file holds: exported collections are full of tokens and of people's data.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

from paraph.errors import ConfigurationError

LARGEST: Final = 8 << 20
"""Bytes of a file."""

DEEPEST: Final = 64
"""Levels of nesting."""

_WANTED: Final = "a Postman collection (v2.1) or an OpenAPI description (JSON or YAML) is expected"
_BEGINNINGS: Final = {b"%PDF": "a PDF", b"PK\x03\x04": "a ZIP archive or an office document"}
_YAML: Final = frozenset({".yaml", ".yml"})
_PLAUSIBLE: Final = re.compile(r"""^["']?(openapi|swagger|info|paths)["']?[ \t]*:""", re.MULTILINE)
"""A line that a description of an API in YAML has."""

_TOML: Final = re.compile(
    r"""\[\[?(?!(true|false|null)\])[A-Za-z_][\w."-]{0,80}\]\]?([ \t]*\#.*)?"""
    r"""|["']?[A-Za-z_][\w."'-]{0,80}[ \t]*=.*"""
)
"""A line that is a table's head, or a key and its value."""


class ImportFault(ConfigurationError):
    """The file cannot be imported: it is something else, too large, or broken."""


def read_file(path: Path) -> Any:
    """Read a JSON or YAML file.

    :raises ImportFault: it cannot be read, or is neither.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise ImportFault(f"{path}: {error.strerror or 'cannot be read'}") from None
    try:
        return read_bytes(raw, path.suffix.lower())
    except ImportFault as fault:
        raise ImportFault(f"{path}: {fault.headline}") from None


def read_bytes(raw: bytes, suffix: str = "") -> Any:
    """Read the bytes of a JSON or YAML file: objects, lists, texts, numbers, true, false and ``None``.

    :param suffix: the end of the file's name, such as ``.yaml``, in small letters.
    :raises ImportFault: they are neither.
    """
    if len(raw) > LARGEST:
        raise ImportFault(f"larger than {LARGEST >> 20} MiB; no description of an API is")
    for begin, what in _BEGINNINGS.items():
        if raw.startswith(begin):
            raise ImportFault(f"this is {what}; {_WANTED}")
    text = _text(raw)
    start = text.lstrip()[:1]
    if not start:
        raise ImportFault("the file is empty")
    if start == "<":
        raise ImportFault("this is HTML or XML, such as a login page that was saved; export the file again")
    if start != "{" and (suffix == ".toml" or _is_toml(text)):
        raise ImportFault(f"this is TOML, such as a dialect or a configuration; {_WANTED}")
    if start in {"{", "["}:
        return _json(text)
    if suffix not in _YAML and not _PLAUSIBLE.search(text):
        raise ImportFault(f"this is neither JSON nor an OpenAPI description in YAML; {_WANTED}")
    from paraph_sign8.importing.yamls import read_yaml

    return read_yaml(text)


def _is_toml(text: str) -> bool:
    """Whether the first line that says something is one of TOML: a table's head, or a key and its value."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return _TOML.fullmatch(first[:400]) is not None


def _text(raw: bytes) -> str:
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if raw.startswith(mark):
            raise ImportFault("the file is UTF-16; save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFault(f"not UTF-8 (byte {error.start}), so it is neither JSON nor YAML") from None
    if "\x00" in text:
        raise ImportFault("the file is binary, neither JSON nor YAML")
    return text


def _json(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ImportFault(f"broken JSON: {error.msg} in {where}") from None
    except RecursionError:
        raise ImportFault(f"nested more than {DEEPEST} levels deep") from None
    except ValueError:
        raise ImportFault("it holds a number of thousands of digits") from None
    check_depth(value)
    return value


def _no_constant(_: str) -> NoReturn:
    raise ImportFault("it holds NaN or Infinity, which JSON does not know")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ImportFault("an object has the same name twice, so nobody can say which of them holds")
    return found


def check_depth(value: Any) -> None:
    """Refuse data that is nested too deeply. :raises ImportFault: it is."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _within(each)]
        if not level:
            return
    raise ImportFault(f"nested more than {DEEPEST} levels deep")


def _within(value: Any) -> Iterable[Any]:
    """Return the containers within a container."""
    if isinstance(value, dict):
        return [each for each in value.values() if isinstance(each, dict | list)]
    if isinstance(value, list):
        return [each for each in value if isinstance(each, dict | list)]
    return ()
