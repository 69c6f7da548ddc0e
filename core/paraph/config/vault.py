"""The vault: secrets in one local file, encrypted (``vault:NAME``; extra ``vault``).

Theory of operation
===================

* The file is one Fernet token of ``cryptography`` (AES-128-CBC and HMAC-SHA256): names and values together,
  so that neither can be read, exchanged or left out without the key.
* The key is elsewhere: in the operating system's keyring, or in a file that only its owner can read. It is
  a list of Fernet keys, one a line, of which the first encrypts and all decrypt (``MultiFernet``).
* :meth:`Vault.rotate` puts a new key in front of the old ones, writes the vault with it, and only then
  forgets the old ones. Interrupted anywhere, the keys that are kept read the vault that is kept, and rotating
  again ends it.
* Each file is replaced as a whole: written beside, flushed, renamed. A lock file keeps two writers apart;
  readers need none, and one that meets a rotation reads the keys again. What a writer left beside that was
  killed, which may hold keys, is removed by the next one that has the lock.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from paraph.errors import ConfigurationError, MissingExtra
from paraph.model import Secret

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

FILE: Final = "paraph.vault"
KEY: Final = "file:paraph.vault.key"
"""Where vault and key are if the configuration does not say, beside it."""

FORMAT: Final = 1
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class VaultError(ConfigurationError):
    """The vault or its key cannot be read or written. The message names no secret."""


@attrs.frozen(kw_only=True)
class Vault:
    """One vault.

    :ivar path: the encrypted file. ``key``: ``file:PATH`` or ``keyring:SERVICE/NAME``.
    :ivar directory: where a relative path of the key starts.
    """

    path: Path
    key: str = attrs.field(repr=False)
    directory: Path

    def get(self, name: str) -> Secret | None:
        """Return a secret, or ``None``.

        :raises VaultError: there is no key, or not the right one. :raises MissingExtra: no ``cryptography``.
        """
        return self._read().get(name)

    def names(self) -> tuple[str, ...]:
        """Return the names of all secrets, sorted. :raises VaultError: as for :meth:`get`."""
        return tuple(sorted(self._read()))

    def set(self, name: str, value: Secret) -> bool:
        """Keep a secret; make vault and key where there are none. Return whether the name is new."""
        with self._locked():
            if not self.path.exists() and not self._keys():
                self._keep_keys((_new_key(),))
            known = self._read()
            self._write({**known, name: value})
        return name not in known

    def remove(self, name: str) -> bool:
        """Forget a secret; return whether there was one."""
        with self._locked():
            known = self._read()
            if name not in known:
                return False
            self._write({other: value for other, value in known.items() if other != name})
        return True

    def rotate(self) -> int:
        """Encrypt everything with a new key and forget the old ones; return how many secrets there are."""
        with self._locked():
            known = self._read()
            old = self._keys()
            new = _new_key()
            self._keep_keys((new, *old))
            self._write(known)
            self._keep_keys((new,))
        return len(known)

    # The file

    def _read(self) -> dict[str, Secret]:
        try:
            token = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise VaultError(f"the vault {self.path} cannot be read ({type(error).__name__})") from None
        text = self._decrypted(token)
        try:
            kept = json.loads(text)
            if kept["vault"] != FORMAT:
                raise VaultError(f"the vault {self.path} was written by another version of paraph")
            return {str(name): Secret(str(value)) for name, value in kept["secrets"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise VaultError(f"the vault {self.path} holds something else") from None

    def _decrypted(self, token: bytes) -> bytes:
        cipher = self._cipher()
        from cryptography.fernet import InvalidToken

        with contextlib.suppress(InvalidToken):
            return cipher.decrypt(token)
        # A rotation may have replaced vault and key between the two readings.
        with contextlib.suppress(InvalidToken, OSError):
            return self._cipher().decrypt(self.path.read_bytes())
        message = f"the vault {self.path} was encrypted with another key, or is damaged: {self._where()}"
        raise VaultError(message)

    def _write(self, known: Mapping[str, Secret]) -> None:
        text = json.dumps({"vault": FORMAT, "secrets": {name: each.reveal() for name, each in known.items()}})
        _replace(self.path, self._cipher().encrypt(text.encode()))

    def _cipher(self) -> MultiFernet:
        try:
            from cryptography.fernet import Fernet, MultiFernet
        except ModuleNotFoundError:
            raise MissingExtra("vault", feature="vault:") from None
        keys = self._keys()
        if not keys:
            raise VaultError(f"the vault {self.path} has no key: {self._where()}")
        try:
            return MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise VaultError(f"the vault's key is no Fernet key: {self._where()}") from None

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        import fcntl

        path = self.path.with_name(self.path.name + ".lock")
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise VaultError(f"the vault's lock {path} cannot be opened ({type(error).__name__})") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._tidy()
            yield
        finally:
            os.close(lock)

    def _tidy(self) -> None:
        """Remove what an interrupted writer left: whoever holds the lock is the only one who writes."""
        scheme, _, rest = self.key.partition(":")
        for path in (self.path, *([self._key_path(rest)] if scheme == "file" else [])):
            part = re.compile(re.escape(f".{path.name}.") + r"[0-9a-f]{8}\.part")
            try:
                for each in path.parent.iterdir():
                    if part.fullmatch(each.name):
                        each.unlink()
            except OSError as error:
                message = f"what an interrupted writer left beside {path} cannot be removed"
                raise VaultError(f"{message} ({type(error).__name__})") from None

    # The key

    def _where(self) -> str:
        return f"vault.key is {self.key}"

    def _keys(self) -> tuple[bytes, ...]:
        """Return the keys, newest first; none if there are none yet."""
        scheme, _, rest = self.key.partition(":")
        text = self._key_file(rest) if scheme == "file" else _from_keyring(rest)
        return tuple(line.strip().encode() for line in text.splitlines() if line.strip())

    def _keep_keys(self, keys: tuple[bytes, ...]) -> None:
        scheme, _, rest = self.key.partition(":")
        text = b"\n".join(keys).decode()
        if scheme == "file":
            _replace(self._key_path(rest), f"{text}\n".encode())
        else:
            _to_keyring(rest, text)

    def _key_path(self, name: str) -> Path:
        try:
            return self.directory / Path(name).expanduser()
        except RuntimeError:
            message = f"the vault's key begins with the home of an unknown user: {self._where()}"
            raise VaultError(message) from None

    def _key_file(self, name: str) -> str:
        path = self._key_path(name)
        try:
            if path.stat().st_mode & _OTHERS:
                raise VaultError(f"others may read the vault's key {path}: chmod 600 {path}")
            return path.read_text("ascii")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise VaultError(f"the vault's key {path} cannot be read ({type(error).__name__})") from None


def _new_key() -> bytes:
    try:
        from cryptography.fernet import Fernet
    except ModuleNotFoundError:
        raise MissingExtra("vault", feature="vault:") from None
    return Fernet.generate_key()


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole, readable by its owner only, and durable before it has its name."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise VaultError(f"{path} cannot be written ({type(error).__name__})") from None
    finally:
        part.unlink(missing_ok=True)


def split_keyring(rest: str) -> tuple[str, str]:
    """Return service and name of ``SERVICE/NAME``. :raises VaultError: it is no such thing."""
    service, _, name = rest.rpartition("/")
    if not service or not name:
        raise VaultError("vault.key has no service or no name: write keyring:SERVICE/NAME")
    return service, name


def _from_keyring(rest: str) -> str:
    service, name = split_keyring(rest)
    try:
        import keyring
        import keyring.errors
    except ModuleNotFoundError:
        raise MissingExtra("keyring", feature="vault.key = keyring:…") from None
    try:
        return keyring.get_password(service, name) or ""
    except keyring.errors.KeyringError as error:
        raise VaultError(f"the keyring cannot be read ({type(error).__name__})") from None


def _to_keyring(rest: str, text: str) -> None:
    service, name = split_keyring(rest)
    import keyring
    import keyring.errors

    try:
        keyring.set_password(service, name, text)
    except keyring.errors.KeyringError as error:
        raise VaultError(f"the keyring cannot be written ({type(error).__name__})") from None
