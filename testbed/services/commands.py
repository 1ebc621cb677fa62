"""What people ask of the centre: frozen commands, one per use case, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from testbed.domain.conformity import Limit
from testbed.domain.decision_rule import SIMPLE, DecisionRule
from testbed.procedure import ParameterValue

__all__ = [
    "Booked",
    "BookingKind",
    "Done",
    "MoveBooking",
    "RequestBooking",
    "StartRun",
    "Started",
]


class BookingKind(StrEnum):
    """The products of the centre (직접사용, 시험의뢰) and its own work."""

    DIRECT = "direct"
    REQUESTED = "requested"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBooking:
    """Ask for a slot on one or more pieces of equipment, all or nothing.

    Attributes
    ----------
    equipment
        Equipment codes; the first is the one that the calendar shows.
    start, end
        Half-open interval, aware.
    method, specimen
        Method id and specimen number for a requested test; empty for direct use.
    """

    equipment: tuple[str, ...]
    start: datetime
    end: datetime
    kind: BookingKind
    purpose: str = ""
    method: str = ""
    specimen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBooking:
    """Give a booking another time, or another first piece of equipment."""

    number: str
    start: datetime
    end: datetime
    equipment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Queue a run under a live booking.

    Attributes
    ----------
    continues
        Number of the interrupted run that this one goes on with, "" for none; parameters, limits,
        rule and specimen are then those of that run.
    rule
        How the limits decide, as agreed with the customer before the test (ISO/IEC 17025, 7.1.3).
    """

    booking: str
    method: str
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    rule: DecisionRule = SIMPLE
    specimen: str = ""
    continues: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking that now stands, or waits for approval."""

    number: str
    state: str


@dataclass(frozen=True, slots=True)
class Started:
    """A run that is now queued for its bench."""

    run: str


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was carried out and has nothing to tell."""
