"""What Alembic runs: every revision on the connection that `Database` hands over."""

from alembic import context

from testbed.adapters.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
