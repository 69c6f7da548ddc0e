"""Which file the configuration is, and what stands in it.

One rule, in this order: the path that was given; the environment variable
``PARAPH_CONFIG``; ``paraph.toml`` in the working directory; the table
``[tool.paraph]`` of ``pyproject.toml`` there. The first that exists is the
configuration; nothing is merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from paraph.config.locate import KeyPath, Lines
from paraph.config.table import Findings, Table
from paraph.errors import ConfigurationError

VARIABLE: Final = "PARAPH_CONFIG"
FILE: Final = "paraph.toml"
PROJECT: Final = "pyproject.toml"
IN_PROJECT: Final = ("tool", "paraph")

_SEARCHED = f"searched: the given path, ${VARIABLE}, ./{FILE}, [tool.paraph] in ./{PROJECT}"
_EXAMPLE = f"""write a {FILE}:

[accounts.main]
provider = "…"          # one of: paraph providers
environment = "test\""""


@attrs.frozen(kw_only=True, eq=False)
class ConfigSource:
    """A configuration as it was found.

    :ivar name: what messages call it. :ivar directory: where relative paths in it start.
    :ivar inside: the table of the file that holds it, such as ``("tool", "paraph")``.
    """

    name: str
    values: Mapping[str, Any] = attrs.field(repr=False)
    directory: Path
    text: str | None = attrs.field(default=None, repr=False)
    inside: KeyPath = ()

    def findings(self) -> Findings:
        """Return a new collection of problems that knows this file's lines."""
        return Findings(self.name, Lines(self.text, inside=self.inside) if self.text is not None else None)

    def table(self, findings: Findings) -> Table:
        """Return the outermost table for reading."""
        return Table(self.values, (), findings)


def find(path: Path | str | None, environ: Mapping[str, str]) -> ConfigSource | None:
    """Find the configuration by the one rule and parse it; ``None`` if there is none.

    :raises ConfigurationError: a named file does not exist, or a file is not readable TOML.
    """
    if path is not None:
        return _read(Path(path), named="the given path")
    if environ.get(VARIABLE):
        return _read(Path(environ[VARIABLE]), named=f"the environment variable {VARIABLE}")
    if Path(FILE).is_file():
        return _read(Path(FILE))
    if Path(PROJECT).is_file():
        found = _read(Path(PROJECT))
        return found if found.values else None
    return None


def required(path: Path | str | None, environ: Mapping[str, str]) -> ConfigSource:
    """Find the configuration like :func:`find`.

    :raises ConfigurationError: there is none; the message says how to write one.
    """
    found = find(path, environ)
    if found is None:
        raise ConfigurationError(f"there is no configuration ({_SEARCHED}); {_EXAMPLE}")
    return found


def _read(path: Path, *, named: str = "") -> ConfigSource:
    import tomllib  # a configuration that is a mapping needs none

    try:
        text = path.read_bytes().decode()
        values: Any = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigurationError(f"there is no file {path}, which {named or 'was found'} names") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__})") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    inside: KeyPath = IN_PROJECT if path.name == PROJECT else ()
    for key in inside:
        values = values.get(key) if isinstance(values, Mapping) else None
    return ConfigSource(
        name=str(path),
        values=values if isinstance(values, Mapping) else {},
        directory=path.resolve().parent,
        text=text,
        inside=inside,
    )
