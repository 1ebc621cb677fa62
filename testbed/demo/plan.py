"""Five weeks of work around today: which bookings the demonstration centre holds, and which runs.

Pure: from a date to a plan. Carrying it out is `testbed.demo.fill`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from testbed.domain.conformity import Limit
from testbed.services.commands import BookingKind

__all__ = ["HISTORY", "LIVE", "PastRun", "Planned", "bookings_around", "working_day"]

SEOUL = ZoneInfo("Asia/Seoul")
_FIRMS = ("firm-a", "firm-b", "firm-c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One booking of the plan.

    Attributes
    ----------
    equipment
        Equipment codes, the leading one first.
    start, end
        Half-open, aware.
    login
        Who books.
    approved
        Whether the centre has approved it already, where it has to.
    run
        Key of the past run that took place under it, "" if none.
    """

    equipment: tuple[str, ...]
    start: datetime
    end: datetime
    login: str
    kind: BookingKind
    purpose: str
    method: str = ""
    approved: bool = True
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run that the demo really carries out, in the past of its bench's virtual clock.

    Attributes
    ----------
    days_ago
        Working days before today.
    hour
        Start of the booking, local time [h].
    hours
        Length of the booking [h].
    specimen
        Name that the firm gave its specimen.
    model
        What the simulator mounts; see docs/reference/simulators.md.
    parameters
        As typed on the command line: number with unit.
    ends
        "completed", "aborted" or "interrupted".
    review
        "accept", "send_back" or "" (still waits).
    repeats
        Key of the run that was sent back and is repeated by this one.
    """

    key: str
    method: str
    bench: str
    equipment: tuple[str, ...]
    login: str
    days_ago: int
    hour: int
    hours: int
    specimen: str
    model: Mapping[str, object] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    ends: str = "completed"
    review: str = ""
    comment: str = ""
    repeats: str = ""


def working_day(today: date, offset: int) -> date:
    """Count `offset` working days (Monday to Friday) from `today`, backwards where negative."""
    day, step = today, 1 if offset > 0 else -1
    for _ in range(abs(offset)):
        day += timedelta(days=step)
        while day.weekday() >= 5:
            day += timedelta(days=step)
    return day


def local(day: date, hour: float) -> datetime:
    """Give the instant of a local hour in Incheon, in UTC."""
    return (datetime.combine(day, time(), SEOUL) + timedelta(hours=hour)).astimezone(UTC)


def bookings_around(now: datetime) -> tuple[Planned, ...]:
    """Plan the bookings from two weeks before the week of `now` to two weeks after it.

    Those of past runs come first. No two overlap, buffers included, and the testing machine is
    free for the rest of today.
    """
    today = now.astimezone(SEOUL).date()
    planned: list[Planned] = [_of_past_run(run, today) for run in HISTORY]
    planned += [
        Planned(
            equipment=equipment,
            start=_grid(now),
            end=_grid(now) + timedelta(hours=hours),
            login=login,
            kind=BookingKind.REQUESTED,
            purpose=purpose,
            method=method,
        )
        for equipment, hours, login, purpose, method, _ in LIVE
    ]
    kept_free = Planned(
        equipment=("EQ-001", "EQ-002", "EQ-003"),
        start=_grid(now) - timedelta(hours=1),
        end=local(today, 30),
        login="",
        kind=BookingKind.DIRECT,
        purpose="",
    )
    for candidate in _routine(today):
        if not any(_collide(candidate, other) for other in (*planned, kept_free)):
            late = candidate.start > now + timedelta(days=2)
            asks = late and candidate.kind is BookingKind.REQUESTED and candidate.start.day % 3 == 0
            planned.append(_waiting(candidate) if asks else candidate)
    return tuple(planned)


def _of_past_run(run: PastRun, today: date) -> Planned:
    start = local(working_day(today, -run.days_ago), run.hour)
    return Planned(
        equipment=run.equipment,
        start=start,
        end=start + timedelta(hours=run.hours),
        login=run.login,
        kind=BookingKind.REQUESTED,
        purpose=run.specimen,
        method=run.method,
        run=run.key,
    )


def _grid(now: datetime) -> datetime:
    return now - timedelta(
        minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond
    )


def _waiting(planned: Planned) -> Planned:
    return Planned(
        equipment=planned.equipment,
        start=planned.start,
        end=planned.end,
        login=planned.login,
        kind=planned.kind,
        purpose=planned.purpose,
        method=planned.method,
        approved=False,
    )


# Leading equipment, start and length [h], kind, method, purpose; each on the weekdays listed.
_WEEK: tuple[tuple[tuple[str, ...], float, float, BookingKind, str, str, str], ...] = (
    (("EQ-001", "EQ-002"), 9.5, 2.0, BookingKind.REQUESTED, "iso-6892-1", "인장시험", "0134"),
    (("EQ-001",), 13.5, 2.5, BookingKind.DIRECT, "", "시편 예비시험", "024"),
    (("EQ-003",), 10.0, 1.0, BookingKind.DIRECT, "", "치수 측정", "0123"),
    (("EQ-004", "EQ-005", "EQ-006"), 9.0, 8.0, BookingKind.REQUESTED, "iec-61960-3",
     "셀 방전용량", "02"),
    (("EQ-004",), 10.0, 3.0, BookingKind.DIRECT, "", "전원 특성 확인", "4"),
    (("EQ-007", "EQ-008", "EQ-009"), 9.0, 9.0, BookingKind.REQUESTED, "iec-61960-3",
     "셀 방전용량", "13"),
    (("EQ-009",), 14.0, 2.0, BookingKind.DIRECT, "", "저항 측정", "02"),
    (("EQ-010", "EQ-011"), 10.0, 28.0, BookingKind.REQUESTED, "iec-60068-2-2", "고온시험", "13"),
)  # fmt: skip


def _routine(today: date) -> Iterator[Planned]:
    monday = today - timedelta(days=today.weekday())
    for week in range(-2, 3):
        for line, (equipment, hour, hours, kind, method, purpose, days) in enumerate(_WEEK):
            for weekday in map(int, days):
                start = local(monday + timedelta(days=7 * week + weekday), hour)
                yield Planned(
                    equipment=equipment,
                    start=start,
                    end=start + timedelta(hours=hours),
                    login=_FIRMS[(week + weekday + line) % 3],
                    kind=kind,
                    purpose=purpose,
                    method=method,
                )


def _collide(one: Planned, other: Planned) -> bool:
    margin = timedelta(hours=2)
    return bool(set(one.equipment) & set(other.equipment)) and (
        one.start < other.end + margin and other.start < one.end + margin
    )


_FRAME = ("EQ-001", "EQ-002")
_SIGNALS = ("EQ-020", "EQ-019")
_BATTERY_1 = ("EQ-004", "EQ-005", "EQ-006")
_BATTERY_2 = ("EQ-007", "EQ-008", "EQ-009")
_CHAMBER = ("EQ-010", "EQ-011")

_STEEL = {"reh": 372.0, "rel": 355.0, "rm": 521.0, "agt": 15.5, "a": 27.0}
_ALUMINIUM = {"e": 69.5, "rp02": 276.0, "rm": 312.0, "agt": 8.5, "a": 13.0}
_PULL = {"s0": "78.54 mm2", "rate": "20 Hz", "speed": "0.1 mm/s"}
_CELL = {"rated_capacity": "2.5 A h"}


def _tensile(key: str, days_ago: int, hour: int, specimen: str, **more: Any) -> PastRun:  # noqa: ANN401
    return PastRun(
        key=key,
        method="iso-6892-1",
        bench="utm-1",
        equipment=_FRAME,
        days_ago=days_ago,
        hour=hour,
        hours=2,
        specimen=specimen,
        **{"parameters": _PULL, "login": "firm-a", **more},
    )


def _battery(key: str, days_ago: int, specimen: str, bench: int, **more: Any) -> PastRun:  # noqa: ANN401
    return PastRun(
        key=key,
        method="iec-61960-3",
        bench=f"battery-{bench}",
        equipment=_BATTERY_1 if bench == 1 else _BATTERY_2,
        login="firm-b",
        days_ago=days_ago,
        hour=9,
        hours=10,
        specimen=specimen,
        parameters=_CELL,
        **more,
    )


_STRENGTH = (Limit(measurand="rm", low=490.0, high=630.0, source="KS D 3515 SM490A"),)
_WELD = (Limit(measurand="rm", low=290.0, source="KS D 6759 6061-T6"),)

HISTORY: tuple[PastRun, ...] = (
    _tensile("steel-1", 9, 9, "SM490A 판재 1", model=_STEEL, limits=_STRENGTH, review="accept",
             comment="곡선과 항복점 확인"),
    _battery("cell-1", 9, "21700 셀 A-11", 1, model={"capacity": 2.58}, review="accept"),
    _tensile("steel-2", 8, 14, "SM490A 판재 2", model={**_STEEL, "rm": 517.0}, limits=_STRENGTH,
             review="accept"),
    _tensile("alu-1", 7, 10, "6061-T6 환봉 1", model=_ALUMINIUM, limits=_WELD, login="firm-c",
             review="accept"),
    _battery("cell-2", 6, "21700 셀 A-12", 2, model={"capacity": 2.55}, ends="interrupted"),
    _tensile("alu-2", 6, 14, "6061-T6 용접부 2", model={**_ALUMINIUM, "rp02": 168.0, "rm": 231.0},
             limits=_WELD, login="firm-c", review="accept", comment="용접부 강도 부족, 판정 확인"),
    PastRun(key="heat-1", method="iec-60068-2-2", bench="climate-1", equipment=_CHAMBER,
            login="firm-c", days_ago=5, hour=9, hours=26, specimen="방열판 코팅 시편 1",
            parameters={"temperature": "70 degC", "duration": "2 h"}, review="accept"),
    _battery("cell-3", 5, "21700 셀 A-13", 1, model={"capacity": 2.56}, ends="aborted"),
    _tensile("steel-3", 4, 9, "SM490A 판재 3", model={**_STEEL, "rm": 509.0}, limits=_STRENGTH,
             review="send_back", comment="신율계 위치를 다시 확인하고 재시험해 주세요."),
    _battery("cell-4", 3, "21700 셀 A-14", 2, model={"capacity": 2.61}, review="accept"),
    _tensile("steel-4", 2, 10, "SM490A 판재 3", model={**_STEEL, "rm": 511.0}, limits=_STRENGTH,
             repeats="steel-3"),
    PastRun(key="signal-1", method="signal-source", bench="parts-1", equipment=_SIGNALS,
            login="firm-a", days_ago=2, hour=15, hours=2, specimen="함수발생기 DG1062Z",
            parameters={"amplitude": "2 V", "highest": "50 kHz"}, review="accept",
            comment="진폭과 주파수 모두 허용차 안"),
    _battery("cell-5", 1, "21700 셀 A-15", 2, model={"capacity": 2.57}),
)  # fmt: skip

# Equipment, hours, login, purpose, method, parameters of the runs that are going on right now.
LIVE: tuple[tuple[tuple[str, ...], int, str, str, str, Mapping[str, str]], ...] = (
    (_BATTERY_1, 12, "firm-b", "21700 셀 A-17", "iec-61960-3", {"rated_capacity": "2.5 A h"}),
    (_CHAMBER, 60, "firm-c", "방열판 코팅 시편", "iec-60068-2-2", {"temperature": "85 degC"}),
)
