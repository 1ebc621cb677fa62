"""Booking: ask for a slot, move it, cancel it, approve or reject it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from testbed.domain.bookings import (
    BookingCase,
    BookingState,
    BookingStep,
    Lent,
    may_change,
    objections_to_booking,
    step,
)
from testbed.domain.clock import Clock
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Actor, Role
from testbed.services.commands import Booked, BookingKind, Done, MoveBooking, RequestBooking

__all__ = ["BookingChange", "BookingRecord", "BookingService", "BookingStore", "SlotTaken"]

_DAY = ZoneInfo("Asia/Seoul")


class SlotTaken(Exception):
    """The database refused an occupancy: something stands there already."""

    def __init__(self, equipment: str) -> None:
        self.equipment = equipment
        super().__init__(equipment)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRecord:
    """A booking as it stands.

    Attributes
    ----------
    started
        Whether a run has been started under it.
    """

    id: int
    number: str
    kind: BookingKind
    state: str
    organisation: int
    start: datetime
    end: datetime
    method: str
    specimen: str
    equipment: tuple[str, ...]
    started: bool


class BookingChange(Protocol):
    """One change of bookings, all or nothing."""

    def lent(self, codes: Sequence[str]) -> tuple[Lent, ...]:
        """Load the equipment that the register has of these codes, in their order."""
        ...

    def mates(self, code: str, method: str) -> tuple[str, ...]:
        """List the equipment on the same bench that plays a role in that method."""
        ...

    def load(self, actor: Actor, number: str) -> BookingRecord | None:
        """Load a booking that the person may know of, and keep others from changing it."""
        ...

    def specimen(self, organisation: int, number: str) -> int | None:
        """Find a specimen of an organisation."""
        ...

    def add(
        self,
        actor: Actor,
        command: RequestBooking,
        state: BookingState,
        lent: Sequence[Lent],
        now: datetime,
    ) -> BookingRecord:
        """Write a new booking."""
        ...

    def update(
        self,
        booking: BookingRecord,
        *,
        state: BookingState,
        start: datetime,
        end: datetime,
        lent: Sequence[Lent],
    ) -> None:
        """Write what has changed."""
        ...

    def occupy(self, booking: int, lent: Sequence[Lent], start: datetime, end: datetime) -> None:
        """Take the slot with its buffers, in the place of what the booking held before.

        Raises
        ------
        SlotTaken
            No unit of one piece of equipment is free all that time.
        """
        ...

    def release(self, booking: int) -> None:
        """Give the slot back."""
        ...

    def audit(
        self, actor: Actor, organisation: int, subject: str, transition: str, detail: str
    ) -> None:
        """Put one transition on record."""
        ...

    def commit(self) -> None:
        """Let the change stand."""
        ...


class BookingStore(Protocol):
    """Where bookings are kept."""

    def change(self, now: datetime) -> AbstractContextManager[BookingChange]:
        """Open a change; what is not committed has not happened."""
        ...


class BookingService:
    """The use cases of booking."""

    def __init__(self, store: BookingStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def request(self, actor: Actor, command: RequestBooking) -> Booked | Refused:
        """Book, or ask for approval where the equipment wants it and a firm asks.

        A requested test takes every instrument of its bench that plays a role in the method.
        """
        now = self._clock.now()
        with self._store.change(now) as change:
            command = _with_mates(command, change)
            lent = change.lent(command.equipment)
            if command.kind is BookingKind.MAINTENANCE:
                lent = _without_buffers(lent)
            objections = objections_to_booking(_case(actor, command, lent, change, now))
            if objections:
                return Refused(objections)
            asks = any(each.needs_approval for each in lent) and not actor.is_staff
            state = BookingState.REQUESTED if asks else BookingState.APPROVED
            booking = change.add(actor, command, state, lent, now)
            if state is BookingState.APPROVED:
                try:
                    change.occupy(booking.id, lent, command.start, command.end)
                except SlotTaken as taken:
                    return _taken(taken)
            change.audit(actor, actor.organisation, booking.number, "request", str(state))
            change.commit()
        return Booked(booking.number, str(state))

    def move(self, actor: Actor, command: MoveBooking) -> Booked | Refused:
        """Give a booking another time or place; a firm's move asks for approval again."""
        now = self._clock.now()
        with self._store.change(now) as change:
            booking = change.load(actor, command.number)
            if booking is None:
                return _unknown(command.number)
            if objection := _objection_to_change(actor, booking, BookingStep.MOVE, now):
                return Refused((objection,))
            codes = booking.equipment
            if command.equipment is not None:
                codes = (command.equipment, *(c for c in codes[1:] if c != command.equipment))
            lent = change.lent(codes)
            wish = RequestBooking(
                equipment=codes,
                start=command.start,
                end=command.end,
                kind=booking.kind,
                method=booking.method,
            )
            objections = objections_to_booking(_case(actor, wish, lent, change, now))
            if objections:
                return Refused(objections)
            asks = any(each.needs_approval for each in lent) and not actor.is_staff
            state = BookingState.REQUESTED if asks else BookingState(booking.state)
            change.release(booking.id)
            if state is BookingState.APPROVED:
                try:
                    change.occupy(booking.id, lent, command.start, command.end)
                except SlotTaken as taken:
                    return _taken(taken)
            change.update(booking, state=state, start=command.start, end=command.end, lent=lent)
            detail = f"{booking.start.isoformat()} -> {command.start.isoformat()}"
            change.audit(actor, booking.organisation, booking.number, "move", detail)
            change.commit()
        return Booked(booking.number, str(state))

    def cancel(self, actor: Actor, number: str, reason: str = "") -> Done | Refused:
        """Give a booking up; it stays on record and its slot is free."""
        now = self._clock.now()
        with self._store.change(now) as change:
            booking = change.load(actor, number)
            if booking is None:
                return _unknown(number)
            if objection := _objection_to_change(actor, booking, BookingStep.CANCEL, now):
                return Refused((objection,))
            change.release(booking.id)
            self._enter(change, actor, booking, BookingStep.CANCEL, reason)
        return Done()

    def end_early(self, actor: Actor, number: str) -> Done | Refused:
        """End maintenance now, so that the rest of its slot is free."""
        now = self._clock.now()
        with self._store.change(now) as change:
            booking = change.load(actor, number)
            if booking is None:
                return _unknown(number)
            if booking.kind is not BookingKind.MAINTENANCE or not booking.start < now < booking.end:
                values = {"booking": number, "state": booking.state}
                return Refused((Objection("booking-closed", values),))
            lent = _without_buffers(change.lent(booking.equipment))
            change.release(booking.id)
            change.occupy(booking.id, lent, booking.start, now)
            state = BookingState(booking.state)
            change.update(booking, state=state, start=booking.start, end=now, lent=lent)
            change.audit(actor, booking.organisation, number, "end", "")
            change.commit()
        return Done()

    def extend(self, actor: Actor, number: str, end: datetime) -> Booked | Refused:
        """Let a booking end later, also while a run goes on or waits under it; by the centre."""
        now = self._clock.now()
        with self._store.change(now) as change:
            booking = change.load(actor, number)
            if booking is None:
                return _unknown(number)
            if objection := _objection_to_extend(actor, booking, end, now):
                return Refused((objection,))
            lent = change.lent(booking.equipment)
            if booking.kind is BookingKind.MAINTENANCE:
                lent = _without_buffers(lent)
            wish = RequestBooking(
                equipment=booking.equipment,
                start=booking.start,
                end=end,
                kind=booking.kind,
                method=booking.method,
            )
            objections = objections_to_booking(_case(actor, wish, lent, change, booking.start))
            if objections:
                return Refused(objections)
            change.release(booking.id)
            try:
                change.occupy(booking.id, lent, booking.start, end)
            except SlotTaken as taken:
                return _taken(taken)
            state = BookingState(booking.state)
            change.update(booking, state=state, start=booking.start, end=end, lent=lent)
            detail = f"{booking.end.isoformat()} -> {end.isoformat()}"
            change.audit(actor, booking.organisation, number, "extend", detail)
            change.commit()
        return Booked(number, str(state))

    def approve(self, actor: Actor, number: str) -> Done | Refused:
        """Approve a request and take its slot, or refuse where that is taken by now."""
        now = self._clock.now()
        with self._store.change(now) as change:
            booking = change.load(actor, number)
            if booking is None:
                return _unknown(number)
            if objection := _objection_to_decide(actor, booking, BookingStep.APPROVE):
                return Refused((objection,))
            if booking.end <= now:
                values = {"booking": number, "state": booking.state}
                return Refused((Objection("booking-over", values),))
            try:
                lent = change.lent(booking.equipment)
                change.occupy(booking.id, lent, booking.start, booking.end)
            except SlotTaken as taken:
                return _taken(taken)
            self._enter(change, actor, booking, BookingStep.APPROVE, "")
        return Done()

    def reject(self, actor: Actor, number: str, reason: str) -> Done | Refused:
        """Decline a request, with the reason."""
        with self._store.change(self._clock.now()) as change:
            booking = change.load(actor, number)
            if booking is None:
                return _unknown(number)
            if objection := _objection_to_decide(actor, booking, BookingStep.REJECT):
                return Refused((objection,))
            if not reason.strip():
                return Refused((Objection("reason-missing", {"booking": number}),))
            self._enter(change, actor, booking, BookingStep.REJECT, reason)
        return Done()

    @staticmethod
    def _enter(
        change: BookingChange, actor: Actor, booking: BookingRecord, done: BookingStep, detail: str
    ) -> None:
        state = step(booking.state, done)
        assert state is not None
        lent = change.lent(booking.equipment)
        change.update(booking, state=state, start=booking.start, end=booking.end, lent=lent)
        change.audit(actor, booking.organisation, booking.number, str(done), detail)
        change.commit()


def _case(
    actor: Actor,
    command: RequestBooking,
    lent: tuple[Lent, ...],
    change: BookingChange,
    now: datetime,
) -> BookingCase:
    known = {each.code for each in lent}
    found = bool(command.specimen) and (
        change.specimen(actor.organisation, command.specimen) is not None
    )
    return BookingCase(
        actor=actor,
        equipment=lent,
        unknown_equipment=tuple(code for code in command.equipment if code not in known),
        start=command.start,
        end=command.end,
        kind=str(command.kind),
        method=command.method,
        specimen=command.specimen,
        specimen_found=found,
        last_day=(command.end - timedelta(microseconds=1)).astimezone(_DAY).date(),
        now=now,
    )


def _with_mates(command: RequestBooking, change: BookingChange) -> RequestBooking:
    if command.kind is not BookingKind.REQUESTED or not command.equipment or not command.method:
        return command
    mates = change.mates(command.equipment[0], command.method)
    return replace(command, equipment=tuple(dict.fromkeys((*command.equipment, *mates))))


def _without_buffers(lent: tuple[Lent, ...]) -> tuple[Lent, ...]:
    none = timedelta()
    return tuple(replace(each, setup=none, cooldown=none) for each in lent)


def _unknown(number: str) -> Refused:
    return Refused((Objection("booking-unknown", {"booking": number}),))


def _taken(taken: SlotTaken) -> Refused:
    return Refused((Objection("slot-taken", {"equipment": taken.equipment}),))


def _objection_to_change(
    actor: Actor, booking: BookingRecord, wanted: BookingStep, now: datetime
) -> Objection | None:
    values = {"booking": booking.number, "state": booking.state}
    if not may_change(actor, booking.organisation):
        return Objection("booking-not-yours", values)
    if step(booking.state, wanted) is None:
        return Objection("booking-closed", values)
    if booking.started:
        return Objection("booking-has-runs", values)
    if booking.end <= now:
        return Objection("booking-over", values)
    return None


def _objection_to_extend(
    actor: Actor, booking: BookingRecord, end: datetime, now: datetime
) -> Objection | None:
    values = {"booking": booking.number, "state": booking.state}
    if not actor.has(Role.ENGINEER, Role.OFFICE):
        return Objection("extension-by-centre", values)
    if booking.state != BookingState.APPROVED:
        return Objection("booking-closed", values)
    if end <= max(booking.end, now):
        values = {"booking": booking.number, "end": booking.end.isoformat()}
        return Objection("extension-not-later", values)
    return None


def _objection_to_decide(
    actor: Actor, booking: BookingRecord, wanted: BookingStep
) -> Objection | None:
    values = {"booking": booking.number, "state": booking.state}
    if not actor.has(Role.ENGINEER, Role.OFFICE):
        return Objection("approval-by-centre", values)
    if step(booking.state, wanted) is None:
        return Objection("booking-closed", values)
    return None
