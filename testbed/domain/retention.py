"""How long records are kept, and what holds them (ISO/IEC 17025:2017, 8.4.2).

A run belongs to a class, chosen for it or following from how it was booked. Its years count from
the last thing that happened to it: its end, the decision of its review, the issue of its report.
A legal hold lets nothing pass while it stands. Nothing that is not over and reviewed is due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

from testbed.domain.objections import Objection
from testbed.domain.people import Actor, Role

__all__ = [
    "DEFAULT_CLASSES",
    "Hold",
    "KeptRun",
    "Schedule",
    "kept_until",
    "objections_to_classifying",
    "objections_to_deleting",
    "objections_to_holding",
    "objections_to_lifting",
]

DEFAULT_CLASSES: Mapping[str, int] = MappingProxyType(
    {"certification": 10, "development": 3, "demonstration": 1}
)
"""Years [a] that a class is kept, where the settings say nothing else."""

_BY_BOOKING = {
    "requested": "certification",
    "direct": "development",
    "maintenance": "demonstration",
}
_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Schedule:
    """The classes of a centre: name to the years [a] that a run of it is kept."""

    years: Mapping[str, int]

    def class_of(self, run: "KeptRun") -> str:
        """Tell the class of a run: as chosen, else as it was booked."""
        return run.chosen or _BY_BOOKING[run.kind]


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold (보존 명령): why, by whom (login), and since when."""

    reason: str
    by: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run as the rules of retention need it.

    Attributes
    ----------
    kind
        Kind of its booking.
    chosen
        Class that was chosen for it; "" where it follows from the booking.
    ended
        When it ended; None while it goes on.
    awaits_review
        Whether a review is still to decide.
    decided, reported
        When its review was decided, and its report issued, if so.
    holds
        Those that stand.
    deleted
        When its record was deleted, if it was.
    """

    number: str
    kind: str
    chosen: str = ""
    ended: datetime | None
    awaits_review: bool = False
    decided: datetime | None = None
    reported: datetime | None = None
    holds: tuple[Hold, ...] = ()
    deleted: datetime | None = None


def _years_after(instant: datetime, years: int) -> datetime:
    """Go whole calendar years on; from 29 February to 1 March, so that no day is lost."""
    try:
        return instant.replace(year=instant.year + years)
    except ValueError:
        return instant.replace(year=instant.year + years, month=3, day=1)


def kept_until(run: KeptRun, schedule: Schedule) -> datetime | None:
    """Tell the instant until which a run is kept; None while that cannot be told yet.

    It is the midnight (UTC) after the last day, so that a day is kept whole.
    """
    if run.ended is None or run.awaits_review:
        return None
    years = schedule.years.get(schedule.class_of(run))
    if years is None:
        # A class that the settings no longer have keeps what belongs to it.
        return None
    last = max(each for each in (run.ended, run.decided, run.reported) if each is not None)
    day = _years_after(last.astimezone(UTC), years)
    return datetime.combine(day.date() + timedelta(days=1), time(), UTC)


def objections_to_deleting(
    actor: Actor, run: KeptRun, schedule: Schedule, now: datetime
) -> tuple[Objection, ...]:
    """List what stands against deleting the record of a run; no objection can be overridden."""
    found: list[Objection] = []
    if not actor.has(Role.OFFICE):
        found.append(Objection("retention-by-office", {"run": run.number}))
    if run.deleted is not None:
        found.append(Objection("record-deleted", _on(run.number, run.deleted)))
    for hold in run.holds:
        values = {"run": run.number, "reason": hold.reason, "by": hold.by}
        found.append(Objection("record-held", {**values, "since": hold.since.isoformat()}))
    until = kept_until(run, schedule)
    if until is None:
        found.append(Objection("record-open", {"run": run.number}))
    elif now < until:
        values = {"run": run.number, "class": schedule.class_of(run), "until": until.isoformat()}
        found.append(Objection("record-kept", values))
    return tuple(found)


def _on(run: str, instant: datetime) -> dict[str, str]:
    return {"run": run, "at": instant.isoformat()}


def objections_to_holding(actor: Actor, run: KeptRun, reason: str) -> tuple[Objection, ...]:
    """List what stands against holding a run: staff may do so, with a reason."""
    found = list(_reasoned(actor, run, reason))
    if run.deleted is not None:
        found.append(Objection("record-deleted", _on(run.number, run.deleted)))
    return tuple(found)


def objections_to_lifting(actor: Actor, run: KeptRun, reason: str) -> tuple[Objection, ...]:
    """List what stands against lifting the holds of a run: the office may, with a reason."""
    found = list(_reasoned(actor, run, reason))
    if not actor.has(Role.OFFICE):
        found.append(Objection("retention-by-office", {"run": run.number}))
    if not run.holds:
        found.append(Objection("record-not-held", {"run": run.number}))
    return tuple(found)


def objections_to_classifying(
    actor: Actor, run: KeptRun, wanted: str, schedule: Schedule
) -> tuple[Objection, ...]:
    """List what stands against another class; a shorter one is for the office."""
    if not actor.is_staff:
        return (Objection("retention-by-staff", {"run": run.number}),)
    if wanted not in schedule.years:
        accepted = ", ".join(sorted(schedule.years))
        return (Objection("retention-class-unknown", {"class": wanted, "accepted": accepted}),)
    before = schedule.years.get(schedule.class_of(run))
    if not actor.has(Role.OFFICE) and (before is None or schedule.years[wanted] < before):
        return (Objection("retention-by-office", {"run": run.number}),)
    return ()


def _reasoned(actor: Actor, run: KeptRun, reason: str) -> tuple[Objection, ...]:
    if not actor.is_staff:
        return (Objection("retention-by-staff", {"run": run.number}),)
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        return (Objection("hold-reason", {"characters": _LONGEST_REASON}),)
    return ()
