"""Run by Alembic: joins the transaction that the store has opened."""

from alembic import context

from paraph.store.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # also on SQLite, which Alembic does not assume
    # The tables of an application that shares the PostgreSQL schema are not ours.
    include_name=lambda name, kind, _: kind != "table" or (name or "").startswith("paraph_"),
)
context.run_migrations()
