"""What the register knows of the calibration of the instruments that a run uses."""

from datetime import date

from sqlalchemy import Connection, select

from testbed.adapters.tables import booking_items, equipment

__all__ = ["calibrations"]


def calibrations(connection: Connection, booking: int) -> tuple[dict[str, str], dict[str, date]]:
    """Tell what the register knows of the instruments, as facts and as days of calibration."""
    facts: dict[str, str] = {}
    calibrated: dict[str, date] = {}
    for used in connection.execute(
        select(equipment)
        .join_from(booking_items, equipment)
        .where(booking_items.c.booking_id == booking, equipment.c.role != "")
    ):
        facts[f"{used.role}_equipment"] = used.code
        facts[f"{used.role}_certificate"] = used.calibration_certificate
        if used.calibrated_on is not None:
            facts[f"{used.role}_calibrated_on"] = used.calibrated_on.isoformat()
            calibrated[used.role] = used.calibrated_on
        if used.calibration_due is not None:
            facts[f"{used.role}_calibrated_until"] = used.calibration_due.isoformat()
    return facts, calibrated
