"""Bookings in the database; the only place that writes occupancies."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from testbed.adapters import guard
from testbed.adapters.audit_store import write_audit
from testbed.adapters.database import Database
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import (
    LONGEST_OCCUPANCY,
    booking_items,
    bookings,
    equipment,
    equipment_methods,
    occupancies,
    specimens,
    units,
)
from testbed.domain.bookings import BookingState, Lent
from testbed.domain.people import Actor
from testbed.services.booking import BookingRecord, SlotTaken
from testbed.services.commands import BookingKind, RequestBooking

__all__ = ["DatabaseBookings", "load_lent", "occupy"]


class DatabaseBookings:
    """Opens changes of bookings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def change(self, now: datetime) -> Iterator["_Change"]:
        """Open a change that is rolled back unless it commits."""
        with self._database.writing() as connection:
            yield _Change(connection, now)


class _Change:
    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def lent(self, codes: Sequence[str]) -> tuple[Lent, ...]:
        return load_lent(self._connection, codes)

    def mates(self, code: str, method: str) -> tuple[str, ...]:
        bench = (
            select(equipment.c.bench)
            .where(equipment.c.code == code, equipment.c.bench != "")
            .scalar_subquery()
        )
        return tuple(
            self._connection.scalars(
                select(equipment.c.code)
                .join_from(equipment, equipment_methods)
                .where(
                    equipment.c.bench == bench,
                    equipment.c.role != "",
                    equipment_methods.c.method == method,
                )
                .order_by(equipment.c.code)
            )
        )

    def load(self, actor: Actor, number: str) -> BookingRecord | None:
        query = select(bookings).where(bookings.c.number == number).with_for_update()
        if not actor.is_staff:
            query = query.where(bookings.c.organisation_id == actor.organisation)
        row = self._connection.execute(query).mappings().first()
        if row is None:
            return None
        specimen = self._connection.scalar(
            select(specimens.c.number).where(specimens.c.id == row["specimen_id"])
        )
        codes = self._connection.scalars(
            select(equipment.c.code)
            .join_from(booking_items, equipment)
            .where(booking_items.c.booking_id == row["id"])
            .order_by(booking_items.c.position)
        )
        started = self._connection.scalar(
            select(runs.c.id).where(runs.c.booking_id == row["id"]).limit(1)
        )
        return BookingRecord(
            id=row["id"],
            number=row["number"],
            kind=BookingKind(row["kind"]),
            state=row["state"],
            organisation=row["organisation_id"],
            start=row["start"],
            end=row["end"],
            method=row["method"],
            specimen=specimen or "",
            equipment=tuple(codes),
            started=started is not None,
        )

    def specimen(self, organisation: int, number: str) -> int | None:
        return self._connection.scalar(
            select(specimens.c.id).where(
                specimens.c.number == number, specimens.c.organisation_id == organisation
            )
        )

    def add(
        self,
        actor: Actor,
        command: RequestBooking,
        state: BookingState,
        lent: Sequence[Lent],
        now: datetime,
    ) -> BookingRecord:
        identifier = self._connection.execute(
            insert(bookings)
            .values(
                number=uuid4().hex,
                kind=str(command.kind),
                state=str(state),
                organisation_id=actor.organisation,
                account_id=actor.account,
                start=command.start,
                end=command.end,
                purpose=command.purpose,
                method=command.method,
                specimen_id=self.specimen(actor.organisation, command.specimen),
                created=now,
            )
            .returning(bookings.c.id)
        ).scalar_one()
        number = f"B-{now.year}-{identifier:05d}"
        self._connection.execute(
            update(bookings).where(bookings.c.id == identifier).values(number=number)
        )
        self._write_items(identifier, lent)
        return BookingRecord(
            id=identifier,
            number=number,
            kind=command.kind,
            state=str(state),
            organisation=actor.organisation,
            start=command.start,
            end=command.end,
            method=command.method,
            specimen=command.specimen,
            equipment=tuple(each.code for each in lent),
            started=False,
        )

    def _write_items(self, booking: int, lent: Sequence[Lent]) -> None:
        if lent:
            self._connection.execute(
                insert(booking_items),
                [
                    {"booking_id": booking, "position": position, "equipment_id": each.number}
                    for position, each in enumerate(lent)
                ],
            )

    def update(
        self,
        booking: BookingRecord,
        *,
        state: BookingState,
        start: datetime,
        end: datetime,
        lent: Sequence[Lent],
    ) -> None:
        self._connection.execute(
            update(bookings)
            .where(bookings.c.id == booking.id)
            .values(state=str(state), start=start, end=end)
        )
        if tuple(each.code for each in lent) != booking.equipment:
            self._connection.execute(
                delete(booking_items).where(booking_items.c.booking_id == booking.id)
            )
            self._write_items(booking.id, lent)

    def occupy(self, booking: int, lent: Sequence[Lent], start: datetime, end: datetime) -> None:
        occupy(self._connection, lent, start, end, booking=booking)

    def release(self, booking: int) -> None:
        self._connection.execute(delete(occupancies).where(occupancies.c.booking_id == booking))

    def audit(
        self, actor: Actor, organisation: int, subject: str, transition: str, detail: str
    ) -> None:
        write_audit(
            self._connection, self._now, actor.account, organisation, subject, transition, detail
        )

    def commit(self) -> None:
        self._connection.commit()


def load_lent(connection: Connection, codes: Sequence[str]) -> tuple[Lent, ...]:
    """Load equipment for the rules, in the order of `codes`; unknown codes are left out."""
    rows = connection.execute(select(equipment).where(equipment.c.code.in_(codes))).mappings()
    found = {row["code"]: row for row in rows}
    methods: dict[int, set[str]] = {}
    for identifier, method in connection.execute(
        select(equipment_methods).where(
            equipment_methods.c.equipment_id.in_([row["id"] for row in found.values()])
        )
    ):
        methods.setdefault(identifier, set()).add(method)
    return tuple(
        Lent(
            number=row["id"],
            code=row["code"],
            methods=frozenset(methods.get(row["id"], ())),
            calibration_due=row["calibration_due"],
            needs_approval=row["needs_approval"],
            direct_use=row["direct_use"],
            setup=timedelta(minutes=row["setup_minutes"]),
            cooldown=timedelta(minutes=row["cooldown_minutes"]),
            shortest=timedelta(minutes=row["shortest_minutes"]),
            longest=timedelta(hours=row["longest_hours"]),
        )
        for code in dict.fromkeys(codes)
        if (row := found.get(code)) is not None
    )


def occupy(
    connection: Connection,
    lent: Sequence[Lent],
    start: datetime,
    end: datetime,
    *,
    booking: int | None = None,
    outage: int | None = None,
) -> None:
    """Take one free unit of each piece of equipment, buffers included.

    Raises
    ------
    SlotTaken
        One has none that is free all that time; the transaction is to be rolled back.
    """
    # Always in the same order, so that two bookings of the same pieces cannot wait for each other.
    for each in sorted(lent, key=lambda one: one.number):
        begin, finish = start - each.setup, end + each.cooldown
        candidates = connection.scalars(
            select(units.c.id)
            .where(units.c.equipment_id == each.number)
            .order_by(units.c.id)
            .with_for_update(key_share=True)
        ).all()
        taken = set(
            connection.scalars(
                select(occupancies.c.unit_id).where(
                    occupancies.c.unit_id.in_(candidates),
                    occupancies.c.start > begin - LONGEST_OCCUPANCY,
                    occupancies.c.start < finish,
                    occupancies.c.end > begin,
                )
            )
        )
        free = [unit for unit in candidates if unit not in taken]
        if not free:
            raise SlotTaken(each.code)
        try:
            connection.execute(
                insert(occupancies).values(
                    unit_id=free[0], start=begin, end=finish, booking_id=booking, outage_id=outage
                )
            )
        except DBAPIError as error:
            if guard.is_overlap(error):
                raise SlotTaken(each.code) from error
            raise
