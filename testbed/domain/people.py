"""Who may do what: organisations, accounts and authorisations."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from testbed.domain.names import Name

__all__ = ["Activity", "Actor", "Authorisation", "Role"]


class Role(StrEnum):
    """What a person is to the centre."""

    SME = "sme"
    ENGINEER = "engineer"
    REVIEWER = "reviewer"
    OFFICE = "office"


class Activity(StrEnum):
    """What an authorisation allows (ISO/IEC 17025:2017, 6.2.6)."""

    PERFORM = "perform"
    REVIEW = "review"


STAFF = frozenset({Role.ENGINEER, Role.REVIEWER, Role.OFFICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person behind a command, as every service and query receives them.

    Attributes
    ----------
    account
        Account number.
    login
        Login name.
    name
        The account's name in both languages.
    organisation
        Number of the organisation that the person belongs to; queries are scoped by it.
    roles
        What the person is to the centre.
    locale
        "ko" or "en".
    """

    account: int
    login: str
    name: Name
    organisation: int
    roles: frozenset[Role]
    locale: str = "ko"

    @property
    def is_staff(self) -> bool:
        """Whether the person works for the centre, and so sees every firm's work."""
        return bool(self.roles & STAFF)

    def has(self, *roles: Role) -> bool:
        """Tell whether the person has any of `roles`."""
        return bool(self.roles.intersection(roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """Leave for one person to do one activity with one method version (ISO/IEC 17025, 6.2.5).

    Attributes
    ----------
    valid_from, valid_to
        Half-open interval in UTC; `valid_to` None means until revoked.
    """

    account: int
    method: str
    version: str
    activity: Activity
    valid_from: datetime
    valid_to: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Tell whether the authorisation is valid at `instant`."""
        return self.valid_from <= instant and (self.valid_to is None or instant < self.valid_to)
