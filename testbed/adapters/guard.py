"""The laws that the database itself keeps: no overlap of occupancies, no change of the audit trail.

SQLite has triggers on INSERT and UPDATE, PostgreSQL an exclusion constraint over gist. A migration
in Alembic's batch mode rebuilds a table and silently drops its triggers: such a migration calls
`install` again at its end, and the start-up calls `missing` whatever happened before.
"""

import re

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from testbed.adapters.tables import LONGEST_OCCUPANCY

__all__ = ["APPEND_ONLY", "NO_OVERLAP", "GuardMissing", "install", "is_overlap", "missing"]

NO_OVERLAP = "occupancies_no_overlap"
APPEND_ONLY = "audit_append_only"
_LONGEST = int(LONGEST_OCCUPANCY.total_seconds() * 1_000_000)


class GuardMissing(RuntimeError):
    """A database without its guards; the centre does not open on it.

    Parameters
    ----------
    names
        What is missing or altered.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(
            f"this database lacks {', '.join(names)}: double bookings and changes of the audit "
            "trail would pass unseen, so the centre stays closed. Restore the last backup: "
            "testbed restore BACKUP --home NEW_DIRECTORY"
        )


def _overlap(besides: str) -> str:
    return f"""EXISTS (
        SELECT 1 FROM occupancies
        WHERE unit_id = NEW.unit_id AND start > NEW.start - {_LONGEST}
        AND start < NEW."end" AND "end" > NEW.start{besides})"""


_SQLITE = {
    f"{NO_OVERLAP}_insert": f"""CREATE TRIGGER {NO_OVERLAP}_insert
        BEFORE INSERT ON occupancies WHEN {_overlap("")}
        BEGIN SELECT RAISE(ABORT, '{NO_OVERLAP}'); END""",
    f"{NO_OVERLAP}_update": f"""CREATE TRIGGER {NO_OVERLAP}_update
        BEFORE UPDATE ON occupancies WHEN {_overlap(" AND id <> OLD.id")}
        BEGIN SELECT RAISE(ABORT, '{NO_OVERLAP}'); END""",
    f"{APPEND_ONLY}_update": f"""CREATE TRIGGER {APPEND_ONLY}_update
        BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"{APPEND_ONLY}_delete": f"""CREATE TRIGGER {APPEND_ONLY}_delete
        BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
}

# As PostgreSQL prints them back (pg_get_constraintdef, pg_get_triggerdef).
_POSTGRES_CONSTRAINT = (
    "EXCLUDE USING gist (unit_id WITH =, int8range(start, \"end\", '[)'::text) WITH &&)"
)
_POSTGRES_TRIGGERS = {
    f"{APPEND_ONLY}_row": f"BEFORE DELETE OR UPDATE ON audit FOR EACH ROW "
    f"EXECUTE FUNCTION {APPEND_ONLY}()",
    f"{APPEND_ONLY}_all": f"BEFORE TRUNCATE ON audit FOR EACH STATEMENT "
    f"EXECUTE FUNCTION {APPEND_ONLY}()",
}


def _install_on_sqlite(connection: Connection) -> None:
    for name, statement in _SQLITE.items():
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(text(statement))


def _install_on_postgres(connection: Connection) -> None:
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
    connection.execute(text(f"ALTER TABLE occupancies DROP CONSTRAINT IF EXISTS {NO_OVERLAP}"))
    connection.execute(
        text(f"ALTER TABLE occupancies ADD CONSTRAINT {NO_OVERLAP} {_POSTGRES_CONSTRAINT}")
    )
    connection.execute(
        text(
            f"CREATE OR REPLACE FUNCTION {APPEND_ONLY}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
        )
    )
    for name, rest in _POSTGRES_TRIGGERS.items():
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON audit"))
        connection.execute(text(f"CREATE TRIGGER {name} {rest}"))


def install(connection: Connection) -> None:
    """Put every guard in place, anew where it stands already."""
    if connection.dialect.name == "sqlite":
        _install_on_sqlite(connection)
    else:
        _install_on_postgres(connection)


def _plain(statement: str) -> str:
    return re.sub(r"\s+", " ", statement).strip()


def _standing_on_sqlite(connection: Connection) -> dict[str, bool]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found = {row.name: row.sql for row in rows}
    return {name: _plain(found.get(name, "")) == _plain(sql) for name, sql in _SQLITE.items()}


def _standing_on_postgres(connection: Connection) -> dict[str, bool]:
    constraint = connection.execute(
        text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conname = :name AND conrelid = 'occupancies'::regclass AND convalidated"
        ),
        {"name": NO_OVERLAP},
    ).scalar()
    triggers = {
        name: (definition, enabled)
        for name, definition, enabled in connection.execute(
            text(
                "SELECT tgname, pg_get_triggerdef(oid, true), tgenabled::text FROM pg_trigger "
                "WHERE tgrelid = 'audit'::regclass AND NOT tgisinternal"
            )
        )
    }
    standing = {NO_OVERLAP: constraint == _POSTGRES_CONSTRAINT}
    for name, rest in _POSTGRES_TRIGGERS.items():
        definition, enabled = triggers.get(name, ("", "D"))
        standing[name] = enabled in ("O", "A") and definition == f"CREATE TRIGGER {name} {rest}"
    return standing


def missing(connection: Connection) -> tuple[str, ...]:
    """Name every guard that does not stand exactly as it was installed."""
    look = _standing_on_sqlite if connection.dialect.name == "sqlite" else _standing_on_postgres
    return tuple(name for name, stands in look(connection).items() if not stands)


def is_overlap(error: DBAPIError) -> bool:
    """Tell whether the database refused an occupancy because another one stands there."""
    return NO_OVERLAP in str(error.orig)
