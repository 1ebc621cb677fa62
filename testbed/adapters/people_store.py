"""Accounts and sessions in the database, and argon2 for their passwords."""

from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from testbed.adapters.audit_store import write_audit
from testbed.adapters.database import Database
from testbed.adapters.tables import accounts, organisations, sessions, sign_in_failures
from testbed.domain.names import Name
from testbed.domain.people import Actor, Role
from testbed.services.people import NewAccount

__all__ = ["Argon2", "DatabasePeople", "actor_of"]


class Argon2:
    """Passwords by argon2id with the parameters of RFC 9106, 4 (second choice)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

    def hash(self, password: str) -> str:
        """Hash a password."""
        return self._hasher.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        """Tell whether the password belongs to the hash."""
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def actor_of(row: RowMapping) -> Actor:
    """Make the person from a row of `accounts`."""
    return Actor(
        account=row["id"],
        login=row["login"],
        name=Name(ko=row["name_ko"], en=row["name_en"]),
        organisation=row["organisation_id"],
        roles=frozenset(Role(role) for role in row["roles"].split()),
        locale=row["locale"],
    )


class DatabasePeople:
    """Reads and writes accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def account(self, login: str) -> tuple[Actor, str] | None:
        """Find an account with its password hash."""
        with self._database.reading() as connection:
            query = select(accounts).where(accounts.c.login == login)
            row = connection.execute(query).mappings().first()
        return None if row is None else (actor_of(row), row["password_hash"])

    def add_session(self, token_hash: str, account: int, now: datetime, until: datetime) -> None:
        """Keep a session, and forget those that are over."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires <= now))
            connection.execute(
                insert(sessions).values(
                    token_hash=token_hash, account_id=account, created=now, expires=until
                )
            )
            connection.commit()

    def session(self, token_hash: str, now: datetime) -> Actor | None:
        """Find whose session this is, while it lasts."""
        query = (
            select(accounts)
            .join_from(accounts, sessions, sessions.c.account_id == accounts.c.id)
            .where(sessions.c.token_hash == token_hash, sessions.c.expires > now)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else actor_of(row)

    def end_session(self, token_hash: str) -> None:
        """Forget a session."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))
            connection.commit()

    def failures(self, login_hash: str, since: datetime) -> int:
        """Count failed attempts."""
        table = sign_in_failures.c
        query = select(func.count()).where(table.login_hash == login_hash, table.at > since)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def add_failure(self, login_hash: str, now: datetime) -> None:
        """Remember a failed attempt for a day."""
        with self._database.writing() as connection:
            old = now - timedelta(days=1)
            connection.execute(delete(sign_in_failures).where(sign_in_failures.c.at < old))
            connection.execute(insert(sign_in_failures).values(login_hash=login_hash, at=now))
            connection.commit()

    def set_locale(self, account: int, locale: str) -> None:
        """Remember the language of a person."""
        with self._database.writing() as connection:
            connection.execute(
                update(accounts).where(accounts.c.id == account).values(locale=locale)
            )
            connection.commit()

    def add_account(self, new: NewAccount, hashed: str, now: datetime, by: int | None) -> bool:
        """Add an account; False where the login is taken or the organisation unknown."""
        login, name, code, roles = new
        with self._database.writing() as connection:
            organisation = connection.scalar(
                select(organisations.c.id).where(organisations.c.code == code)
            )
            if organisation is None:
                return False
            try:
                connection.execute(
                    insert(accounts).values(
                        login=login,
                        name_ko=name.ko,
                        name_en=name.en,
                        organisation_id=organisation,
                        roles=" ".join(sorted(roles)),
                        locale="ko",
                        password_hash=hashed,
                        created=now,
                    )
                )
            except IntegrityError:
                return False
            write_audit(connection, now, by, organisation, login, "account", " ".join(roles))
            connection.commit()
        return True

    def is_empty(self) -> bool:
        """Tell whether there is no account yet."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(accounts)) == 0
