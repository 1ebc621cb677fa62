"""What the centre has to remember about itself."""

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from testbed.adapters.database import Database
from testbed.adapters.tables import facts

__all__ = ["keep_fact"]


def keep_fact(database: Database, name: str, value: str) -> str:
    """Keep a fact the first time it is told; gives what is kept."""
    query = select(facts.c.value).where(facts.c.name == name)
    with database.reading() as connection:
        known = connection.scalar(query)
    if known is not None:
        return str(known)
    with database.writing() as connection:
        try:
            connection.execute(insert(facts).values(name=name, value=value))
            connection.commit()
        except IntegrityError:
            connection.rollback()
    with database.reading() as connection:
        return str(connection.execute(query).scalar_one())
