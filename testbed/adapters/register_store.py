"""The register in the database."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from testbed.adapters.audit_store import write_audit
from testbed.adapters.booking_store import load_lent, occupy
from testbed.adapters.database import Database
from testbed.adapters.tables import (
    accounts,
    authorisations,
    equipment,
    equipment_methods,
    organisations,
    outages,
    specimens,
    units,
)
from testbed.domain.names import Name
from testbed.domain.people import Activity, Actor
from testbed.services.register import NewEquipment

__all__ = ["DatabaseRegister"]


class DatabaseRegister:
    """Writes the register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_organisation(self, by: int | None, now: datetime, code: str, name: Name) -> None:
        """Add an organisation, or leave it where the code is there."""
        with self._database.writing() as connection:
            if connection.scalar(select(organisations.c.id).where(organisations.c.code == code)):
                return
            connection.execute(
                insert(organisations).values(code=code, name_ko=name.ko, name_en=name.en)
            )
            write_audit(connection, now, by, None, code, "organisation", name.en)
            connection.commit()

    def add_equipment(self, by: int | None, now: datetime, new: NewEquipment) -> None:
        """Add a piece of equipment with its units, or leave it where the code is there."""
        with self._database.writing() as connection:
            if connection.scalar(select(equipment.c.id).where(equipment.c.code == new.code)):
                return
            identifier = connection.execute(
                insert(equipment)
                .values(
                    code=new.code,
                    name_ko=new.name.ko,
                    name_en=new.name.en,
                    maker=new.maker,
                    model=new.model,
                    serial=new.serial,
                    location=new.location,
                    bench=new.bench,
                    role=new.role,
                    calibrated_on=new.calibrated_on,
                    calibration_due=new.calibration_due,
                    calibration_certificate=new.calibration_certificate,
                    needs_approval=new.needs_approval,
                    direct_use=new.direct_use,
                    setup_minutes=new.setup_minutes,
                    cooldown_minutes=new.cooldown_minutes,
                    shortest_minutes=new.shortest_minutes,
                    longest_hours=new.longest_hours,
                )
                .returning(equipment.c.id)
            ).scalar_one()
            for number in range(1, new.unit_count + 1):
                connection.execute(insert(units).values(equipment_id=identifier, number=number))
            for method in new.methods:
                connection.execute(
                    insert(equipment_methods).values(equipment_id=identifier, method=method)
                )
            write_audit(connection, now, by, None, new.code, "equipment", new.name.en)
            connection.commit()

    def add_specimen(self, actor: Actor, organisation: int, name: str, now: datetime) -> str:
        """Add a specimen; gives its number."""
        with self._database.writing() as connection:
            identifier = connection.execute(
                insert(specimens)
                .values(
                    number=uuid4().hex,
                    name=name,
                    organisation_id=organisation,
                    received=now.date(),
                )
                .returning(specimens.c.id)
            ).scalar_one()
            number = f"S-{now.year}-{identifier:05d}"
            connection.execute(
                update(specimens).where(specimens.c.id == identifier).values(number=number)
            )
            write_audit(connection, now, actor.account, organisation, number, "specimen", name)
            connection.commit()
        return number

    def authorise(
        self,
        by: int | None,
        now: datetime,
        login: str,
        method: str,
        version: str,
        activity: Activity,
    ) -> None:
        """Let a person do an activity with a method version from now on."""
        with self._database.writing() as connection:
            account = connection.execute(
                select(accounts.c.id).where(accounts.c.login == login)
            ).scalar_one()
            connection.execute(
                insert(authorisations).values(
                    account_id=account,
                    method=method,
                    version=version,
                    activity=str(activity),
                    valid_from=now,
                )
            )
            write_audit(connection, now, by, None, login, str(activity), f"{method} {version}")
            connection.commit()

    def add_outage(
        self, by: int, code: str, start: datetime, end: datetime, reason: str, now: datetime
    ) -> None:
        """Take all units of a piece of equipment out of use."""
        with self._database.writing() as connection:
            lent = load_lent(connection, (code,))
            outage = connection.execute(
                insert(outages)
                .values(equipment_id=lent[0].number, start=start, end=end, reason=reason)
                .returning(outages.c.id)
            ).scalar_one()
            for _ in range(_unit_count(connection, lent[0].number)):
                occupy(connection, lent, start, end, outage=outage)
            write_audit(connection, now, by, None, code, "outage", reason)
            connection.commit()


def _unit_count(connection: Connection, identifier: int) -> int:
    return len(
        connection.scalars(select(units.c.id).where(units.c.equipment_id == identifier)).all()
    )
