"""The audit trail: one row per transition, which nothing can change afterwards."""

from datetime import datetime

from sqlalchemy import Connection, insert

from testbed.adapters.tables import audit

__all__ = ["write_audit"]


def write_audit(
    connection: Connection,
    at: datetime,
    account: int | None,
    organisation: int | None,
    subject: str,
    transition: str,
    detail: str,
) -> None:
    """Put one transition on record, in the transaction that it belongs to.

    Parameters
    ----------
    account
        Who did it; None for the centre's own processes.
    organisation
        Whose affair it is; None for the centre's own.
    """
    connection.execute(
        insert(audit).values(
            at=at,
            account_id=account,
            organisation_id=organisation,
            subject=subject,
            transition=transition,
            detail=detail,
        )
    )
