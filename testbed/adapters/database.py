"""Opens the centre's database, SQLite or PostgreSQL, and brings it up to date."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from testbed.adapters import guard

__all__ = ["Database", "SchemaUnknown", "repeated"]

_Value = TypeVar("_Value")

_WRITES = "testbed_writes"
# Any number will do, as long as every Testbed on one PostgreSQL database takes the same.
_MIGRATION_LOCK = 7_305_316_892


def repeated(values: Sequence[_Value], size: int) -> list[_Value]:
    """Repeat the last of some values until there are `size` of them, or a multiple of it.

    Asked for a list of the same length again, PostgreSQL has its plan already; an "in" does not
    mind what is in its list twice.
    """
    last = list(values[-1:])
    return [*values, *last * (-len(values) % size)]


class SchemaUnknown(RuntimeError):
    """A database whose revision this version does not know; nothing was changed."""

    def __init__(self, revision: str, head: str) -> None:
        super().__init__(
            f"this database has revision {revision!r}, newer than {head!r} which this version "
            "knows. Install the version that wrote it (pip install --upgrade testbed-center)"
        )


def _prepare_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    # With isolation_level None the driver begins nothing by itself: see `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout = 30000",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        # Pages of the file are looked at where they lie, instead of being copied one by one.
        "mmap_size = 1073741824",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once where another wrote meanwhile;
    # no busy timeout helps there. So writers say so from the start.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    engine = create_engine(parsed)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class Database:
    """The centre's database.

    Parameters
    ----------
    url
        ``sqlite:////path/testbed.db`` or ``postgresql://user@host/database``.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        self._on_sqlite = self._engine.dialect.name == "sqlite"
        # SQLite lets waiting writers poll, which starves some; in one process a lock queues them.
        self._turn = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that is rolled back; on SQLite its queries see the same state."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a transaction for reading whose queries all see the same state, on both engines."""
        with self._engine.connect() as connection:
            if self._on_sqlite:
                yield connection
                return
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            yield connection
            # After a rollback, psycopg would have every statement planned anew.
            connection.commit()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that may write; rolled back unless `connection.commit()` was called.

        On SQLite it is the only one that writes, from its first statement on.
        """
        if not self._on_sqlite:
            with self._writer.connect() as connection:
                yield connection
            return
        with self._turn, self._writer.connect() as connection:
            yield connection

    def prepare(self) -> None:
        """Bring the tables up to date and see that every guard stands.

        Raises
        ------
        SchemaUnknown
            The database was written by a newer version.
        GuardMissing
            A guard was dropped or altered.
        """
        head = ScriptDirectory.from_config(_config()).get_current_head() or ""
        with self.reading() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current != head:
            self._upgrade(head)
        with self.reading() as connection:
            absent = guard.missing(connection)
        if absent:
            raise guard.GuardMissing(absent)

    def _upgrade(self, head: str) -> None:
        with self.writing() as connection:
            if not self._on_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            current = MigrationContext.configure(connection).get_current_revision()
            config = _config()
            known = {
                script.revision for script in ScriptDirectory.from_config(config).walk_revisions()
            }
            if current is not None and current not in known:
                raise SchemaUnknown(current, head)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("testbed.adapters.migrations")))
    config.set_main_option("path_separator", "os")
    return config
