"""What the screens read: flat rows, already scoped to the person who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from testbed.domain.conformity import Outcome
from testbed.domain.judgement import Judgement
from testbed.domain.names import Name
from testbed.engine.ports import BenchState, Ending, Prompt
from testbed.procedure import Construction, Finding, Note, ParameterValue

__all__ = [
    "AccountRow",
    "AuditRow",
    "BenchRow",
    "BookingRow",
    "CalendarEntry",
    "CommentRow",
    "EquipmentRow",
    "LiveRow",
    "RunDetail",
    "RunPage",
    "RunRow",
    "SpecimenRow",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentRow:
    """A piece of equipment with what a booker must know.

    Attributes
    ----------
    code
        Equipment code ("EQ-003").
    bench
        Name of the bench it stands on, "" if none.
    role
        Role it plays on that bench, "" if none.
    unit_count
        How many alike the centre lends under this code.
    calibrated_on
        Day of the last calibration, None where unknown.
    calibration_due
        Last day of valid calibration, None where it needs none.
    setup_minutes, cooldown_minutes
        Buffers [min] that a booking occupies before and after.
    longest_hours, shortest_minutes
        Bounds of one booking.
    """

    code: str
    name: Name
    maker: str
    model: str
    serial: str
    location: str
    bench: str
    role: str
    unit_count: int
    calibrated_on: date | None
    calibration_due: date | None
    calibration_certificate: str
    calibration_days_left: int | None
    needs_approval: bool
    direct_use: bool
    setup_minutes: int
    cooldown_minutes: int
    shortest_minutes: int
    longest_hours: int
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """One bar in the calendar.

    A booking of another organisation shows as busy: no number, title, person or organisation,
    and an `id` that tells nothing.

    Attributes
    ----------
    kind
        "booking", "busy", "request" (waits for approval, occupies nothing) or "outage".
    movable
        Whether the person who asks may move or cancel it.
    """

    id: str
    equipment: str
    start: datetime
    end: datetime
    kind: str
    number: str = ""
    title: str = ""
    organisation: Name | None = None
    state: str = ""
    movable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRow:
    """A booking as its people see it."""

    number: str
    kind: str
    state: str
    equipment: tuple[str, ...]
    start: datetime
    end: datetime
    organisation: Name
    person: Name
    purpose: str
    method: str
    specimen: str
    bench: str
    runs: tuple[str, ...]
    movable: bool
    cancellable: bool
    approvable: bool
    startable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecimenRow:
    """A specimen (시료) of an organisation."""

    number: str
    name: str
    organisation: Name
    received: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run in a list.

    Attributes
    ----------
    state
        "queued", "running", "paused" or "ended".
    review
        "none", "waiting", "accepted" or "sent_back".
    reportable
        False for maintenance runs and for every provisional verdict.
    """

    number: str
    method: str
    version: str
    bench: str
    specimen: str
    specimen_name: str
    organisation: Name
    performer: Name
    booking: str
    started: datetime | None
    ended: datetime | None
    state: str
    ending: Ending | None
    outcome: Outcome | None
    review: str
    reportable: bool


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of a list of runs, newest first."""

    rows: tuple[RunRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRow:
    """A remark of a person on a run; `decision` is "accept", "send_back" or ""."""

    person: Name
    at: datetime
    text: str
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One transition on record."""

    at: datetime
    person: Name
    subject: str
    transition: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """A run with all that its page shows.

    Attributes
    ----------
    channels
        Channel name to unit, in recording order.
    plots
        (x, y) channel pairs that the method's reviewers read; x may be "time".
    instruments
        Role to "maker model, serial, calibrated until".
    may_review, may_comment, may_download, may_control
        What the person who asks may do.
    """

    row: RunRow
    channels: Mapping[str, str]
    plots: tuple[tuple[str, str], ...]
    parameters: Mapping[str, ParameterValue]
    parameter_units: Mapping[str, str]
    judgements: tuple[Judgement, ...]
    findings: tuple[Finding, ...]
    constructions: tuple[Construction, ...]
    comments: tuple[CommentRow, ...]
    audit: tuple[AuditRow, ...]
    instruments: Mapping[str, str]
    rows: int
    file_name: str
    file_hash: str
    remark: Note | None
    may_review: bool
    may_comment: bool
    may_download: bool
    may_control: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """A run that is going on, for the first page and the live page.

    Attributes
    ----------
    paused
        Whether somebody has paused it.
    suspended
        Why a monitor lets it stand; None where none does.
    stopping
        Whether it ends after the phase in effect.
    """

    row: RunRow
    phase: str
    phases: tuple[str, ...]
    done: float
    remaining: float | None
    paused: bool
    suspended: Note | None
    stopping: bool
    prompt: Prompt | None
    channels: Mapping[str, str]
    plots: tuple[tuple[str, str], ...]
    rows: int
    heartbeat_age: float
    may_control: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRow:
    """A bench and what it is doing."""

    name: str
    title: Name
    state: BenchState
    detail: str
    run: str
    seen_seconds_ago: float | None
    worker_pid: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account, for the demo's login page and the office."""

    login: str
    name: Name
    organisation: Name
    roles: tuple[str, ...]
    demo_password: str = ""
