"""What the screens read of bookings and the register, scoped to the person in the query itself."""

import hashlib
import hmac
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, false, or_, select

from testbed.adapters.database import Database
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import (
    LONGEST_OCCUPANCY,
    accounts,
    audit,
    booking_items,
    bookings,
    equipment,
    equipment_methods,
    facts,
    occupancies,
    organisations,
    outages,
    specimens,
    units,
)
from testbed.domain.bookings import BookingState, may_change
from testbed.domain.clock import Clock
from testbed.domain.names import Name
from testbed.domain.people import Actor, Role
from testbed.services.commands import BookingKind
from testbed.services.rows import (
    AccountRow,
    AuditRow,
    BookingRow,
    CalendarEntry,
    EquipmentRow,
    SpecimenRow,
)

__all__ = ["BookingQueries"]

_CENTRE = ZoneInfo("Asia/Seoul")
_OPEN = (str(BookingState.REQUESTED), str(BookingState.APPROVED))


class BookingQueries:
    """Reads bookings, equipment, specimens, accounts and the audit trail."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def calendar(
        self, actor: Actor, start: datetime, end: datetime, equipment_code: str | None = None
    ) -> tuple[CalendarEntry, ...]:
        """List the bars of a period; what others have booked is only "busy"."""
        now = self._clock.now()
        with self._database.reading() as connection:
            own = self._own_bars(connection, actor, start, end, now)
            others = self._busy_bars(connection, actor, start, end)
            closed = self._outage_bars(connection, start, end)
        bars = (*own, *others, *closed)
        if equipment_code is None:
            return bars
        return tuple(bar for bar in bars if bar.equipment == equipment_code)

    def _own_bars(
        self, connection: Connection, actor: Actor, start: datetime, end: datetime, now: datetime
    ) -> list[CalendarEntry]:
        query = (
            select(bookings, equipment.c.code, organisations.c.name_ko, organisations.c.name_en)
            .join_from(bookings, booking_items, booking_items.c.booking_id == bookings.c.id)
            .join(equipment, equipment.c.id == booking_items.c.equipment_id)
            .join(organisations, organisations.c.id == bookings.c.organisation_id)
            .where(
                bookings.c.start < end,
                bookings.c.end > start,
                bookings.c.start > start - LONGEST_OCCUPANCY,
                bookings.c.state.in_(_OPEN),
            )
            .order_by(bookings.c.start)
        )
        if not actor.is_staff:
            query = query.where(bookings.c.organisation_id == actor.organisation)
        started = set(connection.scalars(select(runs.c.booking_id)))
        return [
            CalendarEntry(
                id=f"{row.number}/{row.code}",
                equipment=row.code,
                start=row.start,
                end=row.end,
                kind="booking" if row.state == BookingState.APPROVED else "request",
                number=row.number,
                title=row.purpose or row.method,
                organisation=Name(ko=row.name_ko, en=row.name_en),
                state=row.state,
                movable=may_change(actor, row.organisation_id)
                and row.end > now
                and row.id not in started,
            )
            for row in connection.execute(query)
        ]

    def _busy_bars(
        self, connection: Connection, actor: Actor, start: datetime, end: datetime
    ) -> list[CalendarEntry]:
        if actor.is_staff:
            return []
        query = (
            select(occupancies.c.id, occupancies.c.start, occupancies.c.end, equipment.c.code)
            .join_from(occupancies, units, units.c.id == occupancies.c.unit_id)
            .join(equipment, equipment.c.id == units.c.equipment_id)
            .join(bookings, bookings.c.id == occupancies.c.booking_id)
            .where(
                occupancies.c.start < end,
                occupancies.c.end > start,
                occupancies.c.start > start - LONGEST_OCCUPANCY,
                bookings.c.organisation_id != actor.organisation,
            )
            .order_by(occupancies.c.start)
        )
        key = self._key(connection)
        return [
            CalendarEntry(
                id="busy-" + hmac.new(key, str(row.id).encode(), hashlib.sha256).hexdigest()[:16],
                equipment=row.code,
                start=row.start,
                end=row.end,
                kind="busy",
            )
            for row in connection.execute(query)
        ]

    @staticmethod
    def _key(connection: Connection) -> bytes:
        found = connection.scalar(select(facts.c.value).where(facts.c.name == "id-key"))
        return (found or "").encode()

    @staticmethod
    def _outage_bars(connection: Connection, start: datetime, end: datetime) -> list[CalendarEntry]:
        query = (
            select(outages, equipment.c.code)
            .join_from(outages, equipment, equipment.c.id == outages.c.equipment_id)
            .where(outages.c.start < end, outages.c.end > start)
        )
        return [
            CalendarEntry(
                id=f"outage-{row.id}",
                equipment=row.code,
                start=row.start,
                end=row.end,
                kind="outage",
                title=row.reason,
            )
            for row in connection.execute(query)
        ]

    def equipment(self, actor: Actor) -> tuple[EquipmentRow, ...]:
        """List the register; it is the same for everybody who has signed in."""
        return self._equipment(select(equipment).order_by(equipment.c.code))

    def whole_register(self) -> tuple[EquipmentRow, ...]:
        """List the register to who sits at the centre's own computer."""
        return self._equipment(select(equipment).order_by(equipment.c.code))

    def equipment_one(self, actor: Actor, code: str) -> EquipmentRow | None:
        """Read one piece of equipment."""
        found = self._equipment(select(equipment).where(equipment.c.code == code))
        return found[0] if found else None

    def _equipment(self, query: Select[tuple[object, ...]]) -> tuple[EquipmentRow, ...]:
        today = self._clock.now().astimezone(_CENTRE).date()
        with self._database.reading() as connection:
            counts: dict[int, int] = {}
            for identifier in connection.scalars(select(units.c.equipment_id)):
                counts[identifier] = counts.get(identifier, 0) + 1
            methods: dict[int, list[str]] = {}
            for row in connection.execute(
                select(equipment_methods).order_by(equipment_methods.c.method)
            ):
                methods.setdefault(row.equipment_id, []).append(row.method)
            return tuple(
                EquipmentRow(
                    code=row["code"],
                    name=Name(ko=row["name_ko"], en=row["name_en"]),
                    maker=row["maker"],
                    model=row["model"],
                    serial=row["serial"],
                    location=row["location"],
                    bench=row["bench"],
                    role=row["role"],
                    unit_count=counts.get(row["id"], 0),
                    calibrated_on=row["calibrated_on"],
                    calibration_due=row["calibration_due"],
                    calibration_certificate=row["calibration_certificate"],
                    calibration_days_left=_days_left(row["calibration_due"], today),
                    needs_approval=row["needs_approval"],
                    direct_use=row["direct_use"],
                    setup_minutes=row["setup_minutes"],
                    cooldown_minutes=row["cooldown_minutes"],
                    shortest_minutes=row["shortest_minutes"],
                    longest_hours=row["longest_hours"],
                    methods=tuple(methods.get(row["id"], ())),
                )
                for row in connection.execute(query).mappings()
            )

    def bookings(self, actor: Actor, *, upcoming: bool = True) -> tuple[BookingRow, ...]:
        """List bookings, the next first; past ones the latest first."""
        now = self._clock.now()
        query = select(bookings)
        if upcoming:
            query = query.where(bookings.c.end > now, bookings.c.state.in_(_OPEN))
            query = query.order_by(bookings.c.start, bookings.c.id)
        else:
            past = or_(bookings.c.end <= now, bookings.c.state.not_in(_OPEN))
            query = query.where(past).order_by(bookings.c.start.desc(), bookings.c.id.desc())
        return self._bookings(actor, query.limit(200), now)

    def booking(self, actor: Actor, number: str) -> BookingRow | None:
        """Read one booking."""
        query = select(bookings).where(bookings.c.number == number)
        found = self._bookings(actor, query, self._clock.now())
        return found[0] if found else None

    def _bookings(
        self, actor: Actor, query: Select[tuple[object, ...]], now: datetime
    ) -> tuple[BookingRow, ...]:
        if not actor.is_staff:
            query = query.where(bookings.c.organisation_id == actor.organisation)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
            firms = {
                row.id: Name(ko=row.name_ko, en=row.name_en)
                for row in connection.execute(select(organisations))
            }
            return tuple(self._booking(connection, actor, dict(row), firms, now) for row in rows)

    @staticmethod
    def _booking(
        connection: Connection,
        actor: Actor,
        row: dict,  # type: ignore[type-arg]
        firms: dict[int, Name],
        now: datetime,
    ) -> BookingRow:
        items = connection.execute(
            select(equipment.c.code, equipment.c.bench)
            .join_from(booking_items, equipment)
            .where(booking_items.c.booking_id == row["id"])
            .order_by(booking_items.c.position)
        ).all()
        numbers = tuple(
            connection.scalars(
                select(runs.c.number).where(runs.c.booking_id == row["id"]).order_by(runs.c.id)
            )
        )
        person = connection.execute(
            select(accounts.c.name_ko, accounts.c.name_en).where(accounts.c.id == row["account_id"])
        ).one()
        specimen = connection.scalar(
            select(specimens.c.number).where(specimens.c.id == row["specimen_id"])
        )
        mine = may_change(actor, row["organisation_id"])
        alive = row["state"] in _OPEN and row["end"] > now and not numbers
        direct = row["kind"] == BookingKind.DIRECT
        performs = actor.has(Role.ENGINEER) or (direct and mine)
        return BookingRow(
            number=row["number"],
            kind=row["kind"],
            state=row["state"],
            equipment=tuple(item.code for item in items),
            start=row["start"],
            end=row["end"],
            organisation=firms[row["organisation_id"]],
            person=Name(ko=person.name_ko, en=person.name_en),
            purpose=row["purpose"],
            method=row["method"],
            specimen=specimen or "",
            bench=items[0].bench if items else "",
            runs=numbers,
            movable=mine and alive,
            cancellable=mine and alive,
            approvable=row["state"] == BookingState.REQUESTED
            and actor.has(Role.ENGINEER, Role.OFFICE),
            startable=row["state"] == BookingState.APPROVED
            and row["start"] <= now < row["end"]
            and performs,
        )

    def specimens(self, actor: Actor) -> tuple[SpecimenRow, ...]:
        """List specimens, the latest first."""
        query = (
            select(specimens, organisations.c.name_ko, organisations.c.name_en)
            .join_from(specimens, organisations)
            .order_by(specimens.c.id.desc())
        )
        if not actor.is_staff:
            query = query.where(specimens.c.organisation_id == actor.organisation)
        with self._database.reading() as connection:
            return tuple(
                SpecimenRow(
                    number=row.number,
                    name=row.name,
                    organisation=Name(ko=row.name_ko, en=row.name_en),
                    received=row.received,
                )
                for row in connection.execute(query)
            )

    def accounts(self, actor: Actor) -> tuple[AccountRow, ...]:
        """List accounts, for the office alone."""
        return self.all_accounts() if actor.has(Role.OFFICE) else ()

    def all_accounts(self) -> tuple[AccountRow, ...]:
        """List accounts for the centre's own processes."""
        query = (
            select(
                accounts, organisations.c.name_ko.label("ko"), organisations.c.name_en.label("en")
            )
            .join_from(accounts, organisations)
            .order_by(accounts.c.id)
        )
        with self._database.reading() as connection:
            return tuple(
                AccountRow(
                    login=row.login,
                    name=Name(ko=row.name_ko, en=row.name_en),
                    organisation=Name(ko=row.ko, en=row.en),
                    roles=tuple(row.roles.split()),
                )
                for row in connection.execute(query)
            )

    def audit(self, actor: Actor, subject: str) -> tuple[AuditRow, ...]:
        """List what happened to a thing, oldest first."""
        query = (
            select(audit, accounts.c.name_ko, accounts.c.name_en)
            .join_from(audit, accounts, accounts.c.id == audit.c.account_id, isouter=True)
            .where(audit.c.subject == subject)
            .order_by(audit.c.id)
        )
        if not actor.is_staff:
            own = audit.c.organisation_id == actor.organisation
            query = query.where(own if actor.has(Role.SME) else false())
        with self._database.reading() as connection:
            return tuple(
                AuditRow(
                    at=row.at,
                    person=Name(ko=row.name_ko or "", en=row.name_en or ""),
                    subject=row.subject,
                    transition=row.transition,
                    detail=row.detail,
                )
                for row in connection.execute(query)
            )


def _days_left(due: date | None, today: date) -> int | None:
    return None if due is None else (due - today) // timedelta(days=1)
