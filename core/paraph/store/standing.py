"""How a store stands: what it is, of which version, and what is against it. Reads only.

What the SQL needs is fixed by the statements: ``RETURNING`` came with SQLite 3.35, identity columns with
PostgreSQL 10. Besides, SQLite before 3.51.3 has the "WAL-reset bug" (fixed also in 3.44.6 and 3.50.7), in
which a checkpoint beside another process's writer can lose committed data. This store makes its checkpoints
under the writer's lock (:mod:`paraph.store.sql`), which a tool that opens the same file need not do.
"""

from __future__ import annotations

from typing import Final

import attrs

from paraph.errors import StoreError
from paraph.store.protocol import Store

Version = tuple[int, ...]

SQLITE: Final[Version] = (3, 35, 0)
POSTGRESQL: Final[Version] = (10,)
WAL_RESET_FIXED: Final[Version] = (3, 51, 3)
WAL_RESET_BACKPORTS: Final[tuple[Version, ...]] = ((3, 44, 6), (3, 50, 7))


@attrs.frozen(kw_only=True)
class StoreStanding:
    """What a store says of itself.

    :ivar title: what it is, such as ``SQLite 3.51.3 (wal), revision 0003``.
    :ivar missing: why it cannot work, or ``""``. ``risk``: what may go wrong with it, or ``""``.
    :ivar hint: what to do about either.
    """

    title: str
    missing: str = ""
    risk: str = ""
    hint: str = ""


def standing(store: Store) -> StoreStanding:
    """Look at a store, within one transaction.

    :raises StoreError: it cannot be reached, or is locked for too long.
    """
    if not store.durable:
        with store.begin():
            return StoreStanding(
                title="in memory",
                risk="it ends with the process, so that nothing can be followed or resumed",
                hint='add to the configuration: [store] url = "sqlite:///paraph.db"',
            )
    try:
        from paraph.store.sql import SqlStore
    except ModuleNotFoundError:  # a store of the application's own needs no SQL
        return _foreign(store)
    return _sql(store) if isinstance(store, SqlStore) else _foreign(store)


def _foreign(store: Store) -> StoreStanding:
    with store.begin():
        return StoreStanding(title=type(store).__name__)


def _sql(store: Store) -> StoreStanding:
    from sqlalchemy import text

    from paraph.store.schema import VERSION_TABLE
    from paraph.store.statements import SqlTransaction, translated

    with store.begin() as tx:
        if not isinstance(tx, SqlTransaction):
            raise StoreError("the store's transaction is of another kind than the store")
        connection = tx._connection  # noqa: SLF001 - of the same package; no other transaction has one
        with translated("looking at the store"):
            asked = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant
            revision = connection.execute(asked).scalar_one()
            if connection.dialect.name == "sqlite":
                version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
                mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
                return sqlite_standing(str(version), str(mode), str(revision))
            version = connection.exec_driver_sql("SHOW server_version").scalar_one()
            return postgresql_standing(str(version), str(revision))


def sqlite_standing(version: str, mode: str, revision: str) -> StoreStanding:
    """Judge a version of SQLite and the journal mode that the file has."""
    number, title = _number(version), f"SQLite {version} ({mode}), revision {revision}"
    if number < SQLITE:
        needed = _dotted(SQLITE)
        return StoreStanding(
            title=title, missing=f"paraph needs SQLite {needed} (RETURNING)", hint=_newer(needed)
        )
    if mode != "wal":
        return StoreStanding(
            title=title,
            missing="the file is not in WAL mode, so that readers and the writer lock each other out",
            hint="keep it on a local disk: network file systems have no WAL",
        )
    backported = any(number[:2] == fixed[:2] and number >= fixed for fixed in WAL_RESET_BACKPORTS)
    if number < WAL_RESET_FIXED and not backported:
        fixed = _dotted(WAL_RESET_FIXED)
        return StoreStanding(
            title=title,
            risk=f"SQLite before {fixed} can lose commits if another tool checkpoints the file meanwhile "
            "(WAL-reset bug); paraph's own checkpoints are safe",
            hint=f"open the file with nothing but paraph, or {_newer(fixed)}",
        )
    return StoreStanding(title=title)


def postgresql_standing(version: str, revision: str) -> StoreStanding:
    """Judge a version of PostgreSQL, as the server writes it."""
    title = f"PostgreSQL {version.split(' ', maxsplit=1)[0]}, revision {revision}"
    if _number(version) < POSTGRESQL:
        return StoreStanding(
            title=title,
            missing=f"paraph needs PostgreSQL {_dotted(POSTGRESQL)} (identity columns)",
            hint="upgrade the server",
        )
    return StoreStanding(title=title)


def _number(version: str) -> Version:
    """Read the numbers at the beginning of a version such as ``16.2 (Debian …)`` or ``17beta1``."""
    found: list[int] = []
    for part in version.split(" ", maxsplit=1)[0].split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        found.append(int(digits))
        if digits != part:
            break
    return tuple(found)


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _newer(version: str) -> str:
    return f"use a Python that is linked with SQLite {version} or later"
