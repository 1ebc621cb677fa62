r"""The life of a booking, and the rules that every wish to book has to pass.

::

    requested --approve--> approved
        |  \--reject--> rejected |
        +------cancel-----> cancelled

A request occupies nothing; an approved booking holds one occupancy per piece of equipment.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from testbed.domain.objections import Objection
from testbed.domain.people import Actor, Role

__all__ = [
    "BOOKING_RULES",
    "BOOKING_TABLE",
    "BookingCase",
    "BookingState",
    "BookingStep",
    "Lent",
    "may_change",
    "objections_to_booking",
    "step",
]

# Who drags from the line of the present means now, whatever the grid makes of it.
_GRACE = timedelta(minutes=30)
_HORIZON = timedelta(days=366)


class BookingState(StrEnum):
    """Where a booking stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class BookingStep(StrEnum):
    """What can happen to a booking."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    MOVE = "move"


BOOKING_TABLE: Mapping[tuple[BookingState, BookingStep], BookingState] = MappingProxyType(
    {
        (BookingState.REQUESTED, BookingStep.APPROVE): BookingState.APPROVED,
        (BookingState.REQUESTED, BookingStep.REJECT): BookingState.REJECTED,
        (BookingState.REQUESTED, BookingStep.CANCEL): BookingState.CANCELLED,
        (BookingState.APPROVED, BookingStep.CANCEL): BookingState.CANCELLED,
        (BookingState.REQUESTED, BookingStep.MOVE): BookingState.REQUESTED,
        (BookingState.APPROVED, BookingStep.MOVE): BookingState.APPROVED,
    }
)


def step(state: str, wanted: BookingStep) -> BookingState | None:
    """Tell the state that a step leads to; None where the table has no such step."""
    return BOOKING_TABLE.get((BookingState(state), wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """What the rules need to know of a piece of equipment.

    Attributes
    ----------
    calibration_due
        Last day of valid calibration, None where it needs none.
    setup, cooldown
        What a booking occupies before and after.
    """

    number: int
    code: str
    methods: frozenset[str]
    calibration_due: date | None
    needs_approval: bool
    direct_use: bool
    setup: timedelta
    cooldown: timedelta
    shortest: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCase:
    """One wish to book, or to move a booking.

    Attributes
    ----------
    kind
        "direct", "requested" or "maintenance".
    unknown_equipment
        Codes that were asked for and that the register does not have.
    specimen_found
        Whether the specimen belongs to the organisation that books.
    last_day
        Day on which the booking ends, in the centre's time zone.
    """

    actor: Actor
    equipment: tuple[Lent, ...]
    unknown_equipment: tuple[str, ...]
    start: datetime
    end: datetime
    kind: str
    method: str
    specimen: str
    specimen_found: bool
    last_day: date
    now: datetime


Rule = Callable[[BookingCase], Iterator[Objection]]


def _known(case: BookingCase) -> Iterator[Objection]:
    for code in case.unknown_equipment:
        yield Objection("equipment-unknown", {"equipment": code})
    if not case.equipment and not case.unknown_equipment and case.kind != "maintenance":
        yield Objection("equipment-missing")


def _period(case: BookingCase) -> Iterator[Objection]:
    if case.end <= case.start:
        yield Objection("period-empty", {"start": _iso(case.start), "end": _iso(case.end)})
    if case.start < case.now - _GRACE:
        yield Objection("period-past", {"start": _iso(case.start)})
    if case.start > case.now + _HORIZON:
        yield Objection("period-too-far", {"start": _iso(case.start), "days": _HORIZON.days})


def _length(case: BookingCase) -> Iterator[Objection]:
    length = case.end - case.start
    for lent in case.equipment:
        if timedelta() < length < lent.shortest:
            minutes = int(lent.shortest.total_seconds() // 60)
            yield Objection("period-too-short", {"equipment": lent.code, "minutes": minutes})
        # The centre's own work takes as long as it takes.
        if length > lent.longest and case.kind != "maintenance":
            hours = int(lent.longest.total_seconds() // 3600)
            yield Objection("period-too-long", {"equipment": lent.code, "hours": hours})


def _product(case: BookingCase) -> Iterator[Objection]:
    if case.kind == "maintenance" and not case.actor.has(Role.ENGINEER, Role.OFFICE):
        yield Objection("maintenance-by-centre")
    if case.kind == "direct" and not case.actor.is_staff:
        for lent in case.equipment:
            if not lent.direct_use:
                yield Objection("direct-use-not-offered", {"equipment": lent.code})


def _test(case: BookingCase) -> Iterator[Objection]:
    if case.kind != "requested":
        return
    if not case.method:
        yield Objection("method-missing")
        return
    for lent in case.equipment:
        if case.method not in lent.methods:
            accepted = ", ".join(sorted(lent.methods)) or "-"
            values = {"equipment": lent.code, "method": case.method, "accepted": accepted}
            yield Objection("method-not-on-equipment", values)


def _specimen(case: BookingCase) -> Iterator[Objection]:
    if case.specimen and not case.specimen_found:
        yield Objection("specimen-unknown", {"specimen": case.specimen})


def _calibration(case: BookingCase) -> Iterator[Objection]:
    if case.kind != "requested":
        return
    for lent in case.equipment:
        if lent.calibration_due is not None and lent.calibration_due < case.last_day:
            yield Objection(
                "calibration-lapses",
                {
                    "equipment": lent.code,
                    "until": lent.calibration_due.isoformat(),
                    "end": case.last_day.isoformat(),
                },
            )


def _iso(instant: datetime) -> str:
    return instant.isoformat()


BOOKING_RULES: tuple[Rule, ...] = (
    _known,
    _period,
    _length,
    _product,
    _test,
    _specimen,
    _calibration,
)


def objections_to_booking(case: BookingCase) -> tuple[Objection, ...]:
    """Ask every rule; an empty answer means that the wish may stand, if the slot is free."""
    return tuple(objection for rule in BOOKING_RULES for objection in rule(case))


def may_change(actor: Actor, organisation: int) -> bool:
    """Tell whether a person may move or cancel a booking of that organisation."""
    own = actor.organisation == organisation and actor.has(Role.SME)
    return own or actor.has(Role.ENGINEER, Role.OFFICE)
