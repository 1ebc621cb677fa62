"""Rules for starting a run: each one answers, all objections are collected.

A run starts only under a live booking, on instruments whose calibration outlasts the booking, by
a person who is authorised for that version of the method (ISO/IEC 17025:2017, 6.2.5 and 6.4.4).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from testbed.domain.objections import Objection
from testbed.domain.people import Activity, Actor, Authorisation, Role

__all__ = ["START_RULES", "StartCase", "UsedInstrument", "objections_to_start"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedInstrument:
    """An instrument of the booking, in the role that it plays on its bench.

    Attributes
    ----------
    calibrated_until
        Instant at which its calibration lapses, UTC; None where it needs none.
    """

    equipment: str
    bench: str
    role: str
    calibrated_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCase:
    """All that the rules need to know of one wish to start.

    Attributes
    ----------
    direct, maintenance
        Whether the booking is one of direct use, or of the centre's own work, which needs no
        valid calibration as its results cannot be reported.
    state
        State of the booking; it must be `approved_state` to be live.
    start, end
        Core period of the booking, half-open, UTC.
    booked_method, booked_specimen
        What was asked for with the booking; empty where it is open.
    needed
        Roles that the method needs, by name.
    instruments
        Every instrument of the booking that stands on a bench.
    bench_unsafe, bench_offline, bench_busy
        Condition of the bench that the instruments stand on.
    bench_cause
        Why it is unsafe.
    """

    actor: Actor
    authorisations: tuple[Authorisation, ...]
    booking: str
    direct: bool
    maintenance: bool
    organisation: int
    state: str
    approved_state: str
    start: datetime
    end: datetime
    booked_method: str
    booked_specimen: str
    method: str
    version: str
    specimen: str
    needed: tuple[str, ...]
    instruments: tuple[UsedInstrument, ...]
    bench: str
    bench_unsafe: bool
    bench_cause: str
    bench_offline: bool
    bench_busy: bool
    now: datetime


Rule = Callable[[StartCase], Iterator[Objection]]


def _performer(case: StartCase) -> Iterator[Objection]:
    if case.actor.has(Role.ENGINEER):
        return
    own = case.organisation == case.actor.organisation
    if not (case.direct and own and case.actor.has(Role.SME)):
        yield Objection("run-needs-engineer", {"booking": case.booking})


def _live_booking(case: StartCase) -> Iterator[Objection]:
    if case.state != case.approved_state:
        yield Objection("run-booking-not-approved", {"booking": case.booking})
    if not case.start <= case.now < case.end:
        yield Objection(
            "run-outside-booking",
            {
                "booking": case.booking,
                "start": case.start.isoformat(),
                "end": case.end.isoformat(),
            },
        )


def _as_booked(case: StartCase) -> Iterator[Objection]:
    if case.booked_method and case.booked_method != case.method:
        yield Objection(
            "run-other-method",
            {"booking": case.booking, "method": case.method, "accepted": case.booked_method},
        )
    if case.booked_specimen and case.specimen not in ("", case.booked_specimen):
        yield Objection(
            "run-other-specimen",
            {"booking": case.booking, "specimen": case.specimen, "accepted": case.booked_specimen},
        )


def _roles(case: StartCase) -> Iterator[Objection]:
    there = {used.role for used in case.instruments if used.bench == case.bench}
    for role in case.needed:
        if role not in there:
            yield Objection(
                "run-role-not-booked",
                {"booking": case.booking, "role": role, "bench": case.bench},
            )


def _calibration(case: StartCase) -> Iterator[Objection]:
    if case.maintenance:
        return
    for used in case.instruments:
        needed = used.bench == case.bench and used.role in case.needed
        if not needed or used.calibrated_until is None:
            continue
        if used.calibrated_until < case.end:
            yield Objection(
                "run-calibration-lapses",
                {
                    "equipment": used.equipment,
                    "until": used.calibrated_until.isoformat(),
                    "end": case.end.isoformat(),
                },
            )


def _authorised(case: StartCase) -> Iterator[Objection]:
    wanted = (case.actor.account, case.method, case.version, Activity.PERFORM)
    if not any(
        (held.account, held.method, held.version, held.activity) == wanted and held.covers(case.now)
        for held in case.authorisations
    ):
        yield Objection("run-not-authorised", {"method": case.method, "version": case.version})


def _bench(case: StartCase) -> Iterator[Objection]:
    if not case.bench:
        return
    if case.bench_unsafe and case.actor.is_staff:
        yield Objection("run-bench-unsafe", {"bench": case.bench, "cause": case.bench_cause})
    elif case.bench_unsafe:
        yield Objection("run-bench-closed", {"bench": case.bench})
    elif case.bench_offline:
        yield Objection("run-bench-offline", {"bench": case.bench})
    if case.bench_busy:
        yield Objection("run-bench-busy", {"bench": case.bench})


START_RULES: tuple[Rule, ...] = (
    _performer,
    _live_booking,
    _as_booked,
    _roles,
    _calibration,
    _authorised,
    _bench,
)


def objections_to_start(case: StartCase) -> tuple[Objection, ...]:
    """Ask every rule; an empty answer means that the run may start."""
    return tuple(objection for rule in START_RULES for objection in rule(case))
