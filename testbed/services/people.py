"""People: sign in and out, and what the office does with accounts."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from testbed.domain.clock import Clock
from testbed.domain.names import Name
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Actor, Role

__all__ = ["Hasher", "NewAccount", "PeopleService", "PeopleStore"]

_SESSION = timedelta(hours=12)
_WINDOW = timedelta(minutes=5)
_FAILURES = 10
_SHORTEST = 10

NewAccount = tuple[str, Name, str, frozenset[Role]]
"""Login, name, organisation code, roles."""


class Hasher(Protocol):
    """Turns passwords into hashes that cannot be turned back."""

    def hash(self, password: str) -> str:
        """Hash a password with a salt of its own."""
        ...

    def verify(self, hashed: str, password: str) -> bool:
        """Tell whether the password belongs to the hash, in a time that does not depend on it."""
        ...


class PeopleStore(Protocol):
    """Where accounts and sessions are kept."""

    def account(self, login: str) -> tuple[Actor, str] | None:
        """Find an account with its password hash."""
        ...

    def add_session(self, token_hash: str, account: int, now: datetime, until: datetime) -> None:
        """Keep a session."""
        ...

    def session(self, token_hash: str, now: datetime) -> Actor | None:
        """Find whose session this is, while it lasts."""
        ...

    def end_session(self, token_hash: str) -> None:
        """Forget a session."""
        ...

    def failures(self, login_hash: str, since: datetime) -> int:
        """Count failed attempts."""
        ...

    def add_failure(self, login_hash: str, now: datetime) -> None:
        """Remember a failed attempt."""
        ...

    def set_locale(self, account: int, locale: str) -> None:
        """Remember the language of a person."""
        ...

    def add_account(self, new: NewAccount, hashed: str, now: datetime, by: int | None) -> bool:
        """Add an account; False where the login is taken or the organisation unknown."""
        ...

    def is_empty(self) -> bool:
        """Tell whether there is no account yet."""
        ...


class PeopleService:
    """The use cases of people."""

    def __init__(self, store: PeopleStore, hasher: Hasher, clock: Clock) -> None:
        self._store = store
        self._hasher = hasher
        self._clock = clock

    @cached_property
    def _nobody(self) -> str:
        """Compared with where the login is unknown, so that the time taken does not tell."""
        return self._hasher.hash(secrets.token_hex(16))

    def sign_in(self, login: str, password: str) -> tuple[str, Actor] | Refused:
        """Open a session; gives its token, which is kept nowhere in clear."""
        now = self._clock.now()
        key = _digest(login.strip().casefold())
        if self._store.failures(key, now - _WINDOW) >= _FAILURES:
            minutes = int(_WINDOW.total_seconds() // 60)
            return Refused((Objection("sign-in-too-often", {"minutes": minutes}),))
        found = self._store.account(login.strip())
        # Made at the first attempt, whoever is known: most openings of a centre see none.
        nobody = self._nobody
        right = self._hasher.verify(found[1] if found else nobody, password)
        if found is None or not right:
            self._store.add_failure(key, now)
            return Refused((Objection("sign-in-failed"),))
        token = secrets.token_urlsafe(32)
        self._store.add_session(_digest(token), found[0].account, now, now + _SESSION)
        return token, found[0]

    def actor(self, token: str) -> Actor | None:
        """Find the person behind a session token."""
        return self._store.session(_digest(token), self._clock.now())

    def sign_out(self, token: str) -> None:
        """Close a session."""
        self._store.end_session(_digest(token))

    def set_locale(self, actor: Actor, locale: str) -> None:
        """Remember the language of a person.

        Raises
        ------
        ValueError
            It is neither "ko" nor "en".
        """
        if locale not in ("ko", "en"):
            raise ValueError(f"locale {locale!r} is refused; accepted: ko, en")
        self._store.set_locale(actor.account, locale)

    def find(self, login: str) -> Actor:
        """Find an account for the centre's own processes, which need no session.

        Raises
        ------
        LookupError
            There is none of that login.
        """
        found = self._store.account(login)
        if found is None:
            raise LookupError(login)
        return found[0]

    def is_empty(self) -> bool:
        """Tell whether the centre has no account yet."""
        return self._store.is_empty()

    def create_account(
        self,
        login: str,
        name: Name,
        organisation: str,
        roles: Iterable[Role],
        password: str,
        *,
        by: Actor | None = None,
    ) -> Refused | None:
        """Add an account; the first of a centre needs no office to do it.

        Parameters
        ----------
        organisation
            Code of the organisation.
        by
            Who adds it; None only while the centre is being set up at its own machine.
        """
        if by is not None and not by.has(Role.OFFICE):
            return Refused((Objection("account-by-office"),))
        if len(password) < _SHORTEST:
            return Refused((Objection("password-too-short", {"characters": _SHORTEST}),))
        new = (login.strip(), name, organisation, frozenset(roles))
        hashed = self._hasher.hash(password)
        added = self._store.add_account(
            new, hashed, self._clock.now(), None if by is None else by.account
        )
        return None if added else Refused((Objection("account-not-added", {"login": login}),))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
