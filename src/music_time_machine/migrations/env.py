"""How Alembic runs our migrations: on the connection that `db.upgrade` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
# Batch mode: SQLite can only alter a table by building it anew.
context.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
