"""Secrets by reference: a configuration says where a secret is, never what it is.

====================  =====================================================
``env:NAME``          the environment variable
``file:PATH``         the file's content without its final newline; relative
                      paths start at the configuration file's folder
``keyring:SERVICE/NAME``  the operating system's keyring (extra ``keyring``)
``vault:NAME``        an encrypted file (:mod:`paraph.config.vault`; extra ``vault``)
``SCHEME:…``          whatever a plugin resolves (``paraph_resolve_secret``)
====================  =====================================================

A text that is no reference is taken for an inline secret; it is refused, and
never repeated in a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from paraph._hints import nearest
from paraph.config.vault import Vault
from paraph.errors import ConfigurationError
from paraph.model import Secret
from paraph.provider.registry import Registry

SCHEMES: Final = ("env", "file", "keyring", "vault")
"""The schemes that are paraph's own."""

HOW: Final = "write a reference: env:NAME, file:PATH, keyring:SERVICE/NAME or vault:NAME"

_REFERENCE = re.compile(r"([a-z][a-z0-9+.-]*):(\S.*)", re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class UnresolvedError(Exception):
    """A reference leads nowhere; the message is a sentence without any secret."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def fault_of(value: object, *, registry: Registry) -> tuple[str, str] | None:
    """Say what is wrong with a value that has to be a reference, as (message, hint); resolves nothing."""
    if not isinstance(value, str):
        return "has to be a reference to a secret", HOW
    found = _REFERENCE.fullmatch(value)
    if found is None:
        return "holds a secret itself", HOW
    if found[1] in SCHEMES or registry.resolves_secrets:
        return None
    near = nearest(found[1], SCHEMES)
    return "holds a secret itself, or has an unknown scheme", f"did you mean {near}:…?" if near else HOW


@attrs.frozen(kw_only=True, eq=False)
class Resolver:
    """Finds what references lead to.

    :ivar directory: where relative paths start. ``vault``: where ``vault:`` leads.
    """

    environ: Mapping[str, str] = attrs.field(repr=False)
    directory: Path
    registry: Registry = attrs.field(repr=False)
    vault: Vault

    def resolve(self, reference: str) -> Secret:
        """Return the secret.

        :raises UnresolvedError: there is none, or it is empty.
        :raises ConfigurationError: a plugin failed.
        """
        fault = fault_of(reference, registry=self.registry)
        if fault:
            raise UnresolvedError(*fault)
        scheme, _, rest = reference.partition(":")
        if scheme == "env":
            value = self._environment(rest)
        elif scheme == "file":
            value = self._file(rest)
        elif scheme == "keyring":
            value = _keyring(rest)
        elif scheme == "vault":
            value = self._vault(rest)
        else:
            found = self.registry.resolve_secret(reference)
            if found is None:
                raise UnresolvedError(f"holds a secret itself, or no plugin knows its scheme; {HOW}")
            value = found.reveal()
        if not value:
            raise UnresolvedError("leads to an empty secret")
        return Secret(value)

    def _environment(self, name: str) -> str:
        if not _VARIABLE.fullmatch(name):
            raise UnresolvedError("is not the name of an environment variable", "write env:NAME")
        if name not in self.environ:
            raise UnresolvedError(f"the environment variable {name} is not set", f"export {name}=…")
        return self.environ[name]

    def _file(self, name: str) -> str:
        try:
            path = self.directory / Path(name).expanduser()
        except RuntimeError:
            raise UnresolvedError("begins with the home of an unknown user") from None
        try:
            text = path.read_bytes().decode()
        except FileNotFoundError:
            raise UnresolvedError(f"there is no file {path}") from None
        except OSError as error:
            raise UnresolvedError(f"the file {path} cannot be read ({type(error).__name__})") from None
        except UnicodeDecodeError:
            raise UnresolvedError(f"the file {path} is not UTF-8 text") from None
        except ValueError:  # after its own child above
            raise UnresolvedError("is not the name of a file") from None
        return text.removesuffix("\n").removesuffix("\r")

    def _vault(self, name: str) -> str:
        try:
            found = self.vault.get(name)
        except ConfigurationError as error:
            raise UnresolvedError(error.headline) from None
        if found is None:
            raise UnresolvedError(f"the vault has no {name!r}", f"paraph secrets set {name}")
        return found.reveal()


def _keyring(rest: str) -> str:
    service, slash, name = rest.rpartition("/")
    if not slash or not service or not name:
        raise UnresolvedError("has no service or no name", "write keyring:SERVICE/NAME")
    try:
        import keyring
        import keyring.errors
    except ModuleNotFoundError:
        raise UnresolvedError("keyring: needs an extra", "pip install 'paraph[keyring]'") from None
    try:
        value = keyring.get_password(service, name)
    except keyring.errors.KeyringError as error:
        raise UnresolvedError(f"the keyring cannot be read ({type(error).__name__})") from None
    if value is None:
        raise UnresolvedError(f"the keyring has no {name!r} of {service!r}", f"keyring set {service} {name}")
    return value
