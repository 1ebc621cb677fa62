"""The tables as declared are the tables as migrated, on both databases."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from testbed.adapters.database import Database
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import metadata
from tests.testbed.centres import ON_POSTGRESQL, fresh_database


def differences(url: str) -> list[object]:
    database = Database(url)
    try:
        database.prepare()
        with database.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            return list(compare_metadata(context, metadata))
    finally:
        database.close()


def test_migrations_make_the_declared_tables_on_sqlite(tmp_path: Path) -> None:
    assert runs.metadata is metadata
    assert differences(f"sqlite:///{tmp_path / 'testbed.db'}") == []


@ON_POSTGRESQL
def test_migrations_make_the_declared_tables_on_postgresql() -> None:
    assert differences(fresh_database()) == []
